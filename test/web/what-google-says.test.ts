import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withoutSecrets } from '../../src/google/without-secrets.ts'
import type { FaultRule } from '../../src/sandbox/faults.ts'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import type { Page } from '../support/browser-session.ts'
import { openSqlite } from '../support/sqlite.ts'

const developerToken = 'canaryDeveloperToken01'
/** One of each shape. */
const canaries = [
  'ya29.CANARY-access',
  '1//0CANARY-refresh',
  '4/0CANARY-code',
  'GOCSPX-CANARY-secret',
  'eyJhbGciOiJDQU5BUlkifQ.eyJDQU5BUlkiOjF9.CANARY',
  'gads_CANARY_key',
  'https://x.example/?code=CANARY-query',
  '-----BEGIN PRIVATE KEY-----CANARY',
]
/** With what each endpoint was sent, which has no shape of its own. */
const said = (sent = '') => `Bad: ${sent} ${canaries.join(' ')}`
const { clientSecret } = DEFAULT_CLIENT
const hidden = [...canaries.filter(each => !each.startsWith('https')), 'CANARY', clientSecret, developerToken]

let app: TestApp
const pages: Page[] = []
beforeAll(async () => {
  app = await startApp({ env: { GOOGLE_ADS_DEVELOPER_TOKEN: developerToken, LOG_LEVEL: 'trace' } })
})
afterAll(() => app.close())

const oauthError = (error: string, sent?: string): FaultRule['effect'] => ({
  kind: 'oauth_error',
  error,
  error_description: said(sent),
  extra: { error_subtype: said(sent), error_uri: said(sent), anything: { else: [said(sent)] } },
})

it('no credential in a refusal from Google is stored, logged or shown, whichever field holds it', async () => {
  const browser = await app.connected('U2')
  const admin = await app.connected('ADMIN')
  const id = JSON.parse((await browser.get('/api/v1/connections')).text).connections[0].id
  const look = async () => {
    for (const path of [`/connections/${id}`, '/connections', `/connections/${id}/revoke`, '/accounts']) {
      pages.push(await browser.get(path))
    }
    for (const path of ['', `/${id}/customers?refresh=1`]) pages.push(await browser.get(`/api/v1/connections${path}`))
    pages.push(await admin.get('/audit'))
  }
  const forgetToken = () => {
    const database = openSqlite(app.databaseFile)
    database.exec(`update connections set access_token = null, status = 'active'`)
    database.close()
  }
  const failing = async (fault: FaultRule, work: () => Promise<Page>) => {
    app.google.control.addFault(fault)
    pages.push(await work())
    await look()
    app.google.control.clearFaults()
  }

  for (const error of ['invalid_grant', 'invalid_client', 'something_new', said(clientSecret)]) {
    await failing({ match: { operation: 'token.code' }, effect: oauthError(error, clientSecret) }, async () =>
      followConsent(browser, await browser.get('/auth/start'), 'U2'),
    )
    forgetToken()
    await failing({ match: { operation: 'token.refresh' }, effect: oauthError(error, clientSecret) }, () =>
      browser.post(`/connections/${id}/check`),
    )
    forgetToken()
  }
  const ads = { host: 'googleads.googleapis.com' }
  const words = said(developerToken)
  const refusals: FaultRule['effect'][] = [
    { kind: 'google_ads_error', family: 'authorizationError', code: words, message: words, status: 403 },
    { kind: 'google_ads_error', family: words, code: 'USER_PERMISSION_DENIED', message: words, status: 403 },
    {
      kind: 'google_rpc_error',
      status: 403,
      rpcStatus: words,
      message: words,
      details: [{ reason: words, '@type': words }],
    },
    { kind: 'status', status: 403, body: words, headers: { 'request-id': developerToken } },
  ]
  for (const effect of refusals) {
    await failing({ match: ads, effect }, () => browser.post(`/connections/${id}/check`))
  }
  const key = JSON.stringify(app.google.serviceAccountKeyFile('SA1'))
  await failing({ match: { operation: 'token.jwt' }, effect: oauthError('invalid_grant') }, () =>
    admin.post('/service-accounts', { key }),
  )
  await failing({ match: { operation: 'revoke' }, effect: oauthError('server_error') }, () =>
    browser.post(`/connections/${id}/revoke`),
  )

  const folder = dirname(app.databaseFile)
  const files = readdirSync(folder).filter(name => name.startsWith(basename(app.databaseFile)))
  for (const secret of hidden) {
    for (const page of pages) expect(page.text, `${secret} on ${page.url}`).not.toContain(secret)
    expect(app.log(), `${secret} in the log`).not.toContain(secret)
    for (const file of files) {
      expect(readFileSync(join(folder, file)).includes(secret), `${secret} in the database`).toBe(false)
    }
  }
  expect(pages.some(page => page.text.includes('Bad: [hidden]'))).toBe(true)
})

it('other text from Google stays readable', () => {
  const harmless = [
    'The provided client secret is invalid.',
    'https://console.developers.google.com/apis/api/googleads.googleapis.com/overview?project=123456',
    'Invalid JWT: iat (issued at) is not set. Did you mean 1/2?',
  ]
  for (const text of harmless) expect(withoutSecrets({ text }, ['short', ''])).toEqual({ text })
  expect(withoutSecrets({ a: [{ b: 'x the-secret-we-sent y' }], n: 1, z: null }, ['the-secret-we-sent'])).toEqual({
    a: [{ b: 'x [hidden] y' }],
    n: 1,
    z: null,
  })
})
