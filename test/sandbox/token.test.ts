import { createHash, generateKeyPairSync } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { DEFAULT_CLIENT, FOREIGN_CLIENT, SIBLING_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { listAccessible } from './ads-client.ts'
import { signAssertion } from './assertion.ts'
import { ADWORDS, authorizationUrl, credentials, obtainTokens, postToken, REDIRECT, signIn } from './sign-in.ts'

let sandbox: Sandbox
let clock = Date.now()
beforeAll(async () => {
  sandbox = await startSandbox({ now: () => clock })
})
beforeEach(() => {
  clock = Date.now()
  sandbox.control.reset()
})
afterAll(() => sandbox.close())

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const S256 = {
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256',
}

async function freshCode(change: Record<string, string> = {}): Promise<string> {
  const callback = await signIn(authorizationUrl(sandbox, { prompt: 'consent', ...change }), 'U1')
  return callback.searchParams.get('code') ?? ''
}

async function exchange(code: string, change: Record<string, string | undefined> = {}) {
  const form = { ...credentials, grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...change }
  return postToken(sandbox, present(form))
}

async function refresh(refresh_token: string, change: Record<string, string | undefined> = {}) {
  return postToken(sandbox, present({ ...credentials, grant_type: 'refresh_token', refresh_token, ...change }))
}

function present(form: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

describe('exchanging a code', () => {
  it('answers with the documented fields, never to be stored', async () => {
    const { status, body, headers } = await exchange(await freshCode())
    expect(status).toBe(200)
    expect(Object.keys(body)).toEqual([
      'access_token',
      'expires_in',
      'refresh_token',
      'scope',
      'token_type',
      'id_token',
    ])
    expect(body).toMatchObject({ expires_in: 3599, token_type: 'Bearer' })
    expect(headers.get('cache-control')).toContain('no-store')
  })

  it.each([
    'oauth2.googleapis.com/token',
    'accounts.google.com/o/oauth2/token',
    'www.googleapis.com/oauth2/v3/token',
    'www.googleapis.com/oauth2/v4/token',
  ])('works at %s', async address => {
    const form = { ...credentials, grant_type: 'authorization_code', code: await freshCode(), redirect_uri: REDIRECT }
    expect((await postToken(sandbox, form, { address })).status).toBe(200)
  })

  it('takes the client by Basic as well', async () => {
    const basic = Buffer.from(`${DEFAULT_CLIENT.clientId}:${DEFAULT_CLIENT.clientSecret}`).toString('base64')
    const form = { grant_type: 'authorization_code', code: await freshCode(), redirect_uri: REDIRECT }
    expect((await postToken(sandbox, form, { headers: { authorization: `Basic ${basic}` } })).status).toBe(200)
  })

  it('gives no refresh token for access_type=online', async () => {
    const { body } = await exchange(await freshCode({ access_type: 'online' }))
    expect(body.refresh_token).toBeUndefined()
  })

  it('gives no ID token without openid', async () => {
    const { body } = await exchange(await freshCode({ scope: ADWORDS }))
    expect(body.id_token).toBeUndefined()
    expect(body.scope).toBe(ADWORDS)
  })

  it.each([
    [
      'a used code',
      async () => {
        const code = await freshCode()
        await exchange(code)
        return exchange(code)
      },
      400,
      'invalid_grant',
      'Bad Request',
    ],
    [
      'an old code',
      async () => {
        const code = await freshCode()
        clock += 601_000
        return exchange(code)
      },
      400,
      'invalid_grant',
      'Bad Request',
    ],
    [
      'a code of another client',
      async () =>
        exchange(await freshCode(), { client_id: SIBLING_CLIENT.clientId, client_secret: SIBLING_CLIENT.clientSecret }),
      400,
      'invalid_grant',
      'Bad Request',
    ],
    ['an unknown code', async () => exchange('4/0Aunknown'), 400, 'invalid_grant', 'Bad Request'],
    [
      'a code decoded too little',
      async () => exchange((await freshCode()).replace('/', '%2F')),
      400,
      'invalid_grant',
      'Malformed auth code.',
    ],
    [
      'another redirect URI',
      async () => exchange(await freshCode(), { redirect_uri: `${REDIRECT}/` }),
      400,
      'redirect_uri_mismatch',
      'Bad Request',
    ],
    [
      'no client',
      async () => exchange(await freshCode(), { client_id: undefined, client_secret: undefined }),
      400,
      'invalid_request',
      'Could not determine client ID from request.',
    ],
    [
      'an unknown client',
      async () => exchange(await freshCode(), { client_id: 'nobody' }),
      401,
      'invalid_client',
      'The OAuth client was not found.',
    ],
    [
      'no secret',
      async () => exchange(await freshCode(), { client_secret: undefined }),
      400,
      'invalid_request',
      'client_secret is missing.',
    ],
    [
      'a wrong secret',
      async () => exchange(await freshCode(), { client_secret: 'guess' }),
      401,
      'invalid_client',
      'The provided client secret is invalid.',
    ],
    [
      'an unknown grant type',
      async () => exchange('', { grant_type: 'password' }),
      400,
      'unsupported_grant_type',
      'Invalid grant_type: password',
    ],
    ['a missing verifier', async () => exchange(await freshCode(S256)), 400, 'invalid_grant', 'Missing code verifier.'],
    [
      'a wrong verifier',
      async () => exchange(await freshCode(S256), { code_verifier: VERIFIER.replace('d', 'e') }),
      400,
      'invalid_grant',
      'Invalid code verifier.',
    ],
    [
      'a verifier nobody asked for',
      async () => exchange(await freshCode(), { code_verifier: VERIFIER }),
      400,
      'invalid_grant',
      'code_verifier or verifier is not needed',
    ],
  ] as const)('refuses %s', async (_what, ask, status, error, description) => {
    const answer = await ask()
    expect([answer.status, answer.body.error, answer.body.error_description]).toEqual([status, error, description])
  })

  it.each([
    ['S256', S256],
    ['plain', { code_challenge: VERIFIER, code_challenge_method: 'plain' }],
    ['plain by default', { code_challenge: VERIFIER }],
  ])('accepts the right verifier with %s', async (_method, challenge) => {
    expect((await exchange(await freshCode(challenge), { code_verifier: VERIFIER })).status).toBe(200)
  })
})

describe('refreshing', () => {
  it('answers without a refresh token, again and again', async () => {
    const { refresh_token = '' } = await obtainTokens(sandbox, 'U1')
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await refresh(refresh_token)
      expect([status, body.refresh_token, body.expires_in]).toEqual([200, undefined, 3599])
    }
  })

  it.each([
    ['an unknown token', async () => refresh('1//0nothing'), 400, 'invalid_grant', 'Bad Request'],
    [
      'a wrong secret',
      async () => refresh((await obtainTokens(sandbox, 'U1')).refresh_token ?? '', { client_secret: 'guess' }),
      401,
      'invalid_client',
      'The provided client secret is invalid.',
    ],
    [
      'a token of another client',
      async () =>
        refresh((await obtainTokens(sandbox, 'U1')).refresh_token ?? '', {
          client_id: FOREIGN_CLIENT.clientId,
          client_secret: FOREIGN_CLIENT.clientSecret,
        }),
      401,
      'unauthorized_client',
      'Unauthorized',
    ],
    [
      'a revoked token',
      async () => {
        const { refresh_token = '' } = await obtainTokens(sandbox, 'U1')
        sandbox.control.revokeGrant('U1')
        return refresh(refresh_token)
      },
      400,
      'invalid_grant',
      'Token has been expired or revoked.',
    ],
    [
      'a token unused for over six months',
      async () => {
        const { refresh_token = '' } = await obtainTokens(sandbox, 'U1')
        clock += 190 * 86_400_000
        return refresh(refresh_token)
      },
      400,
      'invalid_grant',
      'Token has been expired or revoked.',
    ],
  ] as const)('refuses %s', async (_what, ask, status, error, description) => {
    const answer = await ask()
    expect([answer.status, answer.body.error, answer.body.error_description]).toEqual([status, error, description])
  })

  it('lives seven days in Testing, and says so', async () => {
    sandbox.control.setProject('ads-keyring-sandbox', { publishingStatus: 'testing', testUsers: ['U1'] })
    const tokens = await obtainTokens(sandbox, 'U1')
    expect(tokens.refresh_token_expires_in).toBe(604_799)
    clock += 6 * 86_400_000
    expect((await refresh(tokens.refresh_token ?? '')).status).toBe(200)
    clock += 86_400_000
    expect((await refresh(tokens.refresh_token ?? '')).body.error_description).toBe(
      'Token has been expired or revoked.',
    )
    const signInOnly = await obtainTokens(sandbox, 'U1', { scope: 'openid email' })
    expect(signInOnly.refresh_token_expires_in).toBeUndefined()
  })

  it('drops the oldest of more than 100 live tokens, silently', async () => {
    const first = (await obtainTokens(sandbox, 'U3')).refresh_token ?? ''
    const second = (await obtainTokens(sandbox, 'U3')).refresh_token ?? ''
    for (let more = 0; more < 99; more += 1) {
      sandbox.control.world.grants.issueRefreshToken(
        { person: 'U3', project: 'ads-keyring-sandbox', clientId: DEFAULT_CLIENT.clientId, scopes: [ADWORDS] },
        { testing: false },
      )
    }
    expect((await refresh(first)).body.error).toBe('invalid_grant')
    expect((await refresh(second)).status).toBe(200)
  })
})

describe('revoking', () => {
  const revoke = (token: string, inQuery = false) =>
    fetch(`${sandbox.origin}/oauth2.googleapis.com/revoke${inQuery ? `?token=${encodeURIComponent(token)}` : ''}`, {
      method: 'POST',
      ...(!inQuery && { body: new URLSearchParams({ token }) }),
    })

  it.each([
    ['a refresh token in the body', 'refresh_token', false],
    ['an access token in the query', 'access_token', true],
  ] as const)('by %s takes the whole grant away, for every client of the project', async (_what, field, inQuery) => {
    const one = await obtainTokens(sandbox, 'U1')
    const other = await signIn(
      authorizationUrl(sandbox, { client_id: SIBLING_CLIENT.clientId, prompt: 'consent' }),
      'U1',
    )
    const sibling = { client_id: SIBLING_CLIENT.clientId, client_secret: SIBLING_CLIENT.clientSecret }
    const two = (await exchange(other.searchParams.get('code') ?? '', sibling)).body
    expect((await revoke(one[field] ?? '', inQuery)).status).toBe(200)
    expect((await refresh(String(two.refresh_token), sibling)).body.error).toBe('invalid_grant')
    expect((await listAccessible(sandbox, { token: String(two.access_token) })).status).toBe(401)
    const again = await revoke(one[field] ?? '', inQuery)
    expect(again.status).toBe(400)
    expect(await again.json()).toEqual({ error: 'invalid_token', error_description: 'Token expired or revoked' })
  })
})

describe('who it is', () => {
  it('signs ID tokens that verify against the key set, bound to nonce and access token', async () => {
    const { body } = await exchange(await freshCode({ nonce: 'n-1' }))
    const keys = createRemoteJWKSet(new URL(`${sandbox.origin}/www.googleapis.com/oauth2/v3/certs`))
    const { payload, protectedHeader } = await jwtVerify(String(body.id_token), keys, {
      issuer: 'https://accounts.google.com',
      audience: DEFAULT_CLIENT.clientId,
    })
    expect(protectedHeader.alg).toBe('RS256')
    expect(payload).toMatchObject({ nonce: 'n-1', azp: DEFAULT_CLIENT.clientId, given_name: 'Ines' })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600)
    const half = createHash('sha256').update(String(body.access_token)).digest().subarray(0, 16).toString('base64url')
    expect(payload.at_hash).toBe(half)
  })

  it('answers userinfo, old and new, and People', async () => {
    const { access_token } = await obtainTokens(sandbox, 'U1')
    const get = async (path: string) => {
      const response = await fetch(`${sandbox.origin}/${path}`, {
        headers: { authorization: `Bearer ${access_token}` },
      })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    const email = 'ines.ferreira@northlight.example.com'
    expect((await get('openidconnect.googleapis.com/v1/userinfo')).body).toMatchObject({
      sub: '100000000000000000001',
      email,
      email_verified: true,
    })
    expect((await get('www.googleapis.com/oauth2/v2/userinfo')).body).toMatchObject({
      id: '100000000000000000001',
      email,
      verified_email: true,
    })
    const people = await get('people.googleapis.com/v1/people/me?personFields=names,emailAddresses')
    expect(people.body).toMatchObject({
      resourceName: 'people/100000000000000000001',
      names: [{ displayName: 'Ines Ferreira' }],
      emailAddresses: [{ value: email }],
    })
    expect((await get('people.googleapis.com/v1/people/me')).status).toBe(400)
    sandbox.control.setProject('ads-keyring-sandbox', { peopleApiEnabled: false })
    expect((await get('people.googleapis.com/v1/people/me?personFields=names')).body).toMatchObject({
      error: { status: 'PERMISSION_DENIED', details: [{}, { reason: 'SERVICE_DISABLED' }] },
    })
  })

  it('publishes the discovery document of wire facts A.1', async () => {
    const response = await fetch(`${sandbox.origin}/accounts.google.com/.well-known/openid-configuration`)
    const document = (await response.json()) as Record<string, unknown>
    expect(document).toMatchObject({
      issuer: 'https://accounts.google.com',
      token_endpoint: 'https://oauth2.googleapis.com/token',
    })
    expect(document).not.toHaveProperty('authorization_response_iss_parameter_supported')
  })
})

describe('service accounts', () => {
  const ask = (change: Record<string, unknown> = {}, key?: string) =>
    postToken(sandbox, {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: signAssertion(sandbox.serviceAccountKeyFile('SA1'), { scope: ADWORDS, ...change }, key),
    })
  const now = () => Math.floor(Date.now() / 1000)

  it('get an access token and nothing else', async () => {
    const { status, body } = await ask()
    expect([status, Object.keys(body)]).toEqual([200, ['access_token', 'expires_in', 'token_type']])
  })

  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

  it.each([
    ['a foreign key', () => ask({}, stranger), 400, 'invalid_grant', 'Invalid JWT Signature.'],
    ['an unknown account', () => ask({ iss: 'x@y.example' }), 400, 'invalid_grant', 'Invalid grant: account not found'],
    [
      'a person as issuer',
      () => ask({ iss: 'ines.ferreira@northlight.example.com' }),
      400,
      'invalid_grant',
      'Invalid grant: account not found',
    ],
    ['no iat', () => ask({ iat: undefined }), 400, 'invalid_grant', 'Invalid JWT: iat (issued at) is not set.'],
    [
      'another audience',
      () => ask({ aud: 'https://example.com' }),
      400,
      'invalid_grant',
      'Invalid JWT: Failed audience check.',
    ],
    [
      'two hours of life',
      () => ask({ exp: now() + 7200 }),
      400,
      'invalid_grant',
      expect.stringContaining('short-lived'),
    ],
    [
      'an expired assertion',
      () => ask({ iat: now() - 7200, exp: now() - 3600 }),
      400,
      'invalid_grant',
      expect.stringContaining('short-lived'),
    ],
    [
      'no scope',
      () => ask({ scope: undefined }),
      400,
      'invalid_scope',
      'Invalid OAuth scope or ID token audience provided.',
    ],
    [
      'impersonation without delegation',
      () => ask({ sub: 'ines.ferreira@northlight.example.com' }),
      401,
      'unauthorized_client',
      expect.stringContaining('Client is unauthorized'),
    ],
  ] as const)('are refused with %s', async (_what, request, status, error, description) => {
    const answer = await request()
    expect([answer.status, answer.body.error, answer.body.error_description]).toEqual([status, error, description])
  })
})
