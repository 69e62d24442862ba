import { createHash } from 'node:crypto'
import type { Call } from '../http/call.ts'
import { jsonReply, type Reply } from '../http/reply.ts'
import type { OAuthClient, Person } from '../scenario.ts'
import type { World } from '../world.ts'
import { authenticateClient } from './client-authentication.ts'
import type { AuthorizationCode } from './grant-store.ts'
import { signIdToken } from './id-token.ts'
import { formatScopes, parseScopes } from './scopes.ts'
import { JWT_BEARER, serviceAccountToken } from './service-account-token.ts'
import { noStore, TokenError } from './token-errors.ts'

/** The token endpoint. */
export function token(call: Call, world: World): Reply {
  try {
    return jsonReply(200, bent(answer(call, world), call), noStore)
  } catch (error) {
    if (error instanceof TokenError) return error.toReply()
    throw error
  }
}

function answer(call: Call, world: World): Record<string, unknown> {
  const grantType = call.form.get('grant_type') ?? ''
  if (grantType === JWT_BEARER) return serviceAccountToken(call, world)
  const client = authenticateClient(call, world)
  if (grantType === 'authorization_code') return exchangeCode(call, client, world)
  if (grantType === 'refresh_token') return refresh(call, client, world)
  throw new TokenError('unsupported_grant_type', `Invalid grant_type: ${grantType}`)
}

function exchangeCode(call: Call, client: OAuthClient, world: World): Record<string, unknown> {
  const presented = requiredField(call, 'code')
  const redirectUri = requiredField(call, 'redirect_uri')
  if (!presented.startsWith('4/')) throw new TokenError('invalid_grant', 'Malformed auth code.')
  const code = world.grants.takeCode(presented)
  if (!code || code.clientId !== client.clientId) throw new TokenError('invalid_grant', 'Bad Request')
  if (code.redirectUri !== redirectUri) throw new TokenError('redirect_uri_mismatch', 'Bad Request')
  checkVerifier(code, call.form.get('code_verifier'))
  const person = personOf(code.person, world)
  const refreshToken = code.withRefreshToken ? issueRefreshToken(code, client, world) : undefined
  return tokenResponse({ ...code, call, world, client, person, refreshToken })
}

function checkVerifier({ challenge, challengeMethod }: AuthorizationCode, verifier: string | null): void {
  if (challenge === undefined) {
    if (verifier !== null) throw new TokenError('invalid_grant', 'code_verifier or verifier is not needed')
    return
  }
  if (verifier === null || verifier === '') throw new TokenError('invalid_grant', 'Missing code verifier.')
  const expected = challengeMethod === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier
  if (expected !== challenge) throw new TokenError('invalid_grant', 'Invalid code verifier.')
}

function issueRefreshToken(code: AuthorizationCode, client: OAuthClient, world: World): NewRefreshToken {
  const { id, publishingStatus } = world.project(client.project)
  const grant = { person: code.person, project: id, clientId: client.clientId, scopes: code.scopes }
  const { token, issuedAt, expiresAt } = world.grants.issueRefreshToken(grant, {
    testing: publishingStatus === 'testing',
  })
  return { token, expiresIn: expiresAt === null ? undefined : Math.floor((expiresAt - issuedAt) / 1000) }
}

function refresh(call: Call, client: OAuthClient, world: World): Record<string, unknown> {
  const known = world.grants.refreshToken(requiredField(call, 'refresh_token'))
  if (!known) throw new TokenError('invalid_grant', 'Bad Request')
  if (known.clientId !== client.clientId) throw new TokenError('unauthorized_client', 'Unauthorized', { status: 401 })
  if (!world.grants.isLive(known)) throw new TokenError('invalid_grant', 'Token has been expired or revoked.')
  const asked = call.form.get('scope')
  const scopes = asked ? parseScopes(asked) : known.scopes
  if (!scopes.every(scope => known.scopes.includes(scope))) {
    throw new TokenError('invalid_scope', 'Some requested scopes were not granted.')
  }
  world.grants.touch(known)
  const person = personOf(known.person, world)
  return tokenResponse({ call, world, client, person, scopes, offline: true, parent: known.token })
}

interface NewRefreshToken {
  token: string
  expiresIn: number | undefined
}

interface TokenParts {
  call: Call
  world: World
  client: OAuthClient
  person: Person
  scopes: string[]
  offline: boolean
  nonce?: string | undefined
  refreshToken?: NewRefreshToken | undefined
  parent?: string
}

function tokenResponse(parts: TokenParts): Record<string, unknown> {
  const { call, world, client, person, scopes, offline, nonce, refreshToken } = parts
  const access = world.grants.issueAccessToken({
    person: person.label,
    project: client.project,
    clientId: client.clientId,
    scopes,
    offline,
    refreshToken: refreshToken?.token ?? parts.parent,
  })
  const [key] = world.signingKeys
  if (!key) throw new Error('no signing key')
  return {
    access_token: access.token,
    expires_in: access.expiresIn,
    ...(refreshToken && { refresh_token: refreshToken.token }),
    scope: formatScopes(scopes),
    token_type: 'Bearer',
    ...(scopes.includes('openid') && {
      id_token: signIdToken({
        person,
        clientId: client.clientId,
        clientSecret: client.clientSecret,
        scopes,
        accessToken: access.token,
        nonce,
        key,
        nowMs: world.now(),
        defects: call.effects.idToken,
      }),
    }),
    ...(refreshToken?.expiresIn !== undefined && { refresh_token_expires_in: refreshToken.expiresIn }),
  }
}

function bent(response: Record<string, unknown>, call: Call): Record<string, unknown> {
  for (const { set, drop } of call.effects.tokenResponse ?? []) {
    Object.assign(response, set)
    for (const name of drop ?? []) delete response[name]
  }
  return response
}

function personOf(label: string, world: World): Person {
  const person = world.person(label)
  if (!person) throw new TokenError('invalid_grant', 'Account has been deleted')
  return person
}

function requiredField(call: Call, name: string): string {
  const value = call.form.get(name)
  if (!value) throw new TokenError('invalid_request', `Missing required parameter: ${name}`)
  return value
}
