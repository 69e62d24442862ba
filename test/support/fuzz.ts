import { readdirSync, readFileSync } from 'node:fs'
import { load } from 'cheerio'
import fc from 'fast-check'

/** Other inputs in each run of the tests; `FUZZ_SEED=N` brings those of an earlier run back. */
const seedOfToday = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)

/** Tries a property with inputs that are always the same, then with new ones. A failure prints its seed and its input. */
export async function holds<T>(property: fc.IRawProperty<T>, numRuns: number, examples: T[] = []): Promise<void> {
  await fc.assert(property, { numRuns, seed: 7, examples })
  await fc.assert(property, { numRuns: Math.ceil(numRuns / 3), seed: seedOfToday })
}

/** An element, an attribute, an address and the tricks of several template languages, all of which must stay text. */
export const mark = `"'\`><x-mark onmark=1 style="color:red">\${7*7077}<%= 7*7077 %>{{7*7077}}#{7*7077}</x-mark>\u202e`
const evaluated = String(7 * 7077)

/** Ends inside a character that takes two units, wherever a text is cut. */
const cutInTwo = [40, 64, 100, 120, 200, 254, 300, 320, 1024].map(length => `${'x'.repeat(length - 1)}😀`)

/** What people who mean harm put into a field, and what nobody thought of. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...[
      mark,
      'javascript:alert(1)',
      '//evil.example',
      '\\\\evil.example',
      'data:text/html,<x-mark>',
      '</textarea><x-mark>',
    ],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'undefined', 'true', '[object Object]'],
    ...['0', '-1', '-0', '1e999', 'NaN', '0x10', '9'.repeat(400), '9007199254740993', '١٢٣', '1.5', ' 1 ', '+1'],
    ...['\0', '%', '%00', '%zz', '%ED%A0%80', '\ud800', '\udfff😀', '\r\nX-Evil: 1', '\u2028', '\ufeff', '\u202e'],
    ...["' or 1=1 --", '";drop table members;', '%_', '*', '../../etc/passwd', '$(id)', '{"a":', '[]', '\\'],
    ...['0000-00-00', '9999-12-31', '2026-02-30', '275760-09-13', '-1-01-01', 'x@y@z', 'ﬀ@x', 'a'.repeat(3_000)],
    ...cutInTwo,
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
)

/** Any value of JSON, much of it hostile text. */
export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.jsonValue(),
  fc.array(hostileText, { maxLength: 3 }),
  fc.constantFrom(null, true, -1, 1e308, 2 ** 53, 0.1, {}, [], [[]], { toString: 1 }, { length: 1e9 }),
)

/** Every name a view gives to a field and a handler reads from a query, form or body. */
export function parameterNames(): string[] {
  const from = (folder: string, patterns: RegExp[]) => {
    const root = new URL(`../../${folder}/`, import.meta.url)
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => /\.(ts|ejs)$/.test(file))
    return files.flatMap(file => {
      const text = readFileSync(new URL(file, root), 'utf8')
      return patterns.flatMap(pattern => [...text.matchAll(pattern)].map(([, name = '']) => name))
    })
  }
  const names = [
    ...from('views', [/name="(\w+)"/g]),
    ...from('src/web', [
      /\b(?:query|body|form)\.(\w+)/g,
      /\b(\w+): (?:z[.\n]|optional\(|text\b|day\b)/g,
      /\btext\('(\w+)'/g,
      /\{ (\w+)[^}]*\} = \(?req\.(?:query|body)/g,
    ]),
    ...['state', 'code', 'error', 'iss', 'scope', 'id_token', 'error_description', 'response', 'fate', '_method'],
    ...['a[b]', '__proto__', 'constructor', 'settings[view options]', 'settings', 'cache', 'filename', 'delimiter'],
  ]
  return [...new Set(names)].sort()
}

/** Whatever in this page came from data and is more than text; empty for a good page. */
export function intruders(html: string): string[] {
  const $ = load(html)
  const elements = $('*')
    .toArray()
    .flatMap(each => ('attribs' in each ? [each] : []))
  const inline = elements.filter(({ name, attribs }) => {
    const runs = name === 'script' && !attribs.src?.startsWith('/assets/')
    return runs || /^(x-mark|base|iframe|object|embed|style)$/.test(name)
  })
  const attributes = elements.flatMap(({ name, attribs }) =>
    Object.keys(attribs)
      .filter(attribute => /^(on|style$|srcdoc$)/.test(attribute))
      .map(attribute => `${name} ${attribute}`),
  )
  const addresses = elements
    .flatMap(({ attribs }) =>
      ['href', 'src', 'action', 'formaction', 'xlink:href', 'content'].map(name => attribs[name]),
    )
    .filter(address => address !== undefined)
    .filter(address =>
      /^\s*(?!(?:mailto:\?subject=|http:\/\/(?:127\.0\.0\.1|localhost):\d+\/))(?:[a-z][\w+.-]*:|\/\/|\/?\\)/i.test(
        address,
      ),
    )
  return [
    ...inline.map(({ name }) => `<${name}>`),
    ...attributes,
    ...addresses,
    ...(html.includes(evaluated) ? ['a template was evaluated'] : []),
  ]
}
