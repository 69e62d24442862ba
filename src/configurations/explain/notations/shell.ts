import type { Entry, Notation } from '../notation.ts'
import { shellWords, type Word } from './shell-words.ts'

/** Settings of the environment: assignments at the beginning of a command, exported or not. */
export const environment: Notation = text => {
  const { words, faults } = shellWords(text)
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
  const { words, faults } = shellWords(text)
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
  const entries = keyFile ? [keyFile, ...sent] : sent
  const once = new Map(entries.map(entry => [`${entry.key} ${entry.from}`, entry]))
  return { entries: [...once.values()], faults }

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
