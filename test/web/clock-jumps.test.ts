import { load } from 'cheerio'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startWebhookReceiver, type WebhookReceiver } from '../notices/receivers.ts'
import { callbackUrl, followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { openSqlite } from '../support/sqlite.ts'

/** The clock of the server, as set by a time service that came late, or by hand. Google's stays right. */
let app: TestApp
let hook: WebhookReceiver
beforeAll(async () => {
  hook = await startWebhookReceiver()
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  app = await startApp({ env: { WEBHOOK_URL: hook.url, WEBHOOK_SECRET: secret, TRUST_PROXY: '1' } })
})
beforeEach(() => {
  app.google.control.clearFaults()
  offBy(0)
})
afterAll(async () => {
  await app.close()
  await hook.close()
})

const minute = 60_000
const day = 24 * 60 * minute
const start = Date.now()
/** Stands still between two jumps, so that nothing depends on how fast the machine is. */
const offBy = (ms: number) => {
  app.now.value = () => new Date(start + ms)
}
function query<T>(sql: string, ...values: string[]): T[] {
  const database = openSqlite(app.databaseFile)
  try {
    return database.prepare(sql).all(...values) as T[]
  } finally {
    database.close()
  }
}
const connectionOf = async (browser: BrowserSession) =>
  JSON.parse((await browser.get('/api/v1/connections')).text).connections[0]
const refresh = (browser: BrowserSession, id: string) => browser.get(`/api/v1/connections/${id}/customers?refresh=1`)
const jumps: [string, number][] = [
  ['ten minutes back', -10 * minute],
  ['two days back', -2 * day],
  ['ten minutes ahead', 10 * minute],
]

test.each(jumps)('row 63c: a clock put %s signs nobody out and stops no work', async (_, ms) => {
  const browser = await app.connected('U2')
  const { id } = await connectionOf(browser)
  offBy(ms)
  expect((await browser.get('/accounts')).status).toBe(200)
  expect((await refresh(browser, id)).status).toBe(200)
  expect((await browser.post(`/connections/${id}/pause`)).status).toBe(303)
  expect((await browser.post(`/connections/${id}/resume`)).status).toBe(303)
})

test('row 63c: a clock put ahead and back leaves idle and absolute ends as they were', async () => {
  const browser = await app.connected('U2')
  offBy(2 * day)
  expect((await browser.get('/accounts')).status).toBe(401)
  offBy(0)
  expect((await browser.get('/accounts')).status).toBe(200)
  offBy(61 * minute)
  expect((await browser.get('/accounts')).status).toBe(401)
})

test('row 63c: a sign-in that seems to lie ahead does not count as fresh', async () => {
  offBy(2 * day)
  const browser = await app.connected('U2')
  const { id } = await connectionOf(browser)
  expect((await browser.post(`/connections/${id}/configuration`, { format: 'python' })).status).not.toBe(403)
  offBy(0)
  const page = await browser.post(`/connections/${id}/revoke`)
  expect([page.status, page.text.includes('sign_in_again')]).toEqual([403, true])
})

test.each(jumps)('row 63c: who is at Google while the clock is put %s finishes the sign-in', async (_, ms) => {
  const browser = app.browser()
  const callback = await callbackUrl(browser, await browser.get('/auth/start'), 'U2')
  offBy(ms)
  expect((await browser.get(callback)).status).toBe(303)
})

test('row 63c: an ID token from another time is refused, and the page names the clock', async () => {
  const at = Math.floor(Date.now() / 1000)
  for (const minutes of [10, -130, 2 * 24 * 60]) {
    const iat = at + minutes * 60
    app.google.control.addFault({
      match: { operation: 'token.code' },
      times: 1,
      effect: { kind: 'id_token', set: { iat, exp: iat + 3600 } },
    })
    const browser = app.browser()
    const page = await followConsent(browser, await browser.get('/auth/start'), 'U2')
    expect(page.status).toBe(502)
    expect(load(page.text)('main').text()).toMatch(/Check the clock of the server/)
    expect((await browser.get('/accounts')).status).toBe(401)
  }
})

test('row 63c: a lease taken while the clock was ahead holds up nobody once it is put back', async () => {
  const browser = await app.connected('U2')
  const { id } = await connectionOf(browser)
  const until = new Date(start + 2 * day).toISOString()
  query("update connections set refresh_lease = 'a process that died', refresh_lease_until = ? where id = ?", until, id)
  app.google.control.expireAccessTokens()
  expect((await refresh(browser, id)).status).toBe(200)
  expect(query('select refresh_lease from connections where id = ?', id)).toEqual([{ refresh_lease: null }])
})

test('row 63c: a pending revocation is tried again soon after the clock was put back', async () => {
  offBy(365 * day)
  const browser = await app.connected('U3')
  const { id } = await connectionOf(browser)
  app.google.control.addFault({ match: { operation: 'revoke' }, effect: { kind: 'status', status: 503 } })
  expect((await browser.post(`/connections/${id}/revoke`)).status).toBe(303)
  offBy(0)
  app.google.control.clearFaults()
  await app.sweep()
  expect(query('select status, credential from connections where id = ?', id)).toEqual([
    { status: 'revoked', credential: null },
  ])
})

test('row 63c: a notice put off while the clock was ahead goes out once it is put back', async () => {
  const browser = await app.connected('U1')
  const { id } = await connectionOf(browser)
  hook.answer(res => void res.writeHead(500).end())
  offBy(7 * minute)
  app.google.control.revokeGrant('U1')
  app.google.control.expireAccessTokens()
  await refresh(browser, id)
  offBy(2 * day)
  await app.sweep()
  const tried = hook.received.length
  hook.answer(res => void res.writeHead(204).end())
  offBy(8 * minute)
  await app.sweep()
  expect(hook.received.length).toBeGreaterThan(tried)
  expect(query('select * from deliveries where delivered_at is null')).toEqual([])
})

test('row 63c: a one-time link outlives a clock that was wrong for a while, and ends when it is due', async () => {
  const browser = await app.connected('ADMIN')
  const url = load((await browser.post('/links', { hours: '24', email: '' })).text)('pre code').text()
  const opens = async () => (await app.browser().get(url)).status
  offBy(-2 * day)
  expect(await opens()).toBe(200)
  offBy(2 * day)
  await app.sweep()
  expect(await opens()).toBe(410)
  offBy(0)
  expect(await opens()).toBe(200)
  offBy(24 * 60 * minute)
  expect(await opens()).toBe(410)
})

test('row 63c: who was told to wait while the clock was ahead is not kept waiting once it is put back', async () => {
  const headers = { 'x-forwarded-for': '192.0.2.63' }
  const ask = async () => (await app.browser().get('/auth/start', headers)).status
  offBy(2 * day)
  const resetsAt = new Date(start + 2 * day + minute).toISOString()
  query("insert into rate_limits (key, hits, resets_at) values ('sign-in address 192.0.2.63', 60, ?)", resetsAt)
  expect(await ask()).toBe(429)
  offBy(0)
  expect(await ask()).toBe(303)
})
