import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReturnTo } from '../../src/web/return-to.ts'

const ours = 'https://keyring.example.com'
const parse = (input: unknown) => parseReturnTo(input, ours)

describe('return_to', () => {
  it.each(['/accounts', '/connections/a-b/accounts/1234567890?q=x%20y&page=2', '/find?customer_id=123-456-7890'])(
    'keeps our own path %s',
    path => expect(parse(path)).toBe(path),
  )

  it.each([
    undefined,
    ['/accounts'],
    '',
    'accounts',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '///evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    '/%2e//evil.example',
    'javascript:alert(1)',
    '/accounts#x',
    '/accounts;x',
    '/auth/start?intent=connect',
    '/oauth2callback?code=x',
    `/${'a'.repeat(2000)}`,
  ])('refuses %j', input => expect(parse(input)).toBeNull())

  it('never leads away, whatever is tried', () => {
    const part = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%2f',
      '%5c',
      '%09',
      '@',
      ':',
      '//',
      'evil.example',
      '?',
      '=',
      'a',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), parts => {
        const path = parse(`/${parts.join('')}`)
        if (path !== null) expect(new URL(path, ours).origin).toBe(ours)
      }),
      { numRuns: 20_000 },
    )
  })
})
