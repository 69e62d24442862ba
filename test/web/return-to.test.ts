import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReturnTo } from '../../src/web/return-to.ts'

const ours = 'https://keyring.example.com'
const parse = (input: unknown) => parseReturnTo(input, ours)

const tricks = makeTricks()

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
  ])('row 13: refuses %j', input => expect(parse(input)).toBeNull())

  it('row 13: never leads away, whatever is tried', () => {
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

  it('row 14: leads nowhere else by any trick of the trade, plain or decoded', () => {
    expect(tricks.length).toBeGreaterThan(2_000)
    const accepted = tricks.flatMap(trick => {
      const path = parse(trick)
      return path === null ? [] : [{ trick, path }]
    })
    for (const { trick, path } of accepted) {
      for (const base of [ours, `${ours}/a/b?c`, 'http://localhost:3000']) {
        expect(new URL(path, base).origin, trick).toBe(new URL(base).origin)
      }
      expect(parse(path), trick).toBe(path)
      expect(path, trick).toMatch(/^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/)
    }
    // Some do look like a path of ours; if none were accepted, this would prove nothing.
    expect(accepted.length).toBeGreaterThan(10)
  })
})

/** The ways browsers, proxies and frameworks were led away by: before the host, between the slashes, around the name. */
function makeTricks(): string[] {
  const slashes = [
    '/',
    '\\',
    '%2f',
    '%5c',
    '%252f',
    '\u2215',
    '\u2044',
    '\uff0f',
    '\u29f8',
    '\u3002',
    '%e3%80%82',
    '/.',
    '/..',
    ';/',
  ]
  const between = [
    '',
    '\t',
    '\n',
    '\r',
    ' ',
    '\0',
    '%09',
    '%0a',
    '%0d%0a',
    '%00',
    '%20',
    '\u00a0',
    '\u200b',
    '\ufeff',
    '.',
    '@',
    ':',
  ]
  const starts = slashes.flatMap(one => between.flatMap(gap => slashes.slice(0, 5).map(two => one + gap + two)))
  const hosts = [
    'evil.example',
    'evil。example',
    'ⓔvil.example',
    'keyring.example.com@evil.example',
    '[::ffff:7f00:1]',
    '2130706433',
  ]
  const schemes = [
    'https:',
    'http:',
    'HtTpS:',
    'javascript:',
    'data:text/html,',
    'vbscript:',
    'blob:',
    'java\tscript:',
    'https\n:',
    '\u0001javascript:',
  ]
  const scheming = schemes.flatMap(scheme =>
    ['', '/', '//', '///', '\\\\', '/\\'].flatMap(start => [
      `${scheme}${start}evil.example`,
      `/${scheme}${start}evil.example`,
    ]),
  )
  const around = [
    '',
    '/accounts',
    `${ours}.`,
    `${ours}@`,
    `${ours}:`,
    '//user:pw@',
    'http:',
    '?next=',
    '#',
    '/accounts?next=',
    '/%2e%2e',
  ]
  const composed = around.flatMap(start => starts.slice(0, 120).map(middle => `${start}${middle}evil.example`))
  const all = [
    ...starts.flatMap(start => hosts.slice(0, 2).map(host => start + host)),
    ...hosts.map(host => `//${host}`),
  ]
  const long = [
    `/${'/'.repeat(1_000)}evil.example`,
    `/${'.'.repeat(1_000)}/evil.example`,
    `/${'../'.repeat(300)}/evil.example`,
  ]
  const plain = [...all, ...scheming, ...composed, ...long]
  return [...new Set([...plain, ...plain.flatMap(decoded)])]
}

function decoded(text: string): string[] {
  try {
    return [decodeURIComponent(text)]
  } catch {
    // Not every trick is well-formed; those stand as they are.
    return []
  }
}
