/** Controls (C0, C1), what sets the direction of writing, what has no width, other ends of lines. */
const commandingOrHidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/gu

/**
 * The same text, where nothing commands a terminal, forges a line or hides: such characters are written as JSON writes
 * them, `\u001b`. So JSON stays the same JSON.
 */
export function visible(text: string): string {
  return text.replace(commandingOrHidden, character =>
    character
      .split('')
      .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

export interface Printer {
  /** One line, whatever it holds. */
  line(text: string): void
  /** A text of our own that has several lines. What others wrote goes into it through `visible`. */
  text(text: string): void
}

function printerTo(stream: NodeJS.WriteStream): Printer {
  const line = (text: string) => void stream.write(`${visible(text)}\n`)
  return {
    line,
    text(text) {
      for (const each of text.split('\n')) line(each)
    },
  }
}

/** Whether somebody sits in front. */
export const isTerminal = () => process.stderr.isTTY === true

/** Standard output: what was asked for. */
export const out = printerTo(process.stdout)
/** Standard error: what is said beside it. */
export const aside = printerTo(process.stderr)
