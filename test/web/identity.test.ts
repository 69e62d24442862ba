import { load } from 'cheerio'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { en } from '../../src/messages/en.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../notices/receivers.ts'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { type GoogleRelay, startGoogleRelay } from '../support/google-relay.ts'
import { openSqlite, rowsIn } from '../support/sqlite.ts'

const domain = 'northlight.example.com'
const ines = `ines.ferreira@${domain}`
const dagny = `dagny.holm@${domain}`

let app: TestApp
let hook: WebhookReceiver
let relay: GoogleRelay
beforeAll(async () => {
  hook = await startWebhookReceiver()
  relay = await startGoogleRelay()
  app = await startApp({
    env: {
      GOOGLE_EMULATOR_HOST: relay.host,
      WEBHOOK_URL: hook.url,
      WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      ADMIN_EMAILS: `${dagny},boss@${domain}`,
      ALLOWED_EMAILS: `temp@${domain},friend@mail.example`,
    },
  })
  relay.connectTo(app.google.host)
})
beforeEach(() => app.google.control.clearRequests())
afterEach(() => relay.open())
afterAll(async () => {
  await app.close()
  await hook.close()
  await relay.close()
})

/** Somebody signs in or connects; `claims` are what Google's ID token says instead. */
async function arrive(
  claims: Record<string, unknown> = {},
  { label = 'U1', query = '?intent=sign-in', browser = app.browser() } = {},
): Promise<{ browser: BrowserSession; page: Page }> {
  const drop = Object.keys(claims).filter(claim => claims[claim] === undefined)
  const set = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
  app.google.control.failNext({ effect: { kind: 'id_token', set, drop } })
  return { browser, page: await followConsent(browser, await browser.get(`/auth/start${query}`), label) }
}
const codeOf = ({ text }: Page) =>
  load(text)('main dd')
    .toArray()
    .map(element => load(element).text())
    .find(each => Object.hasOwn(en.errors, each))
const me = async (browser: BrowserSession) => JSON.parse((await browser.get('/api/v1/me')).text).member
const revocations = () => app.google.requests.filter(request => request.path.includes('/revoke'))

const rows = <T>(sql: string) => rowsIn<T>(app.databaseFile, sql)
const newest = (count: number) =>
  rows<{ action: string; actor_name: string; target_name: string; outcome: string; changes: string }>(
    `select action, actor_name, target_name, outcome, changes from audit_entries where action not like '%.refused'
      order by seq desc limit ${count}`,
  ).map(({ changes, ...entry }) => ({ ...entry, changes: JSON.parse(changes) }))
/** What the newest few entries of that action say; the refusal itself may stand beside them. */
const newestOf = (action: string) => newest(3).filter(entry => entry.action === action)
/** Without the audit trail's stamp, which a refused attempt changes as well. */
const memberRows = () =>
  rows<{ sub: string; audit_stamp: string }>('select * from members order by sub').map(
    ({ audit_stamp: _stamp, ...row }) => row,
  )

describe('who somebody is', () => {
  it('row 29: is not decided by the address: another Google account with it is refused, and administrators are told', async () => {
    const first = await arrive()
    const before = memberRows()
    for (const query of ['?intent=sign-in', '?intent=connect']) {
      const { browser, page } = await arrive({ sub: '4242' }, { query })
      expect([page.status, codeOf(page)]).toEqual([403, 'email_of_another_identity'])
      expect((await browser.get('/accounts')).status).toBe(401)
    }
    expect(memberRows()).toEqual(before)
    expect(await me(first.browser)).toMatchObject({ email: ines })
    // One entry a day, whoever tries how often.
    expect(rows(`select seq from audit_entries where action = 'member.address_conflict'`)).toHaveLength(1)
    await app.sweep()
    expect(hook.received.map(({ body }) => JSON.parse(body))).toMatchObject([
      { event: 'member.address_conflict', member: { email: ines } },
    ])
  })

  it('row 29: a member whose address becomes that of another member is refused and does not get the address', async () => {
    await arrive({}, { label: 'U3' })
    const before = memberRows()
    const { page } = await arrive({ email: ines }, { label: 'U3' })
    expect([page.status, codeOf(page)]).toEqual([403, 'email_of_another_identity'])
    expect(memberRows()).toEqual(before)
  })

  it('row 29: nobody becomes an administrator with the address of another member', async () => {
    await arrive({}, { label: 'ADMIN' })
    const { page } = await arrive({ email: dagny }, { label: 'U3' })
    expect(codeOf(page)).toBe('email_of_another_identity')
    expect(rows(`select email from members where role = 'admin'`)).toEqual([{ email: dagny }])
  })

  it('row 30: stays the same when the address and name change at Google, and the trail says what changed', async () => {
    const { browser } = await arrive({}, { label: 'U3' })
    const { id } = await me(browser)
    const after = await arrive({ email: `mei.chen@${domain}`, name: 'Mei Chen' }, { label: 'U3' })
    expect(await me(after.browser)).toMatchObject({ id, email: `mei.chen@${domain}`, name: 'Mei Chen' })
    expect(newest(1)).toMatchObject([
      {
        action: 'member.signed_in',
        changes: {
          rule: `domain:${domain}`,
          email: [`mei.lindqvist@${domain}`, `mei.chen@${domain}`],
          name: ['Mei Lindqvist', 'Mei Chen'],
        },
      },
    ])
    await arrive({}, { label: 'U3' })
  })

  it('an address that Google has not verified does not replace a stored one', async () => {
    const { browser } = await arrive({ email: 'ceo@client.example', email_verified: false }, { label: 'U3' })
    expect(await me(browser)).toMatchObject({ email: `mei.lindqvist@${domain}` })
  })

  it('a role that the settings give or take at sign-in has its own audit entry', async () => {
    await arrive({ email: `boss@${domain}` }, { label: 'U3' })
    expect(newest(2)).toMatchObject([
      {
        action: 'member.promoted',
        target_name: `boss@${domain}`,
        changes: { rule: `admin:boss@${domain}`, role: ['member', 'admin'] },
      },
      { action: 'member.signed_in', changes: { email: [`mei.lindqvist@${domain}`, `boss@${domain}`] } },
    ])
    await arrive({}, { label: 'U3' })
    expect(newest(1)).toMatchObject([
      {
        action: 'member.demoted',
        target_name: `mei.lindqvist@${domain}`,
        changes: { rule: `domain:${domain}`, role: ['admin', 'member'] },
      },
    ])
  })

  it('row 31: somebody who registers an expired domain cannot become one of its former members', async () => {
    const before = memberRows()
    const { page } = await arrive({ sub: '777', email: ines, hd: domain })
    expect(codeOf(page)).toBe('email_of_another_identity')
    // Someone else of that domain is a newcomer, with nothing of anybody's.
    const { browser } = await arrive({ sub: '778', email: `ines@${domain}`, hd: domain })
    expect(JSON.parse((await browser.get('/api/v1/connections')).text)).toEqual({ connections: [] })
    expect(memberRows()).toHaveLength(before.length + 1)
  })
})

describe('row 32: the domain of an account', () => {
  const strangers: [string, Record<string, unknown>, string][] = [
    ['without hd', { hd: undefined }, 'personal_account'],
    ['with hd of a subdomain', { hd: `eu.${domain}` }, 'personal_account'],
    ['with hd in capitals', { hd: domain.toUpperCase() }, 'personal_account'],
    ['with a look-alike hd', { hd: 'northlıght.example.com' }, 'personal_account'],
    ['with a dot after hd', { hd: `${domain}.` }, 'personal_account'],
    ['with hd as a list', { hd: [domain] }, 'personal_account'],
    ['with an empty hd', { hd: '' }, 'personal_account'],
    ['with two @', { email: `x@evil.example@${domain}`, hd: undefined }, 'personal_account'],
    ['with two @ and our hd', { email: `x@evil.example@${domain}` }, 'person_not_allowed'],
    ['with a full-width @', { email: `x@evil.example＠${domain}` }, 'person_not_allowed'],
    ['with a dot after the address', { email: `x@${domain}.`, hd: undefined }, 'person_not_allowed'],
    ['in capitals, without hd', { email: `X@${domain.toUpperCase()}`, hd: undefined }, 'personal_account'],
    ['not verified', { email_verified: false }, 'person_not_allowed'],
    ['verified as text', { email_verified: 'true' }, 'person_not_allowed'],
    ['of another domain with no hd', { email: 'x@evil.example', hd: undefined }, 'person_not_allowed'],
  ]
  it.each(strangers)('%s is none of ours', async (_name, claims, code) => {
    const before = memberRows()
    const { page } = await arrive({ sub: '9001', email: `new@${domain}`, ...claims })
    expect([page.status, codeOf(page)]).toEqual([403, code])
    expect(memberRows()).toEqual(before)
  })

  it.each([`boss@${domain}`, `temp@${domain}`, dagny])(
    'must be managed by Workspace also where %s is listed by itself',
    async email => {
      const { page } = await arrive({ sub: '9002', email, hd: undefined })
      expect([page.status, codeOf(page)]).toEqual([403, 'personal_account'])
      expect(page.text).toContain('Sign in with the account your organisation manages')
    },
  )

  it('is checked at each sign-in of a member, whatever let them in before', async () => {
    await arrive({}, { label: 'ADMIN' })
    const { page } = await arrive({ hd: undefined }, { label: 'ADMIN' })
    expect(codeOf(page)).toBe('personal_account')
  })

  it('does not matter for a listed address outside our domains', async () => {
    const { browser } = await arrive({ sub: '9003', email: 'friend@mail.example', hd: undefined })
    expect(await me(browser)).toMatchObject({ email: 'friend@mail.example', role: 'member' })
  })
})

describe('a consent that we do not use', () => {
  it('stays at Google, whoever is refused and for whatever reason', async () => {
    const { browser: elsewhere } = await arrive({}, { label: 'U2', query: '?intent=connect' })
    expect((await elsewhere.get('/accounts')).status).toBe(200)
    for (const [label, claims] of [
      ['OTHER', {}],
      ['U2', { email: `other@${domain}`, hd: undefined }],
      ['U2', { nonce: 'another' }],
    ] as const) {
      const { page } = await arrive(claims, { label })
      expect(page.status).toBeGreaterThanOrEqual(400)
      expect(page.text).not.toContain('myaccount.google.com/permissions')
    }
    expect(revocations()).toEqual([])
  })

  it.each([
    ['a person who may not', 'OTHER', {}],
    ['someone without Google Ads', 'NOADS', {}],
    ['a false ID token', 'GMAIL', { nonce: 'another' }],
  ])('stays after a connect by %s, and the page says how to remove it', async (_who, label, claims) => {
    const { page } = await arrive(claims, { label, query: '?intent=connect' })
    expect(page.status).toBeGreaterThanOrEqual(400)
    expect(revocations()).toEqual([])
    expect(page.text).toContain('You can remove it at myaccount.google.com/permissions')
    expect(app.log()).toContain('the consent at Google was not withdrawn')
  })

  it('stays if Google’s keys cannot be fetched, or our database is locked', async () => {
    const { browser } = await arrive({}, { label: 'U2' })
    app.google.control.failNext({ match: { operation: 'certs' }, effect: { kind: 'status', status: 503 } })
    await app.restart()
    const failed = await arrive({}, { label: 'GMAIL', query: '?intent=connect', browser })
    expect(failed.page.status).toBe(503)
    expect(failed.page.headers.get('retry-after')).toMatch(/^\d+$/)

    // A reset fault that was not needed would strike later.
    app.google.control.clearFaults()
    const url = await browser.get('/auth/start?intent=connect')
    relay.hold('/token', 'answered')
    const coming = followConsent(browser, url, 'GMAIL')
    await relay.until(1)
    const lock = openSqlite(app.databaseFile)
    lock.exec('begin immediate')
    relay.open()
    const page = await coming
    lock.exec('rollback')
    lock.close()
    expect(page.status).toBe(503)
    expect(revocations()).toEqual([])
  })

  it('of a known person is recorded in the audit trail', async () => {
    const { browser } = await arrive({}, { label: 'U2' })
    await arrive({}, { label: 'NOADS', query: '?intent=connect', browser })
    expect(newestOf('consent.kept')).toMatchObject([
      {
        action: 'consent.kept',
        actor_name: `tomasz.wojcik@${domain}`,
        target_name: `noor.vandam@${domain}`,
        changes: { reason: 'no_ads_account' },
      },
    ])
  })

  it('row 33b: of another Google account than the one to reconnect replaces nothing', async () => {
    const { browser } = await arrive({}, { label: 'U2', query: '?intent=connect' })
    const [connection] = JSON.parse((await browser.get('/api/v1/connections')).text).connections
    const before = rows('select id, sub, email, credential from connections order by id')
    const { page } = await arrive(
      { sub: '4711' },
      {
        label: 'U2',
        query: `?intent=reconnect&connection=${connection.id}`,
        browser,
      },
    )
    expect([page.status, page.text.includes('reconnect_other_account')]).toEqual([409, true])
    expect(rows('select id, sub, email, credential from connections order by id')).toEqual(before)
    expect(newestOf('consent.kept')).toMatchObject([
      { action: 'consent.kept', changes: { reason: 'reconnect_other_account' } },
    ])
  })
})

describe('an address that Google has not verified', () => {
  it('names no connection, neither a member’s nor a guest’s', async () => {
    const { browser } = await arrive({}, { label: 'U2' })
    const claims = { email: 'ceo@client.example', email_verified: false, hd: undefined }
    const { page } = await arrive(claims, { label: 'GMAIL', query: '?intent=connect', browser })
    expect([page.status, codeOf(page)]).toEqual([403, 'email_unverified'])

    const link = new URL(load((await browser.post('/links', { hours: '24' })).text)('pre code').text())
    const guest = app.browser()
    app.google.control.failNext({ effect: { kind: 'id_token', set: claims, drop: ['hd'] } })
    const start = await guest.get(`${link.pathname}/start`, { 'sec-fetch-site': 'same-origin' })
    expect(codeOf(await followConsent(guest, start, 'GMAIL'))).toBe('email_unverified')
    expect(rows(`select id from connections where email like 'ceo%'`)).toEqual([])
  })

  it('does not rename an older connection', async () => {
    const { browser } = await arrive({}, { label: 'U2', query: '?intent=connect' })
    const again = await arrive(
      { email: 'ceo@client.example', email_verified: false },
      { label: 'U2', query: '?intent=connect', browser },
    )
    expect(again.page.status).toBe(303)
    expect(rows(`select email from connections where email like 'tomasz%'`)).toHaveLength(1)
  })
})
