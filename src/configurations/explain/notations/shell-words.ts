import type { Fault } from '../notation.ts'

/** One word of a shell script: literal text and, unexpanded, what the shell would put in its place. */
export interface Word {
  at: number
  to: number
  pieces: Piece[]
  /** Stands where a command begins. */
  first: boolean
}

/** An empty name stands for a command's output. */
export type Piece = string | { variable: string }

const lexeme = new RegExp(
  [
    /(?<joined>\\\n)/,
    /'(?<single>[^']*)'/,
    /(?<open>['"])/,
    /\$\{(?<braced>\w+)\}|\$(?<name>\w+)/,
    /(?<code>\$\(|`)/,
    /<<-?[ \t]*['"]?(?<heredoc>\w+)['"]?/,
    /(?<newline>\n)/,
    /(?<between>[ \t]+|[;|&()<>])/,
    /\\(?<escaped>[\s\S])/,
    /(?<hash>#)/,
    /(?<plain>[^\s'"\\$`;|&()<>#]+|[\s\S])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'y',
)
type Groups = Record<string, string | undefined>

/**
 * The words of a POSIX shell script, in order, those inside command substitutions too. Pipes, parentheses and redirections only end
 * them; comments and here-documents are left out. Reading stops at a quote that is never closed.
 */
export function shellWords(text: string): { words: Word[]; faults: Fault[] } {
  const words: Word[] = []
  let word: Word | null = null
  let first = true
  let heredoc: string | null = null
  let at = 0
  while (at < text.length) {
    const { groups, end } = lexemeAt(text, at)
    let to = end
    if (groups.open !== undefined) return { words, faults: [{ at, reason: 'syntax' }] }
    const pieces = piecesOf(groups)
    if (groups.hash !== undefined && word === null) to = endOfLine(text, at)
    else if (pieces !== null) {
      word ??= { at, to, pieces: [], first }
      extend(word, pieces, to)
    } else if (groups.joined === undefined) {
      if (word) {
        if (groups.code !== undefined) extend(word, [{ variable: '' }], to)
        words.push(word)
        first = false
        word = null
      }
      if (groups.between?.trim() !== '') first = true
      heredoc = groups.heredoc ?? heredoc
      if (groups.newline !== undefined && heredoc !== null) {
        to = afterHeredoc(text, to, heredoc)
        heredoc = null
      }
    }
    at = to
  }
  return { words: word ? [...words, word] : words, faults: [] }
}

function lexemeAt(text: string, at: number): { groups: Groups; end: number } {
  const quoted = text[at] === '"' ? endOfDouble(text, at) : null
  if (quoted !== null) return { groups: { double: text.slice(at + 1, quoted - 1) }, end: quoted }
  lexeme.lastIndex = at
  const found = lexeme.exec(text)
  return { groups: found?.groups ?? {}, end: at + (found?.[0].length ?? 1) }
}

/** Where the double quote that starts at `from` ends; a command substitution inside may hold quotes too. Null if it never ends. */
function endOfDouble(text: string, from: number): number | null {
  let depth = 0
  for (let at = from + 1; at < text.length; at++) {
    const letter = text[at]
    if (letter === '\\' && depth === 0) at++
    else if (letter === '"' && depth === 0) return at + 1
    else if (letter === '"') at = text.indexOf('"', at + 1)
    else if (letter === '$' && text[at + 1] === '(') {
      at++
      depth++
    } else if (letter === '(' && depth > 0) depth++
    else if (letter === ')' && depth > 0) depth--
    if (at < from) return null
  }
  return null
}

/** What a lexeme adds to its word; null for what stands between words. */
function piecesOf({ single, double, braced, name, escaped, hash, plain }: Groups): Piece[] | null {
  const variable = braced ?? name
  if (variable !== undefined) return [{ variable }]
  if (double !== undefined) return quotedPieces(double)
  const literal = single ?? escaped ?? hash ?? plain
  return literal === undefined ? null : [literal]
}

function quotedPieces(text: string): Piece[] {
  const inside = /\\([$`"\\\n])|\$\{(\w+)\}|\$(\w+)|(\$\(|`|\$\{)|([^$`\\]+|[\s\S])/g
  const pieces = [...text.matchAll(inside)].map(([, escaped, braced, name, code, plain]): Piece => {
    const variable = braced ?? name ?? (code === undefined ? undefined : '')
    if (variable !== undefined) return { variable }
    return escaped === '\n' ? '' : (escaped ?? plain ?? '')
  })
  return pieces.length === 0 ? [''] : pieces
}

function extend(word: Word, more: Piece[], to: number): void {
  const { pieces } = word
  for (const piece of more) {
    const last = pieces.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') pieces[pieces.length - 1] = last + piece
    else if (piece !== '' || pieces.length === 0) pieces.push(piece)
  }
  word.to = to
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function afterHeredoc(text: string, from: number, mark: string): number {
  for (let at = from; at < text.length; at = endOfLine(text, at) + 1) {
    const end = endOfLine(text, at)
    if (text.slice(at, end).trim() === mark) return end
  }
  return text.length
}
