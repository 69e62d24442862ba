import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { adwords, callbackUrl, followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'

let app: TestApp
beforeEach(async () => {
  app = await startApp()
})
afterEach(() => app.close())

const title = (page: Page) => load(page.text)('h1').text().trim()
const tokenCalls = () =>
  app.google.requests.filter(request => request.grantType !== undefined && request.grantType !== null)
const revocations = () => app.google.requests.filter(request => request.path.includes('/revoke'))
const connectionsOf = async (browser: BrowserSession) =>
  (
    JSON.parse((await browser.get('/api/v1/connections')).text) as {
      connections: { id: string; email: string; status: string }[]
    }
  ).connections
const started = (browser: BrowserSession, query = '') => browser.get(`/auth/start${query}`)
const parametersOf = (page: Page) => new URL(page.location ?? '').searchParams

describe('the authorization request', () => {
  it('asks for what connecting needs, and for nothing more when signing in', async () => {
    const connect = parametersOf(await started(app.browser()))
    expect(Object.fromEntries(connect)).toMatchObject({
      response_type: 'code',
      redirect_uri: `${app.url}/oauth2callback`,
      access_type: 'offline',
      prompt: 'consent select_account',
      include_granted_scopes: 'true',
      code_challenge_method: 'S256',
    })
    expect(connect.get('scope')?.split(' ')).toEqual(['openid', 'email', 'profile', adwords])
    for (const name of ['state', 'nonce', 'code_challenge']) expect(connect.get(name)).toMatch(/^[\w-]{43}$/)

    const signIn = parametersOf(await started(app.browser(), '?intent=sign-in'))
    expect(signIn.get('scope')?.split(' ')).toEqual(['openid', 'email', 'profile'])
    expect(signIn.has('access_type')).toBe(false)
  })

  it('row 7: never repeats state, nonce or challenge', async () => {
    const browser = app.browser()
    const seen = new Set<string>()
    for (let round = 0; round < 20; round++) {
      const query = parametersOf(await started(browser))
      for (const name of ['state', 'nonce', 'code_challenge']) seen.add(`${name} ${query.get(name)}`)
    }
    expect(seen.size).toBe(60)
  })

  it('row 15: is built from PUBLIC_URL, whatever Host and X-Forwarded-Host say', async () => {
    const page = await app.browser().get(`${app.url.replace('localhost', '127.0.0.1')}/auth/start`)
    expect(page.status).toBe(308)
    expect(page.location).toBe(`${app.url}/auth/start`)
    const headers = { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
    const { location } = await app.browser().get('/auth/start', headers)
    expect(new URL(location ?? '').searchParams.get('redirect_uri')).toBe(`${app.url}/oauth2callback`)
  })

  it('carries a hint for the account when asked to', async () => {
    const query = parametersOf(await started(app.browser(), '?login_hint=someone%40example.com'))
    expect(query.get('login_hint')).toBe('someone@example.com')
    expect(query.get('prompt')).toBe('consent')
  })
})

describe('connecting', () => {
  it('signs the person in with one consent and shows their accounts', async () => {
    const browser = app.browser()
    const end = await followConsent(browser, await started(browser), 'U2')
    expect(end.status).toBe(303)
    expect(end.location).toBe('/accounts')
    expect((await connectionsOf(browser)).map(each => each.status)).toEqual(['active'])
    const page = await browser.get('/accounts')
    expect(page.status).toBe(200)
    const shown = load(page.text)('[data-customer-id]')
      .toArray()
      .map(element => element.attribs['data-customer-id'])
    expect(new Set(shown)).toEqual(new Set(['4620198302', '7315526003']))
  })

  it('row 13: goes back to where the person came from, on our own site only', async () => {
    const browser = app.browser()
    expect((await followConsent(browser, await started(browser, '?return_to=/connections'), 'U1')).location).toBe(
      '/connections',
    )
    const other = app.browser()
    const end = await followConsent(other, await started(other, '?return_to=//evil.example'), 'U1')
    expect(end.location).toBe('/accounts')
  })

  it('row 17: gives the browser a new session id, and the old one stops working', async () => {
    const browser = app.browser()
    browser.setCookie('sid', 's%3Aplanted.signature')
    await followConsent(browser, await started(browser), 'U1')
    expect(browser.cookies().get('sid')).not.toContain('planted')
    const planted = app.browser()
    planted.setCookie('sid', 's%3Aplanted.signature')
    expect((await planted.get('/accounts')).status).toBe(401)
  })

  it('row 61b: keeps one connection for one Google account, however often it is connected', async () => {
    const browser = await app.connected('U1')
    const [first] = await connectionsOf(browser)
    await followConsent(browser, await started(browser), 'U1')
    expect((await connectionsOf(browser)).map(each => each.id)).toEqual([first?.id])
  })

  it('puts a second Google account beside the first', async () => {
    const browser = await app.connected('U1')
    await followConsent(browser, await started(browser), 'GMAIL')
    const end = await followConsent(browser, await started(browser), 'U3')
    expect(end.status).toBe(303)
    expect((await connectionsOf(browser)).map(each => each.email)).toContain(
      app.google.scenario.people.find(person => person.label === 'U3')?.email,
    )
  })

  it('uses a sign-in begun by one member for that member only', async () => {
    const ines = await app.connected('U1')
    const url = await callbackUrl(ines, await started(ines), 'U3')
    const before = tokenCalls().length
    await ines.post('/auth/sign-out')
    const page = await ines.get(url)
    expect(page.status).toBe(400)
    expect(tokenCalls()).toHaveLength(before)
  })
})

describe('a callback that cannot be right', () => {
  const broken: [string, (url: URL) => void, number][] = [
    ['row 1: without state', url => url.searchParams.delete('state'), 400],
    ['row 1: with an empty state', url => url.searchParams.set('state', ' '), 400],
    ['row 2: with a state that is not ours', url => url.searchParams.set('state', 'x'.repeat(43)), 400],
    [
      'row 2: with a state cut by one character',
      url => url.searchParams.set('state', (url.searchParams.get('state') ?? '').slice(1)),
      400,
    ],
    ['row 10: with two states', url => url.searchParams.append('state', url.searchParams.get('state') ?? ''), 400],
    ['row 10: with two codes', url => url.searchParams.append('code', 'another'), 400],
    ['row 12: with a code and an error', url => url.searchParams.set('error', 'access_denied'), 400],
    ['row 12: without code and error', url => url.searchParams.delete('code'), 400],
    ['row 9: with a foreign iss', url => url.searchParams.set('iss', 'https://evil.example'), 400],
    ['row 9: with a trailing slash in iss', url => url.searchParams.set('iss', 'https://accounts.google.com/'), 400],
    ['row 9: with iss in capitals', url => url.searchParams.set('iss', 'https://Accounts.Google.com'), 400],
    ['row 9: with two iss', url => url.searchParams.append('iss', 'https://accounts.google.com'), 400],
    ['row 12: with an access token in the address', url => url.searchParams.set('access_token', 'x'), 400],
    ['row 12: with an ID token in the address', url => url.searchParams.set('id_token', 'x'), 400],
    ['row 12: with a signed response in the address', url => url.searchParams.set('response', 'x'), 400],
    [
      'row 10: with state as a list',
      url => {
        url.searchParams.append('state[]', url.searchParams.get('state') ?? '')
        url.searchParams.delete('state')
      },
      400,
    ],
    ['row 10: with an address of 20 KB', url => url.searchParams.set('x', 'x'.repeat(20_000)), 431],
    ['row 10: with an over-long code', url => url.searchParams.set('code', 'x'.repeat(3000)), 400],
  ]
  it.each(broken)('%s is refused before any code is used', async (_name, bend, status) => {
    const browser = app.browser()
    const whole = await callbackUrl(browser, await started(browser), 'U1')
    const url = new URL(whole)
    bend(url)
    const page = await browser.get(url.href)
    expect(page.status).toBe(status)
    if (status === 400) expect(title(page)).not.toBe('')
    expect(tokenCalls()).toEqual([])
    expect((await browser.get('/accounts')).status).toBe(401)
    // What Google really sent still works.
    expect((await browser.get(whole)).status).toBe(303)
  })

  it('row 9: is accepted without iss, because Google does not announce it', async () => {
    const browser = app.browser()
    const url = new URL(await callbackUrl(browser, await started(browser), 'U1'))
    url.searchParams.delete('iss')
    expect((await browser.get(url.href)).status).toBe(303)
  })

  it('row 12: by HEAD, by POST or as a prefetch does not use up the sign-in', async () => {
    const browser = app.browser()
    const url = await callbackUrl(browser, await started(browser), 'U1')
    expect((await fetch(url, { method: 'HEAD', redirect: 'manual' })).status).toBe(405)
    expect((await browser.post(url)).status).toBe(405)
    expect((await browser.get(url, { 'sec-purpose': 'prefetch' })).status).toBe(400)
    expect((await browser.get(url)).status).toBe(303)
  })

  it('row 11: repeats nothing from the request', async () => {
    const hostile = '<script>alert(1)</script>'
    const page = await app
      .browser()
      .get(
        `/oauth2callback?error=${encodeURIComponent(hostile)}&error_description=${encodeURIComponent(hostile)}&state=x`,
      )
    expect(page.status).toBe(400)
    expect(page.text).not.toContain('alert(1)')
  })
})

describe('a person who does not finish', () => {
  it('and cancels is told so, and nothing is stored', async () => {
    const browser = app.browser()
    const page = await followConsent(browser, await started(browser), 'U1', { decision: 'cancel' })
    expect(page.status).toBe(400)
    expect(page.text).toContain('oauth_cancelled')
    expect(tokenCalls()).toEqual([])
    expect((await browser.get('/accounts')).status).toBe(401)
  })

  it('row 33d: and unticks Google Ads is told so; the tokens are forgotten, and the consent stays', async () => {
    const browser = app.browser()
    const page = await followConsent(browser, await started(browser), 'U1', { scopes: [] })
    expect(page.status).toBe(403)
    expect(page.text).toContain('oauth_scope_missing')
    expect(revocations()).toEqual([])
    expect(page.text).toContain('myaccount.google.com/permissions')
    expect((await browser.get('/accounts')).status).toBe(401)
  })

  it('keeps a connection they already had: giving the grant back would kill it', async () => {
    const browser = await app.connected('U1')
    const page = await followConsent(browser, await started(browser), 'U1', { scopes: [] })
    if (page.status !== 303) expect(page.status).toBe(403)
    expect(revocations()).toEqual([])
    const [connection] = await connectionsOf(browser)
    expect((await browser.get(`/api/v1/connections/${connection?.id}/customers?refresh=1`)).status).toBe(200)
  })
})

describe('a person who may not', () => {
  it.each([
    ['OTHER', 'of another domain'],
    ['GMAIL', 'without a domain'],
  ])('sign in (%s, %s) is told so, and their consent is left alone', async label => {
    const browser = app.browser()
    const page = await followConsent(browser, await started(browser), label)
    expect(page.status).toBe(403)
    expect(page.text).toContain('person_not_allowed')
    expect(revocations()).toEqual([])
    expect((await browser.get('/accounts')).status).toBe(401)
  })

  it('be found at Google Ads is told which account that was', async () => {
    const browser = app.browser()
    const page = await followConsent(browser, await started(browser), 'NOADS')
    expect(page.status).toBe(403)
    expect(page.text).toContain('no_ads_account')
    expect(page.text).toContain('noor.vandam@northlight.example.com')
    expect(revocations()).toEqual([])
  })

  it('no longer sign in once the rule that let them in is gone', async () => {
    const browser = await app.connected('U1')
    await app.restart({ ALLOWED_DOMAINS: 'elsewhere.example.com' })
    await browser.post('/auth/sign-out')
    const page = await followConsent(browser, await started(browser, '?intent=sign-in'), 'U1')
    expect(page.status).toBe(403)
    expect(page.text).toContain('person_not_allowed')
  })
})

describe('the settings decide who is who', () => {
  const roleOf = async (browser: BrowserSession) => JSON.parse((await browser.get('/api/v1/me')).text).member?.role
  const signInAgain = async (browser: BrowserSession, label: string) => {
    await browser.post('/auth/sign-out')
    await followConsent(browser, await started(browser, '?intent=sign-in'), label)
  }

  it('a session ends with the rule that let its member in', async () => {
    const browser = await app.connected('U1')
    await app.restart({ ALLOWED_DOMAINS: 'elsewhere.example.com' })
    expect((await browser.get('/accounts')).status).toBe(401)
  })

  it('an address taken out of ADMIN_EMAILS is an admin no longer, one put in becomes one', async () => {
    const dagny = await app.connected('ADMIN')
    const ines = await app.connected('U1')
    expect([await roleOf(dagny), await roleOf(ines)]).toEqual(['admin', 'member'])
    await app.restart({ ADMIN_EMAILS: 'ines.ferreira@northlight.example.com' })
    await signInAgain(dagny, 'ADMIN')
    await signInAgain(ines, 'U1')
    expect([await roleOf(dagny), await roleOf(ines)]).toEqual(['member', 'admin'])
  })

  it('a Google account that somebody else connected still signs its own person in', async () => {
    const ines = await app.connected('U1')
    await followConsent(ines, await started(ines), 'U3')
    const mei = app.browser()
    expect((await followConsent(mei, await started(mei), 'U3')).status).toBe(303)
    const page = await mei.get('/accounts')
    expect(page.text).toContain('already connected here by ines.ferreira@northlight.example.com')
    expect(await connectionsOf(mei)).toEqual([])
    expect(revocations()).toEqual([])
  })
})

describe('a new installation', () => {
  it('row 33c: makes nobody an administrator for coming first, not even of many at once', async () => {
    const own = await startApp({ env: { ADMIN_EMAILS: 'somebody.else@northlight.example.com' } })
    const members = await Promise.all(
      ['U1', 'U2', 'U3', 'ADMIN'].map(async label => {
        const browser = await own.connected(label)
        return JSON.parse((await browser.get('/api/v1/me')).text).member.role
      }),
    )
    expect(members).toEqual(['member', 'member', 'member', 'member'])
    await own.restart({ ADMIN_EMAILS: 'dagny.holm@northlight.example.com' })
    const roles = await Promise.all(
      ['U1', 'ADMIN'].map(async label => {
        const browser = await own.connected(label)
        return JSON.parse((await browser.get('/api/v1/me')).text).member.role
      }),
    )
    expect(roles).toEqual(['member', 'admin'])
    await own.close()
  })
})

describe('signing out and in', () => {
  it('row 24: ends the session for good, and needs no new consent to come back', async () => {
    const browser = await app.connected('U1')
    const old = browser.copy()
    const out = await browser.post('/auth/sign-out')
    expect(out.status).toBe(303)
    expect(out.headers.get('clear-site-data')).toBe('"cache", "storage"')
    for (const page of [out, await old.get('/accounts')]) expect(page.headers.get('cache-control')).toBe('no-store')
    expect((await old.get('/accounts')).status).toBe(401)

    const url = await callbackUrl(browser, await started(browser, '?intent=sign-in'), 'U1')
    expect((await browser.get(url)).status).toBe(303)
    expect(await connectionsOf(browser)).toHaveLength(1)
  })

  it('survives a restart of the server', async () => {
    const browser = await app.connected('U2')
    await app.restart()
    expect((await browser.get('/accounts')).status).toBe(200)
    const [connection] = await connectionsOf(browser)
    expect((await browser.get(`/api/v1/connections/${connection?.id}/customers?refresh=1`)).status).toBe(200)
  })

  it('refuses to sign out for another site', async () => {
    const browser = await app.connected('U1')
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      expect((await browser.post('/auth/sign-out', {}, headers as Record<string, string>)).status).toBe(403)
    }
    expect((await browser.get('/accounts')).status).toBe(200)
  })
})

describe('reconnecting', () => {
  it('with the same Google account replaces the token in place', async () => {
    const browser = await app.connected('U1')
    const [before] = await connectionsOf(browser)
    const start = await started(browser, `?intent=reconnect&connection=${before?.id}`)
    expect(parametersOf(start).get('login_hint')).toBe(before?.email)
    expect((await followConsent(browser, start, 'U1')).status).toBe(303)
    expect((await connectionsOf(browser)).map(each => each.id)).toEqual([before?.id])
  })

  it('forgets no name when Google leaves the profile out this time', async () => {
    const browser = await app.connected('U1')
    app.google.control.failNext({
      effect: { kind: 'id_token', drop: ['name', 'picture', 'given_name', 'family_name'] },
    })
    const [before] = await connectionsOf(browser)
    const start = await started(browser, `?intent=reconnect&connection=${before?.id}`)
    expect((await followConsent(browser, start, 'U1')).status).toBe(303)
    expect(await connectionsOf(browser)).toMatchObject([{ id: before?.id, name: 'Ines Ferreira' }])

    app.google.control.failNext({
      effect: { kind: 'id_token', drop: ['name', 'picture', 'given_name', 'family_name'] },
    })
    await browser.post('/auth/sign-out')
    await followConsent(browser, await started(browser, '?intent=sign-in'), 'U1')
    expect(JSON.parse((await browser.get('/api/v1/me')).text).member.name).toBe('Ines Ferreira')
  })

  it('with another one replaces nothing and names both', async () => {
    const browser = await app.connected('U1')
    const [before] = await connectionsOf(browser)
    const start = await started(browser, `?intent=reconnect&connection=${before?.id}`)
    const url = new URL(start.location ?? '')
    url.searchParams.delete('login_hint')
    url.searchParams.set('prompt', 'consent select_account')
    const page = await followConsent(browser, { ...start, location: url.href }, 'U3')
    expect(page.status).toBe(409)
    expect(page.text).toContain('ines.ferreira@northlight.example.com')
    expect(page.text).toContain('mei.lindqvist@northlight.example.com')
    expect(await connectionsOf(browser)).toEqual([before])
  })

  it("is not offered for another member's connection: it does not exist for them", async () => {
    const ines = await app.connected('U1')
    const [connection] = await connectionsOf(ines)
    const mei = await app.connected('U3')
    const page = await started(mei, `?intent=reconnect&connection=${connection?.id}`)
    expect(page.status).toBe(404)
  })
})
