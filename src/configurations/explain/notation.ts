/** One setting as it stands in a pasted text. Offsets count from the beginning of the text. */
export interface Entry {
  key: string
  /** What the library would take it for; null where code or the environment decides, which is never evaluated. */
  value: string | null
  at: number
  /** Where the value is written, its quotes included. */
  from: number
  to: number
  /** The ini section it stands in. */
  section?: string
  /** Among code that does other things too: a name nobody knows means nothing here. */
  loose?: boolean
}

export interface Fault {
  at: number
  reason: 'syntax' | 'section_missing'
}

export interface Parsed {
  entries: Entry[]
  faults: Fault[]
}

/** Reads one notation. Throws nothing; what cannot be read is a fault, which never carries the text itself. */
export type Notation = (text: string) => Parsed

/** The lines of a text with the offset at which each begins, without their line breaks. */
export function linesOf(text: string): { at: number; line: string }[] {
  return [...text.matchAll(/([^\r\n]*)(?:\r\n|\r|\n|$)/g)]
    .filter(match => match[0] !== '')
    .map(match => ({ at: match.index, line: match[1] ?? '' }))
}

/** A string literal's text. `\u{41}`, `\u0041`, `\x41` and the named ones; any other escaped character stands for itself. */
export function unescaped(literal: string): string {
  return literal.replace(
    /\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g,
    (whole, braced?: string, four?: string, two?: string, one?: string) => {
      const hex = braced ?? four ?? two
      if (hex === undefined) return named[one ?? ''] ?? one ?? ''
      const code = Number.parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}

const named: Record<string, string> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  b: '\b',
  v: '\v',
  e: '\u001b',
  '0': '\0',
  '\n': '',
}
