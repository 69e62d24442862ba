import { load } from 'cheerio'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { generateSigningKey } from '../../src/sandbox/oauth/signing-keys.ts'
import { signSecurityEvent } from '../../src/sandbox/risc/security-event.ts'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { openSqlite, type Sqlite } from '../support/sqlite.ts'

let app: TestApp
let ines: BrowserSession
let tomasz: BrowserSession
beforeAll(async () => {
  app = await startApp()
  app.google.control.setSecurityEventsUrl(`${app.url}/security-events`)
})
afterAll(() => app.close())
beforeEach(async () => {
  ines = await app.connected('U1')
  tomasz = await app.connected('U2')
})

const push = (token: string, headers: Record<string, string> = {}) =>
  fetch(`${app.url}/security-events`, {
    method: 'POST',
    body: token,
    headers: { 'content-type': 'application/secevent+jwt', ...headers },
  })
const connectionOf = async (browser: BrowserSession) =>
  JSON.parse((await browser.get('/api/v1/connections')).text).connections[0]
const row = (email: string) =>
  withDatabase(database => database.prepare('select * from connections where email like ?').get(`${email}%`)) as Record<
    string,
    unknown
  >
const trail = () =>
  withDatabase(database =>
    database.prepare("select action, via, changes from audit_entries where outcome = 'done' order by seq desc").all(),
  ) as {
    action: string
    via: string
    changes: string
  }[]

function withDatabase<T>(work: (database: Sqlite) => T): T {
  const database = openSqlite(app.databaseFile)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

describe('a security event of Google', () => {
  it('row 61c: that all tokens were withdrawn ends that person’s connection at once, and destroys what was sealed', async () => {
    expect(await app.google.control.sendSecurityEvent({ type: 'tokens-revoked', person: 'U1' })).toBe(202)
    expect(await connectionOf(ines)).toMatchObject({ status: 'needs_reconnect', reason: 'withdrawn_at_google' })
    expect(row('ines')).toMatchObject({ credential: null, access_token: null, token_prefix_hash: null })
    expect(await connectionOf(tomasz)).toMatchObject({ status: 'active' })
    const page = await ines.get(`/connections/${(await connectionOf(ines)).id}`)
    expect(page.text).toContain('access was withdrawn')
  })

  it.each(['prefix', 'hash_base64_sha512_sha512'] as const)(
    'row 61c: that one token was withdrawn finds it by %s',
    async tokenBy => {
      const status = await app.google.control.sendSecurityEvent({ type: 'token-revoked', person: 'U2', tokenBy })
      expect(status).toBe(202)
      expect(await connectionOf(tomasz)).toMatchObject({ status: 'needs_reconnect', reason: 'withdrawn_at_google' })
      expect(await connectionOf(ines)).toMatchObject({ status: 'active' })
    },
  )

  it('row 61c: about a token that was replaced meanwhile leaves the new one alone', async () => {
    const old = app.google.control.securityEvent({ type: 'token-revoked', person: 'U1', tokenBy: 'prefix' })
    ines = await app.connected('U1')
    expect((await push(old)).status).toBe(202)
    expect(await connectionOf(ines)).toMatchObject({ status: 'active' })
  })

  it('row 61c: that sessions were ended signs the person out everywhere, and nobody else', async () => {
    await app.google.control.sendSecurityEvent({ type: 'sessions-revoked', person: 'U1' })
    expect((await ines.get('/accounts')).status).toBe(401)
    expect((await tomasz.get('/accounts')).status).toBe(200)
  })

  it('row 61c: that an account was hijacked signs out, ends API keys and stops the connection; enabled again, it goes on', async () => {
    const made = await press(ines, await ines.get('/self'), { text: 'Make the key' }, { name: ['x'], scopes: ['read'] })
    const headers = { authorization: `Bearer ${load(made.text)('[data-fresh="key"]').text()}` }
    expect((await app.browser().get('/api/v1/me', headers)).status).toBe(200)
    await app.google.control.sendSecurityEvent({ type: 'account-disabled', person: 'U1', reason: 'hijacking' })
    expect((await ines.get('/accounts')).status).toBe(401)
    expect((await app.browser().get('/api/v1/me', headers)).status).toBe(401)
    expect(row('ines')).toMatchObject({ status: 'needs_reconnect', reason: 'google_account_disabled' })
    await app.google.control.sendSecurityEvent({ type: 'account-enabled', person: 'U1' })
    expect(row('ines')).toMatchObject({ status: 'active', reason: null })
    expect(row('ines').credential).not.toBeNull()
  })

  it('row 61c: leaves a paused connection paused, and a pending revocation pending, while an account is only disabled', async () => {
    const { id } = await connectionOf(ines)
    await ines.post(`/connections/${id}/pause`)
    await app.google.control.sendSecurityEvent({ type: 'account-disabled', person: 'U1' })
    await app.google.control.sendSecurityEvent({ type: 'account-enabled', person: 'U1' })
    expect(row('ines')).toMatchObject({ status: 'paused' })
    app.google.control.failNext({ match: { operation: 'revoke' }, effect: { kind: 'status', status: 503 } })
    await ines.post(`/connections/${id}/revoke`)
    expect(row('ines')).toMatchObject({ status: 'revoked', revoked_at: null })
    await app.google.control.sendSecurityEvent({ type: 'account-disabled', person: 'U1' })
    expect(row('ines')).toMatchObject({ status: 'revoked', revoked_at: null, credential: expect.any(String) })

    await app.google.control.sendSecurityEvent({ type: 'tokens-revoked', person: 'U1' })
    expect(row('ines')).toMatchObject({ revoked_at: expect.any(String), credential: null, revocation_next_at: null })
    expect(trail()[0]).toMatchObject({ action: 'connection.revocation_confirmed', via: 'security_event' })
  })

  it('row 61c: is acted on once, however often it comes, also at the same time', async () => {
    const token = app.google.control.securityEvent({ type: 'account-disabled', person: 'U1' })
    const answers = await Promise.all([push(token), push(token), push(token)])
    expect(answers.map(answer => answer.status)).toEqual([202, 202, 202])
    await app.google.control.sendSecurityEvent({ type: 'account-enabled', person: 'U1' })
    expect((await push(token)).status).toBe(202)
    expect(row('ines')).toMatchObject({ status: 'active' })
  })

  it('row 61c: that only asks whether we listen, or warns, changes nothing and is written down', async () => {
    await app.google.control.sendSecurityEvent({ type: 'verification', state: 'x' })
    expect(trail()[0]).toMatchObject({ action: 'security_event.received', via: 'security_event' })
    await app.google.control.sendSecurityEvent({ type: 'account-credential-change-required', person: 'U1' })
    expect(trail()[0]?.changes).toContain('account-credential-change-required')
    expect(await connectionOf(ines)).toMatchObject({ status: 'active' })
  })

  const clientIds = [DEFAULT_CLIENT.clientId]
  const forged = () =>
    signSecurityEvent({ type: 'tokens-revoked', clientIds, key: generateSigningKey(), nowMs: Date.now() })
  const bent = (claims: Record<string, unknown>) =>
    app.google.control.securityEvent({ type: 'tokens-revoked', person: 'U1', claims })
  it.each<[string, () => string]>([
    ['signed with a key Google does not publish', forged],
    ['of the issuer of sign-ins, without the slash', () => bent({ iss: 'https://accounts.google.com' })],
    ['for another application', () => bent({ aud: ['somebody.else'] })],
    ['for nobody', () => bent({ aud: undefined })],
    ['from the future', () => bent({ iat: Math.floor(Date.now() / 1000) + 3600 })],
    ['without an id', () => bent({ jti: undefined })],
    ['without events', () => bent({ events: undefined })],
    ['unsigned', () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${bent({}).split('.')[1]}.`],
    [
      'with a signature for something else',
      () =>
        [bent({}), forged()]
          .map(each => each.split('.'))
          .reduce(([h, p], [, , s]) => [h ?? '', p ?? '', s ?? ''])
          .join('.'),
    ],
    ['that is not one', () => 'hello'],
    ['that is empty', () => ''],
  ])('row 61c: %s is refused, and nothing happens', async (_, token) => {
    const answer = await push(token())
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ err: 'invalid_request' })
    expect(await connectionOf(ines)).toMatchObject({ status: 'active' })
  })

  it('row 61c: waits at Google while its keys cannot be had', async () => {
    const own = await startApp()
    try {
      own.google.control.switchOn('certs-unavailable')
      const answer = await fetch(`${own.url}/security-events`, {
        method: 'POST',
        body: own.google.control.securityEvent({ type: 'verification', state: 'x' }),
      })
      expect(answer.status).toBe(503)
    } finally {
      await own.close()
    }
  })

  it('row 61c: about somebody unknown or of an unknown type is taken, and changes nothing', async () => {
    const types = ['tokens-revoked', 'something-new']
    for (const type of types) {
      const url = `https://schemas.openid.net/secevent/risc/event-type/${type}`
      const events = {
        [url]: { subject: { subject_type: 'iss-sub', iss: 'https://accounts.google.com/', sub: 'nobody' } },
      }
      expect((await push(bent({ events }))).status).toBe(202)
    }
    expect(await connectionOf(ines)).toMatchObject({ status: 'active' })
    expect(await connectionOf(tomasz)).toMatchObject({ status: 'active' })
  })

  it('row 61c: has no exp and needs none, and is taken with an audience beside ours', async () => {
    expect((await push(bent({ exp: 1, aud: ['another', DEFAULT_CLIENT.clientId] }))).status).toBe(202)
  })

  it('row 61c: in a flood is answered each, acted on, and beyond 300 a minute put off: Google tries again', async () => {
    const tokens = Array.from({ length: 40 }, (_, index) => bent({ jti: `flood-${index}` }))
    const answers = await Promise.all(tokens.map(token => push(token)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    withDatabase(database => database.exec("update rate_limits set hits = 300 where key like 'security-event %'"))
    const late = await push(bent({ jti: 'late' }))
    expect([late.status, Number(late.headers.get('retry-after')) > 0]).toEqual([429, true])
    expect(await connectionOf(ines)).toMatchObject({ status: 'needs_reconnect' })
    expect((await tomasz.get('/accounts')).status).toBe(200)
  })
})
