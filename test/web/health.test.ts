import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { openSqlite } from '../support/sqlite.ts'

let app: TestApp
let browser: BrowserSession
let id: string

beforeEach(async () => {
  app = await startApp()
  browser = await app.connected('U2')
  id = (await connection()).id
})
afterEach(() => app.close())

const dayMs = 86_400_000
const later = (days: number) => {
  app.now.value = () => new Date(Date.now() + days * dayMs)
}
const connection = async (with_ = browser) => JSON.parse((await with_.get('/api/v1/connections')).text).connections[0]
const show = (with_ = browser) => with_.get(`/connections/${id}`)
const causes = (page: Page) =>
  load(page.text)('[data-health]')
    .toArray()
    .map(each => each.attribs['data-health'])
async function checkNow(with_ = browser): Promise<Page> {
  const pressed = await press(with_, await show(with_), { text: 'Check now' })
  expect(pressed).toMatchObject({ status: 303, location: `/connections/${id}` })
  return show(with_)
}
const adsCalls = () => app.google.requests.filter(request => request.operation === 'listAccessibleCustomers').length
const row = () => {
  const database = openSqlite(app.databaseFile, { readOnly: true })
  const found = database.prepare('select * from connections where id = ?').get(id) as Record<string, string | null>
  database.close()
  return found
}
async function signedIn(label: string): Promise<BrowserSession> {
  const person = app.browser()
  await followConsent(person, await person.get('/auth/start?intent=sign-in'), label)
  return person
}
const share = () => {
  const database = openSqlite(app.databaseFile)
  database.prepare('update connections set shared = 1').run()
  database.close()
}

describe('"Check now"', () => {
  it('asks Google once and says that it works; that is no use of the connection', async () => {
    const before = row()
    app.google.control.clearRequests()
    const page = await checkNow()
    expect(causes(page)).toEqual(['works'])
    expect(adsCalls()).toBe(1)
    expect(row().last_used_at).toBe(before.last_used_at)
    expect(page.text).toContain('Google was asked')
  })

  it.each([
    ['two-step-not-enrolled', 'second_factor', 'TWO_STEP_VERIFICATION_NOT_ENROLLED', 'Check now'],
    ['advanced-protection-not-enrolled', 'second_factor', 'ADVANCED_PROTECTION_NOT_ENROLLED', 'Check now'],
    ['not-ads-user', 'ads_access_withdrawn', 'NOT_ADS_USER', 'Write to an administrator of the account'],
    [
      'not-approved-for-production',
      'project_not_approved',
      'CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION',
      'Write to an administrator of Ads Keyring',
    ],
    ['api-not-enabled', 'api_not_enabled', 'SERVICE_DISABLED', 'Write to an administrator of Ads Keyring'],
    ['insufficient-scopes', 'scope_missing', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'Reconnect'],
    ['dead-version', 'version_retired', 'UNSUPPORTED_VERSION', 'Write to an administrator of Ads Keyring'],
  ])(
    'keeps the connection active when Google Ads refuses with %s, and says so',
    async (preset, cause, code, button) => {
      app.google.control.switchOn(preset)
      const page = await checkNow()
      expect(causes(page)).toEqual([cause])
      const finding = load(page.text)(`[data-health="${cause}"]`)
      expect(finding.text()).toContain(code)
      expect(finding.find('.button-primary').text()).toBe(button)
      expect(await connection()).toMatchObject({ status: 'active', reason: null })
      expect((await browser.get('/connections')).text).toMatch(/class="sub stale">[^<]*(Google|Cloud|API)/)

      const renewed = row().last_refreshed_at
      later(58 / 1440)
      await browser.get(`/api/v1/connections/${id}/customers?refresh=1`)
      expect(row().last_refreshed_at).not.toBe(renewed)
      expect(causes(await show()), 'a fresh access token disproves nothing').toEqual([cause])
      later(0)
      app.google.control.clearFaults()
      expect(causes(await checkNow())).toEqual(['works'])
    },
  )

  it('sends an administrator to the setup page where the installation is the cause', async () => {
    app.google.control.switchOn('api-not-enabled')
    await checkNow()
    const admin = await signedIn('ADMIN')
    expect(load((await show(admin)).text)('[data-health] .button-primary').attr('href')).toBe('/setup')
  })

  it.each([
    ['revoked-grant', 'expired_or_revoked', 'Reconnect'],
    ['account-deleted', 'google_account_deleted', 'Connect another Google account'],
    ['invalid-rapt', 'session_control', 'Reconnect'],
    ['admin-policy-on-refresh', 'admin_policy', 'Write to the Workspace administrator'],
  ])('finds a dead credential (%s), each with its own button', async (preset, cause, button) => {
    app.google.control.switchOn(preset)
    app.google.control.expireAccessTokens()
    const page = await checkNow()
    expect(causes(page)).toEqual([cause])
    expect(load(page.text)('[data-health] .button-primary').text()).toBe(button)
    expect(await connection()).toMatchObject({ status: 'needs_reconnect', reason: cause })
  })

  it.each([
    ['wrong-client-secret', 'client_rejected'],
    ['deleted-oauth-client', 'client_rejected'],
    ['token-503', 'no_answer'],
    ['token-reset', 'no_answer'],
    ['token-html', 'no_answer'],
    ['ads-503', 'no_answer'],
    ['ads-html', 'no_answer'],
    ['quota-daily', 'quota_spent'],
  ])('never blames the connection for %s', async (preset, cause) => {
    app.google.control.switchOn(preset)
    app.google.control.expireAccessTokens()
    expect(causes(await checkNow())).toEqual([cause])
    expect(await connection()).toMatchObject({ status: 'active', reason: null })
    app.google.control.clearFaults()
    expect(causes(await checkNow())).toEqual(['works'])
  })

  it('never blames the connection for a client id that was changed', async () => {
    app.google.control.addFault({
      match: { operation: 'token.refresh' },
      effect: { kind: 'oauth_error', status: 401, error: 'unauthorized_client', error_description: 'Unauthorized' },
    })
    app.google.control.expireAccessTokens()
    expect(causes(await checkNow())).toEqual(['client_rejected'])
    expect(await connection()).toMatchObject({ status: 'active' })
  })

  it('row 63c: never blames a service account for a clock of ours that is wrong', async () => {
    const admin = await app.connected('ADMIN')
    await admin.post('/service-accounts', { key: JSON.stringify(app.google.serviceAccountKeyFile('SA1')) })
    const { connections } = JSON.parse((await admin.get('/api/v1/connections')).text)
    const account = connections.find((each: { kind: string }) => each.kind === 'service_account').id
    app.google.control.expireAccessTokens()
    later(-0.1)
    const answer = await admin.post(`/api/v1/connections/${account}/check`)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'clock_wrong' })
    later(0)
    const right = JSON.parse((await admin.post(`/api/v1/connections/${account}/check`)).text)
    expect(right).toMatchObject({ connection: { status: 'active' }, findings: [{ cause: 'works' }] })
  })

  it('brings a dead connection back when Google takes its credential after all, and writes that down', async () => {
    app.google.control.switchOn('admin-policy-on-refresh')
    app.google.control.expireAccessTokens()
    expect(causes(await checkNow())).toEqual(['admin_policy'])
    expect(causes(await checkNow())).toEqual(['admin_policy'])
    app.google.control.clearFaults()
    expect(causes(await checkNow())).toEqual(['works'])
    expect(await connection()).toMatchObject({ status: 'active', reason: null })
    const database = openSqlite(app.databaseFile, { readOnly: true })
    const actions = database
      .prepare("select action, actor_name from audit_entries where target_id = ? and outcome = 'done' order by seq")
      .all(id)
    database.close()
    expect(actions).toEqual([
      expect.objectContaining({ action: 'connection.created' }),
      expect.objectContaining({ action: 'connection.needs_reconnect' }),
      expect.objectContaining({ action: 'connection.resumed', actor_name: (await connection()).email }),
    ])
  })

  it('is for who may see the connection; for others it does not exist', async () => {
    const other = await app.connected('U1')
    expect((await other.post(`/connections/${id}/check`)).status).toBe(404)
    expect((await other.post(`/api/v1/connections/${id}/check`)).status).toBe(404)
    const admin = await signedIn('ADMIN')
    expect((await admin.post(`/connections/${id}/check`)).status).toBe(303)
    share()
    expect((await other.post(`/connections/${id}/check`)).status).toBe(303)
  })

  it('as JSON answers with the connection and what was found', async () => {
    app.google.control.switchOn('two-step-not-enrolled')
    const answer = await browser.post(`/api/v1/connections/${id}/check`)
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({
      connection: { id, status: 'active', lastError: { code: 'TWO_STEP_VERIFICATION_NOT_ENROLLED' } },
      checkedAt: expect.stringMatching(/^20/),
      findings: [{ cause: 'second_factor', title: expect.stringContaining('2-Step') }],
    })
  })

  it('does not ask for a paused connection', async () => {
    const database = openSqlite(app.databaseFile)
    database.prepare("update connections set status = 'paused'").run()
    database.close()
    app.google.control.clearRequests()
    expect(JSON.parse((await browser.post(`/api/v1/connections/${id}/check`)).text)).toMatchObject({
      code: 'connection_unusable',
    })
    expect(app.google.requests).toEqual([])
    expect(causes(await show())).toEqual(['paused'])
  })
})

describe('the sweep', () => {
  it('checks what nobody checked for a day, a few at a time, and the same one once', async () => {
    for (const label of ['U1', 'U3', 'ADMIN', 'ODD', 'U2']) await app.connected(label)
    app.google.control.clearRequests()
    await app.sweep()
    expect(adsCalls()).toBe(0)
    later(1.01)
    await app.sweep()
    expect(adsCalls()).toBe(4)
    await app.sweep()
    expect(adsCalls()).toBe(5)
    await app.sweep()
    expect(adsCalls()).toBe(5)
  })

  it('finds a credential that died unseen, and leaves dead and paused ones alone', async () => {
    app.google.control.revokeGrant('U2')
    later(1.01)
    await app.sweep()
    expect(row()).toMatchObject({ status: 'needs_reconnect', reason: 'expired_or_revoked' })
    app.google.control.clearRequests()
    later(3)
    await app.sweep()
    expect(app.google.requests).toEqual([])
  })

  it('of two processes asks Google once', async () => {
    later(1.01)
    app.google.control.clearRequests()
    const twin = await app.twin()
    await Promise.all([app.sweep(), twin.sweep()])
    await twin.close()
    expect(adsCalls()).toBe(1)
  })
})

describe('a credential with an end', () => {
  it('of seven days is announced at once, then counted down, then ended in Testing', async () => {
    app.google.control.switchOn('seven-day-token')
    const other = app.browser()
    await followConsent(other, await other.get('/auth/start'), 'U3')
    const accounts = await other.get('/accounts')
    expect(accounts.text).toMatch(/looks to be in Testing: access ends \w{3}, \d+ \w{3,4} 20\d\d(,| at) \d\d:\d\d UTC/)
    id = (await connection(other)).id
    expect(causes(await show(other))).toEqual(['testing_ends', 'works'])
    expect((await other.get('/connections')).text).toContain('Ends: project in Testing, ')
  })

  it('of another length is told as a time limit', async () => {
    app.google.control.addFault({
      match: { operation: 'token.code' },
      effect: { kind: 'token_response', set: { refresh_token_expires_in: 30 * 86_400 } },
    })
    await followConsent(browser, await browser.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
    expect((await browser.get('/accounts')).text).not.toContain('Testing')
    expect(causes(await show())).toEqual(['time_limit_ends', 'works'])
  })
})

describe('a hierarchy that lacks a branch', () => {
  it('stays readable when its connection dies before the branch could be asked again', async () => {
    const other = await app.connected('U1')
    const own = (await connection(other)).id
    const [m1, m2] = ['M1', 'M2'].map(
      label => app.google.scenario.accounts.find(each => each.label === label)?.id ?? '',
    )
    const broken = { customerId: m2 ?? '', person: 'U1' }
    app.google.control.addFault({ match: broken, effect: { kind: 'status', status: 500, body: '' } })
    const path = `/connections/${own}/accounts/${m1}`
    await other.get(`/api/v1/connections/${own}/customers/${m1}/hierarchy?wait=20`)
    expect((await other.get(path)).text).toContain('id="branches"')
    app.google.control.revokeGrant('U1')
    // A process that has not asked for the branch yet does so at the first look.
    await app.restart()
    for (let look = 0; look < 2; look++) {
      const page = await other.get(path)
      expect(page.status).toBe(200)
      expect(load(page.text)('main [data-customer-id]').length).toBeGreaterThan(1)
    }
    expect(load((await other.get(path)).text)('[data-connection-banner]').length).toBe(1)
  })
})

describe('a dead connection', () => {
  beforeEach(async () => {
    await browser.get('/accounts')
    for (const root of ['4620198302', '7315526003']) {
      await browser.get(`/api/v1/connections/${id}/customers/${root}/hierarchy?wait=10`)
    }
    const { accounts } = JSON.parse(
      (await browser.get(`/api/v1/connections/${id}/customers/7315526003/hierarchy?wait=10`)).text,
    )
    client = accounts.find((account: { manager: boolean }) => !account.manager).customerId
    await browser.get(`/connections/${id}/accounts/7315526003/${client}`)
    app.google.control.revokeGrant('U2')
    await checkNow()
    expect(row().status).toBe('needs_reconnect')
    later(0.02)
    app.google.control.clearRequests()
  })
  let client: string
  const places = () => [
    '/accounts',
    `/connections/${id}/accounts/7315526003`,
    `/connections/${id}/accounts/7315526003/${client}`,
    `/connections/${id}/access`,
  ]

  it('keeps its pages readable, marked with their age, with a banner that leads its owner back', async () => {
    for (const path of places()) {
      const page = await browser.get(path)
      expect(page.status, path).toBe(200)
      const $ = load(page.text)
      const banner = $('[data-connection-banner]')
      expect(banner.text(), path).toContain('tomasz.wojcik@northlight.example.com must be reconnected')
      expect(banner.text(), path).toMatch(/was read \d+ minutes ago/)
      expect(banner.find('.button-primary').attr('href'), path).toBe(`/auth/start?intent=reconnect&connection=${id}`)
      expect($('main [data-customer-id]').length, path).toBeGreaterThan(0)
    }
    expect(app.google.requests.filter(request => request.operation !== 'token.refresh')).toEqual([])
    expect((await browser.get(places()[1] as string)).text).not.toContain('accounts/7315526003/refresh')
    const account = await browser.get(places()[2] as string)
    expect(load(account.text)('.campaigns-table, table').length).toBeGreaterThan(0)
    expect(account.text).not.toContain('banner-bad')
  })

  it('tells whoever only uses it whom to ask, without a button that would not work', async () => {
    share()
    const other = await app.connected('U1')
    for (const path of places()) {
      const $ = load((await other.get(path)).text)
      const banner = $('[data-connection-banner]')
      expect(banner.text(), path).toContain('Ask tomasz.wojcik@northlight.example.com')
      expect(banner.find('.button-primary').length, path).toBe(0)
      expect($(`a[href^="/auth/start?intent=reconnect&connection=${id}"]`).length, path).toBe(0)
    }
    expect(load((await show(other)).text)('[data-health]').text()).toContain('Ask tomasz.wojcik')
    const list = load((await other.get('/connections')).text)(`[data-connection-id="${id}"]`)
    expect(list.text()).toContain('Expired or withdrawn')
    expect(list.find('a[href^="/auth/start"]').length).toBe(0)
  })

  it('has no banner any more once it is reconnected', async () => {
    await followConsent(browser, await browser.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
    for (const path of places()) expect((await browser.get(path)).text, path).not.toContain('data-connection-banner')
    expect(causes(await show())).toEqual(['works'])
  })

  it('is marked the same way while it is paused or revoked', async () => {
    const database = openSqlite(app.databaseFile)
    for (const status of ['paused', 'revoked']) {
      database.prepare('update connections set status = ?').run(status)
      for (const path of places()) {
        const page = await browser.get(path)
        expect(page.status, path).toBe(200)
        expect(load(page.text)('[data-connection-banner]').text(), path).toContain(`is ${status}`)
      }
    }
    database.close()
  })
})
