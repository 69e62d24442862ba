import type { CustomerId } from '../customer-id.ts'
import { AppError, type ErrorCode, isAppError } from '../errors.ts'
import { isRetryableCode, meaningOf, meaningOfStatus } from './ads-error-codes.ts'
import { retryAfterSeconds } from './http.ts'

/** What was asked, for the sentence people read. */
export interface AdsTarget {
  customerId: CustomerId | null
  loginCustomerId: CustomerId | null
}

/** An answer of Google's that is no success. `body` is the parsed JSON, undefined when it was no JSON. */
export interface AdsRefusal {
  status: number
  headers: Headers
  body: unknown
}

/** A failure as it is kept beside the account it befell. */
export interface AdsProblem {
  /** Google's own errorCode name where it gave one, else one of ErrorCode. */
  code: string
  message: string
  requestId: string | null
}

/** A delay up to this many seconds is a matter of rate and worth waiting for; a longer one is a spent quota. */
export const longestShortDelay = 30

/**
 * Turns a refusal of the Google Ads API into our error (google-wire-facts B.6 to B.9): a GoogleAdsFailure anywhere in
 * `details`, else a google.rpc.ErrorInfo, else the status. The body may be bare or wrapped in an array (searchStream).
 */
export function adsError(refusal: AdsRefusal, target: AdsTarget): AppError {
  const error = errorObject(refusal.body)
  if (!error) return undescribedError(refusal, target)
  const details = listOf(error.details)
  const failure = details.find(isAdsFailure)
  const named = failure ? namedByFailure(failure) : namedByErrorInfo(details)
  const status = typeof error.code === 'number' ? error.code : refusal.status
  const message = named.message ?? textOf(error.message) ?? ''
  const delay = delayOf(refusal.headers, details, named.details, message)
  return new AppError(ourCode(named, status, message, delay), {
    params: { ...targetParams(target), ...projectParams(details, message) },
    google: {
      code: named.name,
      message,
      requestId: textOf(failure?.requestId) ?? refusal.headers.get('request-id'),
      status,
    },
    retryAfterSeconds: delay,
  })
}

/** True when the body carries a GoogleAdsFailure: Google Ads itself looked at the call. */
export function hasAdsFailure(body: unknown): boolean {
  return listOf(errorObject(body)?.details).some(isAdsFailure)
}

/** The `error` object of a body, bare or as one element of an array; null when there is none. */
export function errorObject(body: unknown): Record<string, unknown> | null {
  for (const part of Array.isArray(body) ? body : [body]) {
    const error = recordOf(recordOf(part)?.error)
    if (error) return error
  }
  return null
}

/** An answer that says nothing we can read: Google's HTML pages, an empty body, a proxy in between. */
export function unexpectedAnswer(refusal: Pick<AdsRefusal, 'status' | 'headers'>, target: AdsTarget): AppError {
  return plainError('ads_unexpected_answer', refusal, target)
}

/** What is kept of a failure. Anything that is no AppError becomes `internal` and says nothing of itself. */
export function toProblem(error: unknown): AdsProblem {
  if (!isAppError(error)) return { code: 'internal', message: '', requestId: null }
  const google = error.google
  const code = error.code.startsWith('ads_') ? (google?.code ?? error.code) : error.code
  return { code, message: google?.message ?? '', requestId: google?.requestId ?? null }
}

/** Whether asking again may help; anything that is no AppError is a fault of ours and may pass. */
export function isRetryable(error: unknown): boolean {
  return !isAppError(error) || isRetryableCode(error.code)
}

/** The same for a stored problem, of which only Google's name (or our code) is left. */
export function isRetryableProblem(problem: Pick<AdsProblem, 'code'>): boolean {
  return isRetryableCode(problem.code)
}

/** True when the failure concerns the whole connection or project, not the account asked about. */
export function concernsEveryCall(error: unknown): boolean {
  return isAppError(
    error,
    'ads_quota_exhausted',
    'ads_token_rejected',
    'ads_scope_insufficient',
    'ads_api_not_enabled',
    'ads_not_ads_user',
    'ads_account_deleted',
    'ads_version_retired',
    'needs_reconnect',
    'connection_unusable',
    'vault_open_failed',
  )
}

interface Named {
  name: string | null
  family: string | null
  message: string | null
  details: Record<string, unknown> | null
}

const unnamed: Named = { name: null, family: null, message: null, details: null }

function namedByFailure(failure: Record<string, unknown>): Named {
  const all = listOf(failure.errors).map(namedError)
  return all.find(error => meaningOf(error.name, null)) ?? all.find(error => error.name) ?? all[0] ?? unnamed
}

function namedError(error: Record<string, unknown>): Named {
  const details = recordOf(error.details)
  const [family, name] = Object.entries(recordOf(error.errorCode) ?? {})[0] ?? []
  const unpublished = textOf(details?.unpublishedErrorCode)
  return {
    name: unpublished ?? textOf(name),
    family: family ?? null,
    message: textOf(error.message),
    details,
  }
}

function namedByErrorInfo(details: Record<string, unknown>[]): Named {
  return { ...unnamed, name: textOf(details.find(isErrorInfo)?.reason) }
}

function ourCode(named: Named, status: number, message: string, delay: number | null): ErrorCode {
  const meaning = meaningOf(named.name, named.family) ?? meaningOfMessage(message) ?? meaningOfStatus(status)
  if (meaning !== 'ads_quota_exhausted' && meaning !== 'ads_rate_limited') return meaning
  if (delay === null) return meaning
  return delay > longestShortDelay ? 'ads_quota_exhausted' : 'ads_rate_limited'
}

/** The two refusals Google words without naming them when the ErrorInfo is missing (older gateways). */
function meaningOfMessage(message: string): ErrorCode | null {
  if (/insufficient authentication scopes/i.test(message)) return 'ads_scope_insufficient'
  if (/has not been used in project \S+ before or it is disabled/i.test(message)) return 'ads_api_not_enabled'
  return null
}

function undescribedError(refusal: AdsRefusal, target: AdsTarget): AppError {
  if (refusal.status === 404) return plainError('ads_version_retired', refusal, target)
  if (refusal.status === 401 || refusal.status === 429 || refusal.status >= 500) {
    return plainError(meaningOfStatus(refusal.status), refusal, target)
  }
  return unexpectedAnswer(refusal, target)
}

function plainError(code: ErrorCode, refusal: Pick<AdsRefusal, 'status' | 'headers'>, target: AdsTarget): AppError {
  const delay = retryAfterSeconds(refusal.headers)
  const spent = code === 'ads_rate_limited' && delay !== null && delay > longestShortDelay
  return new AppError(spent ? 'ads_quota_exhausted' : code, {
    params: targetParams(target),
    google: { code: null, message: '', requestId: refusal.headers.get('request-id'), status: refusal.status },
    retryAfterSeconds: delay,
  })
}

/** Seconds Google asks to wait, from the most exact place it says so; null when it does not. */
function delayOf(
  headers: Headers,
  details: Record<string, unknown>[],
  errorDetails: Record<string, unknown> | null,
  message: string,
): number | null {
  const quota = recordOf(errorDetails?.quotaErrorDetails)
  const retryInfo = details.find(detail => typeName(detail) === 'google.rpc.RetryInfo')
  return (
    durationSeconds(quota?.retryDelay) ??
    durationSeconds(retryInfo?.retryDelay) ??
    retryAfterSeconds(headers) ??
    durationSeconds(/Retry in (\d+) seconds?/i.exec(message)?.[1]?.concat('s'))
  )
}

/** A protobuf Duration in JSON, `40591s` or `1.500s`, rounded up to whole seconds. */
function durationSeconds(value: unknown): number | null {
  const seconds = typeof value === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(value)?.[1] : undefined
  return seconds === undefined ? null : Math.ceil(Number(seconds))
}

function targetParams(target: AdsTarget): Record<string, string> {
  return {
    ...(target.customerId && { customerId: target.customerId }),
    ...(target.loginCustomerId && { loginCustomerId: target.loginCustomerId }),
  }
}

/** The Cloud project's number, for the admin who has to enable the API there or compare it with the client id's. */
function projectParams(details: Record<string, unknown>[], message: string): Record<string, string> {
  const consumer = textOf(recordOf(details.find(isErrorInfo)?.metadata)?.consumer)
  const project = /^projects\/(\d+)$/.exec(consumer ?? '')?.[1] ?? /\bproject[ =](\d+)/i.exec(message)?.[1]
  return project ? { project } : {}
}

function isAdsFailure(detail: Record<string, unknown>): boolean {
  return typeName(detail).endsWith('.GoogleAdsFailure')
}

function isErrorInfo(detail: Record<string, unknown>): boolean {
  return typeName(detail) === 'google.rpc.ErrorInfo'
}

function typeName(detail: Record<string, unknown>): string {
  return (textOf(detail['@type']) ?? '').replace(/^.*\//, '')
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(recordOf).filter(entry => entry !== null) : []
}

function recordOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
