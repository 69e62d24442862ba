import { Composer, type CST, isMap, isScalar, Lexer, type Pair, Parser, type YAMLMap } from 'yaml'
import type { Entry, Notation, Parsed } from '../notation.ts'

/** google-ads.yaml. The sections of the AdWords library's files are opened: what they hold moved up one level. */
export const yaml: Notation = text => {
  const { map, faults } = rootOf(text)
  if (map === null) return { entries: [], faults: faults.length > 0 ? faults : [{ at: 0, reason: 'syntax' }] }
  const entries = map.items.flatMap((pair): Entry[] => {
    const own = entryOf(pair)
    return [...own, ...(own[0] && isMap(pair.value) && oldSection.test(own[0].key) ? entriesOf(pair.value) : [])]
  })
  return { entries, faults }
}

/** appsettings.json, in which .NET allows comments. JSON is YAML, and only the reader of the latter says where a value stands. */
export const json: Notation = text => {
  const { map, faults } = rootOf(withoutComments(text))
  if (map === null) return { entries: [], faults: [{ at: faults[0]?.at ?? 0, reason: 'syntax' }] }
  const section = map.items.find(pair => isScalar(pair.key) && pair.key.value === 'GoogleAdsApi')?.value
  if (isMap(section)) return { entries: entriesOf(section), faults }
  return { entries: entriesOf(map), faults: [...faults, { at: 0, reason: 'section_missing' }] }
}

const oldSection = /^(?:adwords|ad_manager|dfp)$/

function rootOf(text: string): { map: YAMLMap | null; faults: Parsed['faults'] } {
  const documents = new Composer({ uniqueKeys: false, prettyErrors: false }).compose(tokensOf(text), true, text.length)
  const [document] = documents
  const faults = (document?.errors ?? []).map(({ pos }) => ({ at: pos[0], reason: 'syntax' as const }))
  return { map: isMap(document?.contents) ? document.contents : null, faults }
}

/** Far more than any configuration needs. */
const most = { depth: 50, lexemes: 10_000 }

/**
 * Throws RangeError for deep nesting, before composing: composing recurses, and compiling a regular expression on a full
 * stack ends the whole process, not just its thread.
 */
function* tokensOf(text: string): Generator<CST.Token> {
  const parser = new Parser()
  let lexemes = 0
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    if (parser.stack.length > most.depth || ++lexemes > most.lexemes) throw new RangeError('too deep or too long')
  }
  yield* parser.end()
}

const entriesOf = (map: YAMLMap) => map.items.flatMap(entryOf)

function entryOf({ key, value }: Pair): Entry[] {
  if (!isScalar(key) || !key.range) return []
  const at = key.range[0]
  const name = String(key.value)
  if (!isScalar(value) || !value.range) return [{ key: name, value: value === null ? '' : null, at, from: at, to: at }]
  const [from, to] = value.range
  // A bare number or word is meant as it is written: 1234567890 and 0123 are not to become another number.
  const text = value.value === null ? '' : typeof value.value === 'string' ? value.value : (value.source ?? '')
  return [{ key: name, value: text, at, from, to }]
}

/** Blanks of the same length, so that everything else stays where it is. */
function withoutComments(text: string): string {
  return text.replace(/"(?:\\.|[^"\\\n])*"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, each =>
    each.startsWith('"') ? each : each.replace(/[^\n]/g, ' '),
  )
}
