import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { openSqlite } from '../support/sqlite.ts'

let app: TestApp
let admin: BrowserSession

beforeEach(async () => {
  app = await startApp()
  admin = await app.connected('ADMIN')
})
afterEach(() => app.close())

const keyFile = (change: Record<string, unknown> = {}) =>
  JSON.stringify({ ...app.google.serviceAccountKeyFile('SA1'), ...change })
const add = (key: string, browser = admin) => browser.post('/service-accounts', { key })
const idOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.id ?? ''
const json = async (path: string) => JSON.parse((await admin.get(path)).text)
const serviceAccount = async () =>
  (await json('/api/v1/connections')).connections.find((each: { kind: string }) => each.kind === 'service_account')

const pem = { type: 'pkcs8', format: 'pem' } as const
/** The form of a private key of that many bits. It signs nothing: making a real one would take seconds. */
function largeKey(bits: number): string {
  const number = (length: number) =>
    Buffer.concat([Buffer.from([0x80]), randomBytes(length / 8 - 1)]).toString('base64url')
  const [n, d, p, q, dp, dq, qi] = [bits, bits, bits / 2, bits / 2, bits / 2, bits / 2, bits / 2].map(number)
  return createPrivateKey({ format: 'jwk', key: { kty: 'RSA', e: 'AQAB', n, d, p, q, dp, dq, qi } as never })
    .export(pem)
    .toString()
}

describe('a service account', () => {
  it('becomes a connection with the documented access', async () => {
    expect((await add(keyFile())).status).toBe(303)
    const connection = await serviceAccount()
    expect(connection).toMatchObject({ email: 'reporting@ads-keyring-sandbox.iam.example.com', status: 'active' })
    const { customers } = await json(`/api/v1/connections/${connection.id}/customers`)
    expect(customers).toMatchObject([{ customerId: idOf('M1'), accessRole: 'STANDARD', problem: null }])
    const hierarchy = await json(`/api/v1/connections/${connection.id}/customers/${idOf('M1')}/hierarchy?wait=10`)
    expect(new Set(hierarchy.accounts.map((each: { customerId: string }) => each.customerId))).toEqual(
      new Set(['M1', 'M2', 'A1', 'A2', 'A3'].map(idOf)),
    )
  })

  it('gets further access tokens by its signature, once for all who ask', async () => {
    await add(keyFile())
    const { id } = await serviceAccount()
    app.google.control.expireAccessTokens()
    app.google.control.clearRequests()
    const pages = await Promise.all([1, 2, 3].map(() => admin.get(`/api/v1/connections/${id}/customers?refresh=1`)))
    expect(pages.map(page => page.status)).toEqual([200, 200, 200])
    expect(app.google.requests.filter(request => request.operation === 'token.jwt')).toHaveLength(1)
  })

  it('row 55: is stored sealed, and its key is on no page', async () => {
    await add(keyFile())
    const { private_key } = app.google.serviceAccountKeyFile('SA1')
    const part = private_key.split('\n')[3] ?? ''
    const database = openSqlite(app.databaseFile, { readOnly: true })
    expect(JSON.stringify(database.prepare('select * from connections').all())).not.toContain(part)
    database.close()
    const { id } = await serviceAccount()
    for (const path of [
      '/accounts',
      '/connections',
      `/connections/${id}`,
      '/api/v1/connections',
      '/service-accounts',
    ]) {
      expect((await admin.get(path)).text, path).not.toContain(part)
    }
    expect(app.log()).not.toContain(part)
  })

  it('is not told of as if it were a person: its key neither rests on a consent nor ends by disuse', async () => {
    await add(keyFile())
    const { id } = await serviceAccount()
    const page = (await admin.get(`/connections/${id}`)).text
    expect(page).toContain('Its key works until it is deleted')
    expect(page).toContain('destroys its key here')
    expect(page).not.toMatch(/unused for six months|withdraws the consent|Granted at Google by the owner/)
    const revoke = (await admin.get(`/connections/${id}/revoke`)).text
    expect(revoke).toContain('copies of it go on working')
    expect(revoke).not.toMatch(/then at Google|Nothing at Google/)
  })

  it('keeps its connection when a new key of it is added', async () => {
    await add(keyFile())
    const before = await serviceAccount()
    await add(keyFile())
    expect((await serviceAccount()).id).toBe(before.id)
    const reconnect = await admin.get(`/auth/start?intent=reconnect&connection=${before.id}`)
    expect(reconnect.location).toBe('/service-accounts')
  })

  it('row 55: never lets the key file say where its signature goes', async () => {
    app.google.control.clearRequests()
    const page = await add(keyFile({ token_uri: 'http://127.0.0.1:9/token', auth_uri: 'http://127.0.0.1:9/' }))
    expect(page.status).toBe(303)
    expect(app.google.requests.filter(request => request.operation === 'token.jwt')).toHaveLength(1)
  })

  it.each([
    ['no JSON', () => 'key', 400, 'service_account_key_invalid'],
    ['another kind of file', () => JSON.stringify({ installed: {} }), 400, 'service_account_key_invalid'],
    [
      'no private key',
      () => keyFile({ private_key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----' }),
      400,
      'service_account_key_invalid',
    ],
    [
      'an RSA key that is too small',
      () => keyFile({ private_key: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export(pem) }),
      400,
      'service_account_key_invalid',
    ],
    [
      'an RSA key that is too large',
      () => keyFile({ private_key: largeKey(8208) }),
      400,
      'service_account_key_invalid',
    ],
    [
      'a key that is no RSA key',
      () => keyFile({ private_key: generateKeyPairSync('ed25519').privateKey.export(pem) }),
      400,
      'service_account_key_invalid',
    ],
    ['far too much', () => keyFile({ more: 'x'.repeat(17_000) }), 400, 'service_account_key_invalid'],
    [
      'an account Google does not know',
      () => keyFile({ client_email: 'gone@project.iam.example.com' }),
      400,
      'service_account_key_refused',
    ],
  ])('row 55: is refused with %s, and nothing is stored or repeated', async (_name, key, status, code) => {
    const page = await add(key())
    expect(page.status).toBe(status)
    expect(page.text).toContain(code)
    expect(page.text).not.toContain('PRIVATE KEY')
    expect(await serviceAccount()).toBeUndefined()
  })

  it('that was not invited anywhere is told whom to invite', async () => {
    app.google.control.addFault({
      match: { operation: 'listAccessibleCustomers' },
      effect: {
        kind: 'google_ads_error',
        status: 401,
        family: 'authenticationError',
        code: 'NOT_ADS_USER',
        message: 'no',
      },
    })
    const page = await add(keyFile())
    expect(page.status).toBe(403)
    expect(page.text).toContain('invite reporting@ads-keyring-sandbox.iam.example.com')
    expect(await serviceAccount()).toBeUndefined()
  })

  it('whose key was deleted says so', async () => {
    await add(keyFile())
    const { id } = await serviceAccount()
    app.google.control.expireAccessTokens()
    app.google.control.addFault({
      match: { operation: 'token.jwt' },
      effect: { kind: 'oauth_error', status: 400, error: 'invalid_grant', error_description: 'Invalid JWT Signature.' },
    })
    expect((await admin.get(`/api/v1/connections/${id}/customers?refresh=1`)).status).toBe(409)
    expect(await serviceAccount()).toMatchObject({ status: 'needs_reconnect', reason: 'key_deleted' })
  })

  it('is none of a member’s business', async () => {
    const member = await app.connected('U1')
    expect((await member.get('/service-accounts')).status).toBe(404)
    expect((await add(keyFile(), member)).status).toBe(404)
    expect((await member.get('/connections')).text).not.toContain('/service-accounts')
  })
})
