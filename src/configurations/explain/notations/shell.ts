import type { Entry, Fault, Notation, Parsed } from '../notation.ts'

/** Settings of the environment: assignments at the beginning of a command, exported or not. */
export const environment: Notation = text => {
  const { words, faults } = tokens(text)
  const assigned = assignments(words).map(entry => ({ ...entry, loose: !entry.key.startsWith('GOOGLE_') }))
  const spaced = words.filter(
    (word, index) => word.first && !/=/.test(literal(word) ?? '=') && literal(words[index + 1]) === '=',
  )
  return { entries: assigned, faults: [...faults, ...spaced.map(({ at }) => ({ at, reason: 'syntax' as const }))] }
}

/**
 * Calls of curl: what their forms, headers and addresses send. A value that is one variable is the one the text assigns to it;
 * no command is run.
 */
export const curl: Notation = text => {
  const { words, faults } = tokens(text)
  const variables = new Map(assignments(words).map(entry => [entry.key, entry]))
  const sent = words.flatMap((word, index): Entry[] => {
    const option = literal(words[index - 1]) ?? ''
    if (form.test(option)) return named(word, /^([\w-]+)=/)
    if (header.test(option)) return named(word, /^([\w-]+):[ \t]*/)
    const account = /googleads\.googleapis\.com\/v\d+\/customers\/([^/]*)/.exec(opening(word))
    if (account === null) return []
    const prefix = account.index + account[0].length - (account[1] ?? '').length
    return [valued('customer_id', word, prefix, '/')]
  })
  const keyFile = variables.get('KEY_FILE')
  return { entries: keyFile ? [keyFile, ...sent] : sent, faults }

  function named(word: Word, pattern: RegExp): Entry[] {
    const name = pattern.exec(opening(word))
    return name?.[1] === undefined ? [] : [valued(name[1], word, name[0].length, null)]
  }

  /** `prefix` characters of the word belong to the name; `end` closes the value where more follows it. */
  function valued(key: string, word: Word, prefix: number, end: string | null): Entry {
    const [first = '', second, ...more] = word.pieces
    const start = typeof first === 'string' ? first.slice(prefix) : ''
    const { at, to } = word
    if (start === '' && typeof second === 'object' && (more.length === 0 || end !== null)) {
      const variable = variables.get(second.variable)
      return variable ? { ...variable, key } : { key, value: null, at, from: to, to }
    }
    const whole = literal(word)?.slice(prefix) ?? null
    const value = end === null || whole === null ? whole : whole.slice(0, (whole.indexOf(end) + 1 || Infinity) - 1)
    return { key, value, at, from: at, to }
  }
}

const form = /^(?:-d|-F|--data(?:-urlencode|-raw|-ascii|-binary)?|--form(?:-string)?)$/
const header = /^(?:-H|--header)$/
const prefixes = /^(?:export|declare|typeset|set|setx|env|-x|-gx)$/

interface Word {
  at: number
  to: number
  pieces: (string | { variable: string })[]
  /** Stands where a command begins. */
  first: boolean
}

function literal(word: Word | undefined): string | null {
  if (word === undefined || word.pieces.some(piece => typeof piece !== 'string')) return null
  return word.pieces.join('')
}

const opening = ({ pieces: [first] }: Word) => (typeof first === 'string' ? first : '')

function assignments(words: Word[]): Entry[] {
  return words.flatMap((word, index): Entry[] => {
    const name = /^([A-Za-z_]\w*)=/.exec(opening(word))
    const previous = words[index - 1]
    if (name?.[1] === undefined || !(word.first || prefixes.test(literal(previous) ?? ''))) return []
    const length = name[0].length
    return [
      { key: name[1], value: literal(word)?.slice(length) ?? null, at: word.at, from: word.at + length, to: word.to },
    ]
  })
}

/** The words of a POSIX shell script, in order; what stands between them (pipes, parentheses, redirections) only ends them. */
function tokens(text: string): { words: Word[]; faults: Parsed['faults'] } {
  const words: Word[] = []
  const faults: Fault[] = []
  let word: Word | null = null
  let first = true
  let at = 0
  let heredoc: string | null = null

  const add = (piece: string | { variable: string }, length: number) => {
    word ??= { at, to: at, pieces: [], first }
    const last = word.pieces.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') word.pieces[word.pieces.length - 1] = last + piece
    else if (piece !== '' || word.pieces.length === 0) word.pieces.push(piece)
    at += length
    word.to = at
  }
  const end = () => {
    if (word) {
      words.push(word)
      first = false
    }
    word = null
  }
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }

  while (at < text.length) {
    const single = match(/'([^']*)'/y)
    const variable = match(/\$(?:\{(\w+)\}|(\w+))/y)
    const document = match(/<<-?[ \t]*['"]?(\w+)['"]?/y)
    if (match(/\\\r?\n/y)) at += match(/\\\r?\n/y)?.[0].length ?? 1
    else if (single) add(single[1] ?? '', single[0].length)
    else if (text[at] === '"') {
      const length = quotedLength(text, at)
      if (length === null) {
        faults.push({ at, reason: 'syntax' })
        break
      }
      const pieces = quotedPieces(text.slice(at + 1, at + length - 1))
      const before = at
      for (const piece of pieces) add(piece, 0)
      at = before
      add('', length)
    } else if (text[at] === "'") {
      faults.push({ at, reason: 'syntax' })
      break
    } else if (variable) add({ variable: variable[1] ?? variable[2] ?? '' }, variable[0].length)
    else if (document) {
      end()
      heredoc = document[1] ?? ''
      at += document[0].length
    } else if (/\n/.test(text[at] ?? '')) {
      end()
      first = true
      at++
      if (heredoc !== null) {
        const close = new RegExp(`^[ \\t]*${heredoc}[ \\t]*$`, 'm').exec(text.slice(at))
        at = close ? at + close.index + close[0].length : text.length
        heredoc = null
      }
    } else if (/\s/.test(text[at] ?? '')) {
      end()
      at++
    } else if (text[at] === '#' && word === null) at += match(/[^\n]*/y)?.[0].length ?? 1
    else if (/[`;|&()<>]/.test(text[at] ?? '') || match(/\$\(/y)) {
      // A substitution makes its word's value one that only running it would tell.
      if (word && /[`$]/.test(text[at] ?? '')) add({ variable: '' }, 0)
      end()
      first = true
      at += text[at] === '$' ? 2 : 1
    } else if (text[at] === '\\') add(text[at + 1] ?? '', 2)
    else add(text[at] ?? '', 1)
  }
  end()
  return { words, faults }
}

/** From the opening quote to the closing one, over command substitutions with quotes of their own. Null when unclosed. */
function quotedLength(text: string, from: number): number | null {
  let depth = 0
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text.startsWith('$(', at)) depth++
    else if (text[at] === ')' && depth > 0) depth--
    else if (text[at] === '"' && depth === 0) return at + 1 - from
  }
  return null
}

function quotedPieces(text: string): Word['pieces'] {
  const pieces: Word['pieces'] = ['']
  for (const [whole, escaped, braced, name, code, plain] of text.matchAll(
    /\\([$`"\\]|\r?\n)|\$\{(\w+)\}|\$(\w+)|(\$\(|`|\$\{)|([^$`\\]+|[\s\S])/g,
  )) {
    const variable = braced ?? name ?? (code === undefined ? undefined : '')
    if (variable !== undefined) pieces.push({ variable }, '')
    else pieces[pieces.length - 1] += escaped === undefined ? (plain ?? whole) : escaped.replace(/\r?\n/, '')
  }
  return pieces.filter((piece, index) => piece !== '' || index === 0)
}
