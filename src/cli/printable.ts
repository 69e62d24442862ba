/** What another machine wrote, without the characters that command a terminal, and no longer than a paragraph. */
export function printable(text: string): string {
  return text.replace(/\p{C}+/gu, ' ').slice(0, 600)
}
