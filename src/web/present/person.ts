/** The chip of a Google account: its picture where there is one, else its initials. */
export interface PersonChip {
  email: string
  initials: string
  picture: string | null
}

export function personChip(email: string, name: string | null = null, picture: string | null = null): PersonChip {
  return { email, initials: initials(name ?? email), picture: safePicture(picture) }
}

function initials(text: string): string {
  const words =
    text
      .split('@')[0]
      ?.split(/[\s._-]+/u)
      .filter(Boolean) ?? []
  const letters = words.slice(0, 2).map(word => [...word][0] ?? '')
  return letters.join('').toLocaleUpperCase('en') || '?'
}

/** Only pictures Google itself serves; the content security policy allows no others. */
function safePicture(url: string | null): string | null {
  return url !== null && /^https:\/\/[a-z0-9-]+\.googleusercontent\.com\//.test(url) ? url : null
}
