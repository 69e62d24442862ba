import { swap } from './swap.js'

// While a hierarchy is being read, the bar follows the events, and the page is swapped once all has arrived.
let source
follow()
// What was swapped in may be loading again: somebody pressed Refresh in that moment.
document.addEventListener('swapped', event => {
  if (event.detail.id === 'hierarchy') follow()
})

function follow() {
  const place = document.getElementById('hierarchy')
  source?.close()
  if (!place?.dataset.events) return
  source = new EventSource(place.dataset.events)

  source.addEventListener('progress', event => {
    const { accounts, managers, managersDone } = JSON.parse(event.data)
    const bar = document.getElementById('progress')
    if (!bar) return
    bar.max = Math.max(1, managers)
    bar.value = managersDone
    const text = document.querySelector('[data-progress-text]')
    if (text) text.textContent = sentence(text.dataset.progressText, { accounts, managersDone, managers })
  })

  // An ended stream is opened again by the browser; one that is refused is not, so the page is asked instead.
  const stream = source
  stream.addEventListener('error', () => {
    if (stream === source && stream.readyState === EventSource.CLOSED) {
      setTimeout(() => swap(location.href, 'hierarchy'), 10_000)
    }
  })

  source.addEventListener('complete', () => {
    source.close()
    swap(location.href, 'hierarchy')
  })
}

/** Fills `{accounts}` and the like in a sentence of the message file. */
function sentence(template, counts) {
  const number = new Intl.NumberFormat(document.documentElement.lang)
  return template.replace(/\{(\w+)\}/g, (_whole, name) => number.format(counts[name] ?? 0))
}
