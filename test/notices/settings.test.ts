import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ConfigError, parseConfig } from '../../src/config.ts'

const enough = {
  GOOGLE_ADS_CLIENT_ID: 'id.apps.googleusercontent.com',
  GOOGLE_ADS_CLIENT_SECRET: 'a-secret',
  TOKEN_KEYS: `k1:${randomBytes(32).toString('base64url')}`,
  ADMIN_EMAILS: 'admin@example.com',
}
const WEBHOOK_SECRET = `whsec_${randomBytes(32).toString('base64')}`
const MAIL_FROM = 'Ads Keyring <keyring@example.com>'

function problemsOf(env: Record<string, string>): string[] {
  try {
    parseConfig({ ...enough, ...env })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('the settings of notices', () => {
  it('are off unless set', () => {
    expect(parseConfig(enough)).toMatchObject({ webhook: null, mail: null })
  })

  it.each([
    [
      'smtps://keyring:p%40ss@mail.example.com',
      { port: 465, implicitTls: true, auth: { user: 'keyring', pass: 'p@ss' } },
    ],
    ['smtp://mail.example.com:2525', { port: 2525, implicitTls: false, loopback: false, auth: null }],
    ['smtp://127.0.0.1', { host: '127.0.0.1', port: 587, loopback: true }],
    ['smtp://[::1]:25', { host: '::1', port: 25, loopback: true }],
  ])('read %s', (SMTP_URL, expected) => {
    expect(parseConfig({ ...enough, SMTP_URL, MAIL_FROM }).mail).toMatchObject({ from: MAIL_FROM, ...expected })
  })

  it.each([
    'mail.example.com',
    'https://mail.example.com',
    'smtp://',
    'smtp://mail.example.com/path',
    'smtp://mail.example.com?tls.rejectUnauthorized=false',
    'smtp://user:100%@mail.example.com',
  ])('refuse %s as SMTP_URL', SMTP_URL => {
    expect(problemsOf({ SMTP_URL, MAIL_FROM }).join()).toMatch(/^SMTP_URL/)
  })

  it.each(['', 'Ads Keyring', 'a@b.example\r\nBcc: c@d.example', 'two@a.example, three@b.example'])(
    'refuse %j as MAIL_FROM',
    from => {
      expect(problemsOf({ SMTP_URL: 'smtp://127.0.0.1', MAIL_FROM: from }).join()).toMatch(/^MAIL_FROM/)
    },
  )

  it.each(['https://hooks.example.com/keyring?x=1', 'http://127.0.0.1:9000/', 'http://localhost:9000/'])(
    'take %s as WEBHOOK_URL',
    WEBHOOK_URL => expect(parseConfig({ ...enough, WEBHOOK_URL, WEBHOOK_SECRET }).webhook?.url).toBe(WEBHOOK_URL),
  )

  it.each(['http://hooks.example.com/', 'ftp://hooks.example.com/', 'hooks', 'https://user:pass@hooks.example.com/'])(
    'refuse %s as WEBHOOK_URL',
    WEBHOOK_URL => expect(problemsOf({ WEBHOOK_URL, WEBHOOK_SECRET }).join()).toMatch(/^WEBHOOK_URL/),
  )

  it.each(['', 'whsec_c2hvcnQ=', `${WEBHOOK_SECRET},whsec_short`])('refuse %j as WEBHOOK_SECRET', given => {
    expect(problemsOf({ WEBHOOK_URL: 'https://h.example/', WEBHOOK_SECRET: given }).join()).toMatch(/^WEBHOOK_SECRET/)
  })

  it('say when one is there without the other', () => {
    expect(problemsOf({ WEBHOOK_SECRET }).join()).toMatch(/WEBHOOK_URL/)
    expect(problemsOf({ MAIL_FROM }).join()).toMatch(/SMTP_URL/)
  })

  it('never repeat a password or a secret in what they complain about', () => {
    const SMTP_URL = 'smtp://user:hunter2@mail.example.com/path'
    const problems = problemsOf({
      SMTP_URL,
      MAIL_FROM,
      WEBHOOK_URL: 'http://x.example/t0ken',
      WEBHOOK_SECRET: 'whsec_abc',
    })
    expect(problems.join('\n')).not.toMatch(/hunter2|t0ken|whsec_abc/)
  })
})
