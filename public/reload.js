import { swap } from './swap.js'

// A part of the page that changes by itself is fetched anew until it no longer says so.
follow(document.querySelector('[data-reload-seconds]')?.id)
document.addEventListener('swapped', event => follow(event.detail.id))

function follow(id) {
  const seconds = Number(document.getElementById(id ?? '')?.dataset.reloadSeconds)
  if (seconds > 0) setTimeout(() => swap(location.href, id), seconds * 1000)
}
