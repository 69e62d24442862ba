// The own menu closes on Escape and on a click elsewhere, as people expect of a menu.
const menu = document.querySelector('[data-menu]')

if (menu) {
  document.addEventListener('click', event => {
    if (!menu.contains(event.target)) menu.open = false
  })
  menu.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || !menu.open) return
    menu.open = false
    menu.querySelector('summary').focus()
  })
}
