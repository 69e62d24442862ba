import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { grantedOutside } from '../sandbox/sign-in.ts'
import { callbackUrl, followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { type GoogleRelay, startGoogleRelay } from '../support/google-relay.ts'
import { rowsIn } from '../support/sqlite.ts'

/** Google takes seconds to answer; what an administrator takes away in that time is taken away. */
let app: TestApp
let relay: GoogleRelay
let admin: BrowserSession
let tomasz: BrowserSession
let id: string

beforeEach(async () => {
  relay = await startGoogleRelay()
  app = await startApp({ env: { GOOGLE_EMULATOR_HOST: relay.host } })
  relay.connectTo(app.google.host)
  admin = await signIn('ADMIN')
  tomasz = await signIn('U2')
  id = JSON.parse((await tomasz.get('/api/v1/me')).text).member.id
})
afterEach(async () => {
  relay.open()
  await app.close()
  await relay.close()
})

async function signIn(label: string): Promise<BrowserSession> {
  const browser = app.browser()
  await followConsent(browser, await browser.get('/auth/start?intent=sign-in'), label)
  return browser
}
const rows = <T>(sql: string) => rowsIn<T>(app.databaseFile, sql)
const connections = () => rows('select id from connections')
const role = () => rows<{ role: string }>(`select role from members where id = '${id}'`)[0]?.role

/** Does `meanwhile` while the answer to `request` waits for Google, and gives its status. */
async function asGoogleThinks(
  request: () => Promise<{ status: number }>,
  meanwhile: () => Promise<{ status: number }>,
  call = 'listAccessibleCustomers',
) {
  relay.hold(call, 'answered')
  const answer = request()
  await relay.until(1)
  expect((await meanwhile()).status).toBe(303)
  relay.open()
  return (await answer).status
}
const suspend = () => admin.post(`/members/${id}/suspend`)

describe('while Google is asked', () => {
  it('a member demoted in another browser does not come back as an administrator', async () => {
    await admin.post(`/members/${id}/promote`)
    const browser = app.browser()
    const callback = await callbackUrl(browser, await browser.get('/auth/start'), 'U2')
    const demote = () => admin.post(`/members/${id}/demote`)
    expect(await asGoogleThinks(() => browser.get(callback), demote)).toBe(303)
    expect(role()).toBe('member')
    expect((await browser.get('/members')).status).toBe(404)
  })

  it('a member suspended before they are signed in is not, and connects nothing', async () => {
    const browser = app.browser()
    const callback = await callbackUrl(browser, await browser.get('/auth/start'), 'U2')
    expect(await asGoogleThinks(() => browser.get(callback), suspend)).toBe(403)
    expect(connections()).toEqual([])
    await admin.post(`/members/${id}/resume`)
    expect((await browser.get('/accounts')).status).toBe(401)
  })

  it('a member suspended after they signed in connects nothing', async () => {
    const callback = await callbackUrl(tomasz, await tomasz.get('/auth/start'), 'U2')
    expect(await asGoogleThinks(() => tomasz.get(callback), suspend)).toBe(401)
    expect(connections()).toEqual([])
  })

  it('the link of a member who is suspended is worth nothing, and is not used up', async () => {
    const made = await tomasz.post('/links', { hours: '24' })
    const guest = app.browser()
    const page = await guest.get(load(made.text)('pre code').text())
    const go = load(page.text)('main a.button-primary').attr('href') ?? ''
    const callback = await callbackUrl(guest, await guest.get(go), 'GMAIL')
    expect(await asGoogleThinks(() => guest.get(callback), suspend)).toBe(410)
    expect(connections()).toEqual([])
    expect(rows('select id from links where used_at is not null')).toEqual([])
  })

  it.each<[string, () => Promise<{ status: number }>]>([
    ['withdrawn', () => tomasz.post(`/links/${rows<{ id: string }>('select id from links')[0]?.id}/withdraw`)],
    [
      'over',
      async () => {
        app.now.value = () => new Date(Date.now() + 25 * 3_600_000)
        return { status: 303 }
      },
    ],
  ])('a link that is %s by then brings nothing', async (_, meanwhile) => {
    const made = await tomasz.post('/links', { hours: '24' })
    const guest = app.browser()
    const page = await guest.get(load(made.text)('pre code').text())
    const go = load(page.text)('main a.button-primary').attr('href') ?? ''
    const callback = await callbackUrl(guest, await guest.get(go), 'GMAIL')
    expect(await asGoogleThinks(() => guest.get(callback), meanwhile)).toBe(410)
    expect(connections()).toEqual([])
  })

  it('the link of a member who hands the connection over does not reconnect it', async () => {
    await followConsent(tomasz, await tomasz.get('/auth/start'), 'U2')
    const [connection] = rows<{ id: string; version: number }>('select id, version from connections')
    const made = await tomasz.post('/links', { hours: '24', connection_id: connection?.id ?? '' })
    const guest = app.browser()
    const page = await guest.get(load(made.text)('pre code').text())
    const go = load(page.text)('main a.button-primary').attr('href') ?? ''
    const callback = await callbackUrl(guest, await guest.get(go), 'U2')
    const dagny = JSON.parse((await admin.get('/api/v1/me')).text).member.id
    const transfer = () => tomasz.post(`/connections/${connection?.id}/transfer`, { member_id: dagny })
    expect(await asGoogleThinks(() => guest.get(callback), transfer)).toBe(410)
    expect(rows('select id, version from connections')).toEqual([connection])
  })

  it.each<[string, number, () => Promise<{ status: number }>]>([
    ['who is suspended', 401, suspend],
    [
      'with whom the connection is shared no more',
      404,
      () => admin.post(`/connections/${rows<{ id: string }>('select id from connections')[0]?.id}/unshare`),
    ],
  ])('a member %s gets no access token', async (_, status, meanwhile) => {
    await app.connected('U1')
    const [connection] = rows<{ id: string }>('select id from connections')
    await admin.post(`/connections/${connection?.id}/share`)
    const ask = () => tomasz.post(`/api/v1/connections/${connection?.id}/access-token`)
    expect((await ask()).status).toBe(200)
    app.now.value = () => new Date(Date.now() + 57 * 60_000)
    expect(await asGoogleThinks(ask, meanwhile, 'oauth2.googleapis.com/token')).toBe(status)
    expect(rows("select seq from audit_entries where action = 'access_token.issued'")).toHaveLength(1)
  })

  it('an administrator who is one no more adds no service account', async () => {
    await admin.post(`/members/${id}/promote`)
    const key = JSON.stringify(app.google.serviceAccountKeyFile('SA1'))
    const add = () => tomasz.post('/service-accounts', { key })
    expect(await asGoogleThinks(add, () => admin.post(`/members/${id}/demote`))).toBe(404)
    expect(connections()).toEqual([])
  })

  it.each<[string, number, (connection: string) => Promise<{ status: number }>]>([
    ['a member who is suspended', 401, suspend],
    [
      'a member who hands the connection over',
      404,
      async connection => {
        const dagny = JSON.parse((await admin.get('/api/v1/me')).text).member.id
        return tomasz.post(`/connections/${connection}/transfer`, { member_id: dagny })
      },
    ],
    ['anybody, of a connection that is paused', 409, connection => admin.post(`/connections/${connection}/pause`)],
  ])('no secret is shown to %s', async (_, status, meanwhile) => {
    await followConsent(tomasz, await tomasz.get('/auth/start'), 'U2')
    const connection = rows<{ id: string }>('select id from connections')[0]?.id ?? ''
    const ask = () => tomasz.post(`/api/v1/connections/${connection}/config/python?reveal=1`)
    expect(await asGoogleThinks(ask, () => meanwhile(connection))).toBe(status)
    expect(rows("select seq from audit_entries where action = 'secret.revealed'")).toEqual([])
  })

  it('a member suspended, or their one-time code, hands no credential in', async () => {
    const page = await tomasz.post('/self/import-codes')
    const code = /[\w-]{43}/.exec(load(page.text)('pre code').text())?.[0]
    const credential = await grantedOutside(app.google, 'U2')
    const handIn = () =>
      fetch(`${app.url}/api/v1/connections`, {
        method: 'POST',
        headers: { authorization: `Bearer ${code}`, 'content-type': 'application/json' },
        body: JSON.stringify(credential),
      })
    expect(await asGoogleThinks(handIn, suspend)).toBe(410)
    expect(connections()).toEqual([])
    await admin.post(`/members/${id}/resume`)

    const again = await signIn('U2')
    const text = Object.entries({
      client_id: credential.clientId,
      client_secret: credential.clientSecret,
      refresh_token: credential.refreshToken,
    })
    const pasted = text.map(([name, value]) => `${name}: ${value}`).join('\n')
    const paste = () => again.post('/configuration/import', { text: pasted, format: 'python' })
    expect(await asGoogleThinks(paste, suspend)).toBe(401)
    expect(connections()).toEqual([])
  })
})
