import { load } from 'cheerio'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Context } from '../../src/context.ts'
import { routeTable } from '../../src/web/routes.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { firstColumn, openSqlite, type Sqlite } from '../support/sqlite.ts'

let app: TestApp
/** Stands still, so that no window ends while a slow machine counts. */
let clock: number
beforeAll(async () => {
  app = await startApp({ env: { TRUST_PROXY: '1' } })
})
beforeEach(() => {
  clock = Date.now()
  app.now.value = () => new Date(clock)
})
afterAll(() => app.close())

const from = (address: string) => ({ 'x-forwarded-for': address })
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const codeOf = ({ text }: Page) => JSON.parse(text).code
/** Asks so often at the same time, and answers how often each status came back. */
async function hammer(times: number, ask: (index: number) => Promise<Page>): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (const { status } of await Promise.all(Array.from({ length: times }, (_, index) => ask(index)))) {
    counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}
const onlyConnection = async (browser: BrowserSession): Promise<string> =>
  JSON.parse((await browser.get('/api/v1/connections')).text).connections[0].id
const memberId = async (browser: BrowserSession): Promise<string> =>
  JSON.parse((await browser.get('/api/v1/me')).text).member.id
const googleCalls = (operation: RegExp) =>
  app.google.requests.filter(request => operation.test(String(request.operation))).length

function inDatabase<T>(work: (database: Sqlite) => T): T {
  const database = openSqlite(app.databaseFile)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

/** As if so many requests had come in this window. */
function used(key: string, hits: number): void {
  inDatabase(database =>
    database
      .prepare('insert or replace into rate_limits (key, hits, resets_at) values (?, ?, ?)')
      .run(key, hits, new Date(clock + 60_000).toISOString()),
  )
}

describe('row 68: one address', () => {
  it.each([
    ['/auth/start?intent=sign-in', 303],
    ['/oauth2callback', 400],
  ])('asks 60 times a minute for %s, then is told how long to wait; others are served', async (path, usual) => {
    const address = from(`192.0.2.${usual % 200}`)
    expect(await hammer(63, () => app.browser().get(path, address))).toEqual({ [usual]: 60, 429: 3 })
    const refused = await app.browser().get(path, address)
    expect(refused.headers.get('retry-after')).toBe('60')
    expect(load(refused.text)('h1').text()).toBe('Too many requests')
    expect((await app.browser().get(path, from('192.0.2.201'))).status).toBe(usual)
    expect((await app.browser().get('/', address)).status).toBe(200)
    clock += 60_000
    expect((await app.browser().get(path, address)).status).toBe(usual)
  })

  it('learns from every response how much is left, and until when', async () => {
    const ask = () => app.browser().get('/auth/start?intent=sign-in', from('192.0.2.210'))
    const first = await ask()
    expect(first.headers.get('ratelimit')).toBe('"sign-in-address"; r=59; t=60')
    expect(first.headers.get('ratelimit-policy')).toBe('"sign-in-address"; q=60; w=60')
    used('sign-in address 192.0.2.210', 60)
    clock += 20_000
    const refused = await ask()
    expect([refused.status, refused.headers.get('ratelimit')]).toEqual([429, '"sign-in-address"; r=0; t=40'])
    expect(refused.headers.get('retry-after')).toBe('40')
  })

  it('can start no more sign-ins through a one-time link than without one', async () => {
    const member = await app.connected('U2')
    const link = load((await member.post('/links', { hours: '1' })).text)('pre code').text()
    const headers = { ...from('192.0.2.202'), 'sec-fetch-site': 'same-origin' }
    used('sign-in address 192.0.2.202', 57)
    expect((await app.browser().get(`${link}/start`, headers)).status).toBe(303)
    expect(await hammer(4, () => app.browser().get('/auth/start', headers))).toEqual({ 303: 2, 429: 2 })
    expect((await app.browser().get(`${link}/start`, headers)).status).toBe(429)
  })

  it('is a /64 in IPv6; a /56 gets 4 times and a /48 gets 16 times as much, and no more', async () => {
    const ask = (address: string) => app.browser().get('/oauth2callback', from(address))
    expect((await ask('2001:db8:1:1::1')).headers.get('ratelimit')).toBe('"callback-address"; r=59; t=60')
    for (const [network, most] of Object.entries({
      '2001:db8:1:1::/64': 60,
      '2001:db8:2::/56': 240,
      '2001:db8:3::/48': 960,
    })) {
      used(`callback address ${network}`, most - 1)
      const inside = (index: number) => network.replace('::/', `::${index}/`).replace(/\/.*/, '')
      const statuses = [await ask(inside(1)), await ask(inside(2))].map(({ status }) => status)
      expect(statuses, network).toEqual([400, 429])
    }
    for (const beside of ['2001:db8:1:2::1', '2001:db8:2:100::1', '2001:db8:4::1']) {
      expect((await ask(beside)).status, beside).toBe(400)
    }
  })

  it('is the same in both notations of IPv4', async () => {
    const ask = (address: string) => app.browser().get('/oauth2callback', from(address))
    used('callback address 192.0.2.220', 58)
    expect((await ask('192.0.2.220')).status).toBe(400)
    expect((await ask('::ffff:192.0.2.220')).status).toBe(400)
    expect((await ask('::ffff:c000:2dc')).status).toBe(429)
    expect((await ask('::ffff:192.0.2.221')).status).toBe(400)
  })

  it('may send 20 wrong API keys, links and codes, then has to wait; correct ones from there still work', async () => {
    const ines = await app.connected('U1')
    const key = await keyOf(ines, 'read')
    const link = load((await ines.post('/links', { hours: '1' })).text)('pre code').text()
    const address = from('198.51.100.1')
    const wrongKey = () => app.browser().get('/api/v1/me', { ...bearer(`${key.slice(0, -4)}0000`), ...address })
    const wrongLink = () => app.browser().get(`${link.slice(0, -4)}0000`, address)
    const wrongCode = () => app.browser().post('/api/v1/connections', {}, { ...bearer('x'.repeat(43)), ...address })
    expect(await hammer(7, wrongKey)).toEqual({ 401: 7 })
    expect(await hammer(7, wrongLink)).toEqual({ 410: 7 })
    expect(await hammer(6, wrongCode)).toEqual({ 410: 6 })
    for (const ask of [wrongKey, wrongLink, wrongCode]) {
      const page = await ask()
      expect([page.status, page.headers.get('retry-after')]).toEqual([429, '600'])
    }
    expect(codeOf(await wrongKey())).toBe('too_many_requests')
    expect((await app.browser().get('/api/v1/me', { ...bearer(key), ...address })).status).toBe(200)
    expect((await app.browser().get(link, address)).status).toBe(200)
    expect((await app.browser().get('/api/v1/me', { ...bearer('gads_x'), ...from('198.51.100.2') })).status).toBe(401)
    used('wrong-secret address 2001:db8:9::/48', 319)
    const hopping = (index: number) => from(`2001:db8:9:${index}::1`)
    expect(
      await hammer(3, index => app.browser().get('/api/v1/me', { ...bearer('gads_x'), ...hopping(index) })),
    ).toEqual({
      401: 1,
      429: 2,
    })
  })
})

describe('row 56: the address', () => {
  it('does not come from what a caller claims, except through trusted proxies', async () => {
    const own = await startApp()
    own.now.value = () => new Date(clock)
    const spoofed = (index: number) => ({
      ...from(`203.0.113.${index}`),
      forwarded: `for=203.0.113.${index}`,
      'x-real-ip': `203.0.113.${index}`,
      'cf-connecting-ip': `203.0.113.${index}`,
    })
    expect(await hammer(62, index => own.browser().get('/oauth2callback', spoofed(index)))).toEqual({ 400: 60, 429: 2 })
    await own.close()
    const behind = (index: number) => from(`203.0.113.${index}, 192.0.2.230`)
    expect(await hammer(62, index => app.browser().get('/oauth2callback', behind(index)))).toEqual({ 400: 60, 429: 2 })
  })

  it('and every other proxy header give nobody an identity, or another scheme or host', async () => {
    const claims = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-user': 'dagny.holm@northlight.example.com',
      'x-forwarded-email': 'dagny.holm@northlight.example.com',
      'x-remote-user': 'dagny.holm@northlight.example.com',
      forwarded: 'for=127.0.0.1;host=evil.example;proto=https',
      'user-agent': 'GoogleHC/1.0 kube-probe/1.29 ELB-HealthChecker/2.0',
    }
    expect((await app.browser().get('/api/v1/me', claims)).status).toBe(401)
    expect((await app.browser().get('/members', claims)).status).toBe(401)
    const start = await app.browser().get('/auth/start', claims)
    expect(new URL(start.location ?? '').searchParams.get('redirect_uri')).toBe(`${app.url}/oauth2callback`)
    expect(start.headers.getSetCookie().join()).not.toContain('Secure')
  })
})

describe('row 68: one member', () => {
  it('can ask Google 60 times a minute, by page or program; stored data stays readable', async () => {
    const [tomasz, mei] = [await app.connected('U2'), await app.connected('U3')]
    const id = await onlyConnection(tomasz)
    const list = `/api/v1/connections/${id}/customers`
    used(`google member ${await memberId(tomasz)}`, 49)
    expect((await tomasz.get('/find')).status).toBe(200)
    app.google.control.clearRequests()
    expect(await hammer(15, () => tomasz.post(`/connections/${id}/check`))).toEqual({ 303: 10, 429: 5 })
    expect(googleCalls(/listAccessible/)).toBeLessThanOrEqual(10)
    for (const path of [`${list}?refresh=1`, '/api/v1/find?customer_id=1234567890']) {
      expect((await tomasz.get(path)).status).toBe(429)
    }
    expect((await tomasz.post(`/api/v1/connections/${id}/check`)).status).toBe(429)
    expect(await hammer(5, () => tomasz.get(list))).toEqual({ 200: 5 })
    expect((await mei.get('/find')).status).toBe(200)
    clock += 60_000
    expect((await tomasz.post(`/connections/${id}/check`)).status).toBe(303)
  })

  it('can add 20 credentials in ten minutes, so this is no way to test stolen ones', async () => {
    const mei = await app.connected('U3')
    const key = await keyOf(mei, 'connect')
    app.google.control.clearRequests()
    const guess = (index: number) =>
      fetch(`${app.url}/api/v1/connections`, {
        method: 'POST',
        headers: { ...bearer(key), ...from(`192.0.2.${index}`), 'content-type': 'application/json' },
        body: JSON.stringify({ clientId: 'x', clientSecret: 'y', refreshToken: `1//0${index}` }),
      }).then(async answer => ({ status: answer.status, text: await answer.text() }) as Page)
    const counts = await hammer(60, guess)
    expect(counts[429]).toBe(40)
    expect(googleCalls(/^token/)).toBe(20)
    const pasted = await mei.post('/configuration/import', { text: 'x' }, from('192.0.2.99'))
    expect(pasted.status).toBe(429)
  })

  it('can get 60 access tokens a minute with one API key, and 300 with all keys together', async () => {
    const mei = await app.connected('U3')
    const keys = [await keyOf(mei, 'token'), await keyOf(mei, 'token')]
    const path = `/api/v1/connections/${await onlyConnection(mei)}/access-token`
    const ask = (key = '', address = '192.0.2.240') =>
      app.browser().post(path, {}, { ...bearer(key), ...from(address) })
    const first = await ask(keys[0])
    expect(first.headers.get('ratelimit')).toBe(
      '"access-token-key"; r=59; t=60, "access-token-member"; r=299; t=60, "access-token-address"; r=599; t=60',
    )
    expect(await hammer(61, () => ask(keys[0]))).toEqual({ 200: 59, 429: 2 })
    expect((await ask(keys[1])).status).toBe(200)
    used(`access-token member ${await memberId(mei)}`, 299)
    expect((await ask(keys[1], '192.0.2.241')).status).toBe(200)
    expect((await ask(keys[1], '192.0.2.241')).status).toBe(429)
    const ines = await app.connected('U1')
    const other = await keyOf(ines, 'token')
    const theirs = `/api/v1/connections/${await onlyConnection(ines)}/access-token`
    expect((await app.browser().post(theirs, {}, { ...bearer(other), ...from('192.0.2.240') })).status).toBe(200)
  })

  it('can change 120 things a minute, so that nobody floods the audit trail', async () => {
    const odd = await app.connected('ODD')
    const id = await onlyConnection(odd)
    const entries = () =>
      inDatabase(db => firstColumn(db, "select count(*) from audit_entries where action like '%share%'")[0])
    used(`write member ${await memberId(odd)}`, 110)
    expect((await hammer(20, index => odd.post(`/connections/${id}/${index % 2 ? 'share' : 'unshare'}`)))[429]).toBe(10)
    expect(entries()).toBeLessThanOrEqual(10)
  })

  it('can have 30 pasted texts a minute checked', async () => {
    const mei = await app.connected('U3')
    used(`paste member ${await memberId(mei)}`, 28)
    expect(await hammer(4, () => mei.post('/configuration/check', { text: 'x' }))).toEqual({ 200: 2, 429: 2 })
    expect((await mei.post('/api/v1/configuration/check')).status).toBe(429)
  })
})

describe('the limits of two instances on one database', () => {
  it.each(['sqlite', 'postgres'] as const)('row 68: are shared on %s', async database => {
    const own = await startApp({ database, env: { TRUST_PROXY: '1' } })
    const now = new Date()
    own.now.value = () => now
    const twin = await own.twin()
    const mei = await own.connected('U3')
    const there = twin.as(mei)
    const id = await onlyConnection(mei)
    const ask = (index: number) => (index % 2 ? mei : there).post(`/connections/${id}/check`)
    expect(await hammer(64, ask)).toEqual({ 303: 60, 429: 4 })
    await twin.close()
    await own.close()
  })
})

describe('row 68: while counts cannot be stored', () => {
  afterEach(() => inDatabase(db => db.exec('alter table elsewhere rename to rate_limits')))

  it('routes that sign people in or check secrets answer 503; all others work', async () => {
    const mei = await app.connected('U1')
    const key = await keyOf(mei, 'token')
    const id = await onlyConnection(mei)
    inDatabase(db => db.exec('alter table rate_limits rename to elsewhere'))
    const refused = [
      await app.browser().get('/auth/start'),
      await app.browser().get('/oauth2callback'),
      await app.browser().get('/links/x'),
      await app.browser().get('/api/v1/me', bearer('gads_x')),
      await app.browser().post(`/api/v1/connections/${id}/access-token`, {}, bearer(key)),
      await app.browser().post('/api/v1/connections', {}, bearer('x'.repeat(43))),
      await app.browser().post('/security-events'),
    ]
    for (const { status, headers, url } of refused)
      expect([status, headers.get('retry-after')], url).toEqual([503, '5'])
    expect((await mei.get('/accounts')).status).toBe(200)
    expect((await mei.post(`/connections/${id}/check`)).status).toBe(303)
    expect((await mei.post('/configuration/check', { text: 'x' })).status).toBe(200)
    expect(app.log()).toContain('requests could not be counted')
  })
})

describe('the route table', () => {
  const table = routeTable(
    { config: { publicUrl: 'http://localhost' } } as unknown as Context,
    new AbortController().signal,
  )

  it('names a limit for every route that changes something', () => {
    expect(table.filter(({ method, limit }) => method !== 'get' && limit === null)).toEqual([])
  })

  it('names a limit for every route that asks Google', async () => {
    const own = await startApp()
    const dagny = await own.connected('ADMIN')
    const id = await onlyConnection(dagny)
    const dagnysId = await memberId(dagny)
    own.google.control.clearRequests()
    for (const { path } of table.filter(({ limit }) => limit === null)) {
      const page = await dagny.get(path.replace(':memberId', dagnysId).replace(':id', id))
      expect([200, 303], path).toContain(page.status)
    }
    expect(own.google.requests).toEqual([])
    await own.close()
  })
})

async function keyOf(browser: BrowserSession, scope: string): Promise<string> {
  const change = { name: [scope], scopes: [scope] }
  const page = await press(browser, await browser.get('/self'), { text: 'Make the key' }, change)
  return load(page.text)('[data-fresh="key"]').text()
}
