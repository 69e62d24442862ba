import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { googleEndpoints } from '../../src/google/endpoints.ts'
import { createHttp } from '../../src/google/http.ts'
import { createGoogleOAuth, type GoogleOAuth } from '../../src/google/oauth.ts'
import { json, type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts'

let google: ScriptedServer
let thief: ScriptedServer
let oauth: GoogleOAuth

beforeEach(async () => {
  google = await startScriptedServer()
  thief = await startScriptedServer()
  const endpoints = googleEndpoints(google.host)
  oauth = createGoogleOAuth({
    client: { clientId: 'the-client', clientSecret: 'the-secret', source: 'environment', registeredRedirectUris: null },
    redirectUri: 'http://localhost:3000/oauth2callback',
    http: createHttp(endpoints.allowedOrigins),
    endpoints,
    now: () => new Date(),
  })
})
afterEach(() => Promise.all([google.close(), thief.close()]))

const tokens = { access_token: 'at', expires_in: 3599, scope: 'openid', token_type: 'Bearer', refresh_token: 'rt' }
const exchange = () => oauth.exchangeCode('4/0abc/def', 'the-verifier')

describe('exchanging a code', () => {
  it('sends exactly what RFC 6749 and 7636 ask for, the code as it came', async () => {
    google.answer((_req, res) => json(res, 200, { ...tokens, refresh_token_expires_in: 604_799, scope: 'b a' }))
    const grant = await exchange()
    expect(google.seen).toHaveLength(1)
    expect(google.seen[0]).toMatchObject({ method: 'POST', path: '/oauth2.googleapis.com/token' })
    expect(Object.fromEntries(new URLSearchParams(google.seen[0]?.body))).toEqual({
      client_id: 'the-client',
      client_secret: 'the-secret',
      code: '4/0abc/def',
      code_verifier: 'the-verifier',
      grant_type: 'authorization_code',
      redirect_uri: 'http://localhost:3000/oauth2callback',
    })
    expect(grant).toMatchObject({ accessToken: 'at', refreshToken: 'rt', scopes: new Set(['a', 'b']), idToken: null })
    expect(grant.refreshTokenExpiresAt?.getTime()).toBeGreaterThan(Date.now() + 604_000_000)
  })

  const faults: [string, (res: ServerResponse) => void, string][] = [
    ['500', res => json(res, 500, { error: 'internal_failure' }), 'google_unreachable'],
    ['503 with Retry-After', res => json(res, 503, {}, { 'retry-after': '1' }), 'google_unreachable'],
    ['429', res => json(res, 429, { error: 'rate_limit_exceeded' }), 'google_unreachable'],
    ['408', res => json(res, 408, {}), 'google_unreachable'],
    [
      'an HTML page with status 200',
      res => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'google_unreachable',
    ],
    [
      'JSON that says it is HTML',
      res => res.writeHead(200, { 'content-type': 'text/html' }).end(JSON.stringify(tokens)),
      'google_unreachable',
    ],
    ['an empty object', res => json(res, 200, {}), 'google_unreachable'],
    ['an array', res => json(res, 200, [tokens]), 'google_unreachable'],
    ['a token that is no text', res => json(res, 200, { ...tokens, access_token: 7 }), 'google_unreachable'],
    [
      'JSON cut off',
      res => res.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"at"'),
      'google_unreachable',
    ],
    [
      'a body that is cut',
      res =>
        res
          .writeHead(200, { 'content-type': 'application/json', 'content-length': '500' })
          .write('{"a', () => res.destroy()),
      'google_unreachable',
    ],
    ['a reset', res => res.destroy(), 'google_unreachable'],
    ['a body that is too large', res => json(res, 200, { ...tokens, more: 'x'.repeat(70_000) }), 'google_unreachable'],
    [
      'a redirect to somebody else',
      res => res.writeHead(307, { location: `http://${thief.host}/token` }).end(),
      'google_unreachable',
    ],
    [
      'invalid_grant',
      res => json(res, 400, { error: 'invalid_grant', error_description: 'Bad Request' }),
      'oauth_code_rejected',
    ],
    [
      'invalid_client',
      res => json(res, 401, { error: 'invalid_client', error_description: 'The provided client secret is invalid.' }),
      'oauth_client_rejected',
    ],
    ['unauthorized_client', res => json(res, 401, { error: 'unauthorized_client' }), 'oauth_client_rejected'],
    [
      'redirect_uri_mismatch',
      res => json(res, 400, { error: 'redirect_uri_mismatch', error_description: 'Bad Request' }),
      'oauth_client_rejected',
    ],
    ['invalid_request', res => json(res, 400, { error: 'invalid_request' }), 'oauth_refused'],
  ]
  it.each(faults)('row 57: is tried once when Google answers with %s', async (_name, answer, code) => {
    google.answer((_req, res) => answer(res))
    await expect(exchange()).rejects.toMatchObject({ name: 'AppError', code })
    expect(google.seen).toHaveLength(1)
    expect(thief.seen).toEqual([])
  })

  it('row 74: is never sent to a host that is not Google', async () => {
    const elsewhere = createHttp(new Set(['https://oauth2.googleapis.com']))
    await expect(
      elsewhere({ url: `http://${thief.host}/token`, method: 'POST', timeoutMs: 1000, maxBytes: 10 }),
    ).rejects.toMatchObject({ failure: 'host_refused' })
    expect(thief.seen).toEqual([])
  })

  it('keeps what Google said, and nothing of what was sent, in the error', async () => {
    google.answer((_req, res) => json(res, 400, { error: 'invalid_grant', error_description: 'Malformed auth code.' }))
    const error = await exchange().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      google: { code: 'invalid_grant', message: 'Malformed auth code.', status: 400, requestId: null },
    })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/the-secret|the-verifier|4\/0abc/)
  })
})

describe('refreshing', () => {
  it('row 59: is tried again while Google is unreachable, three times at most', async () => {
    let calls = 0
    google.answer((_req, res) =>
      ++calls < 3 ? json(res, 503, {}) : json(res, 200, { ...tokens, refresh_token: undefined }),
    )
    expect(await oauth.refresh('rt')).toMatchObject({ accessToken: 'at', refreshToken: null })
    expect(calls).toBe(3)
    google.answer((_req, res) => json(res, 500, {}))
    await expect(oauth.refresh('rt')).rejects.toMatchObject({ code: 'google_unreachable' })
    expect(google.seen).toHaveLength(6)
  })

  it.each([
    ['invalid_grant', 400, 'needs_reconnect'],
    ['admin_policy_enforced', 400, 'needs_reconnect'],
    ['invalid_client', 401, 'oauth_client_rejected'],
    ['unauthorized_client', 401, 'oauth_client_rejected'],
    ['invalid_request', 400, 'oauth_refused'],
  ])('row 59: is not repeated after %s', async (error, status, code) => {
    google.answer((_req, res) => json(res, status, { error }))
    await expect(oauth.refresh('rt')).rejects.toMatchObject({ code })
    expect(google.seen).toHaveLength(1)
  })

  it('row 59c: hands on a refresh token that Google put in place of the old one', async () => {
    google.answer((_req, res) => json(res, 200, { ...tokens, refresh_token: 'newer' }))
    expect(await oauth.refresh('rt')).toMatchObject({ refreshToken: 'newer' })
  })
})

describe('revoking', () => {
  it('row 60: sends the token in the body, never in the address', async () => {
    google.answer((_req, res) => res.writeHead(200).end())
    await oauth.revoke('the-refresh-token')
    expect(google.seen).toEqual([
      { method: 'POST', path: '/oauth2.googleapis.com/revoke', body: 'token=the-refresh-token' },
    ])
  })

  it('row 60: is done when Google says the token is already gone', async () => {
    google.answer((_req, res) =>
      json(res, 400, { error: 'invalid_token', error_description: 'Token expired or revoked' }),
    )
    await expect(oauth.revoke('rt')).resolves.toBeUndefined()
  })

  it.each([500, 503, 400])('row 60: fails loudly on %s', async status => {
    google.answer((_req, res) => json(res, status, { error: 'unsupported_token_type' }))
    await expect(oauth.revoke('rt')).rejects.toMatchObject({ name: 'AppError' })
  })
})
