import { matcher } from './fold.js'

// Ctrl/Cmd-K (or the Switch link) opens the dialog; typing filters, arrows move, Enter picks.
const dialog = document.getElementById('switcher')

if (dialog) {
  const filter = dialog.querySelector('[data-switcher-filter]')
  const items = [...dialog.querySelectorAll('[data-switcher-item]')]
  const visible = () => items.filter(item => !item.hidden).map(item => item.querySelector('button'))

  const apple = /Mac|iPhone|iPad/.test(navigator.platform)
  for (const key of document.querySelectorAll('[data-switch-key]')) if (apple) key.textContent = '⌘K'

  document.addEventListener('keydown', event => {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return
    event.preventDefault()
    if (dialog.open) dialog.close()
    else open()
  })
  document.addEventListener('click', event => {
    if (event.target === dialog) dialog.close()
    if (!event.target.closest('[data-opens="switcher"]') || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    open()
  })
  filter?.addEventListener('input', narrow)
  dialog.addEventListener('keydown', event => {
    const buttons = visible()
    const at = buttons.indexOf(document.activeElement)
    if (event.key === 'ArrowDown') move(event, buttons[at + 1] ?? buttons[0])
    else if (event.key === 'ArrowUp') move(event, at > 0 ? buttons[at - 1] : filter)
    else if (event.key === 'Escape') {
      // A search field would take the first Escape for itself.
      event.preventDefault()
      dialog.close()
    } else if (event.key === 'Enter' && document.activeElement === filter) {
      event.preventDefault()
      // With several candidates nothing is picked by guess.
      if (buttons.length === 1) buttons[0].click()
      else buttons[0]?.focus()
    }
  })

  function open() {
    if (filter) filter.value = ''
    narrow()
    dialog.showModal()
    filter?.focus()
  }

  function move(event, to) {
    event.preventDefault()
    to?.focus()
  }

  function narrow() {
    const matches = matcher(filter?.value ?? '')
    for (const item of items) item.hidden = !matches(item.textContent)
    for (const group of dialog.querySelectorAll('[data-switcher-group]')) {
      group.hidden = !group.querySelector('[data-switcher-item]:not([hidden])')
    }
    const none = dialog.querySelector('[data-switcher-none]')
    if (none) none.hidden = visible().length > 0
  }
}
