import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readConfiguration } from '../../src/configurations/explain/read-configuration.ts'
import { type Format, formats } from '../../src/configurations/formats.ts'

const most = 32 * 1024
const specials = [...'$"\'`\\{}[]()<>=:;,#/*!&|-?%@.~^+_ \t\na1•\u2028\u0085']
/** `_` stands for a space, `¶` for the end of a line, `§` for a dollar sign; quotes are tried in both kinds. */
const words = [
  `§a §{a} §{ §( §(( <<a¶ << a=1¶ a:_1¶ a:_ __a:¶ -_ ¶-_ ?_ &a_ *a_ !!a_ |¶ >¶ ---¶ %YAML¶ {a:_ [a,_ {'a': [a]¶ a:_b:_`,
  String.raw`/* /*/ // '\ \' \¶ aa\¶ \u{ \u0041 =begin¶ =end¶ #{ Customer({ <!-- --> <a> <a_ </a> <GoogleAdsApi> <?xml <![CDATA[ ]]>`,
  String.raw`&amp; &# <!DOCTYPE <add_key='a'_value='b'> <add_key='a'_value='b'/> a=\'¶ a='¶ a=§{¶ a=;¶ c.client_id_=_'¶ c.a_=_`,
  String.raw`c.client_id_=_'\'¶ const_a_=_'b'¶ import_ client_id client_id:_x¶ client_id:_'INSERT_ INSERT_ YOUR_ <x xxxxxx curl_`,
  `GOOGLE_ADS_CLIENT_ID=x¶ export_ -d_client_id= -H_a: https://googleads.googleapis.com/v1/customers/ api.googleads.clientId=x¶`,
]
  .join(' ')
  .split(' ')
  .map(word => word.replaceAll('_', ' ').replaceAll('¶', '\n').replaceAll('§', '$'))
  .flatMap(word => (word.includes("'") ? [word, word.replaceAll("'", '"')] : [word]))
const beginnings = ['', 'client_id: "', 'a="', '{', '<a>', 'new GoogleAdsApi({', 'c.client_id = "']
const units = [...specials, ...words]

/** How much is repeated of each; the reader of YAML makes much of every character. */
const sweep = (format: Format) => (format === 'python' ? most / 4 : most / 2)

const repeated = (beginning: string, unit: string, length: number) =>
  (beginning + unit.repeat(Math.ceil(length / unit.length))).slice(0, length)

/** Processor time, in milliseconds: what other programs do on this machine counts for little. */
function cost(text: string, format: Format): number {
  const before = process.cpuUsage()
  readConfiguration(text, format)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Twice the text takes at most about twice the time. What is quick at full length needs no second look. */
function isLinear(textOf: (length: number) => string, format: Format, longest = most): boolean {
  if (cost(textOf(longest), format) < 60) return true
  let [half, whole] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let attempt = 0; attempt < 6; attempt++) {
    half = Math.min(half, cost(textOf(longest / 2), format))
    whole = Math.min(whole, cost(textOf(longest), format))
    if (whole < 60 || whole < 3 * half) return true
  }
  return false
}

/** What is shown again is bounded by what was pasted. */
function expectBounded(text: string, format: Format): void {
  const { findings, masked } = readConfiguration(text, format)
  expect(findings.length).toBeLessThanOrEqual(201)
  expect(masked.length).toBeLessThanOrEqual(8 * text.length + 100)
  expect(masked.split('\n').length).toBeLessThanOrEqual(text.split(/\r\n?|\n/).length)
}

/** Each was slow, huge, or the end of the process. */
const reproductions: [string, Format, string][] = [
  ['spaces inside a placeholder', 'python', `client_id: "INSERT ${' '.repeat(31_000)}\\nx"`],
  [
    'sections inside sections',
    'dotnet',
    `${'<GoogleAdsApi><add key="a" value="b"/>'.repeat(600)}${'</GoogleAdsApi>'.repeat(600)}`,
  ],
  ['one word of many variables', 'env', '$a'.repeat(16_000)],
  ['quotes that never end', 'php', 'a=\\"\n'.repeat(6_000)],
  ['brackets without end', 'python', '['.repeat(16_000)],
  ['maps without end', 'dotnet', '{"a":'.repeat(6_000)],
  ['lists in lists', 'python', '- '.repeat(16_000)],
]

describe('hostile text', () => {
  test.each(reproductions)(
    'row 66: %s, as %s, is read in linear time, with an answer in proportion',
    (_, format, text) => {
      expect(isLinear(length => text.slice(0, Math.ceil((text.length * length) / most)), format)).toBe(true)
      expectBounded(text, format)
    },
  )

  test.each(formats)(
    'row 66: any character or word of a format repeated up to the limit is read in linear time as %s',
    format => {
      const slow = units.filter(unit => !isLinear(length => repeated('', unit, length), format, sweep(format)))
      expect(slow).toEqual([])
      const slowInside = beginnings.flatMap(beginning =>
        ['\\"', ' ', '\n', '[', '/*', '$a'].filter(
          unit => !isLinear(length => repeated(beginning, unit, length), format, sweep(format)),
        ),
      )
      expect(slowInside).toEqual([])
    },
    120_000,
  )

  test.each(formats)('row 66: repeated text, as %s, gets an answer in proportion to its length', format => {
    const hostile = fc
      .tuple(
        fc.constantFrom(...beginnings),
        fc.array(fc.oneof(fc.constantFrom(...units), fc.string({ unit: 'binary', maxLength: 4 })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.integer({ min: 1, max: 2_000 }),
      )
      .map(([beginning, parts, times]) => (beginning + parts.join('').repeat(times)).slice(0, 8_000))
    fc.assert(
      fc.property(hostile, text => expectBounded(text, format)),
      { numRuns: 40 },
    )
  })
})
