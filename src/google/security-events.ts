import { compactVerify } from 'jose'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { GoogleEndpoints } from './endpoints.ts'
import type { Http } from './http.ts'
import { keysMissing, remoteKeys } from './jwks.ts'

/** What Google tells about a person's account (Cross-Account Protection; google-wire-facts A.15). */
export interface SecurityEvent {
  /** The last part of Google's event type, e.g. `tokens-revoked`; one we do not know is kept as it is. */
  type: string
  /** Whose account; null where the event names a token only, or nobody. */
  sub: string | null
  /** The refresh token an event speaks of, as far as it names it. */
  token: { by: 'prefix' | 'double_hash'; value: string } | null
  reason: string | null
}

export interface SecurityEventToken {
  /** Unique for each token; seen a second time it is a repetition. */
  jti: string
  events: SecurityEvent[]
}

/** Throws AppError `security_event_invalid`, or `google_unreachable` when Google's keys cannot be had. */
export type VerifySecurityEvent = (token: string) => Promise<SecurityEventToken>

/** Google's configuration document says so itself; its address is fixed, its content is asked once a day. */
const configurationUrl = 'https://accounts.google.com/.well-known/risc-configuration'
const configurationLifeMs = 24 * 3600 * 1000
const configurationRetryMs = 10_000

const configuration = z.object({ issuer: z.string().min(1), jwks_uri: z.string().startsWith('https://') })

const subject = z
  .object({
    sub: z.string().max(255).optional(),
    token_identifier_alg: z.string().optional(),
    token: z.string().max(2048).optional(),
  })
  .optional()

const claims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  iat: z.number(),
  jti: z.string().min(1).max(255),
  events: z.record(z.string(), z.object({ subject, reason: z.string().max(100).optional() })),
})

/**
 * Verifies a security event token (RFC 8417, RFC 8935): signature by Google's published keys, the issuer of the
 * configuration document (with its trailing slash), an audience of ours, not from the future. There is no `exp`: Google
 * sends none, and says not to look for it.
 */
export function createSecurityEventVerifier(
  clientId: string,
  http: Http,
  endpoints: GoogleEndpoints,
  now: () => Date,
): VerifySecurityEvent {
  type Source = { issuer: string; keys: ReturnType<typeof remoteKeys> }
  let known: { source: Promise<Source>; until: number } | null = null

  async function readSource(): Promise<Source> {
    const url = endpoints.url(configurationUrl)
    const answer = await http({ url, method: 'GET', timeoutMs: 10_000, maxBytes: 65_536 })
    const { issuer, jwks_uri } = configuration.parse(JSON.parse(answer.text))
    // Anybody can post here: an unknown key id asks Google again once in five minutes at most.
    return { issuer, keys: remoteKeys(http, endpoints.url(jwks_uri), 300_000) }
  }

  function source(): Promise<Source> {
    if (known && known.until > now().getTime()) return known.source
    const fresh = { source: readSource(), until: now().getTime() + configurationLifeMs }
    known = fresh
    // Anybody can post here: a document that cannot be had is asked for again in ten seconds, not at each post.
    fresh.source.catch(() => {
      fresh.until = now().getTime() + configurationRetryMs
    })
    return fresh.source
  }

  return async token => {
    let google: Source
    try {
      google = await source()
    } catch (cause) {
      throw new AppError('google_unreachable', { cause })
    }
    try {
      const { payload } = await compactVerify(token, google.keys, { algorithms: ['RS256'] })
      const { iss, aud, iat, jti, events } = claims.parse(JSON.parse(new TextDecoder().decode(payload)))
      requireClaim(iss === google.issuer, 'iss')
      requireClaim([aud].flat().includes(clientId), 'aud')
      requireClaim(iat * 1000 <= now().getTime() + 60_000, 'iat')
      return { jti, events: Object.entries(events).map(toEvent) }
    } catch (error) {
      if (keysMissing(error)) throw new AppError('google_unreachable', { cause: error })
      throw error instanceof AppError ? error : new AppError('security_event_invalid', { cause: error })
    }
  }
}

function toEvent([type, { subject: about, reason }]: [
  string,
  z.infer<typeof claims>['events'][string],
]): SecurityEvent {
  return {
    type: type.slice(type.lastIndexOf('/') + 1),
    sub: about?.sub ?? null,
    token: tokenOf(about?.token_identifier_alg, about?.token),
    reason: reason ?? null,
  }
}

function tokenOf(algorithm: string | undefined, value: string | undefined): SecurityEvent['token'] {
  if (value === undefined) return null
  if (algorithm === 'prefix') return { by: 'prefix', value }
  // Any spelling of base64 is the same hash.
  const hash = Buffer.from(value, 'base64').toString('base64')
  return algorithm === 'hash_base64_sha512_sha512' ? { by: 'double_hash', value: hash } : null
}

function requireClaim(holds: boolean, claim: string): void {
  if (!holds) throw new AppError('security_event_invalid', { params: { claim } })
}
