import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { CodeChallengeMethod, type Credentials, OAuth2Client } from 'google-auth-library'
import { z } from 'zod'
import type { Now } from '../clock.ts'
import type { OAuthClient } from '../config.ts'
import { AppError, type ErrorCode, type GoogleDetail } from '../errors.ts'
import type { GoogleEndpoints } from './endpoints.ts'
import { backOffMs, type Http, HttpError, unreachable } from './http.ts'
import { createIdTokenVerifier, decodeIdToken, issuers, requireClaim, type VerifyIdToken } from './id-token.ts'
import { OAuthAnswerError, OAuthTransport, postForm, postRevocation } from './oauth-transport.ts'
import { type ServiceAccountKey, signAssertion } from './service-account.ts'

export const adwordsScope = 'https://www.googleapis.com/auth/adwords'
export const signInScopes = ['openid', 'email', 'profile']
export const issuer = 'https://accounts.google.com'

export interface AuthorizationRequest {
  scopes: string[]
  state: string
  nonce: string
  /** base64url(SHA-256(verifier)), RFC 7636 4.2. */
  codeChallenge: string
  /** Ask for a refresh token: access_type=offline, prompt=consent, include_granted_scopes. */
  offline: boolean
  /** E-mail or sub of the account to suggest; null lets the person choose. */
  loginHint: string | null
}

/** What Google gave for a code. Scopes are a set: Google reorders and expands what was asked. */
export interface Grant {
  accessToken: string
  accessTokenExpiresAt: Date
  refreshToken: string | null
  /** Named for time-limited consent and for apps in Testing; null when Google named no end. */
  refreshTokenExpiresAt: Date | null
  scopes: ReadonlySet<string>
  idToken: string | null
}

export interface RefreshedToken {
  accessToken: string
  expiresAt: Date
  /** A replacement, should Google ever rotate; normally null. */
  refreshToken: string | null
  /** When the refresh token itself ends, where Google said so. */
  refreshTokenExpiresAt: Date | null
  /** Empty where Google did not repeat them. */
  scopes: ReadonlySet<string>
  /** The `sub` of the ID token in the same answer (OpenID Connect Core 12.2); null if there is none. */
  sub: string | null
}

/** Whose access token it is, by Google's userinfo endpoint (OpenID Connect Core 5.3). */
export interface Profile {
  sub: string
  /** Null where Google does not vouch for it. */
  email: string | null
  name: string | null
  picture: string | null
}

export interface ClientKeys {
  clientId: string
  clientSecret: string
}

export interface GoogleOAuth {
  authorizationUrl(request: AuthorizationRequest): string
  /** One attempt, whatever happens: a code can be used once. */
  exchangeCode(code: string, codeVerifier: string): Promise<Grant>
  verifyIdToken: VerifyIdToken
  /**
   * Up to three attempts within twelve seconds while Google is unreachable; never repeats a refusal. `foreign` is the
   * OAuth client the token belongs to, where that is not ours.
   */
  refresh(refreshToken: string, foreign?: ClientKeys | null): Promise<RefreshedToken>
  /** An access token for a service account, by its signature; repeated like a refresh. */
  serviceAccountToken(key: ServiceAccountKey): Promise<RefreshedToken>
  /** Withdraws the whole grant behind a token. Resolves also when Google says it is already gone (RFC 7009 2.2). */
  revoke(token: string): Promise<void>
  /** Null for a token that was not granted for a profile, and where it cannot be told. */
  profileOf(accessToken: string): Promise<Profile | null>
}

export interface GoogleOAuthOptions {
  client: OAuthClient
  redirectUri: string
  http: Http
  endpoints: GoogleEndpoints
  now: Now
  /** Waits before a repeat, in milliseconds; a test may shorten it. */
  pause?: (ms: number) => Promise<void>
}

/** All attempts of one refresh together; the lease on the row (connections/leases.ts) is longer. */
const refreshMs = 12_000

const tokenAnswer = z.object({
  access_token: z.string().min(1).max(4096),
  /** Absent when Google left `expires_in` out (RFC 6749 5.1 only recommends it): an hour, as Google's last. */
  expiry_date: z.number().catch(() => Date.now() + 3_600_000),
  scope: z.string().optional().catch(undefined),
  refresh_token: z.string().min(1).max(2048).optional().catch(undefined),
  refresh_token_expires_in: z.coerce.number().positive().optional().catch(undefined),
  id_token: z.string().optional().catch(undefined),
})

/** Google's authorization server as this application uses it (RFC 6749, 7636, 7009; google-wire-facts section A). */
export function createGoogleOAuth(options: GoogleOAuthOptions): GoogleOAuth {
  const { client, redirectUri, http, endpoints, now, pause = ms => delay(ms) } = options
  const library = (timeoutMs = 10_000, { clientId, clientSecret }: ClientKeys = client) =>
    new Client({
      clientId,
      clientSecret,
      redirectUri,
      transporter: new OAuthTransport(http, Math.min(timeoutMs, 10_000)),
      endpoints: {
        oauth2AuthBaseUrl: endpoints.url('https://accounts.google.com/o/oauth2/v2/auth'),
        oauth2TokenUrl: endpoints.url('https://oauth2.googleapis.com/token'),
      },
    })

  /** The library turns `expires_in` into a date by the system's clock; ours may be another. */
  const endOf = ({ expiry_date }: { expiry_date: number }) => new Date(now().getTime() + expiry_date - Date.now())

  const endOfRefreshToken = ({
    refresh_token_expires_in: seconds,
  }: {
    refresh_token_expires_in?: number | undefined
  }) => (seconds === undefined ? null : new Date(now().getTime() + seconds * 1000))

  /**
   * Asks up to three times within twelve seconds while Google is unreachable, and no sooner than Google says; a refusal is
   * final.
   */
  async function repeated(
    ask: (timeoutMs: number) => Promise<Credentials>,
    { clientId }: ClientKeys = client,
  ): Promise<RefreshedToken> {
    const deadline = Date.now() + refreshMs
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = parseTokens(await ask(Math.min(deadline - Date.now(), 10_000)))
        return {
          accessToken: answer.access_token,
          expiresAt: endOf(answer),
          refreshToken: answer.refresh_token ?? null,
          refreshTokenExpiresAt: endOfRefreshToken(answer),
          scopes: scopesOf(answer),
          sub: refreshedSub(answer, clientId),
        }
      } catch (error) {
        const failure = classify(error, { invalid_grant: 'needs_reconnect', admin_policy_enforced: 'needs_reconnect' })
        const silent = error instanceof HttpError && error.failure === 'silent'
        const pauseMs = Math.max(backOffMs(attempt, 2_000), (failure.retryAfterSeconds ?? 0) * 1_000)
        const giveUp = silent || attempt === 3 || Date.now() + pauseMs > deadline - 1_000
        if (failure.code !== 'google_unreachable' || giveUp) throw failure
        await pause(pauseMs)
      }
    }
  }

  return {
    verifyIdToken: createIdTokenVerifier(client.clientId, http, endpoints),

    authorizationUrl({ scopes, state, nonce, codeChallenge, offline, loginHint }) {
      return library().generateAuthUrl({
        scope: scopes,
        state,
        nonce,
        code_challenge: codeChallenge,
        code_challenge_method: CodeChallengeMethod.S256,
        ...(loginHint === null && { prompt: 'select_account' }),
        ...(loginHint !== null && { login_hint: loginHint }),
        ...(offline && {
          access_type: 'offline',
          include_granted_scopes: true,
          prompt: loginHint === null ? 'consent select_account' : 'consent',
        }),
      })
    },

    async exchangeCode(code, codeVerifier) {
      const answer = await library()
        .getToken({ code, codeVerifier })
        .then(result => parseTokens(result.tokens))
        .catch(error => {
          throw classify(error, { invalid_grant: 'oauth_code_rejected' })
        })
      return {
        accessToken: answer.access_token,
        accessTokenExpiresAt: endOf(answer),
        refreshToken: answer.refresh_token ?? null,
        refreshTokenExpiresAt: endOfRefreshToken(answer),
        scopes: scopesOf(answer),
        idToken: answer.id_token ?? null,
      }
    },

    refresh: (refreshToken, foreign) =>
      repeated(
        async timeoutMs => (await library(timeoutMs, foreign ?? client).redeem(refreshToken)).tokens,
        foreign ?? client,
      ),

    serviceAccountToken: key =>
      repeated(async timeoutMs => {
        const assertion = await signAssertion(key, adwordsScope, now())
        const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
        const form = new URLSearchParams({ grant_type: grantType, assertion })
        const url = endpoints.url('https://oauth2.googleapis.com/token')
        const { expires_in, ...answer } = await postForm(http, url, form, timeoutMs)
        return { ...answer, expiry_date: Date.now() + Number(expires_in) * 1000 }
      }),

    async revoke(token) {
      try {
        await postRevocation(http, endpoints.url('https://oauth2.googleapis.com/revoke'), token)
      } catch (error) {
        if (error instanceof OAuthAnswerError && error.error === 'invalid_token') return
        throw classify(error, {})
      }
    },

    async profileOf(accessToken) {
      try {
        const answer = await http({
          url: endpoints.url('https://openidconnect.googleapis.com/v1/userinfo'),
          method: 'GET',
          headers: { authorization: `Bearer ${accessToken}` },
          timeoutMs: 10_000,
          maxBytes: 65_536,
        })
        const { email, email_verified, ...profile } = userinfo.parse(JSON.parse(answer.text))
        return { ...profile, email: email_verified ? email : null }
      } catch {
        // Not knowing whose it is has one consequence, whatever the cause: the token is left alone.
        return null
      }
    },
  }
}

const userinfo = z.object({
  sub: z.string().min(1).max(255),
  email: z.string().max(320).nullable().catch(null),
  email_verified: z.union([z.boolean(), z.literal('true').transform(() => true)]).catch(false),
  name: z.string().max(500).nullable().catch(null),
  picture: z.string().max(2048).nullable().catch(null),
})

function scopesOf({ scope }: { scope?: string | undefined }): ReadonlySet<string> {
  return new Set((scope ?? '').split(' ').filter(each => each !== ''))
}

/**
 * Whose token was refreshed, if Google says so. The ID token came from the token endpoint over TLS, so its signature
 * needs no check (OpenID Connect Core 3.1.3.7). Issuer and audience must match those of the first ID token (12.2).
 */
function refreshedSub({ id_token }: { id_token?: string | undefined }, clientId: string): string | null {
  if (id_token === undefined) return null
  const { iss, aud, sub } = decodeIdToken(id_token)
  requireClaim(issuers.includes(iss ?? ''), 'iss')
  requireClaim(aud === clientId, 'aud')
  requireClaim(sub !== undefined, 'sub')
  return sub ?? null
}

/** RFC 7636 4.2, S256. */
export function codeChallenge(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

class Client extends OAuth2Client {
  /** The library's public refresh discards a replaced refresh token; the one beneath it does not. */
  redeem(refreshToken: string) {
    return this.refreshTokenNoCache(refreshToken)
  }
}

function parseTokens(tokens: Credentials) {
  const parsed = tokenAnswer.safeParse(tokens)
  if (!parsed.success) throw new OAuthAnswerError(200, null)
  return parsed.data
}

/**
 * Turns a failed OAuth call into our error. A secret of ours that Google rejects (`invalid_client`, and
 * `unauthorized_client`, which a changed client id causes) is our fault and says nothing about the connection.
 */
function classify(error: unknown, codes: Partial<Record<string, ErrorCode>>): AppError {
  if (error instanceof AppError) return error
  if (error instanceof HttpError) return unreachable(error)
  if (!(error instanceof OAuthAnswerError)) return new AppError('internal', { cause: error })
  const google: GoogleDetail = {
    code: error.error,
    message: error.description ?? error.error ?? 'Google answered with something other than the documented form.',
    requestId: null,
    status: error.status,
  }
  const params = error.subtype === null ? {} : { subtype: error.subtype }
  const { retryAfterSeconds } = error
  return new AppError(codeFor(error, codes), {
    google,
    params,
    cause: error,
    retryAfterSeconds,
  })
}

function codeFor(
  { status, error, description }: OAuthAnswerError,
  codes: Partial<Record<string, ErrorCode>>,
): ErrorCode {
  if (status >= 500 || status === 429 || status === 408 || error === null) return 'google_unreachable'
  if (['invalid_client', 'unauthorized_client', 'deleted_client', 'redirect_uri_mismatch'].includes(error)) {
    return 'oauth_client_rejected'
  }
  // What a service account signs carries our time (google-wire-facts A.14).
  if (error === 'invalid_grant' && /reasonable timeframe/i.test(description ?? '')) return 'clock_wrong'
  return codes[error] ?? 'oauth_refused'
}
