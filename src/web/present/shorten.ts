/**
 * Cuts a text to what fits beside others in a drawing, where nothing wraps. Counts graphemes, and full-width
 * characters as two.
 */
export function shorten(text: string, room: number): string {
  const graphemes = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment)
  let used = 0
  for (const [index, grapheme] of graphemes.entries()) {
    used +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        grapheme,
      )
        ? 2
        : 1
    if (used > room)
      return `${graphemes
        .slice(0, Math.max(1, index - 1))
        .join('')
        .trimEnd()}…`
  }
  return text
}
