import { load } from 'cheerio'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { openSqlite, type Sqlite } from '../support/sqlite.ts'

let app: TestApp
let admin: BrowserSession
/** Ines owns `id`; Mei is another member. */
let ines: BrowserSession
let mei: BrowserSession
let id: string
/** Each test has ten minutes of its own, so that what one counts is no matter of the next. */
let time = Date.now()

beforeAll(async () => {
  app = await startApp({ env: { TRUST_PROXY: '1' } })
  app.now.value = () => new Date(time)
  admin = app.browser()
  await followConsent(admin, await admin.get('/auth/start?intent=sign-in'), 'ADMIN')
  ines = await app.connected('U1')
  mei = await app.connected('U3')
  id = JSON.parse((await ines.get('/api/v1/connections')).text).connections[0].id
})
afterEach(async () => {
  await laterSweep()
})
afterAll(() => app.close())

async function laterSweep(): Promise<void> {
  time += 601_000
  // A session that nobody uses for an hour is over.
  for (const browser of [ines, mei, admin]) await browser.get('/api/v1/me')
  await app.sweep()
}

interface Entry {
  seq: number
  actor: { kind: string; id: string | null; name: string | null; via: string; requestId: string | null }
  action: string
  target: { kind: string; id: string; name: string } | null
  outcome: string
  changes: Record<string, string>
}

/** The refusals since an entry, oldest first. */
async function refusals(since: number): Promise<Entry[]> {
  await app.sweep()
  const page = await admin.get('/audit/export?format=jsonl&outcome=refused')
  const entries: Entry[] = page.text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
  return entries.filter(entry => entry.seq > since && entry.outcome === 'refused').reverse()
}

function inDatabase<T>(work: (database: Sqlite) => T): T {
  const database = openSqlite(app.databaseFile)
  try {
    return work(database)
  } finally {
    database.close()
  }
}
const lastSeq = () =>
  inDatabase(database => (database.prepare('select max(seq) n from audit_entries').get() as { n: number }).n)

const from = (address: string) => ({ 'x-forwarded-for': address })
const wrongKey = `gads_abcdefghijkl_${'0'.repeat(43)}`
const withWrongKey = (address: string, key = wrongKey) =>
  app.browser().get('/api/v1/me', { authorization: `Bearer ${key}`, ...from(address) })

const visitor = { kind: 'visitor', id: null, name: '203.0.113.0/24' }
const visits: [string, () => Promise<unknown>, object][] = [
  [
    'a sign-in of somebody who may not',
    async () => {
      const browser = app.browser()
      await followConsent(browser, await browser.get('/auth/start?intent=sign-in'), 'GMAIL')
    },
    {
      action: 'sign_in.refused',
      target: { kind: 'google_account', name: 'jamie.holiday@mail.example' },
      changes: { reason: 'person_not_allowed' },
    },
  ],
  [
    'a sign-in of a suspended member',
    async () => {
      const browser = await app.connected('U2')
      await browser.post('/auth/sign-out')
      inDatabase(database => database.exec(`update members set status = 'suspended' where email like 'tomasz%'`))
      await followConsent(browser, await browser.get('/auth/start?intent=sign-in'), 'U2')
    },
    { action: 'sign_in.refused', changes: { reason: 'member_suspended' } },
  ],
  [
    'an ID token that is not right',
    async () => {
      const browser = app.browser()
      app.google.control.failNext({ effect: { kind: 'id_token', set: { aud: 'somebody-else' } } })
      await followConsent(browser, await browser.get('/auth/start?intent=sign-in'), 'U1')
    },
    { action: 'sign_in.refused', target: null, changes: { reason: 'oauth_id_token_invalid' } },
  ],
  [
    'a callback without a state',
    () => app.browser().get('/oauth2callback?code=4/0canary', from('203.0.113.77')),
    { action: 'callback.rejected', actor: visitor, changes: { reason: 'oauth_state_missing' } },
  ],
  [
    'a callback that was not begun here',
    () => app.browser().get(`/oauth2callback?code=4/0canary&state=${'s'.repeat(43)}`, from('203.0.113.77')),
    { action: 'callback.rejected', actor: visitor },
  ],
  [
    'a request that another website caused',
    () => app.browser().post('/login-customer', {}, { origin: 'https://evil.example', ...from('203.0.113.77') }),
    {
      action: 'cross_site.refused',
      actor: visitor,
      changes: { reason: 'cross_origin', method: 'POST', origin: 'https://evil.example' },
    },
  ],
  [
    'a wrong API key',
    () => withWrongKey('203.0.113.77'),
    { action: 'api_key.refused', actor: { ...visitor, via: 'api_key' }, changes: { reason: 'api_key_invalid' } },
  ],
  [
    'a wrong one-time link',
    () => app.browser().get(`/links/${'x'.repeat(43)}`, from('203.0.113.77')),
    { action: 'link.refused', actor: { ...visitor, via: 'link' }, changes: { reason: 'link_unusable' } },
  ],
  [
    'a security event that is not Google’s',
    () => app.browser().post('/security-events', { a: 'b' }, from('203.0.113.77')),
    { action: 'security_event.refused', actor: { ...visitor, via: 'security_event' } },
  ],
  [
    'an admin’s page for a member',
    () => mei.get('/members'),
    {
      action: 'access.denied',
      actor: { kind: 'member', name: 'mei.lindqvist@northlight.example.com', via: 'browser' },
      target: { kind: 'page', name: 'GET /members' },
      changes: { reason: 'not_found' },
    },
  ],
  [
    'an admin’s action for a member',
    () => mei.post('/members/abc/promote'),
    { action: 'access.denied', target: { kind: 'page', name: 'POST /members/:memberId/promote' } },
  ],
  [
    'the connection of another member',
    () => mei.post(`/connections/${id}/pause`),
    {
      action: 'access.denied',
      actor: { kind: 'member' },
      target: { kind: 'connection', name: 'ines.ferreira@northlight.example.com' },
      changes: { reason: 'not_found' },
    },
  ],
  [
    'a Google account that is connected by another member',
    async () => followConsent(mei, await mei.get('/auth/start'), 'U1'),
    { action: 'connection.refused', target: { kind: 'google_account', name: 'ines.ferreira@northlight.example.com' } },
  ],
  [
    'more sign-ins than one address may begin',
    async () => {
      for (let count = 0; count < 61; count++) await app.browser().get('/auth/start', from('203.0.113.78'))
    },
    { action: 'rate_limit.hit', actor: visitor, target: { name: 'GET /auth/start' } },
  ],
]

describe('the audit trail names', () => {
  it.each(visits)('%s', async (_what, visit, entry) => {
    const before = lastSeq()
    await visit()
    const entries = await refusals(before)
    expect(entries).toMatchObject([{ outcome: 'refused', ...entry }])
    expect(entries[0]?.actor.requestId).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('that another website led a member’s browser to what they may not see, or to a callback', async () => {
    const before = lastSeq()
    const led = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' }
    await mei.get(`/connections/${id}`, led)
    await mei.get(`/connections/${id}`)
    await mei.get(`/oauth2callback?code=4/0canary&state=${'s'.repeat(43)}`, led)
    const entries = await refusals(before)
    expect(entries.map(({ changes }) => changes.sources)).toEqual(['elsewhere', undefined, 'elsewhere'])
    const member = { actor: { kind: 'member' } }
    const denied = { ...member, action: 'access.denied' }
    expect(entries).toMatchObject([denied, denied, { ...member, action: 'callback.rejected' }])
    expect((await admin.get('/audit?outcome=refused')).text).toContain('Another website led the browser here')
  })

  it('row 49: no full address and no secret of anyone who was refused', async () => {
    const before = lastSeq()
    const canary = 'c4n4ry'
    await withWrongKey('203.0.113.77', `gads_${canary}abcdef_${canary.padEnd(43, '0')}`)
    await app.browser().get(`/oauth2callback?code=${canary}&state=${canary}`, from('2001:db8:7:8:9::a'))
    await app.browser().get(`/links/${canary.padEnd(43, 'x')}`, from('203.0.113.77'))
    await app
      .browser()
      .get(`/links/${canary.padEnd(43, 'x')}/start`, { 'sec-fetch-dest': 'image', 'sec-fetch-site': 'cross-site' })
    const text = JSON.stringify(await refusals(before))
    expect(text).toContain('2001:db8:7::/48')
    for (const kept of [canary, '203.0.113.77', '2001:db8:7:8']) expect(text).not.toContain(kept)
  })
})

describe('a flood of refusals', () => {
  it('becomes one entry and one sum', async () => {
    const before = lastSeq()
    for (let count = 0; count < 15; count++) await mei.get('/audit')
    expect(await refusals(before)).toHaveLength(1)
    await laterSweep()
    const [first, sum, ...more] = await refusals(before)
    expect(more).toEqual([])
    expect(first?.changes).toEqual({ reason: 'not_found' })
    expect(sum).toMatchObject({
      action: 'access.denied',
      actor: first?.actor && { id: first.actor.id, requestId: null },
    })
    expect(sum?.changes).toMatchObject({ reason: 'not_found', times: '14' })
    expect(Object.keys(sum?.changes ?? {})).toEqual(['reason', 'times', 'since', 'until'])
    await laterSweep()
    expect(await refusals(before)).toHaveLength(2)
  })

  it('from everywhere becomes twenty entries and one sum, and hides no member', async () => {
    const before = lastSeq()
    for (let network = 0; network < 300; network++) await withWrongKey(`10.${network >> 8}.${network & 255}.9`)
    await mei.get('/keys')
    await laterSweep()
    const entries = await refusals(before)
    expect(entries.filter(({ action }) => action === 'access.denied')).toHaveLength(1)
    const keys = entries.filter(({ action }) => action === 'api_key.refused')
    expect(keys).toHaveLength(21)
    expect(keys.at(-1)).toMatchObject({
      actor: { kind: 'visitor', name: null },
      changes: { sources: 'others', times: '280' },
    })
  })

  it('is written as a sum at shutdown', async () => {
    const before = lastSeq()
    for (let count = 0; count < 3; count++) await mei.get('/audit')
    await app.restart()
    expect((await refusals(before)).map(({ changes }) => changes.times)).toEqual([undefined, '2'])
  })
})

describe('a refusal is answered', () => {
  const crossSite = () => app.browser().post('/login-customer', {}, { origin: 'https://evil.example' })

  it('while the database is locked, and recorded afterwards', async () => {
    const before = lastSeq()
    const lock = openSqlite(app.databaseFile)
    lock.exec('begin immediate')
    expect((await crossSite()).status).toBe(403)
    lock.close()
    expect(await refusals(before)).toMatchObject([{ action: 'cross_site.refused' }])
  })

  it('even if its entry cannot be written, and is counted later', async () => {
    const before = lastSeq()
    inDatabase(database =>
      database.exec("create trigger full before insert on audit_entries begin select raise(abort, 'no room'); end"),
    )
    for (let count = 0; count < 3; count++) expect((await crossSite()).status).toBe(403)
    await app.sweep()
    expect(app.log()).toContain('a refusal is not in the audit trail yet')
    inDatabase(database => database.exec('drop trigger full'))
    await laterSweep()
    expect(await refusals(before)).toMatchObject([{ action: 'cross_site.refused', changes: { times: '3' } }])
  })
})

describe('the audit page', () => {
  const rows = (text: string) => {
    const $ = load(text)
    return $('tr[data-seq]')
      .toArray()
      .map(row => $(row).text().replace(/\s+/g, ' '))
  }

  it('shows refusals among other entries, and by themselves with a filter', async () => {
    await mei.get('/keys')
    await withWrongKey('203.0.113.77')
    await app.sweep()
    const all = rows((await admin.get('/audit')).text)
    expect(all.join()).toContain('Was denied access to GET /keys')
    expect(all.join()).toContain('A visitor from 203.0.113.0/24')
    expect(all.join()).toContain('Exported the audit trail')
    const refused = rows((await admin.get('/audit?outcome=refused')).text)
    expect(refused.length).toBeGreaterThan(1)
    for (const row of refused) expect(row).toContain('Refused')
    const group = load((await admin.get('/audit')).text)('optgroup[label="Refused attempts"] option')
    expect(group.length).toBeGreaterThan(5)
  })

  it('leaves refusals out of a connection’s history, which others could fill', async () => {
    await mei.get(`/connections/${id}`)
    await app.sweep()
    const history = load((await ines.get(`/connections/${id}`)).text)('.history').text()
    expect(history).toContain('Connected')
    expect(history).not.toContain('Was denied')
  })
})
