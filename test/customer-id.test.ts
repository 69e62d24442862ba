import { describe, expect, it } from 'vitest'
import { formatCustomerId, parseCustomerId } from '../src/customer-id.ts'

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
})
