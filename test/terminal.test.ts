import fc from 'fast-check'
import { expect, it } from 'vitest'
import { visible } from '../src/terminal.ts'

it.each([
  ['an escape', '\u001b[2J', '\\u001b[2J'],
  ['a control of C1', '\u009b2J', '\\u009b2J'],
  ['a line', 'a\nb\r\n', 'a\\u000ab\\u000d\\u000a'],
  ['another line', '\u2028\u2029\u0085', '\\u2028\\u2029\\u0085'],
  ['the other direction', '\u202egnp.exe\u2066\u200f', '\\u202egnp.exe\\u2066\\u200f'],
  ['nothing to see', 'a\u200bb\u00ad\ufeff\u3164\u034f', 'a\\u200bb\\u00ad\\ufeff\\u3164\\u034f'],
  ['half a character', '\ud800', '\\ud800'],
  ['a hidden tag', '\u{e0041}', '\\udb40\\udc41'],
])('shows %s', (_what, text, shown) => expect(visible(text)).toBe(shown))

it('leaves names of people and companies as they are', () => {
  for (const name of ['Ærøskøbing & Søn', '株式会社', 'Ünïted “Ads” — 50 %', 'مؤسسة', '🎉 Party'])
    expect(visible(name)).toBe(name)
})

it('keeps JSON the same JSON, whatever it holds', () => {
  fc.assert(
    fc.property(fc.json(), fc.string({ unit: 'binary' }), (json, text) => {
      const value = [JSON.parse(json), text]
      expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(value)
    }),
    { numRuns: 30 },
  )
})
