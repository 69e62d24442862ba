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
  const elements = descendants(parser.parse(text) as Element[])
  const sections = elements.filter(({ name }) => name === 'GoogleAdsApi')
  const places = sections.length > 0 ? sections.flatMap(({ children }) => descendants(children)) : elements
  return {
    entries: places.filter(({ name }) => name === 'add').flatMap(each => entryOf(each, text)),
    faults: sections.length > 0 ? [] : [{ at: 0, reason: 'section_missing' }],
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
  children: Element[]
  from: number
  to: number
}

function descendants(elements: Element[]): Found[] {
  return elements.flatMap(element => {
    const name = Object.keys(element).find(key => key !== ':@') ?? ''
    const children = element[name]
    if (!Array.isArray(children)) return []
    const { startIndex = 0, endIndex = 0 } = (element[place] ?? {}) as { startIndex?: number; endIndex?: number }
    const attributes = (element[':@'] ?? {}) as Record<string, string>
    return [{ name, attributes, children, from: startIndex, to: endIndex + 1 }, ...descendants(children)]
  })
}

function entryOf({ attributes: { key, value }, from: at, to }: Found, text: string): Entry[] {
  if (key === undefined) return []
  const written = /\svalue\s*=\s*("[^"]*"|'[^']*')/.exec(text.slice(at, to))
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
