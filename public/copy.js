import { announce } from './announce.js'

// Buttons with data-copy put that text on the clipboard and say so.
document.addEventListener('click', async event => {
  const button = event.target.closest('[data-copy]')
  if (!button) return
  if (!(await copy(button.dataset.copy))) return
  announce(document.body.dataset.copied)
  button.classList.add('is-copied')
  const icon = button.querySelector('use')
  icon?.setAttribute('href', '#icon-check')
  setTimeout(() => {
    button.classList.remove('is-copied')
    icon?.setAttribute('href', '#icon-copy')
    announce('')
  }, 1600)
})

/** The clipboard API exists only in secure contexts; over plain http a selected text field does the same. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = document.createElement('textarea')
    field.value = text
    field.className = 'visually-hidden'
    document.body.append(field)
    field.select()
    const copied = document.execCommand('copy')
    field.remove()
    return copied
  }
}
