/** Says a short text to screen readers without moving the focus. */
export function announce(text) {
  const announcer = document.getElementById('announcer')
  if (announcer) announcer.textContent = text
}
