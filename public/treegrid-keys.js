// Keys of the treegrid pattern (ARIA Authoring Practices Guide), rows first: up, down, home, end move between rows;
// right opens a manager or goes to what can be pressed inside the row; left closes it or goes up; Enter opens the page.

const inside = 'a[href], button'

prepare()
document.addEventListener('swapped', prepare)

document.addEventListener('keydown', event => {
  const grid = event.target.closest?.('[data-treegrid]')
  const row = event.target.closest?.('[data-treegrid] tbody tr')
  if (!grid || !row || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
  const onRow = event.target === row
  const rows = [...grid.querySelectorAll('tbody tr')]
  const at = rows.indexOf(row)
  const parts = [...row.querySelectorAll(inside)].filter(part => !part.hasAttribute('data-toggle'))
  const part = parts.indexOf(event.target)
  const handled = {
    ArrowDown: () => goTo(rows[at + 1]),
    ArrowUp: () => goTo(rows[at - 1]),
    Home: () => (onRow ? goTo(rows[0]) : parts[0]?.focus()),
    End: () => (onRow ? goTo(rows.at(-1)) : parts.at(-1)?.focus()),
    ArrowRight: () => {
      if (!onRow) parts[Math.min(part + 1, parts.length - 1)]?.focus()
      else if (row.getAttribute('aria-expanded') === 'false') toggle(row)
      else parts[0]?.focus()
    },
    ArrowLeft: () => {
      if (!onRow) (parts[part - 1] ?? row).focus()
      else if (row.getAttribute('aria-expanded') === 'true' && row.querySelector('[data-toggle]')) toggle(row)
      else goTo(parentOf(row, rows))
    },
    Enter: () => row.querySelector('[data-open]')?.click(),
  }[event.key]
  if (!handled || (event.key === 'Enter' && !onRow)) return
  event.preventDefault()
  handled()
})

document.addEventListener('focusin', event => {
  const row = event.target.closest?.('[data-treegrid] tbody tr')
  if (row) makeCurrent(row)
  if (row) document.documentElement.toggleAttribute('data-by-row', event.target === row)
})

/** One row at a time is in the tab order, and with it what can be pressed inside it. */
function prepare() {
  for (const grid of document.querySelectorAll('[data-treegrid]')) {
    for (const row of grid.querySelectorAll('tbody tr')) setTabbable(row, false)
    const first = grid.querySelector('tbody tr')
    if (first) setTabbable(first, true)
  }
}

function makeCurrent(row) {
  for (const other of row.parentElement.querySelectorAll(':scope > tr[tabindex="0"]')) {
    if (other !== row) setTabbable(other, false)
  }
  setTabbable(row, true)
}

function setTabbable(row, tabbable) {
  row.tabIndex = tabbable ? 0 : -1
  for (const part of row.querySelectorAll(inside)) part.tabIndex = tabbable ? 0 : -1
}

function goTo(row) {
  row?.focus()
}

function toggle(row) {
  row.querySelector('[data-toggle]')?.click()
}

function parentOf(row, rows) {
  const level = Number(row.getAttribute('aria-level'))
  return rows
    .slice(0, rows.indexOf(row))
    .reverse()
    .find(above => Number(above.getAttribute('aria-level')) < level)
}
