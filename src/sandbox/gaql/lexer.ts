import { AdsError } from '../ads/ads-error.ts'

export interface Token {
  kind: 'word' | 'string' | 'number' | 'symbol' | 'end'
  /** As written, except that a string is without quotes and escapes. */
  text: string
}

const PATTERNS: readonly [Token['kind'] | 'space', RegExp][] = [
  ['space', /\s+/y],
  ['word', /[A-Za-z_][A-Za-z0-9_.]*/y],
  ['number', /[-+]?\d+(\.\d+)?([eE][-+]?\d+)?/y],
  ['symbol', /!=|<>|<=|>=|[=<>(),;*]/y],
]

/** Cuts a GAQL query into tokens, the last one `end`. Throws AdsError (queryError). */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < query.length) {
    const quote = query.charAt(at)
    if (quote === "'" || quote === '"') {
      const string = readString(query, at + 1, quote)
      tokens.push({ kind: 'string', text: string.text })
      at = string.end
      continue
    }
    const [kind, text] = readPlain(query, at)
    if (kind !== 'space') tokens.push({ kind, text })
    at += text.length
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

function readPlain(query: string, at: number): [Token['kind'] | 'space', string] {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at
    const text = pattern.exec(query)?.[0]
    if (text !== undefined) return [kind, text]
  }
  const symbol = String.fromCodePoint(query.codePointAt(at) ?? 0)
  if (symbol > '\x7f') {
    throw new AdsError('queryError', 'BAD_SYMBOL', { message: `Error in query: bad symbol '${symbol}'.` })
  }
  throw new AdsError('queryError', 'UNEXPECTED_INPUT', { message: `Error in query: unexpected input ${symbol}.` })
}

function readString(query: string, start: number, quote: string): { text: string; end: number } {
  let text = ''
  for (let at = start; at < query.length; at += 1) {
    const char = query.charAt(at)
    if (char === quote) return { text, end: at + 1 }
    if (char === '\n' || char === '\r') {
      throw new AdsError('queryError', 'PROHIBITED_NEWLINE_IN_STRING', {
        message: 'Error in query: newline character in a string.',
      })
    }
    if (char === '\\') {
      at += 1
      text += unescaped(query.charAt(at))
    } else {
      text += char
    }
  }
  throw new AdsError('queryError', 'STRING_NOT_TERMINATED', { message: 'Error in query: unterminated string.' })
}

const ESCAPES: Record<string, string> = { "'": "'", '"': '"', '\\': '\\', n: '\n', t: '\t', r: '\r', '%': '%', '': '' }

function unescaped(char: string): string {
  const plain = ESCAPES[char]
  if (plain !== undefined) return plain
  throw new AdsError('queryError', 'BAD_ESCAPE_SEQUENCE', {
    message: `Error in query: invalid escape sequence \\${char}.`,
  })
}
