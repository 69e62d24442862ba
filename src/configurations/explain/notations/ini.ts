import type { Entry, Fault, Notation } from '../notation.ts'

/** google_ads_php.ini, by the rules of PHP's parse_ini_file as far as a configuration needs them. */
export const ini: Notation = text => {
  const entries: Entry[] = []
  const faults: Fault[] = []
  let section = ''
  let at = 0
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  while (at < text.length) {
    const skipped = match(/[ \t]*(?:[;#][^\r\n]*)?(?:\r\n|\r|\n)|[ \t]*(?:[;#][^\r\n]*)?$/y)
    const heading = match(/[ \t]*\[([^\]\r\n]*)\][^\r\n]*/y)
    const key = match(/[ \t]*([^\s=;#[\]"']+)[ \t]*=[ \t]*/y)
    if (skipped) at += Math.max(1, skipped[0].length)
    else if (heading) {
      section = heading[1] ?? ''
      at += heading[0].length
    } else if (key) {
      const from = at + key[0].length
      const read = valueAt(text, from)
      if (read === null) return { entries, faults: [...faults, { at, reason: 'syntax' }] }
      entries.push({ key: key[1] ?? '', value: read.value, at, from, to: read.to, section })
      at = read.to
    } else {
      faults.push({ at, reason: 'syntax' })
      at = endOfLine(text, at)
    }
  }
  return { entries, faults }
}

const parts = /'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|([^\s;"'][^;"'\r\n]*)/y

/** Joins adjacent parts into one value. Null if a quote is not closed, because PHP then reads nothing of the file. */
function valueAt(text: string, from: number): { value: string | null; to: number } | null {
  let to = from
  let value: string | null = ''
  while (to < text.length && !/[\r\n;]/.test(text[to] ?? '')) {
    if (/[ \t]/.test(text[to] ?? '')) {
      to++
      continue
    }
    parts.lastIndex = to
    const part = parts.exec(text)
    if (part === null) return null
    const [whole, single, double, bare] = part
    const variable = (double ?? bare ?? '').includes('${')
    const piece: string = single ?? double?.replace(/\\(["'\\])/g, '$1') ?? bare?.trimEnd() ?? ''
    value = value === null || variable ? null : value + piece
    to += whole.length
  }
  return { value, to }
}

function endOfLine(text: string, from: number): number {
  const end = text.slice(from).search(/[\r\n]/)
  return end < 0 ? text.length : from + end
}
