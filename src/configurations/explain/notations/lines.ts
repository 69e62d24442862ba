import { type Entry, type Fault, linesOf, type Notation, unescaped } from '../notation.ts'

/** ads.properties, by the rules of java.util.Properties: continued lines, escapes, `=`, `:` or a blank between. */
export const properties: Notation = text => {
  const entries: Entry[] = []
  let open: { at: number; parts: string[] } | null = null
  for (const { at, line } of linesOf(text)) {
    const part = line.replace(/^[ \t\f]+/, '')
    if (open === null && (part === '' || /^[#!]/.test(part))) continue
    const continued = endsOpen(part)
    open ??= { at: at + line.length - part.length, parts: [] }
    open.parts.push(continued ? part.slice(0, -1) : part)
    if (continued) continue
    entries.push(property(open, at + line.length))
    open = null
  }
  if (open !== null) entries.push(property(open, text.length))
  return { entries, faults: [] }
}

/** An odd number of backslashes at the end: the line goes on. */
function endsOpen(line: string): boolean {
  let backslashes = 0
  while (line.at(-1 - backslashes) === '\\') backslashes++
  return backslashes % 2 === 1
}

function property({ at, parts }: { at: number; parts: string[] }, to: number): Entry {
  const text = parts.join('')
  const key = /^(?:\\.|[^\\=: \t\f])*/s.exec(text)?.[0] ?? ''
  const separator = /^[ \t\f]*[=:]?[ \t\f]*/.exec(text.slice(key.length))?.[0] ?? ''
  const from = at + key.length + separator.length
  const value = unescaped(text.slice(key.length + separator.length))
  return { key: unescaped(key), value, at, from: Math.min(from, to), to }
}

/** googleads.properties of the Perl library: all that follows the first `=`, as it stands. */
export const perl: Notation = text => {
  const entries: Entry[] = []
  const faults: Fault[] = []
  for (const { at, line } of linesOf(text)) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const equals = line.indexOf('=')
    if (equals < 0) faults.push({ at, reason: 'syntax' })
    else {
      const from = at + equals + 1
      entries.push({ key: line.slice(0, equals).trim(), value: line.slice(equals + 1), at, from, to: at + line.length })
    }
  }
  return { entries, faults }
}
