import { setTimeout as delay } from 'node:timers/promises'
import type { ZodType } from 'zod'
import { type CustomerId, parseCustomerId } from '../customer-id.ts'
import { AppError } from '../errors.ts'
import { readRows } from './ads-answer.ts'
import {
  type AdsTarget,
  adsError,
  errorObject,
  hasAdsFailure,
  longestShortDelay,
  unexpectedAnswer,
} from './ads-errors.ts'
import { accessibleCustomers } from './ads-queries.ts'
import { createTurns } from './ads-turns.ts'
import type { GoogleEndpoints } from './endpoints.ts'
import { type Http, type HttpAnswer, HttpError, unreachable } from './http.ts'
import { withoutSecrets } from './without-secrets.ts'

/**
 * Gives a live access token. Called with the token Google just rejected, it must give another one (or throw what
 * became of the credential).
 */
export type AccessTokenSource = (rejected?: string) => Promise<string>

/** One exchange with Google, for the log: no token, no query, no row. */
export interface AdsCall {
  operation: 'listAccessibleCustomers' | 'searchStream'
  customerId: CustomerId | null
  loginCustomerId: CustomerId | null
  /** HTTP status; null when no answer arrived. */
  status: number | null
  requestId: string | null
  ms: number
  /** 1 for the first try. A repeat with a fresh token counts as an attempt of its own here. */
  attempt: number
}

export interface AdsSearch<T> {
  token: AccessTokenSource
  customerId: CustomerId
  /** The account through which access runs; null lets Google take `customerId` itself. */
  loginCustomerId: CustomerId | null
  query: string
  row: ZodType<T>
  /** How long one exchange may take; a minute when left out. */
  timeoutMs?: number
  /** Gives up waiting and repeating; rejects with `unavailable`. */
  signal?: AbortSignal
}

/**
 * The Google Ads REST API as far as we use it. Everything it does only reads, so repeating is always safe; it
 * repeats after broken connections, 5xx and short rate limits, three attempts in all, never after a timeout. Rejects with AppError, or as the
 * token source does.
 */
export interface GoogleAds {
  /** Accounts the person was invited to directly, cancelled ones included, ascending. `ads_not_ads_user` without any. */
  listAccessibleCustomers(token: AccessTokenSource): Promise<CustomerId[]>
  /** All rows of a query, checked by `row`. */
  search<T>(request: AdsSearch<T>): Promise<T[]>
}

export interface GoogleAdsOptions {
  http: Http
  endpoints: GoogleEndpoints
  /** `v25` */
  apiVersion: string
  /** Sent when set; Google ignores it since 2026-09-09 (google-wire-facts 0.2). */
  developerToken: string | null
  /** Calls under way at once, over all users of this client. */
  concurrency?: number
  onCall?: (call: AdsCall) => void
  /** Waits before a repeat, in milliseconds; a test may shorten it. */
  pause?: (ms: number) => Promise<void>
}

const streamMs = 60_000
const listMs = 15_000
const maxBytes = 256 * 1024 * 1024
const attempts = 3

interface Exchange extends AdsTarget {
  operation: AdsCall['operation']
  token: AccessTokenSource
  method: 'GET' | 'POST'
  url: string
  body?: string
  timeoutMs: number
  signal: AbortSignal | undefined
}

type Outcome =
  | { answer: HttpAnswer; body: unknown }
  /** `repeatAfterMs` is null where a repeat cannot help; `rejectedToken` is set where a fresh token may. */
  | { error: AppError; repeatAfterMs: number | null; rejectedToken?: string }

export function createGoogleAds(options: GoogleAdsOptions): GoogleAds {
  const turns = createTurns(options.concurrency ?? 64)
  const pause = options.pause ?? (ms => delay(ms))
  const base = options.endpoints.url(`https://googleads.googleapis.com/${options.apiVersion}`)

  return {
    async listAccessibleCustomers(token) {
      const target = { customerId: null, loginCustomerId: null }
      const url = `${base}/customers:listAccessibleCustomers`
      const { answer, body } = await call({
        ...target,
        operation: 'listAccessibleCustomers',
        token,
        method: 'GET',
        url,
        timeoutMs: listMs,
        signal: undefined,
      })
      const read = accessibleCustomers.safeParse(body)
      if (!read.success) throw unexpectedAnswer(answer, target)
      return read.data
    },

    /*
     * searchStream rather than search: one exchange brings all rows (search needs a serial round trip for every
     * 10,000), there is no page token that could expire between two, and both cost one operation.
     */
    async search({ token, query, row, signal, timeoutMs = streamMs, ...ids }) {
      const target = { customerId: tenDigits(ids.customerId), loginCustomerId: loginDigits(ids.loginCustomerId) }
      const { answer, body } = await call({
        ...target,
        operation: 'searchStream',
        token,
        method: 'POST',
        url: `${base}/customers/${target.customerId}/googleAds:searchStream`,
        body: JSON.stringify({ query }),
        timeoutMs,
        signal,
      })
      const rows = await readRows(body, row)
      if (!rows) throw unexpectedAnswer(answer, target)
      return rows
    },
  }

  async function call(request: Exchange): Promise<{ answer: HttpAnswer; body: unknown }> {
    let rejectedToken: string | undefined
    let sent = 0
    for (let attempt = 1; ; attempt++) {
      const outcome = await unlessAborted(
        turns.run(() => exchange(request, rejectedToken, ++sent)),
        request.signal,
      )
      if ('body' in outcome) return outcome
      if (outcome.rejectedToken !== undefined && rejectedToken === undefined) {
        rejectedToken = outcome.rejectedToken
        attempt--
        continue
      }
      if (outcome.repeatAfterMs === null || attempt >= attempts) throw outcome.error
      await unlessAborted(pause(outcome.repeatAfterMs + jitterMs(attempt)), request.signal)
    }
  }

  async function exchange(request: Exchange, rejectedToken: string | undefined, attempt: number): Promise<Outcome> {
    request.signal?.throwIfAborted()
    const token = await request.token(rejectedToken)
    const started = performance.now()
    let answer: HttpAnswer
    try {
      answer = await options.http({
        url: request.url,
        method: request.method,
        headers: headersOf(request, token),
        ...(request.body !== undefined && { body: request.body }),
        timeoutMs: request.timeoutMs,
        maxBytes,
      })
    } catch (error) {
      report(request, null, started, attempt)
      return noAnswer(error, request)
    }
    report(request, answer, started, attempt)
    return judge(answer, request, token)
  }

  function headersOf(request: Exchange, token: string): Record<string, string> {
    return {
      authorization: `Bearer ${token}`,
      ...(request.body !== undefined && { 'content-type': 'application/json' }),
      ...(request.loginCustomerId && { 'login-customer-id': request.loginCustomerId }),
      ...(options.developerToken && { 'developer-token': options.developerToken }),
    }
  }

  function judge(answer: HttpAnswer, request: Exchange, token: string): Outcome {
    const body = parseJson(answer.text)
    const ok = answer.status >= 200 && answer.status < 300
    // A stream that broke off says so in its last element, under status 200.
    if (ok && !errorObject(body)) {
      if (body === undefined) return { error: clean(unexpectedAnswer(answer, request), token), repeatAfterMs: null }
      return { answer, body }
    }
    const error = clean(adsError({ ...answer, body }, request), token)
    return {
      error,
      repeatAfterMs: repeatAfterMs(error),
      ...(error.google?.status === 401 && isAboutToken(error, body) && { rejectedToken: token }),
    }
  }

  /** Google has quoted the developer token in its messages (googleads/google-ads-python#126). */
  function clean(error: AppError, token: string): AppError {
    if (!error.google) return error
    return new AppError(error.code, {
      params: error.params,
      google: withoutSecrets(error.google, [token, options.developerToken ?? '']),
      retryAfterSeconds: error.retryAfterSeconds,
    })
  }

  function report(request: Exchange, answer: HttpAnswer | null, started: number, attempt: number): void {
    options.onCall?.({
      operation: request.operation,
      customerId: request.customerId,
      loginCustomerId: request.loginCustomerId,
      status: answer?.status ?? null,
      requestId: withoutSecrets(answer?.headers.get('request-id') ?? null, [options.developerToken ?? '']),
      ms: Math.round(performance.now() - started),
      attempt,
    })
  }
}

/**
 * A 401 with a GoogleAdsFailure is about the person, unless it names the token: then a fresh one may do, and if not, the
 * token endpoint says why.
 */
function isAboutToken(error: AppError, body: unknown): boolean {
  return error.code === 'ads_token_rejected' || !hasAdsFailure(body)
}

/** Milliseconds to wait before a repeat; null where it cannot help, or not soon. */
function repeatAfterMs(error: AppError): number | null {
  const delaySeconds = error.retryAfterSeconds ?? 0
  const passing =
    error.google?.status === 429
      ? error.code === 'ads_rate_limited' || error.code === 'ads_quota_exhausted'
      : [500, 502, 503, 504].includes(error.google?.status ?? 0) && error.code === 'ads_unavailable'
  return passing && delaySeconds <= longestShortDelay ? delaySeconds * 1000 : null
}

/** Full jitter: anywhere up to half a second, then a second. */
function jitterMs(attempt: number): number {
  return Math.random() * 250 * 2 ** attempt
}

function noAnswer(error: unknown, target: AdsTarget): Outcome {
  const params = {
    ...(target.customerId && { customerId: target.customerId }),
    ...(target.loginCustomerId && { loginCustomerId: target.loginCustomerId }),
  }
  const failure = error instanceof HttpError ? error.failure : null
  switch (failure) {
    case 'unreachable':
      return { error: new AppError('google_unreachable', { params, cause: error }), repeatAfterMs: 0 }
    case 'silent':
    case 'timeout':
      // Whoever waits has waited long enough.
      return { error: unreachable(error, params), repeatAfterMs: null }
    case 'cut_off':
      return { error: new AppError('ads_unexpected_answer', { params, cause: error }), repeatAfterMs: 0 }
    case 'too_large':
    case 'redirect_refused':
      return { error: new AppError('ads_unexpected_answer', { params, cause: error }), repeatAfterMs: null }
    default:
      return { error: new AppError('internal', { params, cause: error }), repeatAfterMs: null }
  }
}

/** Undefined for anything that is no JSON: Google also answers HTML, and answers break off. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function tenDigits(customerId: string): CustomerId {
  const digits = parseCustomerId(customerId)
  if (!digits) throw new AppError('invalid_customer_id')
  return digits
}

function loginDigits(customerId: string | null): CustomerId | null {
  return customerId === null ? null : tenDigits(customerId)
}

/** The promise, or `unavailable` as soon as the signal fires; what is on the wire then ends by itself. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const stop = () => reject(new AppError('unavailable', { cause: signal.reason }))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
