let latest = 0

/**
 * Fetches a page of ours and puts one region of it in the place of the same region here. Falls back to an ordinary
 * visit when anything is unexpected. Resolves to true when swapped.
 */
export async function swap(url, id) {
  const turn = ++latest
  const region = document.getElementById(id)
  region?.setAttribute('aria-busy', 'true')
  try {
    const response = await fetch(url, { headers: { Accept: 'text/html' } })
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    if (turn !== latest) return false
    const fresh = page.getElementById(id)
    if (!response.ok || !region || !fresh) throw new Error('not the page that was asked for')
    region.replaceWith(document.importNode(fresh, true))
    document.dispatchEvent(new CustomEvent('swapped', { detail: { id } }))
    return true
  } catch {
    if (turn === latest) location.assign(url)
    return false
  }
}
