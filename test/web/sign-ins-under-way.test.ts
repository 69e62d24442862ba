import { randomBytes } from 'node:crypto'
import { load } from 'cheerio'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { requestLabel } from '../../src/connections/authorization-requests.ts'
import { callbackUrl, followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { firstColumn, openSqlite } from '../support/sqlite.ts'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ env: { TRUST_PROXY: '1' } })
})
beforeEach(() => app.google.control.clearRequests())
afterEach(() => {
  app.now.value = () => new Date()
})
afterAll(() => app.close())

const started = (browser: BrowserSession, query = '', from = newAddress()) =>
  browser.get(`/auth/start${query}`, { 'x-forwarded-for': from })
const tokenCalls = () => app.google.requests.filter(request => request.grantType).length
const cookiesOf = (browser: BrowserSession) => [...browser.cookies()].filter(([name]) => name.startsWith('tx-'))
const later = (minutes: number) => {
  app.now.value = () => new Date(Date.now() + minutes * 60_000)
}
const told = (page: Page) => ({
  status: page.status,
  title: load(page.text)('h1').text(),
  code: /oauth_\w+/.exec(load(page.text)('main').text())?.[0],
})
const used = { status: 400, title: 'This sign-in was already used', code: 'oauth_state_used' }
const expired = { status: 400, title: 'The sign-in took too long', code: 'oauth_state_expired' }
const foreign = { status: 400, title: 'This browser did not start the sign-in', code: 'oauth_state_foreign' }

/** A caller of a network of its own, each time another. */
let addresses = 0
function newAddress(): string {
  addresses += 1
  return `2001:db8:${Math.floor(addresses / 100) + 1}:${(addresses % 100) + 1}00::1`
}

function rows(table?: string): number {
  const database = openSqlite(app.databaseFile, { readOnly: true })
  // Counters of requests and sums of refusals are bounded by rules of their own.
  const all = `select name from sqlite_master where type = 'table' and name not in ('rate_limits', 'audit_entries')`
  const tables = table ? [table] : firstColumn(database, all)
  const count = (each: unknown) => firstColumn<number>(database, `select count(*) from "${each}"`)[0] ?? 0
  const sum = tables.map(count).reduce((before, each) => before + each, 0)
  database.close()
  return sum
}

describe('a sign-in under way', () => {
  it('row 67: a flood of unfinished sign-ins does not keep the next person from signing in', async () => {
    const before = rows()
    for (let round = 0; round < 20; round++) {
      const pages = await Promise.all(Array.from({ length: 20 }, () => started(app.browser())))
      expect(new Set(pages.map(page => page.status))).toEqual(new Set([303]))
    }
    // Nor can callbacks that nobody began write anything.
    const made = Array.from({ length: 40 }, (_, each) => {
      const stranger = app.browser()
      stranger.setCookie('tx-aaaaaa', 'eyJhbGciOiJkaXIifQ..a.b.c')
      return stranger.get(`/oauth2callback?state=${'x'.repeat(40)}${each}&code=4`, { 'x-forwarded-for': newAddress() })
    })
    expect(new Set((await Promise.all(made)).map(page => page.status))).toEqual(new Set([400]))
    expect(rows()).toBe(before)

    const browser = app.browser()
    expect((await followConsent(browser, await started(browser), 'U2')).status).toBe(303)
  })

  it('row 3: works once; the second time, the page says that it was used', async () => {
    const browser = app.browser()
    const url = await callbackUrl(browser, await started(browser), 'U1')
    const asBefore = browser.copy()
    expect((await browser.get(url)).status).toBe(303)
    expect(told(await browser.get(url))).toEqual(used)
    expect(told(await asBefore.get(url))).toEqual(used)
    // Whoever has only the address is told no more.
    expect(told(await app.browser().get(url))).toEqual(used)
    expect(tokenCalls()).toBe(1)
  })

  it('row 4: causes one token request when its callback arrives twenty times at once', async () => {
    const browser = app.browser()
    const url = await callbackUrl(browser, await started(browser), 'U1')
    const twin = await app.twin()
    const copies = Array.from({ length: 20 }, (_, each) => (each % 2 ? browser.copy() : twin.as(browser)))
    const pages = await Promise.all(copies.map(copy => copy.get(url)))
    await twin.close()
    expect(tokenCalls()).toBe(1)
    expect(pages.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(pages.filter(page => page.status !== 303 && told(page).code === 'oauth_state_used')).toHaveLength(19)
  })

  it('row 5: belongs to the browser that started it, which can still finish it', async () => {
    const attacker = app.browser()
    const url = await callbackUrl(attacker, await started(attacker), 'U1')
    const victim = app.browser()
    expect(told(await victim.get(url))).toEqual(foreign)
    expect((await victim.get('/accounts')).status).toBe(401)
    expect(tokenCalls()).toBe(0)
    expect((await attacker.get(url)).status).toBe(303)
  })

  it('row 5: does not open with the cookie of another sign-in, whatever its name', async () => {
    const attacker = app.browser()
    const url = await callbackUrl(attacker, await started(attacker), 'U1')
    const victim = app.browser()
    await started(victim)
    const [[name = ''] = []] = cookiesOf(attacker)
    const [[, sealed = ''] = []] = cookiesOf(victim)
    victim.setCookie(name, sealed)
    expect(told(await victim.get(url))).toEqual(foreign)
    expect(tokenCalls()).toBe(0)
  })

  it('row 2: works only with its whole state, unchanged', async () => {
    const browser = app.browser()
    const url = new URL(await callbackUrl(browser, await started(browser), 'U1'))
    const state = url.searchParams.get('state') ?? ''
    const swapped = state.replace(/[a-z]/i, each =>
      each === each.toLowerCase() ? each.toUpperCase() : each.toLowerCase(),
    )
    for (const edit of [
      state.slice(1),
      state.slice(0, -1),
      `${state}A`,
      swapped,
      `A${state.slice(1)}x`,
      state.repeat(2),
    ]) {
      const edited = new URL(url)
      edited.searchParams.set('state', edit)
      // Even with the sealed cookie at the place where it would be looked for.
      const copy = browser.copy()
      for (const [, sealed] of cookiesOf(browser)) copy.setCookie(`tx-${requestLabel(edit)}`, sealed)
      expect(told(await copy.get(edited.href))).toEqual(foreign)
    }
    expect(tokenCalls()).toBe(0)
    expect((await browser.get(url.href)).status).toBe(303)
  })

  it('lasts an hour, so people can set up 2-Step Verification and still finish', async () => {
    const browser = app.browser()
    const url = await callbackUrl(browser, await started(browser), 'U1')
    later(59)
    expect((await browser.get(url)).status).toBe(303)
  })

  it('says that it took too long after that, and still says so when the page is reloaded', async () => {
    const browser = app.browser()
    const url = await callbackUrl(browser, await started(browser), 'U1')
    later(61)
    expect(told(await browser.get(url))).toEqual(expired)
    expect(told(await browser.get(url))).toEqual(expired)
    expect(tokenCalls()).toBe(0)
  })

  it('cannot be used again after its used state is deleted', async () => {
    const browser = app.browser()
    const url = await callbackUrl(browser, await started(browser), 'U1')
    const asBefore = browser.copy()
    await browser.get(url)
    expect(rows('used_states')).toBeGreaterThan(0)
    later(66)
    await app.sweep()
    expect(rows('used_states')).toBe(0)
    expect(told(await asBefore.get(url))).toEqual(expired)
    expect(tokenCalls()).toBe(1)
  })

  it('row 8: belongs to the member who started it, and says so if somebody else is signed in', async () => {
    const ines = await app.connected('U1')
    const url = await callbackUrl(ines, await started(ines), 'U3')
    const calls = tokenCalls()
    const mei = await app.connected('U3')
    const callsThen = tokenCalls() - calls
    for (const [name, value] of cookiesOf(ines)) mei.setCookie(name, value)
    expect(told(await mei.get(url))).toMatchObject({ status: 400, code: 'oauth_member_changed' })
    const again = await callbackUrl(ines, await started(ines), 'U3')
    await ines.post('/auth/sign-out')
    const page = await ines.get(again)
    expect(told(page)).toMatchObject({ status: 400, code: 'oauth_member_changed' })
    expect(load(page.text)('main a.button-primary').attr('href')).toContain('intent=sign-in')
    expect(tokenCalls()).toBe(calls + callsThen)
  })
})

describe('the cookies of sign-ins under way', () => {
  it('row 21: stay below 4,096 bytes, reveal nothing, and are five at most', async () => {
    const browser = app.browser()
    const path = `/find?${'q='.padEnd(1016, '1')}`
    for (let each = 0; each < 9; each++) {
      const page = await started(browser, `?return_to=${encodeURIComponent(path)}`)
      for (const line of page.headers.getSetCookie()) expect(line.length).toBeLessThan(4096)
      const inRequest = cookiesOf(browser).reduce((sum, [name, value]) => sum + name.length + value.length + 3, 0)
      expect(inRequest).toBeLessThan(6200)
    }
    const others = app.browser()
    for (let each = 0; each < 9; each++) await started(others)
    expect(cookiesOf(others)).toHaveLength(5)
    for (const [, sealed] of cookiesOf(browser)) {
      expect(Buffer.from(sealed.split('.')[0] ?? '', 'base64url').toString()).not.toContain('/find')
    }
  })

  it('let the newest five finish, in any order', async () => {
    const browser = app.browser()
    const urls: string[] = []
    for (let each = 0; each < 6; each++) {
      urls.push(await callbackUrl(browser, await started(browser, '?intent=sign-in'), 'U1'))
    }
    const [first = '', ...newest] = urls
    expect(told(await browser.get(first))).toEqual(foreign)
    expect((await browser.get(newest[0] ?? '')).status).toBe(303)
  })

  it('row 27: do not work as a session, and a session does not work as one of them', async () => {
    const browser = await app.connected('U1')
    const url = await callbackUrl(browser, await started(browser), 'U3')
    const [[name = '', sealed = ''] = []] = cookiesOf(browser)
    const sid = browser.cookies().get('sid') ?? ''
    const swapped = app.browser()
    swapped.setCookie('sid', sealed)
    swapped.setCookie(name, sid)
    expect((await swapped.get('/accounts')).status).toBe(401)
    expect(told(await swapped.get(url))).toEqual(foreign)
    const bearer = await app.browser().get('/api/v1/me', { authorization: `Bearer ${sealed}` })
    expect(bearer.status).toBe(401)
  })

  it('still work after a new key is added, as long as the old one is listed', async () => {
    const [k8, k9] = ['k8', 'k9'].map(kid => `${kid}:${randomBytes(32).toString('base64url')}`) as [string, string]
    const own = await startApp({ env: { TOKEN_KEYS: k8 } })
    try {
      const browser = own.browser()
      const url = await callbackUrl(browser, await browser.get('/auth/start'), 'U1')
      await own.restart({ TOKEN_KEYS: `${k9},${k8}` })
      expect((await browser.get(url)).status).toBe(303)
    } finally {
      await own.close()
    }
  })
})
