import { load } from 'cheerio'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_CLIENT, FOREIGN_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { grantedOutside } from '../sandbox/sign-in.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'

let app: TestApp
let dagny: BrowserSession
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())
beforeEach(async () => {
  app.google.control.reset()
  dagny = await app.connected('ADMIN')
})

const granted = (person: string, client = FOREIGN_CLIENT, change: Record<string, string> = {}) =>
  grantedOutside(app.google, person, client, change)

async function json(browser: BrowserSession, path: string, body?: unknown) {
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')
  const response = await fetch(app.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { cookie, origin: app.url, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: JSON.parse(await response.text()) }
}

const customers = async (id: string) => json(dagny, `/api/v1/connections/${id}/customers?refresh=1`)

describe('a credential handed in', () => {
  it('of another OAuth client becomes a connection that works, and is refreshed with that client', async () => {
    const answer = await json(dagny, '/api/v1/connections', await granted('U2'))
    expect(answer).toMatchObject({ status: 201, body: { connection: { email: expect.stringContaining('tomasz') } } })
    const { id } = answer.body.connection
    expect((await customers(id)).body.customers).toHaveLength(2)
    app.google.control.expireAccessTokens()
    expect((await customers(id)).body.customers).toHaveLength(2)
  })

  it('whose client Google later rejects is told as that client’s fault, and stays', async () => {
    const { id } = (await json(dagny, '/api/v1/connections', await granted('U2'))).body.connection
    app.google.control.expireAccessTokens()
    app.google.control.switchOn('wrong-client-secret')
    const refused = await customers(id)
    app.google.control.switchOff('wrong-client-secret')
    expect(refused).toMatchObject({ status: 409, body: { code: 'oauth_foreign_client_rejected' } })
    expect(refused.body.detail).toContain(FOREIGN_CLIENT.clientId)
    expect((await customers(id)).body.customers).toHaveLength(2)
  })

  it('of our own client needs no client of its own: a secret changed in the settings is used for it', async () => {
    const own = { ...(await granted('U2', DEFAULT_CLIENT as never)), clientSecret: 'an old copy of our secret' }
    expect(await json(dagny, '/api/v1/connections', own)).toMatchObject({ status: 201 })
  })

  it('handed in again replaces the one there is, in place', async () => {
    const first = await json(dagny, '/api/v1/connections', await granted('U2'))
    const second = await json(dagny, '/api/v1/connections', await granted('U2'))
    expect(second.body.connection.id).toBe(first.body.connection.id)
  })

  it.each([
    ['a dead refresh token', { refreshToken: '1//0dead' }, 400, 'credential_refused'],
    ['a wrong client secret', { clientSecret: 'wrong' }, 400, 'credential_refused'],
    ['an unknown client', { clientId: 'nobody.apps.googleusercontent.com' }, 400, 'credential_refused'],
    ['nothing', { refreshToken: '' }, 400, 'bad_request'],
  ])('with %s is refused, and nothing is stored', async (_, change, status, code) => {
    const before = (await json(dagny, '/api/v1/connections')).body.connections
    const answer = await json(dagny, '/api/v1/connections', { ...(await granted('U3')), ...change })
    expect(answer).toMatchObject({ status, body: { code } })
    expect((await json(dagny, '/api/v1/connections')).body.connections).toEqual(before)
  })

  it('that does not say whose it is, lacks Google Ads, or opens no account is refused by name', async () => {
    const scopes = async (person: string, scope: string) =>
      json(dagny, '/api/v1/connections', await granted(person, FOREIGN_CLIENT, { scope }))
    const adwords = 'https://www.googleapis.com/auth/adwords'
    expect((await scopes('U3', adwords)).body.code).toBe('credential_without_identity')
    expect((await scopes('U3', 'openid email')).body.code).toBe('oauth_scope_missing')
    const empty = (await scopes('NOADS', `openid email profile ${adwords}`)).body
    expect(empty).toMatchObject({
      code: 'no_ads_account',
      detail: expect.stringMatching(/^This credential belongs to/),
    })
    expect(app.google.requests.filter(request => request.operation === 'revoke')).toEqual([])
  })

  it('of an address that Google does not vouch for is refused', async () => {
    const body = JSON.stringify({ sub: '100000000000000000003', email: 'ceo@client.example', email_verified: false })
    const credential = await granted('U3')
    app.google.control.failNext({ match: { operation: 'userinfo' }, effect: { kind: 'status', status: 200, body } })
    const answer = await json(dagny, '/api/v1/connections', credential)
    expect(answer).toMatchObject({ status: 400, body: { code: 'credential_without_identity' } })
  })

  it('with a one-time code uses it up, also when it comes twice at the same time', async () => {
    const page = await dagny.post('/self/import-codes')
    const code = /[\w-]{43}/.exec(load(page.text)('pre code').text())?.[0]
    const body = JSON.stringify(await granted('U2'))
    const headers = { authorization: `Bearer ${code}`, 'content-type': 'application/json' }
    const handIn = async () => (await fetch(`${app.url}/api/v1/connections`, { method: 'POST', headers, body })).status
    expect((await Promise.all([handIn(), handIn(), handIn()])).sort()).toEqual([201, 410, 410])
    expect(await handIn()).toBe(410)
  })

  it('of somebody else’s connection is refused, and theirs goes on', async () => {
    const ines = await app.connected('U1')
    const answer = await json(dagny, '/api/v1/connections', await granted('U1'))
    expect(answer).toMatchObject({ status: 409, body: { code: 'connection_of_another_member' } })
    expect((await ines.get('/accounts')).text).toContain('Northlight Media')
  })

  it('is refused to nobody in particular, and to another site', async () => {
    const nobody = await json(app.browser(), '/api/v1/connections', await granted('U3'))
    expect(nobody).toMatchObject({ status: 401, body: { code: 'signed_out' } })
    const cookie = [...dagny.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { cookie, origin: 'https://evil.example', 'content-type': 'application/json' }
    const foreign = await fetch(`${app.url}/api/v1/connections`, { method: 'POST', headers, body: '{}' })
    expect(foreign.status).toBe(403)
  })

  it('leaves no trace of its secrets in the log', async () => {
    const credential = await granted('U2')
    await json(dagny, '/api/v1/connections', credential)
    await json(dagny, '/api/v1/connections', { ...credential, clientSecret: 'wrong-secret-value' })
    for (const secret of [credential.refreshToken, credential.clientSecret, 'wrong-secret-value']) {
      expect(app.log()).not.toContain(secret)
    }
  })
})

describe('an access token', () => {
  const ownId = async (browser: BrowserSession) => (await json(browser, '/api/v1/connections')).body.connections[0].id

  it('is live, says when it ends, and works at Google', async () => {
    const id = await ownId(dagny)
    const { status, body } = await json(dagny, `/api/v1/connections/${id}/access-token`, {})
    expect(status).toBe(200)
    expect(body.scope).toContain('https://www.googleapis.com/auth/adwords')
    expect(Date.parse(body.expiresAt) - Date.now()).toBeGreaterThan(300_000)
    const list = await fetch(`${app.google.origin}/googleads.googleapis.com/v25/customers:listAccessibleCustomers`, {
      headers: { authorization: `Bearer ${body.accessToken}` },
    })
    expect(list.status).toBe(200)
  })

  it('lives as long as was asked for, at least', async () => {
    const id = await ownId(dagny)
    const first = (await json(dagny, `/api/v1/connections/${id}/access-token`, { minimumSeconds: 3_000 })).body
    const same = (await json(dagny, `/api/v1/connections/${id}/access-token`, { minimumSeconds: 3_000 })).body
    expect(same.accessToken).toBe(first.accessToken)
    app.now.value = () => new Date(Date.now() + 1_200_000)
    const later = (await json(dagny, `/api/v1/connections/${id}/access-token`, { minimumSeconds: 3_000 })).body
    app.now.value = () => new Date()
    expect(later.accessToken).not.toBe(first.accessToken)
    expect(await json(dagny, `/api/v1/connections/${id}/access-token`, { minimumSeconds: 4_000 })).toMatchObject({
      status: 400,
    })
  })

  it('of a connection one may not use does not exist', async () => {
    const ines = await app.connected('U1')
    expect(await json(dagny, `/api/v1/connections/${await ownId(ines)}/access-token`, {})).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
  })
})
