import { swap } from './swap.js'
import './treegrid-keys.js'

// The tree opens, closes and filters in place: the same pages are fetched, and only the tree is swapped.

document.addEventListener('click', async event => {
  const link = event.target.closest(
    '#tree a[data-toggle], #tree a[data-tree-link], .filters a[data-tree-link], .pages a',
  )
  if (!link?.closest('#hierarchy') || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
  event.preventDefault()
  const rowId = link.closest('tr')?.id
  await visit(link.href, link.hasAttribute('data-tree-link') ? 'hierarchy' : 'tree')
  if (rowId) focusRow(rowId, link.hasAttribute('data-toggle'))
})

let typing
document.addEventListener('input', event => {
  const form = event.target.closest('form[data-tree-filter]')
  if (!form) return
  clearTimeout(typing)
  typing = setTimeout(() => filter(form), event.target.matches('select') ? 0 : 250)
})

document.addEventListener('submit', event => {
  const form = event.target.closest('form[data-tree-filter]')
  if (!form) return
  event.preventDefault()
  filter(form)
})

addEventListener('popstate', () => {
  if (document.getElementById('hierarchy')) swap(location.href, 'hierarchy')
})

function filter(form) {
  clearTimeout(typing)
  const url = new URL(form.action)
  for (const [name, value] of new FormData(form)) if (value !== '') url.searchParams.set(name, value)
  visit(url.href, 'tree')
}

async function visit(href, region) {
  const url = new URL(href)
  if (await swap(url.href, region)) {
    url.hash = ''
    history.pushState(null, '', url)
    keepOpenSet(url)
  }
}

/** The filter form lies outside the swapped tree; what stands open must travel along with the next filter. */
function keepOpenSet(url) {
  const form = document.querySelector('form[data-tree-filter]')
  if (!form) return
  let field = form.querySelector('input[name="open"]')
  const open = url.searchParams.get('open')
  if (open === null) return field?.remove()
  if (!field) {
    field = document.createElement('input')
    field.type = 'hidden'
    field.name = 'open'
    form.prepend(field)
  }
  field.value = open
}

function focusRow(id, onToggle) {
  const row = document.getElementById(id)
  const target = onToggle && !document.documentElement.dataset.byRow ? row?.querySelector('[data-toggle]') : row
  target?.focus({ preventScroll: false })
}
