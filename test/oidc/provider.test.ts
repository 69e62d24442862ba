import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { type ForeignProvider, startForeignProvider } from '../support/oidc-provider.ts'

let provider: ForeignProvider
let app: TestApp

beforeAll(async () => {
  provider = await startForeignProvider()
  app = await startApp({ env: { GOOGLE_EMULATOR_HOST: provider.host } })
  provider.allowRedirectTo(`${app.url}/oauth2callback`)
})
afterAll(async () => {
  await app?.close()
  await provider?.close()
})

/** From our start to the address the provider sends the browser back to. */
async function backFrom(browser: BrowserSession, path: string): Promise<string> {
  let page = await browser.get(path)
  while (page.location !== null) {
    const next = new URL(page.location, page.url).href
    if (next.startsWith(`${app.url}/oauth2callback`)) return next
    page = await browser.get(next)
  }
  throw new Error(`no way back from ${page.url}: ${page.status} ${page.text}`)
}
const tokenCalls = () => provider.asked.get('/oauth2.googleapis.com/token') ?? 0

describe('with an OpenID provider that we did not write', () => {
  it('row 9: a person can sign in only if the answer names the issuer', async () => {
    for (const iss of ['https://accounts.google.com/', 'https://ACCOUNTS.google.com', 'https://evil.example', '']) {
      const browser = app.browser()
      const changed = new URL(await backFrom(browser, '/auth/start?intent=sign-in'))
      changed.searchParams.set('iss', iss)
      const before = tokenCalls()
      expect([iss, (await browser.get(changed.href)).status, tokenCalls() - before]).toEqual([iss, 400, 0])
    }
    const browser = app.browser()
    const back = await backFrom(browser, '/auth/start?intent=sign-in')
    expect(new URL(back).searchParams.get('iss')).toBe('https://accounts.google.com')
    expect((await browser.get(back)).status).toBe(303)
    expect(JSON.parse((await browser.get('/api/v1/me')).text).member).toMatchObject({
      email: 'ann@northlight.example.com',
      name: 'Person ann',
    })
  })

  it('a person connects, and the credential refreshes although the provider replaces it each time', async () => {
    provider.person = 'bea'
    const browser = app.browser()
    expect((await browser.get(await backFrom(browser, '/auth/start'))).status).toBe(303)
    const { connections } = JSON.parse((await browser.get('/api/v1/connections')).text)
    expect(connections).toMatchObject([{ email: 'bea@northlight.example.com', status: 'active' }])
    for (const hours of [2, 4, 6]) {
      app.now.value = () => new Date(Date.now() + hours * 3_600_000)
      const fresh = app.browser()
      await fresh.get(await backFrom(fresh, '/auth/start?intent=sign-in'))
      const before = tokenCalls()
      const answer = await fresh.get(`/api/v1/connections/${connections[0].id}/customers?refresh=1`)
      expect([answer.status, tokenCalls() - before]).toEqual([200, 1])
    }
    app.now.value = () => new Date()
  })

  it('row 6: a stolen code is useless in another flow', async () => {
    const [victim, thief] = [app.browser(), app.browser()]
    const stolen = new URL(await backFrom(victim, '/auth/start?intent=sign-in')).searchParams.get('code') ?? ''
    const own = new URL(await backFrom(thief, '/auth/start?intent=sign-in'))
    own.searchParams.set('code', stolen)
    const page = await thief.get(own.href)
    expect(page.status).toBe(400)
    expect((await thief.get('/api/v1/me')).status).toBe(401)
  })

  it('row 7: the provider refuses a request without a challenge, and ours always has one', async () => {
    const browser = app.browser()
    const url = new URL((await browser.get('/auth/start?intent=sign-in')).location ?? '')
    expect(url.searchParams.get('code_challenge_method')).toBe('S256')
    expect(url.searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/)
    for (const name of ['code_challenge', 'code_challenge_method']) url.searchParams.delete(name)
    const refused = await browser.get(url.href)
    expect(new URL(refused.location ?? '').searchParams.get('error')).toBe('invalid_request')
  })

  it('row 3: a callback that was used is not sent to the provider again', async () => {
    const browser = app.browser()
    const back = await backFrom(browser, '/auth/start?intent=sign-in')
    expect((await browser.get(back)).status).toBe(303)
    const before = tokenCalls()
    expect((await browser.get(back)).status).toBeGreaterThanOrEqual(300)
    expect(tokenCalls()).toBe(before)
  })
})
