import { createHash } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { adwords, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { json, type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts'

/**
 * The cases of the OpenID Foundation's relying-party tests (plans Basic, Config and Refresh of the conformance suite),
 * against the application as it ships. The names are those of the suite's modules. Left out are those for what we do
 * not do: discovery (Google's addresses are fixed), client_secret_basic, and userinfo at sign-in.
 */
type Claims = Record<string, unknown>
type Keys = { publicKey: CryptoKey; privateKey: CryptoKey }

let ours: Keys
let second: Keys
let foreign: Keys
let google: ScriptedServer
let app: TestApp
/** What the provider does next: the ID token it gives, and the keys it publishes. */
let token: (claims: Claims) => Promise<string>
let published: { key: CryptoKey; kid?: string }[]
let nonce = ''
let refreshed: ((claims: Claims) => Promise<string>) | null = null

const seconds = () => Math.floor(Date.now() / 1000)
const atHash = createHash('sha256').update('ya29.of-the-test').digest().subarray(0, 16).toString('base64url')
const claims = (): Claims => ({
  iss: 'https://accounts.google.com',
  azp: DEFAULT_CLIENT.clientId,
  aud: DEFAULT_CLIENT.clientId,
  sub: '100000000000000000042',
  at_hash: atHash,
  hd: 'northlight.example.com',
  email: 'ann@northlight.example.com',
  email_verified: true,
  nonce,
  iat: seconds(),
  exp: seconds() + 3600,
})
const signed = (payload: Claims, key = ours.privateKey, header: { alg?: string; kid?: string } = { kid: 'k1' }) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', ...header }).sign(key)

beforeAll(async () => {
  ours = await generateKeyPair('RS256')
  second = await generateKeyPair('RS256')
  foreign = await generateKeyPair('RS256')
  google = await startScriptedServer()
  google.answer(async (req, res) => {
    const path = req.url ?? ''
    if (path.startsWith('/www.googleapis.com/oauth2/v3/certs')) {
      const keys = await Promise.all(
        published.map(async ({ key, kid }) => ({ ...(await exportJWK(key)), kid, alg: 'RS256', use: 'sig' })),
      )
      return json(res, 200, { keys })
    }
    if (path.startsWith('/oauth2.googleapis.com/token')) {
      const refresh = new URLSearchParams(req.bodyText).get('grant_type') === 'refresh_token'
      return json(res, 200, {
        access_token: 'ya29.of-the-test',
        token_type: 'Bearer',
        expires_in: 3600,
        scope: `openid https://www.googleapis.com/auth/userinfo.email ${adwords}`,
        ...(!refresh && { refresh_token: '1//0of-the-test', id_token: await token(claims()) }),
        ...(refresh && refreshed && { id_token: await refreshed({ ...claims(), nonce: undefined }) }),
      })
    }
    if (path.includes('listAccessibleCustomers')) return json(res, 200, { resourceNames: ['customers/4620198301'] })
    json(res, 200, {})
  })
  app = await startApp({ env: { GOOGLE_EMULATOR_HOST: google.host } })
})
afterAll(async () => {
  await app?.close()
  await google?.close()
})
beforeEach(() => {
  token = payload => signed(payload)
  published = [{ key: ours.publicKey, kid: 'k1' }]
})

async function comeBack(browser: BrowserSession, start: string): Promise<Page> {
  const url = new URL((await browser.get(start)).location ?? '')
  nonce = url.searchParams.get('nonce') ?? ''
  return browser.get(`/oauth2callback?code=4%2F0of-the-test&state=${url.searchParams.get('state')}`)
}
/** Whether the application lets the person in. */
async function outcome(): Promise<'signed in' | 'refused'> {
  const browser = app.browser()
  const page = await comeBack(browser, '/auth/start?intent=sign-in')
  const me = await browser.get('/api/v1/me')
  if (page.status === 303 && me.status === 200) return 'signed in'
  expect([page.status >= 400, me.status]).toEqual([true, 401])
  return 'refused'
}

describe('row 33: an ID token changed as in the conformance suite', () => {
  it.each([
    ['oidcc-client-test', () => {}],
    ['oidcc-client-test-idtoken-sig-rs256', () => {}],
    [
      'oidcc-client-test-kid-absent-single-jwks',
      () => {
        token = payload => signed(payload, ours.privateKey, {})
        published = [{ key: ours.publicKey }]
      },
    ],
    [
      'oidcc-client-test-discovery-jwks-uri-keys',
      () => {
        published = [{ key: second.publicKey, kid: 'k2' }, ...published]
      },
    ],
    [
      'oidcc-client-test-signing-key-rotation-just-before-signing',
      () => {
        token = payload => signed(payload, second.privateKey, { kid: 'rotated' })
        published = [{ key: second.publicKey, kid: 'rotated' }]
      },
    ],
    [
      'oidcc-client-test-signing-key-rotation',
      () => {
        token = payload => signed(payload, foreign.privateKey, { kid: 'rotated again' })
        published = [
          { key: second.publicKey, kid: 'rotated' },
          { key: foreign.publicKey, kid: 'rotated again' },
        ]
      },
    ],
  ] as [string, () => void][])('row 33: %s is passed', async (_name, prepare) => {
    prepare()
    expect(await outcome()).toBe('signed in')
  })

  const bent = (change: Claims) => () => {
    token = payload => signed({ ...payload, ...change })
  }
  it.each([
    ['oidcc-client-test-invalid-iss', bent({ iss: 'https://accounts.google.com.evil.example' })],
    ['oidcc-client-test-discovery-issuer-mismatch', bent({ iss: 'https://accounts.google.com/' })],
    ['oidcc-client-test-missing-sub', bent({ sub: undefined })],
    ['oidcc-client-test-invalid-aud', bent({ aud: 'another client' })],
    ['oidcc-client-test-missing-aud', bent({ aud: undefined })],
    ['oidcc-client-test-missing-iat', bent({ iat: undefined })],
    ['oidcc-client-test-nonce-invalid', bent({ nonce: 'another' })],
    ['a missing nonce', bent({ nonce: undefined })],
    ['a missing exp', bent({ exp: undefined })],
    ['an expired token', bent({ iat: seconds() - 7200, exp: seconds() - 3600 })],
    ['an azp that is another client', bent({ azp: 'another client' })],
    ['an iat in an hour', bent({ iat: seconds() + 3600, exp: seconds() + 7200 })],
    ['an iat of last week', bent({ iat: seconds() - 7 * 86_400 })],
    ['an at_hash of another access token', bent({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' })],
    [
      'oidcc-client-test-idtoken-sig-none',
      () => {
        token = async payload => new UnsecuredJWT(payload).encode()
      },
    ],
    [
      'oidcc-client-test-invalid-sig-rs256',
      () => {
        token = payload => signed(payload, foreign.privateKey)
      },
    ],
    [
      'a token signed with the client secret',
      () => {
        token = payload =>
          new SignJWT(payload)
            .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
            .sign(Buffer.from(DEFAULT_CLIENT.clientSecret))
      },
    ],
    [
      'oidcc-client-test-kid-absent-multiple-jwks',
      async () => {
        published = [
          { key: ours.publicKey, kid: 'k1' },
          { key: second.publicKey, kid: 'k2' },
        ]
        // Its key id is new, so that both keys are known from here on.
        token = payload => signed(payload, second.privateKey, { kid: 'k2' })
        expect(await outcome()).toBe('signed in')
        token = payload => signed(payload, ours.privateKey, {})
      },
    ],
    [
      'no ID token',
      () => {
        token = async () => ''
      },
    ],
  ] as [string, () => unknown][])('row 33: %s is refused', async (_name, prepare) => {
    await prepare()
    expect(await outcome()).toBe('refused')
  })
})

describe('an ID token that comes with a refreshed access token', () => {
  const bent = (change: Claims) => (payload: Claims) => signed({ ...payload, ...change })
  it.each([
    ['oidcc-client-test-refresh-token is passed', bent({}), 200],
    ['oidcc-client-test-refresh-token-invalid-issuer is refused', bent({ iss: 'https://evil.example' }), 502],
    ['oidcc-client-test-refresh-token-invalid-sub is refused', bent({ sub: '100000000000000000666' }), 502],
    ['one for another client is refused', bent({ aud: 'another client' }), 502],
  ] as const)('row 33: %s', async (_name, bend, expected) => {
    refreshed = null
    const browser = app.browser()
    expect((await comeBack(browser, '/auth/start')).status).toBe(303)
    const [connection] = JSON.parse((await browser.get('/api/v1/connections')).text).connections
    refreshed = bend
    app.now.value = () => new Date(Date.now() + 59 * 60_000)
    const answer = await browser.post(`/api/v1/connections/${connection.id}/access-token`)
    app.now.value = () => new Date()
    expect(answer.status).toBe(expected)
    const [after] = JSON.parse((await browser.get('/api/v1/connections')).text).connections
    expect(after.status, 'Google’s mistake says nothing about the credential').toBe('active')
  })
})
