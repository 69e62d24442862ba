import { CodeChallengeMethod, JWT, OAuth2Client } from 'google-auth-library'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { accountId, listAccessible } from './ads-client.ts'
import { ADWORDS, REDIRECT, signIn } from './sign-in.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())

function client(): OAuth2Client {
  const at = (address: string) => `${sandbox.origin}/${address}`
  return new OAuth2Client({
    clientId: DEFAULT_CLIENT.clientId,
    clientSecret: DEFAULT_CLIENT.clientSecret,
    redirectUri: REDIRECT,
    endpoints: {
      oauth2AuthBaseUrl: at('accounts.google.com/o/oauth2/v2/auth'),
      oauth2TokenUrl: at('oauth2.googleapis.com/token'),
      oauth2RevokeUrl: at('oauth2.googleapis.com/revoke'),
      tokenInfoUrl: at('oauth2.googleapis.com/tokeninfo'),
      oauth2FederatedSignonPemCertsUrl: at('www.googleapis.com/oauth2/v1/certs'),
      oauth2FederatedSignonJwkCertsUrl: at('www.googleapis.com/oauth2/v3/certs'),
    },
  })
}

async function connected(person: string) {
  const google = client()
  const { codeVerifier, codeChallenge } = await google.generateCodeVerifierAsync()
  const url = google.generateAuthUrl({
    access_type: 'offline',
    prompt: 'consent',
    scope: ['openid', 'email', 'profile', ADWORDS],
    state: 'x',
    code_challenge_method: CodeChallengeMethod.S256,
    ...(codeChallenge !== undefined && { code_challenge: codeChallenge }),
  })
  const callback = await signIn(url, person)
  const { tokens } = await google.getToken({ code: callback.searchParams.get('code') ?? '', codeVerifier })
  google.setCredentials(tokens)
  return { google, tokens }
}

describe('Google’s own client library', () => {
  it('runs the code flow with PKCE and verifies the ID token against the published certificates', async () => {
    const { google, tokens } = await connected('U1')
    expect(tokens.refresh_token).toMatch(/^1\/\/0/)
    const ticket = await google.verifyIdToken({ idToken: tokens.id_token ?? '', audience: DEFAULT_CLIENT.clientId })
    expect(ticket.getPayload()).toMatchObject({
      iss: 'https://accounts.google.com',
      sub: '100000000000000000001',
      email: 'ines.ferreira@northlight.example.com',
      email_verified: true,
      hd: 'northlight.example.com',
    })
  })

  it('refuses an ID token signed with a key that is not published', async () => {
    sandbox.control.failNext({ effect: { kind: 'id_token', sign: 'foreign key' } })
    const { google, tokens } = await connected('U1')
    await expect(google.verifyIdToken({ idToken: tokens.id_token ?? '' })).rejects.toThrow(/signature/i)
  })

  it('refreshes without getting another refresh token', async () => {
    const { google, tokens } = await connected('U2')
    const { credentials } = await google.refreshAccessToken()
    expect(credentials.access_token).not.toBe(tokens.access_token)
    expect(credentials.refresh_token).toBe(tokens.refresh_token)
    const { body } = await listAccessible(sandbox, { token: credentials.access_token ?? '' })
    expect(body.resourceNames).toHaveLength(2)
  })

  it('reads token info', async () => {
    const { google, tokens } = await connected('U2')
    const info = await google.getTokenInfo(tokens.access_token ?? '')
    expect(info.scopes).toContain(ADWORDS)
    expect(info).toMatchObject({ aud: DEFAULT_CLIENT.clientId, email_verified: 'true', access_type: 'offline' })
  })

  it('revokes: refreshing and calling end at once', async () => {
    const { google, tokens } = await connected('U3')
    await google.revokeToken(tokens.refresh_token ?? '')
    await expect(google.refreshAccessToken()).rejects.toMatchObject({
      response: { data: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' } },
    })
    expect((await listAccessible(sandbox, { token: tokens.access_token ?? '' })).status).toBe(401)
    await expect(google.revokeToken(tokens.refresh_token ?? '')).rejects.toMatchObject({
      response: { status: 400, data: { error: 'invalid_token' } },
    })
  })

  it('gets a service account token by its key file', async () => {
    const { client_email, private_key } = sandbox.serviceAccountKeyFile('SA1')
    const jwt = new JWT({ email: client_email, key: private_key, scopes: [ADWORDS] })
    const transporter = jwt.transporter
    const post = transporter.request.bind(transporter)
    transporter.request = options =>
      post({ ...options, url: String(options?.url).replace('https://', `${sandbox.origin}/`) })
    const { access_token } = await jwt.authorize()
    const { body } = await listAccessible(sandbox, { token: access_token ?? '' })
    expect(body.resourceNames).toEqual([`customers/${accountId(sandbox, 'M1')}`])
  })
})
