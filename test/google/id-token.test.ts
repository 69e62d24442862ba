import { createHash } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { googleEndpoints } from '../../src/google/endpoints.ts'
import { createHttp } from '../../src/google/http.ts'
import { createIdTokenVerifier, type VerifyIdToken } from '../../src/google/id-token.ts'
import { json, type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts'

const client = 'the-client.apps.googleusercontent.com'
let ours: { publicKey: CryptoKey; privateKey: CryptoKey }
let foreign: { publicKey: CryptoKey; privateKey: CryptoKey }
let google: ScriptedServer
let verify: VerifyIdToken

beforeAll(async () => {
  ours = await generateKeyPair('RS256')
  foreign = await generateKeyPair('RS256')
})
beforeEach(async () => {
  google = await startScriptedServer()
  await publish(ours.publicKey, 'k1')
  const endpoints = googleEndpoints(google.host)
  verify = createIdTokenVerifier(client, createHttp(endpoints.allowedOrigins), endpoints)
})
afterEach(() => google.close())

async function publish(key: CryptoKey, kid: string) {
  const jwk = { ...(await exportJWK(key)), kid, alg: 'RS256', use: 'sig' }
  google.answer((_req, res) => json(res, 200, { keys: [jwk] }))
}

const seconds = () => Math.floor(Date.now() / 1000)
const atHash = createHash('sha256').update('the-access-token').digest().subarray(0, 16).toString('base64url')
const claims = (): Record<string, unknown> => ({
  iss: 'https://accounts.google.com',
  azp: client,
  aud: client,
  sub: '100000000000000000001',
  at_hash: atHash,
  hd: 'example.com',
  email: 'ann@example.com',
  email_verified: true,
  name: 'Ann',
  nonce: 'the-nonce',
  iat: seconds(),
  exp: seconds() + 3600,
})
const sign = (payload: Record<string, unknown>, key = ours.privateKey, kid: string | undefined = 'k1') =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', ...(kid && { kid }) }).sign(key)
const check = (idToken: string) => verify({ idToken, nonce: 'the-nonce', accessToken: 'the-access-token' })

describe('an ID token', () => {
  it('that is right tells who signed in', async () => {
    expect(await check(await sign(claims()))).toEqual({
      sub: '100000000000000000001',
      email: 'ann@example.com',
      emailVerified: true,
      name: 'Ann',
      picture: null,
      hostedDomain: 'example.com',
    })
  })

  it.each([
    ['the bare issuer', { iss: 'accounts.google.com' }],
    ['no azp', { azp: undefined }],
    ['no at_hash', { at_hash: undefined }],
    ['no profile', { name: undefined, hd: undefined }],
    ['one audience in a list', { aud: [client] }],
    ['a minute of skew', { iat: seconds() + 50 }],
  ])('is accepted with %s', async (_name, change) => {
    await expect(check(await sign({ ...claims(), ...change }))).resolves.toMatchObject({ email: 'ann@example.com' })
  })

  it.each([
    ['another issuer', { iss: 'https://evil.example' }],
    ['the issuer with a slash', { iss: 'https://accounts.google.com/' }],
    ['another audience', { aud: 'another' }],
    ['a further audience', { aud: [client, 'another'] }],
    ['another azp', { azp: 'another' }],
    ['no sub', { sub: undefined }],
    ['an over-long sub', { sub: '1'.repeat(256) }],
    ['no nonce', { nonce: undefined }],
    ['another nonce', { nonce: 'another' }],
    ['no iat', { iat: undefined }],
    ['an iat in an hour', { iat: seconds() + 3600, exp: seconds() + 7200 }],
    ['an iat of last week', { iat: seconds() - 7 * 86_400 }],
    ['no exp', { exp: undefined }],
    ['an exp in the past', { iat: seconds() - 3000, exp: seconds() - 120 }],
    ['the hash of another access token', { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['no email', { email: undefined }],
  ])('row 33: is refused with %s', async (_name, change) => {
    await expect(check(await sign({ ...claims(), ...change }))).rejects.toMatchObject({
      code: 'oauth_id_token_invalid',
    })
  })

  it('row 33: is refused when it is signed with a foreign key, with none, or with the client secret', async () => {
    const tokens = [
      await sign(claims(), foreign.privateKey),
      await sign(claims(), ours.privateKey, 'unknown'),
      new UnsecuredJWT(claims()).encode(),
      await new SignJWT(claims())
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
        .sign(Buffer.from('the-client-secret')),
      'not a token',
    ]
    for (const token of tokens) await expect(check(token)).rejects.toMatchObject({ code: 'oauth_id_token_invalid' })
  })

  it('counts an address as verified only when Google says true', async () => {
    for (const email_verified of ['true', 1, undefined, false]) {
      expect((await check(await sign({ ...claims(), email_verified }))).emailVerified).toBe(false)
    }
  })

  it('needs one fetch of the keys for a hundred sign-ins at once', async () => {
    const token = await sign(claims())
    await Promise.all(Array.from({ length: 100 }, () => check(token)))
    expect(google.seen).toHaveLength(1)
  })

  it('is nobody’s fault when the keys cannot be had', async () => {
    const token = await sign(claims())
    google.answer((_req, res) => res.writeHead(503).end())
    await expect(check(token)).rejects.toMatchObject({ code: 'google_unreachable' })
    google.answer((_req, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>'))
    await expect(check(token)).rejects.toMatchObject({ code: 'google_unreachable' })
    google.answer((_req, res) => res.destroy())
    await expect(check(token)).rejects.toMatchObject({ code: 'google_unreachable' })
    await publish(ours.publicKey, 'k1')
    await expect(check(token)).resolves.toMatchObject({ sub: '100000000000000000001' })
  })
})
