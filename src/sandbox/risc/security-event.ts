import { createHash, randomUUID, sign } from 'node:crypto'
import type { RefreshToken } from '../oauth/grant-store.ts'
import type { SigningKey } from '../oauth/signing-keys.ts'
import type { Person } from '../scenario.ts'

/** The events Google sends (wire facts A.15), and the address each type begins with. */
export const securityEventTypes = {
  'sessions-revoked': 'risc/event-type/',
  'tokens-revoked': 'oauth/event-type/',
  'token-revoked': 'oauth/event-type/',
  'account-disabled': 'risc/event-type/',
  'account-enabled': 'risc/event-type/',
  'account-credential-change-required': 'risc/event-type/',
  verification: 'risc/event-type/',
} as const

export type SecurityEventType = keyof typeof securityEventTypes

export interface SecurityEventRequest {
  type: SecurityEventType
  person?: Person | undefined
  /** For `token-revoked`: which token, and how it is named. */
  refreshToken?: RefreshToken | undefined
  tokenBy?: 'prefix' | 'hash_base64_sha512_sha512' | undefined
  reason?: string | undefined
  state?: string | undefined
  clientIds: string[]
  key: SigningKey
  nowMs: number
  /** Claims to put in the place of the right ones; undefined leaves one out. */
  claims?: Record<string, unknown> | undefined
}

/** A signed security event token as Google sends it: no `exp`, and an issuer that ends with a slash. */
export function signSecurityEvent(request: SecurityEventRequest): string {
  const { type, key, nowMs } = request
  const header = { alg: 'RS256', kid: key.kid, typ: 'secevent+jwt' }
  const claims = {
    iss: 'https://accounts.google.com/',
    aud: request.clientIds,
    iat: Math.floor(nowMs / 1000),
    jti: randomUUID(),
    events: { [`https://schemas.openid.net/secevent/${securityEventTypes[type]}${type}`]: body(request) },
    ...request.claims,
  }
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), key.privateKey).toString('base64url')}`
}

function body(request: SecurityEventRequest): object {
  const { type, person, refreshToken, reason, state } = request
  if (type === 'verification') return { state }
  if (type === 'token-revoked' && refreshToken) return { subject: tokenSubject(refreshToken, request.tokenBy) }
  return {
    subject: { subject_type: 'iss-sub', iss: 'https://accounts.google.com/', sub: person?.sub },
    ...(reason !== undefined && { reason }),
  }
}

function tokenSubject(
  { token }: RefreshToken,
  by: SecurityEventRequest['tokenBy'] = 'hash_base64_sha512_sha512',
): object {
  const sha512 = (data: string | Buffer) => createHash('sha512').update(data).digest()
  return {
    subject_type: 'oauth_token',
    token_type: 'refresh_token',
    token_identifier_alg: by,
    token: by === 'prefix' ? token.slice(0, 16) : sha512(sha512(token)).toString('base64'),
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
