import { type Entry, type Notation, unescaped } from '../notation.ts'

interface Token {
  at: number
  text: string
}

/** What google-ads-api and google-auth-library are called with: `name: literal` in objects. Code is never run. */
export const javascript: Notation = text => {
  const list = tokens(text)
  const constants = constantsOf(list)
  const entries: Entry[] = []
  const objects: { ofLibrary: boolean }[] = []
  for (const [index, token] of list.entries()) {
    if (token.text === '{')
      objects.push({ ofLibrary: calls.test(list[index - 2]?.text ?? '') && before(index) === '(' })
    else if (token.text === '}') objects.pop()
    else if ((before(index) === '{' || before(index) === ',') && objects.length > 0) {
      const entry = pairAt(index, token)
      if (entry) entries.push({ ...entry, loose: !objects.at(-1)?.ofLibrary })
    }
  }
  const open = list.find(({ text: each }) => /^["']/.test(each) && (each.length < 2 || each.at(-1) !== each[0]))
  return { entries, faults: open ? [{ at: open.at, reason: 'syntax' }] : [] }

  function before(index: number): string | undefined {
    return list[index - 1]?.text
  }

  function pairAt(index: number, { at, text: written }: Token): Entry | null {
    const key = literal(written) ?? written
    const next = list[index + 1]?.text
    if ((next === ',' || next === '}') && constants.has(key)) return { ...constants.get(key), key, at } as Entry
    const value = list[index + 2]
    if (next !== ':' || value === undefined || value.text === '{') return null
    const from = value.at
    if (!/^[,}]$/.test(list[index + 3]?.text ?? '}')) return { key, value: null, at, from, to: from }
    const constant = constants.get(value.text)
    if (constant) return { ...constant, key }
    const to = from + value.text.length
    return { key, value: literal(value.text) ?? (/^\d+$/.test(value.text) ? value.text : null), at, from, to }
  }
}

const calls = /^(?:GoogleAdsApi|Customer|GoogleAuth|JWT)$/

function tokens(text: string): Token[] {
  const pattern =
    /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|`(?:\\[\s\S]|[^`\\])*`?|[\w$]+|[^\s]/g
  return [...text.matchAll(pattern)]
    .map(match => ({ at: match.index, text: match[0] }))
    .filter(({ text: each }) => !/^\/[/*]/.test(each))
}

/** `const name = 'literal'`, to which an object may refer. */
function constantsOf(list: Token[]): Map<string, Omit<Entry, 'key'>> {
  return new Map(
    list.flatMap(({ text, at }, index) => {
      const [name, equals, value] = list.slice(index + 1, index + 4)
      if (!/^(?:const|let|var)$/.test(text) || !name || equals?.text !== '=' || !value) return []
      const read = literal(value.text)
      if (read === null) return []
      return [[name.text, { value: read, at, from: value.at, to: value.at + value.text.length }] as const]
    }),
  )
}

function literal(text: string): string | null {
  const [quote] = text
  if (text.length < 2 || text.at(-1) !== quote || !/^["'`]/.test(text)) return null
  return quote === '`' && /\$\{/.test(text) ? null : unescaped(text.slice(1, -1))
}
