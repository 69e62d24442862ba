import { matcher } from './fold.js'

// A filter box with data-filter hides the rows that do not match while one types; Enter asks the server instead.
const box = document.querySelector('[data-filter]')

box?.addEventListener('input', () => {
  const matches = matcher(box.value)
  const rows = [...document.querySelectorAll(box.dataset.filter)]
  for (const row of rows) row.hidden = !matches(nameAndId(row))
  for (const group of document.querySelectorAll(box.dataset.filterGroup)) {
    const own = [...group.querySelectorAll(box.dataset.filter)]
    group.hidden = own.length > 0 && own.every(row => row.hidden)
  }
  const none = document.querySelector('[data-filter-none]')
  if (none) none.hidden = rows.some(row => !row.hidden)
})

function nameAndId(row) {
  return [...row.querySelectorAll('.name, .id')].map(part => part.textContent).join(' ')
}
