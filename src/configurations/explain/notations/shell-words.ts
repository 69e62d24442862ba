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
    /"(?<double>(?:\\[\s\S]|\$\((?:[^()"]|"[^"]*"|\([^()]*\))*\)|\$(?!\()|[^"\\$])*)"/,
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
    lexeme.lastIndex = at
    const found = lexeme.exec(text)
    const groups: Groups = found?.groups ?? {}
    let to = at + (found?.[0].length ?? 1)
    if (groups.open !== undefined) return { words, faults: [{ at, reason: 'syntax' }] }
    const pieces = piecesOf(groups)
    if (groups.hash !== undefined && word === null) to = endOfLine(text, at)
    else if (pieces !== null) word = extended(word ?? { at, to, pieces: [], first }, pieces, to)
    else if (groups.joined === undefined) {
      if (word) {
        words.push(groups.code === undefined ? word : extended(word, [{ variable: '' }], to))
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

function extended(word: Word, more: Piece[], to: number): Word {
  const pieces = [...word.pieces]
  for (const piece of more) {
    const last = pieces.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') pieces[pieces.length - 1] = last + piece
    else if (piece !== '' || pieces.length === 0) pieces.push(piece)
  }
  return { ...word, pieces, to }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function afterHeredoc(text: string, from: number, mark: string): number {
  const end = new RegExp(`^[ \\t]*${mark}[ \\t]*$`, 'm').exec(text.slice(from))
  return end ? from + end.index + end[0].length : text.length
}
