import { load } from 'cheerio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ env: { TRUST_PROXY: '1' } })
})
afterAll(() => app.close())

const from = (address: string) => ({ 'x-forwarded-for': address })
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
/** Asks so often at the same time, and answers how often each status came back. */
async function hammer(times: number, ask: () => Promise<Page>): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (const { status } of await Promise.all(Array.from({ length: times }, ask))) {
    counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}

describe('one address', () => {
  it.each([
    ['/auth/start?intent=sign-in', 303],
    ['/oauth2callback', 400],
  ])('asks 60 times a minute for %s, then is told how long to wait; others are served', async (path, usual) => {
    const address = from(`192.0.2.${usual % 200}`)
    expect(await hammer(63, () => app.browser().get(path, address))).toEqual({ [usual]: 60, 429: 3 })
    const refused = await app.browser().get(path, address)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect(load(refused.text)('h1').text()).toBe('Too many requests')
    expect((await app.browser().get(path, from('192.0.2.201'))).status).toBe(usual)
    expect((await app.browser().get('/', address)).status).toBe(200)
  })

  it('begins no more sign-ins through a one-time link: they all take the room of everybody’s', async () => {
    const member = await app.connected('U2')
    const link = load((await member.post('/links', { hours: '1' })).text)('pre code').text()
    const headers = { ...from('192.0.2.202'), 'sec-fetch-site': 'same-origin' }
    expect(await hammer(40, () => app.browser().get(`${link}/start`, headers))).toEqual({ 303: 40 })
    expect(await hammer(23, () => app.browser().get('/auth/start', headers))).toEqual({ 303: 20, 429: 3 })
    expect((await app.browser().get(`${link}/start`, headers)).status).toBe(429)
  })

  it('is a whole subscriber where it is IPv6', async () => {
    const ask = (address: string) => app.browser().get('/auth/start?intent=sign-in', from(address))
    let last = 0
    expect(await hammer(60, () => ask(`2001:db8:1:1::${(++last).toString(16)}`))).toEqual({ 303: 60 })
    expect((await ask('2001:db8:1:1::ffff')).status).toBe(429)
    expect((await ask('2001:db8:2:1::1')).status).toBe(303)
  })

  it('presents 20 wrong API keys, then is told to wait; a right one from there still works', async () => {
    const ines = await app.connected('U1')
    const key = await keyOf(ines, 'read')
    const wrong = `${key.slice(0, -4)}0000`
    const ask = (presented: string, address: string) =>
      app.browser().get('/api/v1/me', { ...bearer(presented), ...from(address) })
    for (let each = 0; each < 20; each++) expect((await ask(wrong, '198.51.100.1')).status).toBe(401)
    const page = await ask(wrong, '198.51.100.1')
    expect([page.status, JSON.parse(page.text).code]).toEqual([429, 'too_many_requests'])
    expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(500)
    expect((await ask(key, '198.51.100.1')).status).toBe(200)
    expect((await ask(wrong, '198.51.100.2')).status).toBe(401)
  })

  it('is not what a caller says where no proxy is trusted', async () => {
    const own = await startApp()
    let last = 0
    const ask = () => own.browser().get('/auth/start?intent=sign-in', from(`203.0.113.${++last}`))
    expect(await hammer(62, ask)).toEqual({ 303: 60, 429: 2 })
    await own.close()
  })
})

it('one member has Google asked anew 60 times a minute, by page or program; what is stored is read as often as wanted', async () => {
  const [tomasz, mei] = [await app.connected('U2'), await app.connected('U3')]
  const { connections } = JSON.parse((await tomasz.get('/api/v1/connections')).text)
  const list = `/api/v1/connections/${connections[0].id}/customers`
  expect(await hammer(50, () => tomasz.get('/find'))).toEqual({ 200: 50 })
  expect(await hammer(12, () => tomasz.get(`${list}?refresh=1`))).toEqual({ 200: 10, 429: 2 })
  expect((await tomasz.get('/api/v1/find?customer_id=1234567890')).status).toBe(429)
  expect(await hammer(5, () => tomasz.get(list))).toEqual({ 200: 5 })
  expect((await mei.get('/find')).status).toBe(200)
})

it('one API key asks for 60 access tokens a minute; another is served', async () => {
  const mei = await app.connected('U3')
  const [key, other] = [await keyOf(mei, 'token'), await keyOf(mei, 'token')]
  const { connections } = JSON.parse((await mei.get('/api/v1/connections')).text)
  const ask = (presented: string) =>
    app.browser().post(`/api/v1/connections/${connections[0].id}/access-token`, {}, bearer(presented))
  expect(await hammer(62, () => ask(key))).toEqual({ 200: 60, 429: 2 })
  expect((await ask(other)).status).toBe(200)
})

async function keyOf(browser: BrowserSession, scope: string): Promise<string> {
  const change = { name: [scope], scopes: [scope] }
  const page = await press(browser, await browser.get('/self'), { text: 'Make the key' }, change)
  return load(page.text)('[data-fresh="key"]').text()
}
