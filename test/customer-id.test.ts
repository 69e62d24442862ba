import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatCustomerId, parseCustomerId } from '../src/customer-id.ts'
import { holds, hostileText } from './support/fuzz.ts'

describe('a customer id', () => {
  it.each([
    '1234567890',
    '123-456-7890',
    ' 123 456 7890 ',
    'customers/1234567890',
    '123–456–7890',
    '123\u00a0456\u00a07890',
    '１２３４５６７８９０',
    '123.456.7890',
  ])('is read from %j', input => expect(parseCustomerId(input)).toBe('1234567890'))

  it.each(['', '123456789', '12345678901', '123-456-789a', 'customers/', '-', '१२३४५६७८९०'])('is not %j', input =>
    expect(parseCustomerId(input)).toBeNull(),
  )

  it('is shown in the form people know', () => expect(formatCustomerId('1234567890')).toBe('123-456-7890'))

  it('row 66: is ten digits or nothing, whatever the text, and reads the same again', () => {
    const nearly = fc
      .array(
        fc.constantFrom(...'0123456789', '-', '–', ' ', '\u00a0', '.', '\u200b', '٣', '１', 'customers/', '\u0301'),
      )
      .map(parts => parts.join(''))
    return holds(
      fc.property(fc.oneof(nearly, hostileText), text => {
        const read = parseCustomerId(text)
        if (read === null) return
        expect(read).toMatch(/^[0-9]{10}$/)
        for (const again of [read, formatCustomerId(read), `customers/${read}`, ` ${read}\n`]) {
          expect(parseCustomerId(again)).toBe(read)
        }
      }),
      3_000,
    )
  })
})
