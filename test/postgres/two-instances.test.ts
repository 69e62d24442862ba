import { randomBytes } from 'node:crypto'
import { load } from 'cheerio'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startWebhookReceiver, type WebhookReceiver } from '../notices/receivers.ts'
import { callbackUrl, followConsent, startApp, type TestApp, type Twin } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { type GoogleRelay, startGoogleRelay } from '../support/google-relay.ts'
import { holdWriters, postgresRows } from '../support/postgres.ts'

let relay: GoogleRelay
let hook: WebhookReceiver
let app: TestApp
let twin: Twin
/** An administrator by setting. */
let dagny: BrowserSession
let tomasz: BrowserSession
let id: string
/** Of the test under way. */
let browser: BrowserSession
const person = () => browser
const [k1, k2] = ['k1', 'k2'].map(kid => `${kid}:${randomBytes(32).toString('base64url')}`) as [string, string]

beforeAll(async () => {
  relay = await startGoogleRelay()
  hook = await startWebhookReceiver()
  app = await startApp({
    database: 'postgres',
    env: {
      GOOGLE_EMULATOR_HOST: relay.host,
      WEBHOOK_URL: hook.url,
      WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
      TOKEN_KEYS: `${k2},${k1}`,
    },
  })
  relay.connectTo(app.google.host)
  // The older key sealed what is there; the newer one is given to both, and everything is sealed anew below.
  await app.restart({ TOKEN_KEYS: `${k1},${k2}` })
  dagny = await app.connected('ADMIN')
  tomasz = await app.connected('U2')
  id = (await connectionsOf(tomasz))[0]?.id ?? ''
  await app.restart()
  twin = await app.twin()
})
afterEach(() => relay.open())
afterAll(async () => {
  await twin.close()
  await app.close()
  await hook.close()
  await relay.close()
})

const rows = <T extends object>(statement: string, ...values: unknown[]) =>
  postgresRows<T>(app.databaseUrl, statement, values)
const connectionsOf = async (browser: BrowserSession): Promise<{ id: string; email: string; status: string }[]> =>
  JSON.parse((await browser.get('/api/v1/connections')).text).connections
const entries = (action: string) => rows('select seq from audit_entries where action = $1', action)
const statuses = (pages: { status: number }[]) => pages.map(page => page.status).sort((a, b) => a - b)
const verdict = async () => {
  await dagny.post('/audit/verify')
  return load((await dagny.get('/audit')).text)('.flash').text()
}

describe('two instances on one PostgreSQL', () => {
  it('hold one session together', async () => {
    expect((await twin.as(tomasz).get('/accounts')).status).toBe(200)
  })

  it('row 59b: refresh an access token once, whoever is asked', async () => {
    app.google.control.expireAccessTokens()
    app.google.control.clearRequests()
    relay.hold('/token', 'before')
    const path = `/api/v1/connections/${id}/customers?refresh=1`
    const asked = [tomasz, twin.as(tomasz), tomasz, twin.as(tomasz)].map(browser => browser.get(path))
    await relay.until(1)
    relay.open()
    expect(statuses(await Promise.all(asked))).toEqual([200, 200, 200, 200])
    expect(app.google.requests.filter(({ grantType }) => grantType === 'refresh_token')).toHaveLength(1)
  })

  it('row 59b: thirty who ask at once for an access token cost one refresh, and get the same', async () => {
    const start = Date.now()
    app.now.value = () => new Date(start + 57 * 60_000)
    app.google.control.clearRequests()
    relay.hold('/token', 'before')
    const path = `/api/v1/connections/${id}/access-token`
    const asked = Array.from({ length: 30 }, (_, index) => (index % 2 ? tomasz : twin.as(tomasz)).post(path))
    await relay.until(1)
    relay.open()
    const pages = await Promise.all(asked)
    app.now.value = () => new Date()
    expect(new Set(statuses(pages))).toEqual(new Set([200]))
    expect(new Set(pages.map(({ text }) => JSON.parse(text).accessToken)).size).toBe(1)
    expect(app.google.requests.filter(({ grantType }) => grantType === 'refresh_token')).toHaveLength(1)
  })

  it('write one audit trail, without a gap, and it verifies', async () => {
    const [{ seq: before }] = (await rows<{ seq: number }>('select seq from audit_head')) as [{ seq: number }]
    const path = `/api/v1/connections/${id}/access-token`
    const asked = Array.from({ length: 30 }, (_, index) => (index % 2 ? tomasz : twin.as(tomasz)).post(path))
    expect(new Set(statuses(await Promise.all(asked)))).toEqual(new Set([200]))
    const seqs = await rows<{ seq: number }>('select seq from audit_entries where seq > $1 order by seq', before)
    expect(seqs.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, index) => before + 1 + index))
    expect(await verdict()).toContain('The chain is intact')
  })

  it('row 18: a change to a person on one instance takes effect on the other with the next request', async () => {
    const person = await signedInThere('U3')
    const theirs = JSON.parse((await person.get('/api/v1/me')).text).member.id
    const page = async () => (await person.get('/members')).status
    expect(await page()).toBe(404)
    await dagny.post(`/members/${theirs}/promote`)
    expect(await page()).toBe(200)
    await dagny.post(`/members/${theirs}/demote`)
    expect(await page()).toBe(404)
    await dagny.post(`/members/${theirs}/suspend`)
    expect(await page()).toBe(401)
    await dagny.post(`/members/${theirs}/resume`)
    expect(await page(), 'the sessions of before have ended').toBe(401)
  })

  it.each<[string, number, (key: string, member: string) => Promise<unknown>]>([
    ['is revoked', 401, key => person().post(`/self/api-keys/${key}/revoke`)],
    ['has run out', 401, key => rows(`update api_keys set expires_at = '2026-01-01T00:00:00.000Z' where id = $1`, key)],
    ['has lost its scope', 403, key => rows(`update api_keys set scopes = 'read' where id = $1`, key)],
    ['is of a member who is suspended', 401, (_, member) => dagny.post(`/members/${member}/suspend`)],
  ])(
    'row 40: a key that %s on one instance gets no token on any, from the next request on',
    async (_, status, take) => {
      browser = await signedInThere('U3')
      const connection = (await connectionsOf(browser)).find(each => each.email.startsWith('mei'))?.id ?? ''
      const member = JSON.parse((await browser.get('/api/v1/me')).text).member.id
      const change = { name: [String(Math.random())], scopes: ['token'] }
      const page = await press(browser, await browser.get('/self'), { text: 'Make the key' }, change)
      const key = load(page.text)('[data-fresh="key"]').text()
      const asked = (origin: string) =>
        fetch(`${origin}/api/v1/connections/${connection}/access-token`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}` },
        })
      const everywhere = async () =>
        new Set(
          statuses(await Promise.all(Array.from({ length: 6 }, (_, index) => asked(index % 2 ? app.url : twin.url)))),
        )
      expect(await everywhere()).toEqual(new Set([200]))
      await take(key.slice(5, 17), member)
      const issued = (await entries('access_token.issued')).length
      expect(await everywhere()).toEqual(new Set([status]))
      expect(await entries('access_token.issued')).toHaveLength(issued)
      await dagny.post(`/members/${member}/resume`)
    },
  )

  it('row 18: an administrator suspended on one instance can change nothing on the other, however soon they try', async () => {
    const ines = await signedInThere('U1')
    const inesId = JSON.parse((await ines.get('/api/v1/me')).text).member.id
    const tomaszId = JSON.parse((await tomasz.get('/api/v1/me')).text).member.id
    for (const [path, form] of [
      [`/members/${tomaszId}/promote`, {}],
      [`/connections/${id}/transfer`, { member_id: inesId }],
    ] as const) {
      await rows(`update members set status = 'active', role = 'admin' where id = $1`, inesId)
      const admin = await signedInThere('U1')
      const writers = await holdWriters(app.databaseUrl)
      const suspending = dagny.post(`/members/${inesId}/suspend`)
      await writers.until(1)
      const acting = admin.post(path, form)
      await writers.until(2)
      await writers.open()
      expect([(await suspending).status, (await acting).status], path).toEqual([303, 401])
    }
    await rows(`update members set status = 'active', role = 'member' where id = $1`, inesId)
    expect(await rows('select role from members where id = $1', tomaszId)).toEqual([{ role: 'member' }])
    expect((await connectionsOf(tomasz)).map(each => each.id)).toContain(id)
    expect(await entries('connection.transferred')).toEqual([])
  })

  it('give a Google account that two people connect at once to one of them', async () => {
    const people = [dagny, await signedInThere('U1')]
    const urls = await Promise.all(
      people.map(async browser => callbackUrl(browser, await browser.get('/auth/start'), 'OTHER')),
    )
    const answers = await atOnce(...people.map((browser, index) => () => browser.get(urls[index] ?? '')))
    expect(statuses(answers)).toEqual([303, 409])
    expect(await rows("select version from connections where email like 'olga%'")).toEqual([{ version: 1 }])
  })

  it('leave one of two administrators who demote each other', async () => {
    const [ines, mei] = [await app.connected('U1'), await app.connected('U3')]
    await rows("update members set role = 'admin'")
    await rows("update members set status = 'suspended' where email like 'dagny%'")
    try {
      const of = async (browser: BrowserSession) => JSON.parse((await browser.get('/api/v1/me')).text).member.id
      const [inesId, meiId] = [await of(ines), await of(mei)]
      await rows("update members set role = 'member' where id not in ($1, $2)", inesId, meiId)
      const before = (await entries('member.demoted')).length
      await atOnce(
        () => ines.post(`/members/${meiId}/demote`),
        () => twin.as(mei).post(`/members/${inesId}/demote`),
      )
      expect(await entries('member.demoted')).toHaveLength(before + 1)
      const left = await rows("select id from members where role = 'admin' and status = 'active'")
      expect(left).toHaveLength(1)
    } finally {
      await rows("update members set status = 'active', role = 'admin' where email like 'dagny%'")
    }
  })

  it('let one of two browsers use a one-time link', async () => {
    const made = await tomasz.post('/links', { hours: '24', email: '' })
    const url = new URL(load(made.text)('pre code').text())
    const guests = [app.browser(), twin.as(app.browser())]
    const callbacks = await Promise.all(
      guests.map(async guest => {
        const page = await guest.get(url.pathname)
        const start = load(page.text)('main a.button-primary').attr('href') ?? ''
        return callbackUrl(guest, await guest.get(start, { 'sec-fetch-site': 'same-origin' }), 'GMAIL')
      }),
    )
    const finished = await atOnce(...guests.map((guest, index) => () => guest.get(callbacks[index] ?? '')))
    expect(statuses(finished)).toEqual([303, 410])
    expect(await entries('link.used')).toHaveLength(1)
  })

  it('row 61c: act once on a security event that reaches both, and tell the owner once', async () => {
    const told = hook.received.length
    const before = (await entries('security_event.received')).length
    const token = app.google.control.securityEvent({ type: 'tokens-revoked', person: 'U2' })
    const push = (origin: string) =>
      fetch(`${origin}/security-events`, {
        method: 'POST',
        body: token,
        headers: { 'content-type': 'application/secevent+jwt' },
      })
    const answers = await atOnce(...[app.url, twin.url, app.url, twin.url].map(origin => () => push(origin)))
    expect(statuses(answers)).toEqual([202, 202, 202, 202])
    expect(await entries('security_event.received')).toHaveLength(before + 1)
    expect((await connectionsOf(tomasz)).find(each => each.id === id)).toMatchObject({ status: 'needs_reconnect' })
    await Promise.all([app.sweep(), twin.sweep()])
    await Promise.all([app.sweep(), twin.sweep()])
    expect(hook.received).toHaveLength(told + 1)
  })

  it('change keys at one while the other writes, and lose nothing', async () => {
    const rotating = press(dagny, await dagny.get('/keys'), { text: 'Re-seal everything with k2' })
    const people = await Promise.all(['U1', 'U3'].map(label => signedInThere(label)))
    expect((await rotating).location).toBe('/keys')
    app.google.control.expireAccessTokens()
    for (const browser of [dagny, ...people]) {
      for (const each of await connectionsOf(browser)) {
        expect((await browser.get(`/api/v1/connections/${each.id}/customers?refresh=1`)).status).toBe(200)
      }
    }
    expect(load((await dagny.get('/keys/verification')).text)('main').text()).toContain('none failed')
    expect(load((await dagny.get('/keys')).text)('main').text()).toMatch(/k1[\s\S]*Nothing/)
  })
})

/** Each of these has come as far as its change before any is let through. */
async function atOnce<T>(...asking: (() => Promise<T>)[]): Promise<T[]> {
  const writers = await holdWriters(app.databaseUrl)
  const answers = asking.map(ask => ask())
  await writers.until(answers.length)
  await writers.open()
  return Promise.all(answers)
}

/** Connects anew at the twin. */
async function signedInThere(label: string): Promise<BrowserSession> {
  const browser = twin.as(app.browser())
  expect((await followConsent(browser, await browser.get('/auth/start'), label)).status).toBe(303)
  return browser
}
