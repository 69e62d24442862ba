import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { patienceMs } from '../support/patience.ts'
import { openSqlite, type Sqlite } from '../support/sqlite.ts'

let app: TestApp
let browser: BrowserSession
let id: string

beforeEach(async () => {
  app = await startApp()
  browser = await app.connected('U2')
  id = (await connection()).id
})
afterEach(() => app.close())

function database<T>(work: (database: Sqlite) => T): T {
  const opened = openSqlite(app.databaseFile)
  try {
    return work(opened)
  } finally {
    opened.close()
  }
}

interface ConnectionJson {
  id: string
  status: string
  reason: string | null
  expiresAt: string | null
}
async function connection(): Promise<ConnectionJson> {
  const { connections } = JSON.parse((await browser.get('/api/v1/connections')).text)
  return connections[0]
}
const askGoogle = (with_ = browser) => with_.get(`/api/v1/connections/${id}/customers?refresh=1`)
const refreshes = () => app.google.requests.filter(request => request.grantType === 'refresh_token').length
const refuseRefresh = (
  error: string,
  description: string,
  more: { status?: number; extra?: Record<string, string> } = {},
) =>
  app.google.control.addFault({
    match: { operation: 'token.refresh' },
    effect: { kind: 'oauth_error', status: more.status ?? 400, error, error_description: description, ...more },
  })

const patience = { timeout: patienceMs }

describe('an access token', () => {
  it('row 42: is handed out as JSON that nothing keeps, lives five minutes more at least, and comes alone', async () => {
    for (const minutes of [0, 30, 54, 56]) {
      const at = Date.now() + minutes * 60_000
      app.now.value = () => new Date(at)
      const { status, headers, text } = await browser.post(`/api/v1/connections/${id}/access-token`)
      expect([status, headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual([
        200,
        'no-store',
        'nosniff',
      ])
      expect(headers.get('content-type')).toMatch(/^application\/json/)
      const answer = JSON.parse(text)
      expect(Object.keys(answer).sort()).toEqual(['accessToken', 'expiresAt', 'scope'])
      expect(Date.parse(answer.expiresAt) - at).toBeGreaterThanOrEqual(5 * 60_000)
      expect(text).not.toMatch(/1\/\/0|PRIVATE KEY|GOCSPX/)
    }
  })

  it('row 59: is fetched once and used until it ends', async () => {
    for (let round = 0; round < 5; round++) expect((await askGoogle()).status).toBe(200)
    expect(refreshes()).toBe(0)
    app.now.value = () => new Date(Date.now() + 58 * 60_000)
    for (let round = 0; round < 5; round++) expect((await askGoogle()).status).toBe(200)
    expect(refreshes()).toBe(1)
  })

  it('row 59b: that Google no longer takes is refreshed once, however many ask at the same time', async () => {
    app.google.control.expireAccessTokens()
    const pages = await Promise.all([
      askGoogle(),
      ...['4620198302', '7315526003'].map(root =>
        browser.get(`/api/v1/connections/${id}/customers/${root}/hierarchy?refresh=1&wait=10`),
      ),
    ])
    expect(pages.map(page => page.status)).toEqual([200, 200, 200])
    expect(refreshes()).toBe(1)
  })

  it('row 59: is used until its very end while Google cannot be reached, then the answer is 503 with Retry-After', async () => {
    const start = Date.now()
    const at = (minutes: number) => {
      app.now.value = () => new Date(start + minutes * 60_000)
    }
    app.google.control.addFault({ match: { operation: 'token.refresh' }, effect: { kind: 'status', status: 503 } })
    at(57)
    expect((await askGoogle()).status).toBe(200)
    expect(refreshes()).toBeGreaterThan(0)
    await browser.get('/accounts')
    at(61)
    const page = await askGoogle()
    expect([page.status, Number(page.headers.get('retry-after')) > 0]).toEqual([503, true])
    expect(await connection()).toMatchObject({ status: 'active' })
  })

  it('row 59b: is refreshed by another when the one who refreshes dies: its lease ends', async () => {
    const start = Date.now()
    app.now.value = () => new Date(start)
    const until = new Date(start + 20_000).toISOString()
    database(each => each.prepare("update connections set refresh_lease = 'dead', refresh_lease_until = ?").run(until))
    app.google.control.expireAccessTokens()
    app.google.control.clearRequests()
    const asking = askGoogle()
    await expect.poll(() => app.google.requests.filter(({ status }) => status === 401).length, patience).toBe(1)
    expect(refreshes()).toBe(0)
    app.now.value = () => new Date(start + 20_001)
    expect((await asking).status).toBe(200)
    expect(refreshes()).toBe(1)
  })
})

describe('a refresh token that Google puts in the place of the old one', () => {
  const rotate = () =>
    app.google.control.addFault({
      match: { operation: 'token.refresh' },
      effect: { kind: 'token_response', set: { refresh_token: '1//0a-token-of-tomorrow' } },
    })
  const sealed = () => database(each => each.prepare('select credential, access_token from connections').get())

  it('row 59c: is kept, and used from then on', async () => {
    rotate()
    app.google.control.expireAccessTokens()
    expect((await askGoogle()).status).toBe(200)
    app.google.control.clearFaults()
    app.google.control.expireAccessTokens()
    // The local Google never issued it, and says so.
    expect((await askGoogle()).status).toBe(409)
  })

  it('row 59c: that cannot be stored leaves nothing half done, gives nothing out, and is asked for again', async () => {
    const before = sealed()
    rotate()
    app.google.control.expireAccessTokens()
    const full = "create trigger full before update of credential on connections begin select raise(abort, 'full'); end"
    database(each => each.exec(full))
    const page = await askGoogle()
    expect(page.status).toBe(500)
    expect(page.text).not.toContain('token-of-tomorrow')
    expect(sealed()).toEqual(before)
    expect(app.log()).toMatch(/"level":"error"/)
    database(each => each.exec('drop trigger full'))
    expect((await askGoogle()).status).toBe(200)
    expect(sealed()).not.toEqual(before)
    expect(refreshes()).toBe(2)
  })
})

describe('a refresh that Google refuses', () => {
  beforeEach(() => app.google.control.expireAccessTokens())

  it.each([
    ['Token has been expired or revoked.', {}, 'expired_or_revoked'],
    ['Bad Request', {}, 'rejected'],
    ['Account has been deleted', {}, 'google_account_deleted'],
    ['reauth related error (invalid_rapt)', { extra: { error_subtype: 'invalid_rapt' } }, 'session_control'],
  ])('row 59: with "%s" marks the connection, with the reason', async (description, more, reason) => {
    refuseRefresh('invalid_grant', description, more)
    const page = await askGoogle()
    expect(page.status).toBe(409)
    expect(JSON.parse(page.text)).toMatchObject({
      code: 'needs_reconnect',
      google: { code: 'invalid_grant', message: description },
    })
    expect(await connection()).toMatchObject({ status: 'needs_reconnect', reason })
    await askGoogle()
    expect(refreshes()).toBe(1)
  })

  it('row 59: because seven days of Testing are over says so', async () => {
    app.google.control.addFault({
      match: { operation: 'token.code' },
      effect: { kind: 'token_response', set: { refresh_token_expires_in: 604_799 } },
    })
    await followConsent(browser, await browser.get('/auth/start'), 'U2')
    const ends = (await connection()).expiresAt
    expect(Date.parse(ends ?? '') - Date.now()).toBeGreaterThan(6.9 * 86_400_000)
    app.now.value = () => new Date(Date.now() + 7.1 * 86_400_000)
    await browser.get(`/auth/start?intent=sign-in`)
    refuseRefresh('invalid_grant', 'Token has been expired or revoked.')
    const later = app.browser()
    await followConsent(later, await later.get('/auth/start?intent=sign-in'), 'U2')
    browser = later
    await askGoogle()
    expect(await connection()).toMatchObject({ status: 'needs_reconnect', reason: 'testing_expired' })
  })

  it.each([
    ['invalid_client', 'The provided client secret is invalid.', 401],
    ['unauthorized_client', 'Unauthorized', 401],
  ])('row 59: with %s is our mistake and marks nothing', async (error, description, status) => {
    refuseRefresh(error, description, { status })
    const page = await askGoogle()
    expect(page.status).toBe(502)
    expect(JSON.parse(page.text)).toMatchObject({ code: 'oauth_client_rejected', google: { code: error } })
    expect(await connection()).toMatchObject({ status: 'active', reason: null })
    app.google.control.clearFaults()
    expect((await askGoogle()).status).toBe(200)
  })

  it('row 59: because Google is down marks nothing and works again afterwards', async () => {
    app.google.control.addFault({ match: { operation: 'token.refresh' }, effect: { kind: 'status', status: 503 } })
    expect((await askGoogle()).status).toBe(503)
    expect(await connection()).toMatchObject({ status: 'active' })
    app.google.control.clearFaults()
    expect((await askGoogle()).status).toBe(200)
  })
})

describe('a connection that died', () => {
  it('keeps what was read, says what to do, and lives again in place once reconnected', async () => {
    await browser.get('/accounts')
    app.google.control.revokeGrant('U2')
    app.google.control.expireAccessTokens()
    const refreshed = await browser.post(`/connections/${id}/refresh`)
    expect(refreshed.status).toBe(303)
    const page = await browser.get('/accounts')
    expect(page.status).toBe(200)
    expect(page.text).toContain('data-customer-id="4620198302"')
    expect(page.text).toContain(`/auth/start?intent=reconnect&amp;connection=${id}`)

    const end = await followConsent(browser, await browser.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
    expect(end.status).toBe(303)
    expect(await connection()).toMatchObject({ id, status: 'active', reason: null })
    expect((await askGoogle()).status).toBe(200)
  })
})

describe('a connection that was paused or revoked', () => {
  it.each(['paused', 'revoked'])('is no longer used from that moment on (%s)', async status => {
    expect((await askGoogle()).status).toBe(200)
    const database = openSqlite(app.databaseFile)
    database.prepare('update connections set status = ?').run(status)
    database.close()
    const before = app.google.requests.length
    const page = await askGoogle()
    expect(page.status).toBe(409)
    expect(JSON.parse(page.text)).toMatchObject({ code: 'connection_unusable' })
    expect(app.google.requests).toHaveLength(before)
  })
})

describe('a stored access token that does not open', () => {
  it('is refreshed from the credential, which does', async () => {
    const database = openSqlite(app.databaseFile)
    database.prepare('update connections set access_token = credential').run()
    database.close()
    await app.restart()
    expect((await askGoogle()).status).toBe(200)
    expect(refreshes()).toBe(1)
  })
})

describe('a token held from before a reconnect', () => {
  it('is not used any more: the new credential brought its own', async () => {
    expect((await askGoogle()).status).toBe(200)
    app.google.control.revokeGrant('U2')
    await followConsent(browser, await browser.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
    app.google.control.clearRequests()
    expect((await askGoogle()).status).toBe(200)
    expect(refreshes()).toBe(0)
    expect(app.google.requests.filter(request => request.status === 401)).toEqual([])
  })
})
