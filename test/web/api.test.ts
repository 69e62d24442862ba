import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import { BrowserSession } from '../support/browser-session.ts'

let app: TestApp
let browser: BrowserSession
let connectionId: string

beforeAll(async () => {
  app = await startApp()
  browser = await app.connected('ODD')
  connectionId = JSON.parse((await browser.get('/api/v1/connections')).text).connections[0].id
})
afterAll(() => app.close())

const idOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.id ?? ''
const json = async (path: string) => JSON.parse((await browser.get(path)).text)
const hierarchyPath = (label: string) => `/api/v1/connections/${connectionId}/customers/${idOf(label)}/hierarchy`

describe('the JSON', () => {
  it('says who is signed in', async () => {
    expect(await json('/api/v1/me')).toEqual({
      member: {
        id: expect.any(String),
        email: 'rafael.quint@northlight.example.com',
        name: 'Rafael Quint',
        role: 'member',
      },
    })
  })

  it('lists connections with what is known of them, and no credential', async () => {
    const { connections } = await json('/api/v1/connections')
    expect(connections).toEqual([
      {
        id: connectionId,
        kind: 'user',
        email: 'rafael.quint@northlight.example.com',
        name: 'Rafael Quint',
        status: 'active',
        reason: null,
        scopes: expect.arrayContaining(['https://www.googleapis.com/auth/adwords']),
        owner: { id: expect.any(String), email: 'rafael.quint@northlight.example.com' },
        shared: false,
        createdAt: expect.stringMatching(/^20\d\d-/),
        lastUsedAt: null,
        expiresAt: null,
        statusSince: expect.stringMatching(/^20\d\d-/),
        revokedAt: null,
        revocationNextAt: null,
        lastError: null,
      },
    ])
  })

  it('lists every direct account, a cancelled one as a row with its problem', async () => {
    const { customers } = await json(`/api/v1/connections/${connectionId}/customers`)
    const cancelled = customers.find((each: { customerId: string }) => each.customerId === idOf('O5'))
    expect(cancelled).toMatchObject({ descriptiveName: null, problem: { code: 'CUSTOMER_NOT_ENABLED' } })
    expect(customers.filter((each: { problem: unknown }) => each.problem === null).length).toBeGreaterThan(5)
    expect(Object.keys(customers[0]).sort()).toEqual([
      'accessRole',
      'currencyCode',
      'customerId',
      'descriptiveName',
      'manager',
      'problem',
      'status',
      'testAccount',
      'timeZone',
    ])
  })

  it('pages through a hierarchy without losing or repeating an account', async () => {
    const whole = await json(`${hierarchyPath('O3')}?wait=10`)
    expect(whole).toMatchObject({ loginCustomerId: idOf('O3'), complete: true, nextCursor: null })
    const paged: unknown[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: { accounts: unknown[]; nextCursor: string | null } = await json(
        `${hierarchyPath('O3')}?limit=3${cursor && `&cursor=${cursor}`}`,
      )
      expect(page.accounts.length).toBeLessThanOrEqual(3)
      paged.push(...page.accounts)
      cursor = page.nextCursor
    }
    expect(paged).toEqual(whole.accounts)
  })

  it('asks Google again only when told to', async () => {
    await json(`${hierarchyPath('O3')}?wait=10`)
    app.google.control.clearRequests()
    await json(hierarchyPath('O3'))
    await browser.get(`/connections/${connectionId}/accounts/${idOf('O3')}`)
    expect(app.google.requests).toEqual([])
    await json(`${hierarchyPath('O3')}?refresh=1&wait=10`)
    expect(app.google.requests.length).toBeGreaterThan(1)
  })

  it('streams a load as events that end with complete', async () => {
    const page = await browser.get(`${hierarchyPath('O3')}/events`)
    expect(page.headers.get('content-type')).toBe('text/event-stream')
    expect(page.text).toMatch(/event: complete\ndata: \{.*"accounts":\d+.*\}\n\n$/)
  })

  it('streams the first load of a single client account, whoever finishes first', async () => {
    for (const label of ['O6', 'O7', 'O8', 'O20', 'O21', 'O22']) {
      const page = await browser.get(`${hierarchyPath(label)}/events`)
      expect(page.text.match(/event: complete/g), label).toHaveLength(1)
    }
    expect((await browser.get('/api/v1/me')).status).toBe(200)
  })

  it('takes the notations that programs use', async () => {
    for (const query of ['refresh=true', 'limit=1000000', 'cursor=', 'wait=1000000']) {
      expect((await browser.get(`${hierarchyPath('O3')}?${query}`)).status, query).toBe(200)
    }
    const dashed = idOf('O3').replace(/^(\d{3})(\d{3})/, '$1-$2-')
    expect((await browser.get(`/api/v1/connections/${connectionId}/customers/${dashed}/hierarchy`)).status).toBe(200)
    const elsewhere = new BrowserSession(app.url.replace('localhost', '127.0.0.1'))
    for (const [name, value] of browser.cookies()) elsewhere.setCookie(name, value)
    expect((await elsewhere.get('/api/v1/me')).status).toBe(200)
  })

  it.each([
    ['/api/v1/connections/none/customers', 404, 'not_found'],
    ['/api/v1/nothing', 404, 'not_found'],
    ['/api/v1/me?x=%', 200, undefined],
  ])('answers %s with %i', async (path, status, code) => {
    const page = await browser.get(path)
    expect(page.status).toBe(status)
    if (code) {
      expect(page.headers.get('content-type')).toContain('application/problem+json')
      expect(JSON.parse(page.text)).toMatchObject({ code, status, requestId: page.headers.get('x-request-id') })
    }
  })

  it('tells nobody anything without a session', async () => {
    const page = await app.browser().get('/api/v1/connections')
    expect(page.status).toBe(401)
    expect(JSON.parse(page.text)).toMatchObject({ code: 'signed_out' })
  })

  it("does not know other people's connections", async () => {
    const other = await app.connected('U3')
    for (const path of [
      `/api/v1/connections/${connectionId}/customers`,
      hierarchyPath('O3'),
      `${hierarchyPath('O3')}/events`,
    ]) {
      expect((await other.get(path)).status).toBe(404)
    }
    for (const path of [`/connections/${connectionId}`, `/connections/${connectionId}/accounts/${idOf('O3')}`]) {
      expect((await other.get(path)).status).toBe(404)
    }
    const picked = await other.post('/login-customer', { connection_id: connectionId, customer_id: idOf('O3') })
    expect(picked.status).toBe(404)
  })
})
