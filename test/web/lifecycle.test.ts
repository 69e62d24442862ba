import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FaultRule } from '../../src/sandbox/faults.ts'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { type GoogleRelay, startGoogleRelay } from '../support/google-relay.ts'
import { openSqlite } from '../support/sqlite.ts'

const tomasz = 'tomasz.wojcik@northlight.example.com'
const ines = 'ines.ferreira@northlight.example.com'
const dagny = 'dagny.holm@northlight.example.com'

let relay: GoogleRelay
let app: TestApp
let owner: BrowserSession
let admin: BrowserSession
let other: BrowserSession
let id: string

beforeEach(async () => {
  relay = await startGoogleRelay()
  app = await startApp({ env: { GOOGLE_EMULATOR_HOST: relay.host } })
  relay.connectTo(app.google.host)
  owner = await app.connected('U2')
  admin = await app.connected('ADMIN')
  other = await app.connected('U1')
  id = await idOf(tomasz)
})
afterEach(async () => {
  relay.open()
  await app.close()
  await relay.close()
})

function rows<T = Record<string, unknown>>(sql: string, ...values: unknown[]): T[] {
  const database = openSqlite(app.databaseFile, { readOnly: true })
  try {
    return database.prepare(sql).all(...values) as T[]
  } finally {
    database.close()
  }
}
function write(sql: string, ...values: unknown[]): void {
  const database = openSqlite(app.databaseFile)
  database.prepare(sql).run(...values)
  database.close()
}
const idOf = async (email: string, browser = email === tomasz ? owner : admin) =>
  (await list(browser)).find(each => each.email === email)?.id ?? ''
const rowOf = (of = id) => rows('select * from connections where id = ?', of)[0]
const memberId = (email: string) => rows<{ id: string }>('select id from members where email = ?', email)[0]?.id ?? ''
const audit = (of = id) =>
  rows<{ action: string; actor_name: string | null; actor_kind: string; changes: string }>(
    "select action, actor_name, actor_kind, changes from audit_entries where target_id = ? and outcome = 'done' order by seq",
    of,
  )
const actions = (of = id) => audit(of).map(entry => entry.action)

interface ConnectionJson {
  id: string
  email: string
  status: string
  revokedAt: string | null
  revocationNextAt: string | null
  lastError: { code: string | null } | null
}
async function list(browser: BrowserSession): Promise<ConnectionJson[]> {
  return JSON.parse((await browser.get('/api/v1/connections')).text).connections
}
const connection = async () => (await list(owner)).find(each => each.id === id)
const askGoogle = (browser = owner) => browser.get(`/api/v1/connections/${id}/customers?refresh=1`)
const post = (step: string, browser = owner, form: Record<string, string> = {}) =>
  browser.post(`/connections/${id}/${step}`, form)
const revocations = () => app.google.requests.filter(request => request.operation === 'revoke')
const refuseRevocation = (effect: FaultRule['effect']) =>
  app.google.control.addFault({ match: { operation: 'revoke' }, effect })
const code = (page: Page) => JSON.parse(page.text).code
const shown = async (browser = owner) => (await browser.get(`/connections/${id}`)).text
const minutesLater = (minutes: number) => {
  app.now.value = () => new Date(Date.now() + minutes * 60_000)
}
async function signInAgain(label: string): Promise<BrowserSession> {
  const browser = app.browser()
  await followConsent(browser, await browser.get('/auth/start?intent=sign-in'), label)
  return browser
}
const deleteIt = async (browser = owner): Promise<{ status: number; body: { connection: ConnectionJson } }> => {
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')
  const answer = await fetch(`${app.url}/api/v1/connections/${id}`, {
    method: 'DELETE',
    headers: { cookie, origin: app.url },
  })
  return { status: answer.status, body: (await answer.json()) as { connection: ConnectionJson } }
}

describe('pausing', () => {
  it('ends every use at once, here and with every token held, until it is resumed', async () => {
    expect((await askGoogle()).status).toBe(200)
    const page = await press(owner, await owner.get(`/connections/${id}`), { text: 'Pause' })
    expect(page).toMatchObject({ status: 303, location: `/connections/${id}` })
    app.google.control.clearRequests()
    const refused = await askGoogle()
    expect([refused.status, code(refused)]).toEqual([409, 'connection_unusable'])
    expect(app.google.requests).toEqual([])
    expect(rowOf()).toMatchObject({ status: 'paused', access_token: null, credential: expect.stringContaining('.') })
    expect(await connection()).toMatchObject({ status: 'paused' })
    expect((await owner.get('/accounts')).text).toMatch(/data-customer-id[\s\S]*paused|paused[\s\S]*data-customer-id/i)

    await press(owner, await owner.get(`/connections/${id}`), { text: 'Resume' })
    expect((await askGoogle()).status).toBe(200)
    expect(actions()).toEqual(['connection.created', 'connection.paused', 'connection.resumed'])
    expect(audit()[1]).toMatchObject({ actor_name: tomasz, changes: '{"status":["active","paused"]}' })
  })

  it('is refused for what waits to be reconnected, and done twice changes nothing', async () => {
    await post('pause')
    expect((await post('pause')).status).toBe(303)
    expect(actions().filter(action => action === 'connection.paused')).toHaveLength(1)
    write("update connections set status = 'needs_reconnect', reason = 'rejected' where id = ?", id)
    const page = await post('pause')
    expect(page.status).toBe(409)
    expect(page.text).toContain('waiting to be reconnected')
    expect((await post('resume')).status).toBe(409)
  })

  it('outlives a new consent: the credential is new, and whoever paused it resumes it', async () => {
    await owner.post(`/connections/${id}/pause`)
    const { version } = rowOf() as { version: number }
    await followConsent(owner, await owner.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
    expect(rowOf()).toMatchObject({ status: 'paused', version: version + 1 })
    expect((await owner.get(`/connections/${id}`)).text).toContain('The connection is still paused')
    expect((await owner.get(`/api/v1/connections/${id}/customers?refresh=1`)).status).toBe(409)
    await owner.post(`/connections/${id}/resume`)
    expect((await owner.get(`/api/v1/connections/${id}/customers?refresh=1`)).status).toBe(200)
  })

  it('while a token is being refreshed wins: the answer is not kept', async () => {
    app.google.control.expireAccessTokens()
    relay.hold('/token', 'answered')
    const asking = askGoogle()
    await relay.until(1)
    await post('pause')
    relay.open()
    expect((await asking).status).toBe(409)
    expect(rowOf()).toMatchObject({ status: 'paused', access_token: null })
  })
})

describe('sharing', () => {
  it('lets the team use it and decide nothing, and ends at once', async () => {
    expect((await askGoogle(other)).status).toBe(404)
    await press(owner, await owner.get(`/connections/${id}`), { text: 'Share with the team' })
    expect((await askGoogle(other)).status).toBe(200)
    expect(await shown(other)).not.toContain(`/connections/${id}/revoke`)
    await press(owner, await owner.get(`/connections/${id}`), { text: 'Stop sharing' })
    expect((await askGoogle(other)).status).toBe(404)
    expect(actions()).toEqual(['connection.created', 'connection.shared', 'connection.unshared'])
  })

  const steps = ['pause', 'resume', 'share', 'unshare', 'transfer', 'revoke', 'revoke/retry', 'remove']

  it('gives strangers nothing at all, and those who may use it none of the decisions', async () => {
    const before = rowOf()
    for (const step of steps) expect((await post(step, other)).status, step).toBe(404)
    for (const step of ['pause', 'resume']) {
      expect((await other.post(`/api/v1/connections/${id}/${step}`)).status, step).toBe(404)
    }
    expect((await deleteIt(other)).status).toBe(404)
    expect((await other.get(`/connections/${id}/revoke`)).status).toBe(404)

    await post('share')
    for (const step of steps) expect((await post(step, other)).status, step).toBe(403)
    for (const step of ['pause', 'resume']) {
      expect((await other.post(`/api/v1/connections/${id}/${step}`)).status, step).toBe(403)
    }
    expect((await deleteIt(other)).status).toBe(403)
    expect((await other.get(`/connections/${id}/revoke`)).status).toBe(403)
    expect(rowOf()).toEqual({ ...before, shared: 1, audit_stamp: expect.any(String) })
    expect(revocations()).toEqual([])
  })
})

describe('handing over', () => {
  it('makes another member the owner; the former one has it no longer', async () => {
    const page = await post('transfer', owner, { member_id: memberId(ines) })
    expect(page).toMatchObject({ status: 303, location: '/connections' })
    expect((await askGoogle()).status).toBe(404)
    expect((await askGoogle(other)).status).toBe(200)
    expect(audit().at(-1)).toMatchObject({
      action: 'connection.transferred',
      actor_name: tomasz,
      changes: JSON.stringify({ owner: [tomasz, ines] }),
    })
  })

  it('is for admins as well, and only to somebody who may sign in', async () => {
    write("update members set status = 'suspended' where email = ?", ines)
    for (const member_id of [memberId(ines), 'nobody', '']) {
      expect((await post('transfer', admin, { member_id })).status).toBe(400)
    }
    expect((await post('transfer', admin, { member_id: memberId(dagny) })).status).toBe(303)
    expect((await askGoogle(admin)).status).toBe(200)
  })

  it('asks for a sign-in that is not old', async () => {
    minutesLater(11)
    const page = await post('transfer', owner, { member_id: memberId(ines) })
    expect(page.status).toBe(403)
    expect(page.text).toContain('sign_in_again')
    expect(actions()).toEqual(['connection.created'])
  })
})

describe('revoking', () => {
  it('row 61b: says before what stops, names the account on the button, and offers to pause', async () => {
    const page = await owner.get(`/connections/${id}/revoke`)
    const $ = load(page.text)
    expect($('h1').text()).toBe(`Revoke ${tomasz}`)
    expect($('form[action$="/revoke"] button').text()).toBe(`Revoke ${tomasz}`)
    expect($('form[action$="/pause"]')).toHaveLength(1)
    expect($('main').text()).toContain(
      'Everything tomasz.wojcik@northlight.example.com allowed the Google Cloud project',
    )
    expect($('main').text()).toContain('stays readable until the connection is removed, 30 days after')
  })

  it('says who took tokens out of it last, and with which API key', async () => {
    await owner.post(`/api/v1/connections/${id}/access-token`)
    const $ = load((await owner.get(`/connections/${id}/revoke`)).text)
    expect($('table tbody tr').first().text()).toMatch(/tomasz\.wojcik.*Browser.*Access token/s)
  })

  it('row 60: blocks here, withdraws the grant at Google, and then destroys the credential', async () => {
    await owner.get('/accounts')
    const page = await press(owner, await owner.get(`/connections/${id}/revoke`), { text: `Revoke ${tomasz}` })
    expect(page).toMatchObject({ status: 303, location: `/connections/${id}` })
    expect(revocations()).toMatchObject([{ status: 200, method: 'POST', query: undefined }])
    expect(app.google.control.world.grants.liveRefreshTokens('U2')).toEqual([])
    expect(rowOf()).toMatchObject({
      status: 'revoked',
      credential: null,
      access_token: null,
      token_prefix_hash: null,
      token_double_hash: null,
      revocation_next_at: null,
      revoked_at: expect.any(String),
    })
    expect(actions()).toEqual(['connection.created', 'connection.revoked', 'connection.revocation_confirmed'])
    expect(await shown()).toContain('Google confirmed the withdrawal')
    expect(await connection()).toMatchObject({ status: 'revoked', revokedAt: expect.any(String), lastError: null })
    expect(code(await askGoogle())).toBe('connection_unusable')
    expect((await owner.get('/accounts')).text).toContain('data-customer-id')
  })

  it('is open to admins for every connection', async () => {
    expect((await post('revoke', admin)).status).toBe(303)
    expect(audit().map(entry => entry.actor_name)).toEqual([tomasz, dagny, dagny])
  })

  it('asks for a sign-in that is not old, on the page and in the JSON', async () => {
    minutesLater(11)
    const page = await post('revoke')
    expect(page.status).toBe(403)
    expect(page.text).toContain(`return_to=%2Fconnections%2F${id}%2Frevoke`)
    expect((await deleteIt()).status).toBe(403)
    expect(rowOf()).toMatchObject({ status: 'active' })
  })

  it('twice does it once', async () => {
    expect((await deleteIt()).status).toBe(200)
    expect((await deleteIt()).status).toBe(200)
    expect((await post('revoke')).status).toBe(303)
    expect((await owner.get(`/connections/${id}/revoke`)).location).toBe(`/connections/${id}`)
    expect(revocations()).toHaveLength(1)
    expect(actions().filter(action => action === 'connection.revoked')).toHaveLength(1)
  })

  it('row 60: of what Google withdrew already is done', async () => {
    app.google.control.revokeGrant('U2')
    const { status, body } = await deleteIt()
    expect(status).toBe(200)
    expect(body.connection).toMatchObject({ status: 'revoked', revokedAt: expect.any(String) })
    expect(revocations()).toMatchObject([{ status: 400 }])
    expect(rowOf()).toMatchObject({ credential: null })
  })

  it('row 60: has ended every use before Google answers, however long that takes', async () => {
    relay.hold('/revoke', 'before')
    const revoking = deleteIt()
    await relay.until(1)
    expect(code(await askGoogle())).toBe('connection_unusable')
    expect(await connection()).toMatchObject({ status: 'revoked', revokedAt: null })
    relay.open()
    expect((await revoking).status).toBe(200)
  })

  it('row 60: while a token is being refreshed wins: nothing comes back to life', async () => {
    app.google.control.expireAccessTokens()
    relay.hold('/token', 'answered')
    const asking = askGoogle()
    await relay.until(1)
    expect((await deleteIt()).status).toBe(200)
    relay.open()
    expect((await asking).status).toBe(409)
    expect(rowOf()).toMatchObject({ status: 'revoked', access_token: null, credential: null, refresh_lease: null })
  })

  it('of a service account is finished here, and says what is left to do in the Cloud console', async () => {
    await admin.post('/service-accounts', { key: JSON.stringify(app.google.serviceAccountKeyFile('SA1')) })
    id = (await list(admin)).find(each => each.email.startsWith('reporting@'))?.id ?? ''
    expect((await admin.get(`/connections/${id}/revoke`)).text).toContain('Delete the key in the Google Cloud console')
    expect((await post('revoke', admin)).status).toBe(303)
    expect(revocations()).toEqual([])
    expect(rowOf()).toMatchObject({ credential: null, revoked_at: expect.any(String) })
    expect(await shown(admin)).toContain('delete it in the Google Cloud console')
    expect(audit().at(-1)).toMatchObject({ changes: '{"by":"service_account"}' })
  })

  it('of a credential that no longer opens is finished here, and says that Google was not asked', async () => {
    write(
      "update connections set credential = substr(credential, 1, length(credential) - 4) || 'AAAA' where id = ?",
      id,
    )
    expect((await deleteIt()).status).toBe(200)
    expect(revocations()).toEqual([])
    expect(rowOf()).toMatchObject({ credential: null })
    expect(await shown()).toContain('could not be opened, so Google could not be asked')
    expect(audit().at(-1)).toMatchObject({ changes: '{"by":"unreadable"}' })
  })

  it('of a credential under a key this server lacks waits for the key', async () => {
    const [, ...rest] = String(rowOf()?.credential).split('.')
    const [header = ''] = String(rowOf()?.credential).split('.')
    const renamed = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), kid: 'k9' }
    const sealed = [Buffer.from(JSON.stringify(renamed)).toString('base64url'), ...rest].join('.')
    write('update connections set credential = ? where id = ?', sealed, id)
    expect((await deleteIt()).status).toBe(202)
    expect(rowOf()).toMatchObject({ credential: sealed, revoked_at: null })
    expect(await shown()).toContain('lacks the key')
  })
})

describe('a revocation Google does not confirm', () => {
  const obstacles: [string, FaultRule['effect']][] = [
    ['a fault of its own', { kind: 'status', status: 500 }],
    ['no time', { kind: 'status', status: 429 }],
    ['a broken connection', { kind: 'reset' }],
    ['another error', { kind: 'oauth_error', status: 400, error: 'invalid_request', error_description: 'Bad Request' }],
  ]

  it.each(obstacles)(
    'row 60: because of %s is pending, said, and finished later even after a restart',
    async (_name, effect) => {
      refuseRevocation(effect)
      const { status, body } = await deleteIt()
      expect(status).toBe(202)
      expect(body.connection).toMatchObject({
        status: 'revoked',
        revokedAt: null,
        lastError: { code: expect.any(String) },
      })
      expect(rowOf()).toMatchObject({ credential: expect.stringContaining('.'), access_token: null })
      expect(code(await askGoogle())).toBe('connection_unusable')
      expect(await shown()).toContain('Revoked here, not yet confirmed by Google')
      expect((await owner.get('/connections')).text).toMatch(/Revocation pending[\s\S]*Next attempt/)

      app.google.control.clearFaults()
      minutesLater(0.5)
      await app.restart()
      expect(rowOf()).toMatchObject({ revoked_at: null })
      minutesLater(1.5)
      await app.restart()
      await expect.poll(rowOf).toMatchObject({ status: 'revoked', credential: null, revoked_at: expect.any(String) })
      expect(audit().slice(-2)).toMatchObject([
        { action: 'connection.revoked', actor_name: tomasz },
        { action: 'connection.revocation_confirmed', actor_kind: 'system' },
      ])
    },
  )

  it('row 60: is asked again after 1, 2, 4 … minutes, a day at most', async () => {
    refuseRevocation({ kind: 'status', status: 503 })
    await deleteIt()
    const pauses: number[] = []
    for (let attempt = 1; attempt <= 14; attempt++) {
      pauses.push(Math.round((Date.parse((await connection())?.revocationNextAt ?? '') - Date.now()) / 60_000))
      await post('revoke/retry')
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440, 1440])
    expect(actions()).toEqual(['connection.created', 'connection.revoked'])
  })

  it('row 60: can be tried at once, which asks Google once however many try', async () => {
    refuseRevocation({ kind: 'status', status: 500 })
    await post('revoke')
    app.google.control.clearFaults()
    app.google.control.clearRequests()
    relay.hold('/revoke', 'before')
    const page = await owner.get(`/connections/${id}`)
    const first = press(owner, page, { text: 'Try now' })
    await relay.until(1)
    await Promise.all([post('revoke/retry', owner.copy()), post('revoke/retry', admin)])
    relay.open()
    await first
    expect(revocations()).toHaveLength(1)
    expect(rowOf()).toMatchObject({ credential: null })
    expect(actions().filter(action => action === 'connection.revocation_confirmed')).toHaveLength(1)
  })

  it('is forgotten once the person reconnects: the new grant stays', async () => {
    refuseRevocation({ kind: 'status', status: 500 })
    await deleteIt()
    await followConsent(owner, await owner.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
    app.google.control.clearFaults()
    app.google.control.clearRequests()
    minutesLater(25 * 60)
    await app.restart()
    owner = await signInAgain('U2')
    expect((await askGoogle()).status).toBe(200)
    expect(revocations()).toEqual([])
    expect(await connection()).toMatchObject({ id, status: 'active', revocationNextAt: null })
  })

  it('that Google carries out in the moment of a reconnect is noticed at the next use', async () => {
    relay.hold('/revoke', 'before')
    const revoking = deleteIt()
    await relay.until(1)
    const again = await signInAgain('U2')
    await followConsent(again, await again.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
    expect(rowOf()).toMatchObject({ status: 'active' })
    relay.open()
    await revoking
    expect(rowOf()).toMatchObject({ status: 'active', credential: expect.stringContaining('.'), access_token: null })
    const page = await askGoogle(again)
    expect([page.status, code(page)]).toEqual([409, 'needs_reconnect'])
  })

  it('row 60: that was answered late ends nothing of a later one', async () => {
    relay.hold('/revoke', 'answered')
    const first = deleteIt()
    await relay.until(1)
    relay.hold('/nothing', 'before')
    const again = await signInAgain('U2')
    await followConsent(again, await again.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
    refuseRevocation({ kind: 'status', status: 500 })
    expect((await deleteIt(again)).status).toBe(202)
    relay.open()
    await first
    expect(rowOf()).toMatchObject({ credential: expect.stringContaining('.'), revoked_at: null })
    expect(actions()).not.toContain('connection.revocation_confirmed')
  })
})

describe('what was revoked', () => {
  it('stays listed for 30 days, then goes with everything read through it', async () => {
    await owner.get('/accounts')
    await deleteIt()
    minutesLater(29.9 * 24 * 60)
    await app.restart()
    expect(rowOf()).toMatchObject({ status: 'revoked' })
    minutesLater(30.1 * 24 * 60)
    await app.restart()
    await expect.poll(rowOf).toBeUndefined()
    expect(rows('select kind from snapshots where connection_id = ?', id)).toEqual([])
    expect(audit().at(-1)).toMatchObject({ action: 'connection.removed', actor_kind: 'system' })
  })

  it('goes sooner by setting', async () => {
    await deleteIt()
    minutesLater(25 * 60)
    await app.restart({ REVOKED_RETENTION_DAYS: '1' })
    await expect.poll(rowOf).toBeUndefined()
  })

  it('never goes while Google has not confirmed it', async () => {
    refuseRevocation({ kind: 'status', status: 500 })
    await deleteIt()
    expect((await post('remove', admin)).status).toBe(409)
    minutesLater(400 * 24 * 60)
    app.google.control.clearRequests()
    await app.restart()
    await expect.poll(() => revocations().length).toBe(1)
    expect(rowOf()).toMatchObject({ credential: expect.stringContaining('.') })
  })

  it('can be removed at once, by an admin only', async () => {
    expect((await post('remove', admin)).status).toBe(409)
    await deleteIt()
    expect((await post('remove')).status).toBe(403)
    const page = await press(admin, await admin.get(`/connections/${id}`), { text: `Remove ${tomasz}` })
    expect(page).toMatchObject({ status: 303, location: '/connections' })
    expect(rowOf()).toBeUndefined()
    expect((await owner.get(`/connections/${id}`)).status).toBe(404)
  })

  it('can be connected again under the same id, with its sharing', async () => {
    await post('share')
    await deleteIt()
    await followConsent(owner, await owner.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
    expect(await connection()).toMatchObject({ id, status: 'active', revokedAt: null })
    expect((await askGoogle(other)).status).toBe(200)
    expect(actions().at(-1)).toBe('connection.reconnected')
  })

  it('leaves a new consent alone that could not be kept, and says where to remove it', async () => {
    await deleteIt()
    app.google.control.addFault({ match: { operation: 'listAccessibleCustomers' }, effect: notAdsUser })
    const failed = await followConsent(owner, await owner.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
    expect(failed.text).toContain('myaccount.google.com/permissions')
    expect(await connection()).toMatchObject({ status: 'revoked' })
  })
  const notAdsUser = {
    kind: 'google_ads_error',
    status: 401,
    family: 'authenticationError',
    code: 'NOT_ADS_USER',
    message: 'no',
  } as const
})

describe('the JSON for programs', () => {
  const key = async (browser: BrowserSession, scopes: string[]) => {
    const form = await browser.get('/self')
    const page = await press(browser, form, { text: 'Make the key' }, { name: ['nightly'], scopes, days: ['30'] })
    return /gads_[A-Za-z0-9_-]{12}_[A-Za-z0-9_-]{43}/.exec(page.text)?.[0] ?? ''
  }
  const call = (method: string, path: string, secret: string) =>
    fetch(`${app.url}/api/v1/connections/${id}${path}`, { method, headers: { authorization: `Bearer ${secret}` } })

  it('pauses, resumes and revokes with a key that may manage, and needs no fresh sign-in', async () => {
    const managing = await key(owner, ['read', 'manage'])
    minutesLater(11)
    const paused = await call('POST', '/pause', managing)
    expect([paused.status, await paused.json()]).toMatchObject([200, { connection: { status: 'paused' } }])
    const resumed = await call('POST', '/resume', managing)
    expect([resumed.status, await resumed.json()]).toMatchObject([200, { connection: { status: 'active' } }])
    expect((await call('DELETE', '', managing)).status).toBe(200)
    expect(rows('select via, via_id from audit_entries where action = ?', 'connection.revoked')).toEqual([
      { via: 'api_key', via_id: managing.slice(5, 17) },
    ])
  })

  it('lists what its owner may decide about: an administrator all, private ones included', async () => {
    const listed = async (browser: BrowserSession, query: string) => {
      const headers = { authorization: `Bearer ${await key(browser, ['read'])}` }
      const answer = await fetch(`${app.url}/api/v1/connections${query}`, { headers })
      return ((await answer.json()) as { connections: { email: string }[] }).connections.map(each => each.email).sort()
    }
    expect(await listed(admin, '')).toEqual([dagny])
    expect(await listed(admin, '?manageable=1')).toEqual([dagny, ines, tomasz])
    expect(await listed(other, '?manageable=1')).toEqual([ines])
  })

  it('refuses a key without that scope', async () => {
    const reading = await key(owner, ['read', 'token'])
    for (const [method, path] of [
      ['POST', '/pause'],
      ['POST', '/resume'],
      ['DELETE', ''],
    ] as const) {
      expect((await call(method, path, reading)).status, method + path).toBe(403)
    }
    expect(rowOf()).toMatchObject({ status: 'active' })
  })

  it('names the key on the page before revoking', async () => {
    await call('POST', '/access-token', await key(owner, ['token']))
    const text = load((await owner.get(`/connections/${id}/revoke`)).text)('main').text()
    expect(text).toMatch(/API key “nightly”[\s\S]*API keys that can use it[\s\S]*nightly/)
  })
})
