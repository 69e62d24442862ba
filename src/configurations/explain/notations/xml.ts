import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { type Entry, linesOf, type Notation } from '../notation.ts'

/** App.config: the `add` elements of its section GoogleAdsApi. */
export const xml: Notation = text => {
  const valid = XMLValidator.validate(text)
  // A document type can define entities, which a configuration has no use for.
  if (valid !== true || /<!DOCTYPE/i.test(text)) {
    const line = valid === true ? 1 : valid.err.line
    return { entries: [], faults: [{ at: linesOf(text)[line - 1]?.at ?? 0, reason: 'syntax' }] }
  }
  const elements = allOf(parser.parse(text) as Element[])
  const sections = elements.some(({ name }) => name === 'GoogleAdsApi')
  const adds = elements.filter(({ name, inSection }) => name === 'add' && (inSection || !sections))
  return {
    entries: adds.flatMap(each => entryOf(each, text)),
    faults: sections ? [] : [{ at: 0, reason: 'section_missing' }],
  }
}

/** Entities are left as they are written: five of them and numbers are all there can be. */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  captureMetaData: true,
})
const place = XMLParser.getMetaDataSymbol() as unknown as symbol

type Element = Record<string | symbol, unknown>

interface Found {
  name: string
  attributes: Record<string, string>
  at: number
  /** Whether this is inside an element GoogleAdsApi. */
  inSection: boolean
}

/** Every element once, in order. */
function allOf(roots: Element[]): Found[] {
  const found: Found[] = []
  const waiting = roots.map(element => ({ element, inSection: false })).reverse()
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { element, inSection } = next
    const name = Object.keys(element).find(key => key !== ':@') ?? ''
    const children: unknown = element[name]
    if (!Array.isArray(children)) continue
    const { startIndex: at = 0 } = (element[place] ?? {}) as { startIndex?: number }
    found.push({ name, attributes: (element[':@'] ?? {}) as Record<string, string>, at, inSection })
    const below = inSection || name === 'GoogleAdsApi'
    for (const child of (children as Element[]).toReversed()) waiting.push({ element: child, inSection: below })
  }
  return found
}

const openingTag = /<(?:"[^"]*"|'[^']*'|[^"'>])*/y

function entryOf({ attributes: { key, value }, at }: Found, text: string): Entry[] {
  if (key === undefined) return []
  openingTag.lastIndex = at
  const written = /\svalue\s*=\s*("[^"]*"|'[^']*')/.exec(openingTag.exec(text)?.[0] ?? '')
  const from = written?.[1] === undefined ? at : at + written.index + written[0].length - written[1].length
  return [{ key: decoded(key), value: decoded(value ?? ''), at, from, to: from + (written?.[1]?.length ?? 0) }]
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decoded(value: string): string {
  return value
    .replace(/[\t\n\r]/g, ' ')
    .replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return entities[name] ?? whole
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    })
}
