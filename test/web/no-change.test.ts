import { load } from 'cheerio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Context } from '../../src/context.ts'
import { routeTable } from '../../src/web/routes.ts'
import { callbackUrl, followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { rowsIn } from '../support/sqlite.ts'

const changes = routeTable(
  { config: { publicUrl: 'http://localhost' } } as unknown as Context,
  new AbortController().signal,
)
  .filter(({ method }) => method !== 'get')
  .map(({ method, path }) => `${method.toUpperCase()} ${path}`)

let app: TestApp
let admin: BrowserSession
let mei: BrowserSession
let inAddress: Record<string, string>

beforeAll(async () => {
  app = await startApp()
  admin = await app.connected('ADMIN')
  mei = await app.connected('U3')
  const id = await connectionOf(admin)
  const { customers } = JSON.parse((await admin.get(`/api/v1/connections/${id}/customers`)).text)
  const root = customers[0].customerId
  const { member } = JSON.parse((await mei.get('/api/v1/me')).text)
  const other = app.browser()
  await followConsent(other, await other.get('/auth/start?intent=sign-in'), 'ADMIN')
  await admin.post('/links', { hours: '24' })
  await press(admin, await admin.get('/self'), { text: 'Make the key' }, { name: ['k'], scopes: ['read'] })
  inAddress = { id, memberId: member.id, loginCustomerId: root, ...theirOwn() }
})
afterAll(() => app.close())

const rows = (sql: string) => rowsIn(app.databaseFile, sql)
const theirOwn = () => ({
  sessionId: rows('select id_hash from sessions order by created_at desc limit 1')[0]?.id_hash ?? '',
  linkId: rows('select id from links')[0]?.id ?? '',
  keyId: rows('select id from api_keys')[0]?.id ?? '',
})
async function connectionOf(browser: BrowserSession): Promise<string> {
  return JSON.parse((await browser.get('/api/v1/connections')).text).connections[0].id
}
/** What was done, refusals aside. */
const deeds = () => rows("select action from audit_entries where outcome = 'done' order by seq").map(row => row.action)

/** Each does something new every time it is asked, or says what somebody was shown. */
const alwaysNew = [
  'POST /links',
  'POST /self/import-codes',
  'POST /connections/:id/configuration/reveal',
  'POST /api/v1/connections/:id/config/:format',
  'POST /api/v1/connections/:id/access-token',
  'POST /api/v1/connections',
  'POST /configuration/import',
  'POST /service-accounts',
]
/** Signed by Google or by an authenticator, and taken once; see security-events.test.ts and passkeys.test.ts. */
const elsewhere = [
  'POST /security-events',
  'POST /confirm',
  'POST /self/passkeys',
  'POST /self/passkeys/:passkeyId/rename',
  'POST /self/passkeys/:passkeyId/remove',
  'POST /self/recovery-codes',
]

/** In an order in which each finds something to do; `entry` is what the first time leaves, null where it is nothing. */
const once: [route: string, entry: string | null, form?: Record<string, string>, address?: Record<string, string>][] = [
  ['POST /login-customer', null, { connection_id: ':id', customer_id: ':loginCustomerId' }],
  ['POST /find', null, { q: '123' }],
  ['POST /audit/verify', null],
  ['POST /configuration/check', null, { text: 'a=b' }],
  ['POST /api/v1/configuration/check', null],
  ['POST /connections/:id/check', null],
  ['POST /api/v1/connections/:id/check', null],
  ['POST /connections/:id/refresh', null],
  ['POST /connections/:id/accounts/:loginCustomerId/refresh', null],
  ['POST /connections/:id/accounts/:loginCustomerId/retry', null],
  ['POST /keys/rotate', null],
  ['POST /keys/retire', null, { kid: 'k1' }],
  ['POST /connections/:id/share', 'connection.shared'],
  ['POST /connections/:id/unshare', 'connection.unshared'],
  ['POST /connections/:id/pause', 'connection.paused'],
  ['POST /connections/:id/resume', 'connection.resumed'],
  ['POST /api/v1/connections/:id/pause', 'connection.paused'],
  ['POST /api/v1/connections/:id/resume', 'connection.resumed'],
  ['POST /connections/:id/transfer', 'connection.transferred', { member_id: ':memberId' }],
  ['POST /members/:memberId/promote', 'member.promoted'],
  ['POST /members/:memberId/demote', 'member.demoted'],
  ['POST /members/:memberId/end-sessions', 'session.ended'],
  ['POST /members/:memberId/revoke-api-keys', null],
  ['POST /members/:memberId/reset-passkeys', null],
  ['POST /self/passkeys/challenge', null],
  ['POST /confirm/challenge', null],
  ['POST /members/:memberId/suspend', 'member.suspended'],
  ['POST /members/:memberId/resume', 'member.resumed'],
  ['POST /members/:memberId/leave', 'member.suspended', { suspend: '1' }],
  ['POST /links/:id/withdraw', 'link.revoked', {}, { id: 'linkId' }],
  ['POST /self/sessions/:sessionId/end', 'session.ended'],
  ['POST /self/sessions/end-others', null],
  ['POST /self/api-keys/:keyId/revoke', 'api_key.revoked'],
  ['POST /self/api-keys', 'api_key.created', { id: 'abcdefghijkl', name: 'n', scopes: 'read', days: '1' }],
  ['POST /connections/:id/revoke', 'connection.revoked'],
  ['POST /connections/:id/revoke/retry', null],
  ['DELETE /api/v1/connections/:id', null],
  ['POST /connections/:id/remove', 'connection.removed'],
  ['POST /auth/sign-out', 'member.signed_out'],
]

describe('a change that was already made', () => {
  it('is tested for every route that changes something', () => {
    expect([...once.map(([route]) => route), ...alwaysNew, ...elsewhere].sort()).toEqual([...changes].sort())
  })

  it.each(once)('leaves no further entry: %s', async (route, entry, form = {}, address = {}) => {
    const [method = '', path = ''] = route.split(' ')
    const put = (text: string) => text.replace(/:(\w+)/g, (_, name: string) => inAddress[address[name] ?? name] ?? name)
    const ask = () =>
      method === 'DELETE'
        ? fetch(app.url + put(path), { method, headers: { cookie: cookieOf(admin), origin: app.url } })
        : admin.post(put(path), Object.fromEntries(Object.entries(form).map(([name, value]) => [name, put(value)])))
    const before = deeds().length
    await ask()
    const done = deeds()
    if (entry === null) expect(done.slice(before)).toEqual([])
    else expect(done.slice(before)).toContain(entry)
    await ask()
    expect(deeds()).toEqual(done)
  })
})

const cookieOf = (browser: BrowserSession) =>
  [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')

describe('what happens automatically', () => {
  it('row 26: ending the oldest session for an eleventh is in the trail', async () => {
    const label = 'U1'
    for (let count = 0; count < 10; count++) {
      const browser = app.browser()
      await followConsent(browser, await browser.get('/auth/start?intent=sign-in'), label)
    }
    const ended = () => rows("select * from audit_entries where action = 'session.ended' and actor_kind = 'system'")
    expect(ended()).toEqual([])
    const browser = app.browser()
    await browser.get(await callbackUrl(browser, await browser.get('/auth/start?intent=sign-in'), label))
    expect(ended()).toMatchObject([
      {
        target_kind: 'session',
        target_name: 'ines.ferreira@northlight.example.com',
        changes: '{"reason":"too_many_sessions"}',
      },
    ])
  })

  it('a refresh token that Google replaces is in the trail', async () => {
    const tomasz = await app.connected('U2')
    const id = await connectionOf(tomasz)
    const time = Date.now() + 3_600_000 - 60_000
    app.now.value = () => new Date(time)
    app.google.control.failNext({ effect: { kind: 'token_response', set: { refresh_token: '1//0another' } } })
    expect((await tomasz.post(`/api/v1/connections/${id}/access-token`)).status).toBe(200)
    const entries = rows("select * from audit_entries where action = 'connection.credential_rotated'")
    expect(entries).toMatchObject([{ actor_kind: 'system', target_id: id, changes: '{}' }])
    expect(load((await tomasz.get(`/connections/${id}`)).text)('.history').text()).toContain(
      'Stored a new refresh token',
    )
  })
})
