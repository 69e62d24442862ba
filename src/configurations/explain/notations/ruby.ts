import { type Entry, type Notation, unescaped } from '../notation.ts'

/** google_ads_config.rb: `c.name = literal`, one by one. It is code, so whatever is not a literal stays unread. */
export const ruby: Notation = source => {
  const text = withoutBlockComments(source)
  const entries: Entry[] = []
  const assignment = /^[ \t]*[a-z_]\w*\.(\w+)[ \t]*=(?![=~])[ \t]*/gm
  for (let found = assignment.exec(text); found; found = assignment.exec(text)) {
    const from = assignment.lastIndex
    const literal = literalAt(text, from)
    const to = literal?.to ?? endOfLine(text, from)
    const at = found.index + (found[0].length - found[0].trimStart().length)
    entries.push({ key: found[1] ?? '', value: literal?.value ?? null, at, from, to })
    assignment.lastIndex = to
  }
  const open = entries.filter(
    ({ value, from }) => value === null && /['"]/.test(text[from] ?? '') && !closed(text, from),
  )
  return { entries, faults: open.map(({ at }) => ({ at, reason: 'syntax' })) }
}

/** Spaces of the same length, so that all positions stay the same. */
function withoutBlockComments(text: string): string {
  let inside = false
  const lines = text.split('\n').map(line => {
    const comment = inside || /^=begin\b/.test(line)
    inside = comment && !/^=end\b/.test(line)
    return comment ? ' '.repeat(line.length) : line
  })
  return lines.join('\n')
}

const quoted = /'((?:\\[\s\S]|[^'\\])*)'|"((?:\\[\s\S]|[^"\\])*)"/y
const bare = /(?:(\d[\d_]*)|(true|false)|nil)\b/y

/** A literal with nothing behind it but a comment; null for anything that would have to be run. */
function literalAt(text: string, from: number): { value: string | null; to: number } | null {
  quoted.lastIndex = from
  bare.lastIndex = from
  const string = quoted.exec(text)
  const word = string ? null : bare.exec(text)
  const whole = string?.[0] ?? word?.[0]
  if (whole === undefined) return null
  const to = from + whole.length
  if (!/^[ \t]*(?:[#;].*)?$/.test(text.slice(to, endOfLine(text, to)))) return null
  if (word) return { value: (word[1]?.replaceAll('_', '') ?? word[2]) || '', to }
  const [, single, double = ''] = string ?? []
  if (single !== undefined) return { value: single.replace(/\\([\\'])/g, '$1'), to }
  const interpolated = /#[{$@]/.test(double.replace(/\\[\s\S]/g, ''))
  return { value: interpolated ? null : unescaped(double), to }
}

function closed(text: string, from: number): boolean {
  quoted.lastIndex = from
  return quoted.test(text)
}

function endOfLine(text: string, from: number): number {
  const end = text.slice(from).search(/[\r\n]/)
  return end < 0 ? text.length : from + end
}
