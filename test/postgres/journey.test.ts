import { load } from 'cheerio'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callbackUrl, followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { postgresRows } from '../support/postgres.ts'

let app: TestApp
let tomasz: BrowserSession
let ines: BrowserSession
let id: string
beforeAll(async () => {
  app = await startApp({ database: 'postgres' })
  tomasz = await app.connected('U2')
  ines = await app.connected('U1')
  id = (await connection()).id
})
afterAll(() => app.close())

interface ConnectionJson {
  id: string
  email: string
  status: string
  revokedAt: string | null
}
const rows = <T extends object>(statement: string, ...values: unknown[]) =>
  postgresRows<T>(app.databaseUrl, statement, values)
const connection = async (browser = tomasz): Promise<ConnectionJson> =>
  JSON.parse((await browser.get('/api/v1/connections')).text).connections[0]
const row = async () => (await rows<Record<string, unknown>>('select * from connections where id = $1', id))[0]
const askGoogle = (browser = tomasz) => browser.get(`/api/v1/connections/${id}/customers?refresh=1`)
const post = (step: string, browser = tomasz) => browser.post(`/connections/${id}/${step}`)
const reconnect = async () =>
  followConsent(tomasz, await tomasz.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
const later = async <T>(minutes: number, work: () => Promise<T>): Promise<T> => {
  const shown = app.now.value
  app.now.value = () => new Date(Date.now() + minutes * 60_000)
  try {
    return await work()
  } finally {
    app.now.value = shown
  }
}

describe('on PostgreSQL, a person', () => {
  it('connects, sees accounts and the hierarchy, signs out, and finds it all again after a restart', async () => {
    const accounts = await tomasz.get('/accounts')
    expect(new Set(accounts.text.match(/(?<=data-customer-id=")\d+/g))).toEqual(new Set(['4620198302', '7315526003']))
    const asked = await tomasz.get(`/api/v1/connections/${id}/customers/4620198302/hierarchy?wait=10`)
    const hierarchy = JSON.parse(asked.text)
    expect(hierarchy).toMatchObject({ complete: true, loginCustomerId: '4620198302' })
    const leaving = tomasz.copy()
    await app.restart()
    expect((await leaving.post('/auth/sign-out')).status).toBe(303)
    expect((await tomasz.get('/accounts')).status).toBe(401)

    await followConsent(tomasz, await tomasz.get('/auth/start?intent=sign-in'), 'U2')
    app.google.control.clearRequests()
    expect(await connection()).toMatchObject({ id, status: 'active' })
    const again = JSON.parse((await tomasz.get(`/api/v1/connections/${id}/customers/4620198302/hierarchy`)).text)
    expect(again).toMatchObject({ complete: true, accounts: hierarchy.accounts, fetchedAt: hierarchy.fetchedAt })
    expect(app.google.requests).toEqual([])
  })

  it('is told once that a hierarchy is complete, although it and the session are kept after that', async () => {
    const rafael = await app.connected('ODD')
    const { id: his } = await connection(rafael)
    const { customers } = JSON.parse((await rafael.get(`/api/v1/connections/${his}/customers`)).text)
    const { customerId } = customers.find((each: { manager: boolean }) => each.manager === false)
    const blocker = new pg.Client(app.databaseUrl)
    await blocker.connect()
    await blocker.query('begin')
    await blocker.query('lock table sessions, snapshots in share mode')
    const cookie = [...rafael.cookies()].map(pair => pair.join('=')).join('; ')
    const path = `/api/v1/connections/${his}/customers/${customerId}/hierarchy/events`
    const { body } = await fetch(app.url + path, { headers: { cookie } })
    let text = ''
    for await (const chunk of body ?? []) {
      text += Buffer.from(chunk).toString()
      if (text.includes('event: complete')) await blocker.query('rollback')
    }
    await blocker.end()
    expect(text.match(/event: complete/g)).toHaveLength(1)
  })

  it('is signed in once by ten callbacks at once', async () => {
    const browser = app.browser()
    const url = await callbackUrl(browser, await browser.get('/auth/start'), 'U3')
    app.google.control.clearRequests()
    const copies = Array.from({ length: 10 }, () => browser.copy())
    const answers = (await Promise.all(copies.map(copy => copy.get(url)))).map(page => page.status)
    expect(answers.sort()).toEqual([303, ...Array(9).fill(400)])
    expect(app.google.requests.filter(({ grantType }) => grantType === 'authorization_code')).toHaveLength(1)
  })

  it('reconnects in place, and the old credential is replaced', async () => {
    const before = await row()
    expect((await reconnect()).status).toBe(303)
    const after = await row()
    expect(after).toMatchObject({ id, created_at: before?.created_at, version: Number(before?.version) + 1 })
    expect(after?.credential).not.toBe(before?.credential)
    expect((await askGoogle()).status).toBe(200)
  })

  it('pauses, resumes, shares and stops sharing', async () => {
    expect((await post('pause')).status).toBe(303)
    expect((await askGoogle()).status).toBe(409)
    expect((await post('resume')).status).toBe(303)
    expect((await askGoogle(ines)).status).toBe(404)
    await post('share')
    expect((await askGoogle(ines)).status).toBe(200)
    await post('unshare')
    expect((await askGoogle(ines)).status).toBe(404)
  })

  it('revokes: confirmed at once, or by the sweep when Google could not be asked; then it goes after its days', async () => {
    const broken = { match: { operation: 'revoke' }, effect: { kind: 'status', status: 503 } } as const
    app.google.control.failNext(broken)
    expect((await post('revoke')).status).toBe(303)
    expect(await row()).toMatchObject({ status: 'revoked', revoked_at: null, credential: expect.stringContaining('.') })
    expect((await askGoogle()).status).toBe(409)
    await later(2, () => app.sweep())
    expect(await row()).toMatchObject({ revoked_at: expect.any(String), credential: null, revocation_next_at: null })

    await reconnect()
    expect((await post('revoke')).status).toBe(303)
    expect(await connection()).toMatchObject({ status: 'revoked', revokedAt: expect.any(String) })
    expect(await row()).toMatchObject({ credential: null })

    await later(29 * 24 * 60, () => app.sweep())
    expect(await row()).toBeDefined()
    await later(31 * 24 * 60, () => app.sweep())
    expect(await row()).toBeUndefined()
    expect(await rows('select kind from snapshots where connection_id = $1', id)).toEqual([])
  })
})

describe('on PostgreSQL, what is read', () => {
  let dagny: BrowserSession
  beforeAll(async () => {
    dagny = await app.connected('ADMIN')
  })
  const listed = async (path: string) =>
    load((await dagny.get(path)).text)('main tbody tr')
      .toArray()
      .map(each => load(each).text())

  it('is found in any case, and in the order of SQLite', async () => {
    expect(await listed('/audit?person=INES.Ferreira')).not.toEqual([])
    expect(await listed('/audit?target=INES.Ferreira')).not.toEqual([])
    expect(await listed('/audit?person=%25')).toEqual([])
    const emails = ['B@x.example', 'a-b@x.example', 'a@x.example', 'a_b@x.example', 'aa@x.example', 'É@x.example']
    for (const email of [...emails].reverse()) {
      await rows(
        `insert into members (id, sub, email, role, status, admitted_by, created_at, signed_in_at)
         values ($1, $1, $1, 'member', 'active', 'email:x', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')`,
        email,
      )
    }
    const shown = load((await dagny.get('/members')).text)('main').text()
    const places = emails.map(email => shown.indexOf(email))
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  it.each([
    '/connections/%00',
    '/members/%00',
    '/links/%00',
    '/audit?person=%00',
    '/audit?target=%00',
    '/audit?before=999999999999999',
    '/auth/start?intent=reconnect&connection=%00',
    '/oauth2callback?state=%00&code=x',
  ])('%s is the fault of who asked', async path => {
    const page = await dagny.get(path)
    expect([400, 404, 410]).toContain(page.status)
  })
})
