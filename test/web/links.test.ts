import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { callbackUrl, followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { type GoogleRelay, startGoogleRelay } from '../support/google-relay.ts'
import { openSqlite } from '../support/sqlite.ts'

let app: TestApp
let relay: GoogleRelay
/** U1, a member with a connection of her own. */
let owner: BrowserSession
let admin: BrowserSession
let id: string

const u1 = 'ines.ferreira@northlight.example.com'
const u2 = 'tomasz.wojcik@northlight.example.com'
const gmail = 'jamie.holiday@mail.example'

beforeEach(async () => {
  relay = await startGoogleRelay()
  app = await startApp({ env: { GOOGLE_EMULATOR_HOST: relay.host } })
  relay.connectTo(app.google.host)
  owner = await app.connected('U1')
  admin = app.browser()
  await followConsent(admin, await admin.get('/auth/start?intent=sign-in'), 'ADMIN')
  id = (await connectionsOf(owner))[0]?.id ?? ''
})
afterEach(async () => {
  relay.open()
  await app.close()
  await relay.close()
})

interface ConnectionJson {
  id: string
  email: string
  status: string
  owner: { email: string }
  shared: boolean
  createdAt: string
}
async function connectionsOf(browser: BrowserSession): Promise<ConnectionJson[]> {
  return JSON.parse((await browser.get('/api/v1/connections')).text).connections
}
function query<T>(sql: string, ...values: unknown[]): T[] {
  const database = openSqlite(app.databaseFile)
  const rows = database.prepare(sql).all(...values)
  database.close()
  return rows as T[]
}
const trail = () =>
  query<{ action: string; actor_kind: string; actor_name: string; via: string }>(
    "select action, actor_kind, actor_name, via from audit_entries where outcome = 'done' order by seq desc",
  )
const members = () => query('select id from members').length
const sessions = () => query('select id_hash from sessions').length

/** The address a member is shown after making a link. */
async function makeLink(browser: BrowserSession, form: Record<string, string>): Promise<string> {
  const page = await browser.post('/links', { hours: '24', ...form })
  expect(page.status).toBe(200)
  return load(page.text)('pre code').text()
}
/** Opens a link as its reader would, and goes on to Google. */
async function goOn(guest: BrowserSession, url: string): Promise<Page> {
  const page = await guest.get(url)
  expect(page.status).toBe(200)
  return guest.get(load(page.text)('main a.button-primary').attr('href') ?? '', { 'sec-fetch-site': 'same-origin' })
}
/** At Google, choosing none of the proposed accounts. */
function chooseAnother(start: Page): Page {
  const url = new URL(start.location ?? '')
  url.searchParams.delete('login_hint')
  url.searchParams.set('prompt', 'consent select_account')
  return { ...start, location: url.href }
}
const finished = (page: Page) => ({ status: page.status, location: page.location })
const done = { status: 303, location: '/links/done' }

describe('a reconnect link', () => {
  it('made before the connection was revoked does not bring it back; one made afterwards does', async () => {
    const before = await makeLink(owner, { connection_id: id })
    await owner.post(`/connections/${id}/revoke`)
    expect((await app.browser().get(before)).status).toBe(410)
    const after = await makeLink(owner, { connection_id: id })
    const guest = app.browser()
    await followConsent(guest, await goOn(guest, after), 'U1')
    expect(await connectionsOf(owner)).toMatchObject([{ id, status: 'active' }])
  })

  it('brings a newer credential in place from a person who is no member, and signs nobody in', async () => {
    query('update connections set shared = 1')
    await owner.get('/accounts')
    const [before] = query<{ credential: string }>('select * from connections')
    const snapshots = query('select kind, key, fetched_at from snapshots')
    app.google.control.revokeGrant('U1')
    app.google.control.expireAccessTokens()
    await owner.post(`/connections/${id}/refresh`)
    expect(await connectionsOf(owner)).toMatchObject([{ id, status: 'needs_reconnect' }])

    const url = await makeLink(admin, { connection_id: id })
    const [peopleBefore, sessionsBefore] = [members(), sessions()]
    const guest = app.browser()
    expect(finished(await followConsent(guest, await goOn(guest, url), 'U1'))).toEqual(done)
    expect((await guest.get('/links/done')).text).toContain('You can close this page')
    expect(guest.cookies().size).toBe(0)
    expect([members(), sessions()]).toEqual([peopleBefore, sessionsBefore])
    expect((await guest.get('/accounts')).status).toBe(401)

    const [after] = query<{ credential: string }>('select * from connections')
    const kept = ['id', 'owner_id', 'shared', 'created_at', 'sub'] as const
    for (const column of kept) expect(after).toHaveProperty(column, (before as Record<string, unknown>)[column])
    expect(after?.credential).not.toBe(before?.credential)
    expect(after).toMatchObject({ status: 'active', reason: null })
    expect(query('select kind, key, fetched_at from snapshots')).toEqual(snapshots)
    expect(trail().slice(0, 2)).toEqual([
      { action: 'connection.reconnected', actor_kind: 'guest', actor_name: u1, via: 'link' },
      { action: 'link.used', actor_kind: 'guest', actor_name: u1, via: 'link' },
    ])
    expect((await owner.get(`/connections/${id}`)).text).toContain('Through a one-time link')
    expect((await owner.get(`/api/v1/connections/${id}/customers?refresh=1`)).status).toBe(200)
  })

  it('tells its reader who asks, for what, with which account and until when; and nothing else of the installation', async () => {
    const guest = app.browser()
    const page = await guest.get(await makeLink(admin, { connection_id: id }))
    const text = load(page.text)('main').text()
    for (const said of ['Dagny Holm', 'dagny.holm@northlight.example.com', u1, new URL(app.url).host, 'once, until']) {
      expect(text).toContain(said)
    }
    expect(page.text).not.toContain(id)
    expect(load(page.text)('nav')).toHaveLength(0)
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(page.headers.get('referrer-policy')).toBe('same-origin')
    const away = await goOn(guest, page.url)
    expect(new URL(away.location ?? '').searchParams.get('login_hint')).toBe(u1)
  })

  it('does not take another Google account, says both addresses, and stays usable', async () => {
    const url = await makeLink(owner, { connection_id: id })
    const [before] = query('select credential, version from connections')
    const guest = app.browser()
    const page = await followConsent(guest, chooseAnother(await goOn(guest, url)), 'GMAIL')
    expect(page.status).toBe(409)
    const $ = load(page.text)
    expect($('main').text()).toContain(u1)
    expect($('main').text()).toContain(gmail)
    expect(
      $('main .actions a')
        .toArray()
        .map(each => $(each).attr('href')),
    ).toEqual([new URL(url).pathname])
    expect(query('select credential, version from connections')).toEqual([before])
    expect(app.google.requests.filter(request => request.path.endsWith('/revoke'))).toEqual([])
    expect(finished(await followConsent(guest, await goOn(guest, url), 'U1'))).toEqual(done)
  })

  it('cancelled at Google, or with Google Ads unticked, explains and can be used again', async () => {
    const url = await makeLink(owner, { connection_id: id })
    const guest = app.browser()
    for (const change of [{ decision: 'cancel' as const }, { scopes: [] as string[] }]) {
      const page = await followConsent(guest, await goOn(guest, url), 'U1', change)
      expect(page.status).toBeGreaterThanOrEqual(400)
      expect(load(page.text)('main .actions a').attr('href')).toBe(new URL(url).pathname)
    }
    expect(finished(await followConsent(guest, await goOn(guest, url), 'U1'))).toEqual(done)
  })

  it('can be made by the owner and by admins only, and not for a service account', async () => {
    const other = await app.connected('U2')
    expect((await other.post('/links', { hours: '24', connection_id: id })).status).toBe(404)
    expect((await other.get(`/links?connection=${id}`)).status).toBe(404)
    query('update connections set shared = 1')
    expect((await other.post('/links', { hours: '24', connection_id: id })).status).toBe(403)
    expect((await admin.get(`/connections/${id}`)).text).toContain(`/links?connection=${id}`)
    expect((await other.get(`/connections/${id}`)).text).not.toContain('/links?connection=')
    query("update connections set kind = 'service_account' where id = ?", id)
    expect((await admin.post('/links', { hours: '24', connection_id: id })).status).toBe(404)
  })

  it('is worth no more than the rights of who made it', async () => {
    const url = await makeLink(admin, { connection_id: id })
    const guest = app.browser()
    const callback = await callbackUrl(guest, await goOn(guest, url), 'U1')
    query("update members set status = 'suspended' where email like 'dagny%'")
    expect((await guest.get(url)).status).toBe(410)
    expect((await guest.get(callback)).status).toBe(410)
    query("update members set status = 'active', role = 'member', admitted_by = 'domain:northlight.example.com'")
    expect((await guest.get(url)).status).toBe(410)
    expect(query('select used_at from links')).toEqual([{ used_at: null }])
  })
})

describe('a link to connect', () => {
  it('is no code to hand a credential in with, and such a code is no link', async () => {
    const secret = (await makeLink(owner, {})).split('/').at(-1)
    const asCode = await fetch(`${app.url}/api/v1/connections`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ clientId: 'x', clientSecret: 'x', refreshToken: 'x' }),
    })
    expect(asCode.status).toBe(410)
    const code = load((await owner.post('/self/import-codes')).text)('pre code')
      .text()
      .match(/[\w-]{43}/)?.[0]
    expect(code).toHaveLength(43)
    expect((await app.browser().get(`/links/${code}`)).status).toBe(410)
    const go = await app.browser().get(`/links/${code}/start`, { 'sec-fetch-site': 'same-origin' })
    expect(go.status).toBe(410)
  })

  it('gives what the person brings to whoever made it', async () => {
    const url = await makeLink(owner, { email: '' })
    const guest = app.browser()
    expect(finished(await followConsent(guest, await goOn(guest, url), 'GMAIL'))).toEqual(done)
    const added = (await connectionsOf(owner)).find(each => each.email === gmail)
    expect(added).toMatchObject({ status: 'active', owner: { email: u1 }, shared: false })
    expect(trail().slice(0, 2)).toMatchObject([
      { action: 'connection.created', actor_name: gmail },
      { action: 'link.used', actor_name: gmail },
    ])
  })

  it('leaves whoever is signed in in that browser signed in, as themselves', async () => {
    const url = await makeLink(admin, { email: gmail })
    expect(finished(await followConsent(owner, await goOn(owner, url), 'GMAIL'))).toEqual(done)
    expect(JSON.parse((await owner.get('/api/v1/me')).text).member.email).toBe(u1)
    expect((await connectionsOf(owner)).map(each => each.email)).toEqual([u1])
    expect((await connectionsOf(admin)).find(each => each.email === gmail)?.owner.email).toMatch(/^dagny/)
  })

  it('made for one address takes no other', async () => {
    const url = await makeLink(owner, { email: gmail.toUpperCase() })
    const guest = app.browser()
    const page = await followConsent(guest, chooseAnother(await goOn(guest, url)), 'U2')
    expect(page.status).toBe(409)
    expect(page.text).toContain(u2)
    expect(finished(await followConsent(guest, await goOn(guest, url), 'GMAIL'))).toEqual(done)
  })

  it('made for one address does not take it from an account that has not shown it to be its own', async () => {
    const url = await makeLink(owner, { email: gmail })
    const guest = app.browser()
    app.google.control.failNext({ effect: { kind: 'id_token', set: { email_verified: false } } })
    expect((await followConsent(guest, await goOn(guest, url), 'GMAIL')).status).toBe(409)
    expect((await connectionsOf(owner)).map(each => each.email)).toEqual([u1])
    expect(finished(await followConsent(guest, await goOn(guest, url), 'GMAIL'))).toEqual(done)
  })

  it('refuses a Google account whose connection is somebody else’s, and does not say whose', async () => {
    await app.connected('U2')
    const url = await makeLink(owner, {})
    const guest = app.browser()
    const page = await followConsent(guest, await goOn(guest, url), 'U2')
    expect(page.status).toBe(409)
    expect(page.text).toContain('belongs to another member')
    expect(
      load(page.text)('main')
        .text()
        .match(/tomasz\.wojcik/g),
    ).toHaveLength(2)
    expect(page.text).not.toContain(u1)
    expect(app.google.requests.filter(request => request.path.endsWith('/revoke'))).toEqual([])
    expect((await guest.get(url)).status).toBe(200)
  })
})

describe('any link', () => {
  it('works once, also for two who come back at the same time', async () => {
    const url = await makeLink(owner, {})
    const people = await Promise.all(
      ['GMAIL', 'U3'].map(async label => {
        const guest = app.browser()
        return { guest, callback: await callbackUrl(guest, await goOn(guest, url), label) }
      }),
    )
    const ends = await Promise.all(people.map(({ guest, callback }) => guest.get(callback)))
    expect(ends.map(page => page.status).sort()).toEqual([303, 410])
    expect(await connectionsOf(owner)).toHaveLength(2)
    expect(trail().filter(entry => entry.action === 'link.used')).toHaveLength(1)
    const refused = ends.find(page => page.status === 410)
    expect(refused?.text).toContain('cannot be used')
    expect(app.google.requests.filter(request => request.path.endsWith('/revoke'))).toEqual([])
    expect((await app.browser().get(url)).status).toBe(410)
  })

  it('ends after the time it was given, also on the way to Google and back', async () => {
    const url = await makeLink(owner, { hours: '1' })
    const guest = app.browser()
    app.now.value = () => new Date(Date.now() + 59 * 60_000)
    const callback = await callbackUrl(guest, await goOn(guest, url), 'GMAIL')
    app.now.value = () => new Date(Date.now() + 61 * 60_000)
    expect((await guest.get(url)).status).toBe(410)
    expect((await guest.get(callback)).status).toBe(410)
    expect(query('select email from connections')).toEqual([{ email: u1 }])
  })

  it.each(['0', '-1', '169', '24.5', 'x', ''])('is not made for %j hours', async hours => {
    expect((await owner.post('/links', { hours })).status).toBe(400)
  })

  it('is listed for its maker with its state, and withdrawn by nobody else', async () => {
    const url = await makeLink(owner, { email: gmail })
    const used = await makeLink(owner, {})
    const guest = app.browser()
    const callback = await callbackUrl(guest, await goOn(guest, url), 'GMAIL')
    const third = app.browser()
    await followConsent(third, await goOn(third, used), 'U3')
    const rows = async (browser: BrowserSession) => {
      const $ = load((await browser.get('/links')).text)
      return $('tr[data-link-id]')
        .toArray()
        .map(row => $(row).find('.badge').text())
    }
    expect((await rows(owner)).sort()).toEqual(['Used', 'Waiting'])
    expect(await rows(admin)).toEqual([])
    const $ = load((await owner.get('/links')).text)
    const action = $('form[action$="/withdraw"]').attr('action') ?? ''
    expect((await admin.post(action)).status).toBe(404)
    expect((await guest.post(action)).status).toBe(401)
    expect((await owner.post(action)).status).toBe(303)
    expect((await rows(owner)).sort()).toEqual(['Used', 'Withdrawn'])
    expect((await guest.get(url)).status).toBe(410)
    expect((await guest.get(callback)).status).toBe(410)
    expect((await owner.post(action)).status).toBe(404)
    expect(trail()).toContainEqual(expect.objectContaining({ action: 'link.revoked', actor_name: u1 }))
  })

  it('belongs to the browser that went to Google with it', async () => {
    const url = await makeLink(owner, {})
    const guest = app.browser()
    const callback = await callbackUrl(guest, await goOn(guest, url), 'GMAIL')
    expect((await app.browser().get(callback)).status).toBe(400)
    expect(query('select email from connections')).toEqual([{ email: u1 }])
  })

  it('does not lead to Google past the page that says what it is for', async () => {
    const url = await makeLink(owner, {})
    for (const site of ['cross-site', 'same-site', 'none']) {
      const page = await app.browser().get(`${url}/start`, { 'sec-fetch-site': site })
      expect(finished(page)).toEqual({ status: 303, location: new URL(url).pathname })
    }
  })

  it('does not open what it is not for, and a code for programs is no link', async () => {
    query("update links set purpose = 'import'")
    const url = await makeLink(owner, {})
    query("update links set purpose = 'import'")
    expect((await app.browser().get(url)).status).toBe(410)
    expect((await app.browser().get(`${app.url}/links/${'A'.repeat(43)}`)).status).toBe(410)
  })

  it('leaves its secret nowhere but with those who hold it', async () => {
    const url = await makeLink(owner, {})
    const secret = new URL(url).pathname.split('/')[2] ?? ''
    expect(secret).toMatch(/^[\w-]{43}$/)
    const guest = app.browser()
    const away = await goOn(guest, url)
    expect(away.location).not.toContain(secret)
    await followConsent(guest, away, 'GMAIL', { decision: 'cancel' })
    await guest.get(`${url}x`)
    await followConsent(guest, await goOn(guest, url), 'GMAIL')
    expect(app.log()).not.toContain(secret)
    expect((await owner.get('/links')).text).not.toContain(secret)
    for (const table of ['links', 'used_states', 'audit_entries', 'sessions']) {
      expect(JSON.stringify(query(`select * from ${table}`))).not.toContain(secret)
    }
    expect(JSON.stringify(app.google.requests)).not.toContain(secret)
  })
})

describe('reconnecting', () => {
  it('by an admin leaves the connection with its owner', async () => {
    const end = await followConsent(admin, await admin.get(`/auth/start?intent=reconnect&connection=${id}`), 'U1')
    expect(end.status).toBe(303)
    expect(await connectionsOf(owner)).toMatchObject([{ id, owner: { email: u1 }, status: 'active' }])
    expect(trail()[0]).toMatchObject({
      action: 'connection.reconnected',
      actor_name: 'dagny.holm@northlight.example.com',
    })
  })

  it('with another Google account replaces nothing, says both addresses, and offers to keep the other as its own', async () => {
    const before = query('select * from connections')
    const start = chooseAnother(await owner.get(`/auth/start?intent=reconnect&connection=${id}`))
    const page = await followConsent(owner, start, 'GMAIL')
    expect(page.status).toBe(409)
    const $ = load(page.text)
    expect($('main').text()).toContain(`This connection belongs to ${u1}. You signed in as ${gmail}.`)
    expect(query('select * from connections')).toEqual(before)
    const keep =
      $('main .actions a')
        .filter((_, each) => $(each).text().includes(`Keep ${gmail}`))
        .attr('href') ?? ''
    const away = await owner.get(keep)
    expect(new URL(away.location ?? '').searchParams.get('login_hint')).toBe(gmail)
    expect((await followConsent(owner, away, 'GMAIL')).status).toBe(303)
    expect((await connectionsOf(owner)).map(each => each.email).sort()).toEqual([u1, gmail].sort())
  })

  it('does not bring back a connection that was removed while Google was asked', async () => {
    const callback = await callbackUrl(admin, await admin.get(`/auth/start?intent=reconnect&connection=${id}`), 'U1')
    relay.hold('listAccessibleCustomers', 'answered')
    const answer = admin.get(callback)
    await relay.until(1)
    query('delete from snapshots')
    query('delete from connections')
    relay.open()
    expect((await answer).status).toBe(404)
    expect(query('select id from connections')).toEqual([])
  })

  it('without a refresh token in the answer keeps the good one', async () => {
    const before = query('select credential, version, status from connections')
    app.google.control.addFault({
      match: { operation: 'token.code' },
      effect: { kind: 'token_response', drop: ['refresh_token'] },
    })
    const url = await makeLink(owner, { connection_id: id })
    const guest = app.browser()
    expect((await followConsent(guest, await goOn(guest, url), 'U1')).status).toBe(502)
    expect(query('select credential, version, status from connections')).toEqual(before)
    expect((await guest.get(url)).status).toBe(200)
  })
})
