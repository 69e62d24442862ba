import { createHash } from 'node:crypto'
import { decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import { AppError } from '../errors.ts'
import type { GoogleEndpoints } from './endpoints.ts'
import type { Http } from './http.ts'
import { keysMissing, remoteKeys } from './jwks.ts'

/** Who signed in at Google, from a verified ID token. */
export interface Identity {
  /** Google's stable id of the person; the only key. At most 255 ASCII characters. */
  sub: string
  email: string
  emailVerified: boolean
  name: string | null
  picture: string | null
  /** The `hd` claim: the Workspace domain the account belongs to; null for consumer accounts. */
  hostedDomain: string | null
}

export interface IdTokenCheck {
  idToken: string
  nonce: string
  /** Compared with `at_hash` when the token has one. */
  accessToken: string
}

export type VerifyIdToken = (check: IdTokenCheck) => Promise<Identity>

/** Both forms Google uses, and no other. */
export const issuers = ['https://accounts.google.com', 'accounts.google.com']

/**
 * Verifies Google's ID tokens: signature by the published keys (fetched once for all concurrent sign-ins, again when a
 * new key appears), iss, aud, azp, exp, iat, nonce, at_hash, sub (OpenID Connect Core 3.1.3.7 and
 * developers.google.com/identity/openid-connect). Throws AppError `oauth_id_token_invalid`, or `google_unreachable`
 * when the keys cannot be had.
 */
export function createIdTokenVerifier(clientId: string, http: Http, endpoints: GoogleEndpoints): VerifyIdToken {
  // An unknown key id comes only from Google itself, over TLS, once for each exchanged code: look at once.
  const keys = remoteKeys(http, endpoints.url('https://www.googleapis.com/oauth2/v3/certs'), 0)
  return async ({ idToken, nonce, accessToken }) => {
    try {
      const { payload } = await jwtVerify(idToken, keys, {
        issuer: issuers,
        audience: clientId,
        algorithms: ['RS256'],
        clockTolerance: 60,
        maxTokenAge: 3600,
        requiredClaims: ['sub', 'exp', 'iat', 'nonce', 'email'],
      })
      return toIdentity(payload, { clientId, nonce, accessToken })
    } catch (error) {
      throw classify(error)
    }
  }
}

function toIdentity(claims: JWTPayload, expected: { clientId: string; nonce: string; accessToken: string }): Identity {
  const { sub, aud, azp, nonce, at_hash, email, email_verified, name, picture, hd } = claims
  requireClaim(typeof sub === 'string' && /^[!-~]{1,255}$/.test(sub), 'sub')
  requireClaim(aud === expected.clientId || (Array.isArray(aud) && aud.length === 1), 'aud')
  requireClaim(azp === undefined || azp === expected.clientId, 'azp')
  requireClaim(nonce === expected.nonce, 'nonce')
  requireClaim(at_hash === undefined || at_hash === accessTokenHash(expected.accessToken), 'at_hash')
  requireClaim(typeof email === 'string' && email !== '', 'email')
  return {
    sub: sub as string,
    email: email as string,
    emailVerified: email_verified === true,
    name: typeof name === 'string' ? name : null,
    picture: typeof picture === 'string' ? picture : null,
    hostedDomain: typeof hd === 'string' ? hd : null,
  }
}

/** Throws AppError `oauth_id_token_invalid`, naming the claim. */
export function requireClaim(holds: boolean, claim: string): void {
  if (!holds) throw new AppError('oauth_id_token_invalid', { params: { claim } })
}

/** OpenID Connect Core 3.1.3.6: the left half of the SHA-256 of the access token. */
function accessTokenHash(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
}

/** The claims of an ID token whose signature is not checked. Throws AppError `oauth_id_token_invalid`. */
export function decodeIdToken(idToken: string): JWTPayload {
  try {
    return decodeJwt(idToken)
  } catch (cause) {
    throw new AppError('oauth_id_token_invalid', { params: { claim: 'id_token' }, cause })
  }
}

function classify(error: unknown): AppError {
  if (error instanceof AppError) return error
  return new AppError(keysMissing(error) ? 'google_unreachable' : 'oauth_id_token_invalid', { cause: error })
}
