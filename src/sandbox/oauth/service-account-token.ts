import { createPublicKey, verify } from 'node:crypto'
import type { Call } from '../http/call.ts'
import type { Person } from '../scenario.ts'
import type { World } from '../world.ts'
import { isKnownScope, parseScopes } from './scopes.ts'
import { TokenError } from './token-errors.ts'

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

const SHORT_LIVED =
  'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.'
const NO_DELEGATION =
  'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.'
const CLOCK_SKEW_S = 300

/** The JWT grant for service accounts (RFC 7523; errors of wire facts A.14). Throws TokenError. */
export function serviceAccountToken(call: Call, world: World): Record<string, unknown> {
  const assertion = call.form.get('assertion')
  if (!assertion) throw new TokenError('invalid_request', 'Missing required parameter: assertion')
  const { header, claims, signed, signature } = decode(assertion)
  const account = typeof claims.iss === 'string' ? world.person(claims.iss) : undefined
  if (account?.kind !== 'service_account' || account.email !== claims.iss) {
    throw new TokenError('invalid_grant', 'Invalid grant: account not found')
  }
  if (header.alg !== 'RS256' || !isSigned(signed, signature, account, world)) {
    throw new TokenError('invalid_grant', 'Invalid JWT Signature.')
  }
  checkClaims(claims, call, world)
  const scopes = typeof claims.scope === 'string' ? parseScopes(claims.scope) : []
  if (scopes.length === 0 || !scopes.every(isKnownScope)) {
    throw new TokenError('invalid_scope', 'Invalid OAuth scope or ID token audience provided.')
  }
  if (claims.sub !== undefined && claims.sub !== account.email) {
    throw new TokenError('unauthorized_client', NO_DELEGATION, { status: 401 })
  }
  const project = account.project ?? world.projects[0]?.id ?? ''
  const access = world.grants.issueAccessToken({
    person: account.label,
    project,
    clientId: account.sub,
    scopes,
    offline: false,
  })
  return { access_token: access.token, expires_in: access.expiresIn, token_type: 'Bearer' }
}

function decode(assertion: string) {
  const [header = '', payload = '', signature = '', ...rest] = assertion.split('.')
  try {
    if (rest.length > 0) throw new SyntaxError('too many parts')
    return {
      header: JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Record<string, unknown>,
      claims: JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>,
      signed: `${header}.${payload}`,
      signature: Buffer.from(signature, 'base64url'),
    }
  } catch {
    throw new TokenError('invalid_grant', 'Invalid JWT: Failed to parse the assertion.')
  }
}

function isSigned(signed: string, signature: Buffer, account: Person, world: World): boolean {
  const publicKey = createPublicKey(world.serviceAccountKey(account).privateKey)
  return verify('sha256', Buffer.from(signed), publicKey, signature)
}

function checkClaims({ iat, exp, aud }: Record<string, unknown>, call: Call, world: World): void {
  if (typeof iat !== 'number') throw new TokenError('invalid_grant', 'Invalid JWT: iat (issued at) is not set.')
  const now = world.now() / 1000
  const reasonable = typeof exp === 'number' && exp > now && exp <= iat + 3600 && iat <= now + CLOCK_SKEW_S && exp > iat
  if (!reasonable) throw new TokenError('invalid_grant', SHORT_LIVED)
  const audiences = [
    'https://oauth2.googleapis.com/token',
    'https://accounts.google.com/o/oauth2/token',
    'https://www.googleapis.com/oauth2/v4/token',
  ]
  const own = `${call.origin}/oauth2.googleapis.com/token`
  if (typeof aud !== 'string' || ![...audiences, own].includes(aud)) {
    throw new TokenError('invalid_grant', 'Invalid JWT: Failed audience check.')
  }
}
