/** Control characters (C0, C1), direction marks, zero-width characters, and other line ends. */
const commandingOrHidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/gu

/**
 * The same text, but nothing in it can control a terminal, forge a line or hide. Such characters are escaped as in JSON
 * (`\u001b`), so JSON keeps its meaning.
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
  /** Prints one line, whatever the text holds. */
  line(text: string): void
  /** Prints our own text with several lines. Text from others must go through `visible` first. */
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

/** Whether a person is at the terminal. */
export const isTerminal = () => process.stderr.isTTY === true

/** Standard output, for results. */
export const out = printerTo(process.stdout)
/** Standard error, for everything else. */
export const aside = printerTo(process.stderr)
