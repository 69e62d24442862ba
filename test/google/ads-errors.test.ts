import { afterEach, describe, expect, it } from 'vitest'
import { AppError, isAppError } from '../../src/errors.ts'
import { isRetryable, isRetryableProblem, toProblem } from '../../src/google/ads-errors.ts'
import { customerQuery } from '../../src/google/ads-queries.ts'
import { adsFailure, type Reply, rpcError, type StandIn, startStandIn, streamed, token } from './ads-stand-in.ts'

let standIn: StandIn
afterEach(() => standIn.close())

/** Asks for one account and gives the error that comes of the answer. */
async function failureOf(reply: Reply): Promise<AppError> {
  standIn = await startStandIn(() => reply)
  const request = { token, customerId: '2841907701', loginCustomerId: '4620198301', ...customerQuery }
  const error = await standIn.ads.search(request).then(
    () => expect.unreachable('the call went well'),
    error => error,
  )
  expect(error).toBeInstanceOf(AppError)
  return error
}

// biome-ignore format: a table
const named: [family: string, code: string, status: number, ours: string, retryable: boolean][] = [
  ['authorizationError', 'USER_PERMISSION_DENIED', 403, 'ads_permission_denied', false],
  ['authorizationError', 'CUSTOMER_NOT_ENABLED', 403, 'ads_customer_not_enabled', false],
  ['authorizationError', 'INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION', 403, 'ads_login_customer_mismatch', false],
  ['authorizationError', 'CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION', 403, 'ads_project_not_approved', true],
  ['authorizationError', 'CLOUD_PROJECT_NOT_UNDER_ORGANIZATION', 403, 'ads_project_refused', true],
  ['authorizationError', 'DEVELOPER_TOKEN_NOT_APPROVED', 403, 'ads_project_not_approved', true],
  ['authorizationError', 'DEVELOPER_TOKEN_PROHIBITED', 403, 'ads_project_refused', true],
  ['authorizationError', 'PROJECT_DISABLED', 403, 'ads_project_refused', true],
  ['authorizationError', 'MISSING_TOS', 403, 'ads_project_refused', true],
  ['authorizationError', 'SERVICE_ACCESS_DENIED', 403, 'ads_action_not_permitted', false],
  ['authorizationError', 'ACTION_NOT_PERMITTED', 403, 'ads_action_not_permitted', false],
  ['authorizationError', 'ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT', 403, 'ads_action_not_permitted', false],
  ['authorizationError', 'METRIC_ACCESS_DENIED', 403, 'ads_action_not_permitted', false],
  ['authorizationError', 'ACCESS_DENIED_FOR_ACCOUNT_TYPE', 403, 'ads_wrong_account_type', false],
  ['authorizationError', 'INCOMPLETE_SIGNUP', 403, 'ads_customer_not_enabled', false],
  ['authenticationError', 'NOT_ADS_USER', 401, 'ads_not_ads_user', false],
  ['authenticationError', 'OAUTH_TOKEN_INVALID', 401, 'ads_token_rejected', true],
  ['authenticationError', 'OAUTH_TOKEN_EXPIRED', 401, 'ads_token_rejected', true],
  ['authenticationError', 'OAUTH_TOKEN_DISABLED', 401, 'ads_token_rejected', true],
  ['authenticationError', 'OAUTH_TOKEN_REVOKED', 401, 'ads_token_rejected', true],
  ['authenticationError', 'OAUTH_TOKEN_HEADER_INVALID', 401, 'ads_token_rejected', true],
  ['authenticationError', 'GOOGLE_ACCOUNT_COOKIE_INVALID', 401, 'ads_token_rejected', true],
  ['authenticationError', 'GOOGLE_ACCOUNT_AUTHENTICATION_FAILED', 401, 'ads_token_rejected', true],
  ['authenticationError', 'GOOGLE_ACCOUNT_DELETED', 401, 'ads_account_deleted', false],
  ['authenticationError', 'CUSTOMER_NOT_FOUND', 401, 'ads_permission_denied', false],
  ['authenticationError', 'CLIENT_CUSTOMER_ID_INVALID', 401, 'ads_request_rejected', false],
  ['authenticationError', 'INVALID_EMAIL_ADDRESS', 401, 'ads_request_rejected', false],
  ['authenticationError', 'TWO_STEP_VERIFICATION_NOT_ENROLLED', 401, 'ads_second_factor_required', true],
  ['authenticationError', 'ADVANCED_PROTECTION_NOT_ENROLLED', 401, 'ads_second_factor_required', true],
  ['authenticationError', 'ORGANIZATION_NOT_RECOGNIZED', 401, 'ads_project_refused', true],
  ['authenticationError', 'ORGANIZATION_NOT_APPROVED', 401, 'ads_project_refused', true],
  ['authenticationError', 'ORGANIZATION_NOT_ASSOCIATED_WITH_DEVELOPER_TOKEN', 401, 'ads_project_refused', true],
  ['authenticationError', 'DEVELOPER_TOKEN_INVALID', 401, 'ads_project_refused', true],
  ['requestError', 'DEVELOPER_TOKEN_PARAMETER_MISSING', 400, 'ads_request_rejected', false],
  ['requestError', 'LOGIN_CUSTOMER_ID_PARAMETER_MISSING', 400, 'ads_request_rejected', false],
  ['requestError', 'INVALID_CUSTOMER_ID', 400, 'ads_request_rejected', false],
  ['requestError', 'PAGE_SIZE_NOT_SUPPORTED', 400, 'ads_request_rejected', false],
  ['requestError', 'UNSUPPORTED_VERSION', 400, 'ads_version_retired', true],
  ['headerError', 'INVALID_LOGIN_CUSTOMER_ID', 400, 'ads_request_rejected', false],
  ['headerError', 'INVALID_LINKED_CUSTOMER_ID', 400, 'ads_request_rejected', false],
  ['queryError', 'REQUESTED_METRICS_FOR_MANAGER', 400, 'ads_metrics_for_manager', false],
  ['queryError', 'UNRECOGNIZED_FIELD', 400, 'ads_query_rejected', false],
  ['queryError', 'A_NAME_OF_2031', 400, 'ads_query_rejected', false],
  ['quotaError', 'RESOURCE_EXHAUSTED', 429, 'ads_quota_exhausted', true],
  ['quotaError', 'RESOURCE_TEMPORARILY_EXHAUSTED', 429, 'ads_rate_limited', true],
  ['quotaError', 'EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION', 429, 'ads_rate_limited', true],
  ['quotaError', 'EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION', 429, 'ads_quota_exhausted', true],
  ['internalError', 'INTERNAL_ERROR', 500, 'ads_unavailable', true],
  ['internalError', 'TRANSIENT_ERROR', 503, 'ads_unavailable', true],
  ['resourceCountLimitExceededError', 'ACCOUNT_LIMIT', 400, 'ads_refused', true],
]

describe('an error Google names', () => {
  it.each(named)('%s %s (%i) is %s', async (family, code, status, ours, retryable) => {
    const error = await failureOf(streamed(adsFailure(status, { [family]: code })))
    expect(error.code).toBe(ours)
    expect(error.google).toEqual({ code, message: 'Said by Google.', requestId: 'from-failure', status })
    expect(error.params).toMatchObject({ customerId: '2841907701', loginCustomerId: '4620198301' })
    expect(isRetryable(error)).toBe(retryable)
    expect(toProblem(error)).toEqual({ code, message: 'Said by Google.', requestId: 'from-failure' })
  })

  it('is found behind other details and in a bare object', async () => {
    const help = { '@type': 'type.googleapis.com/google.rpc.Help', links: [] }
    const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SOMETHING_ELSE' }
    const error = await failureOf(
      adsFailure(403, { authorizationError: 'CUSTOMER_NOT_ENABLED' }, { before: [help, info] }),
    )
    expect(error.code).toBe('ads_customer_not_enabled')
  })

  it('too new for our version goes by its unpublished name', async () => {
    const details = { unpublishedErrorCode: 'STALE_MULTI_PARTY_AUTH_REQUEST' }
    const error = await failureOf(adsFailure(400, { requestError: 'UNKNOWN' }, { details }))
    expect(error.google?.code).toBe('STALE_MULTI_PARTY_AUTH_REQUEST')
    expect(error.code).toBe('ads_request_rejected')
  })

  it('of a daily quota tells when it resumes and is not asked again', async () => {
    const details = {
      quotaErrorDetails: {
        rateScope: 'DEVELOPER',
        rateName: 'Number of operations for basic access',
        retryDelay: '40591s',
      },
    }
    const error = await failureOf(adsFailure(429, { quotaError: 'RESOURCE_EXHAUSTED' }, { details }))
    expect(error).toMatchObject({ code: 'ads_quota_exhausted', retryAfterSeconds: 40591 })
    expect(standIn.asked).toHaveLength(1)
  })

  it('of a daily quota tells when it resumes even if only the sentence says so', async () => {
    const message = 'Too many requests. Retry in 40591 seconds.'
    const error = await failureOf(adsFailure(429, { quotaError: 'RESOURCE_TEMPORARILY_EXHAUSTED' }, { message }))
    expect(error).toMatchObject({ code: 'ads_quota_exhausted', retryAfterSeconds: 40591 })
  })
})

const helpAndDisabled = [
  { '@type': 'type.googleapis.com/google.rpc.Help', links: [{ description: 'Enable it', url: 'https://example.com' }] },
  {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'SERVICE_DISABLED',
    domain: 'googleapis.com',
    metadata: { service: 'googleads.googleapis.com', consumer: 'projects/712345678901' },
  },
]
const notUsedBefore =
  'Google Ads API has not been used in project 712345678901 before or it is disabled. Enable it by visiting https://x'
const badCredential = 'Request had invalid authentication credentials. Expected OAuth 2 access token'

// biome-ignore format: a table
const unnamed: [name: string, reply: Reply, ours: string, googleCode: string | null][] = [
  ['a token without the adwords scope', rpcError(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.', [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', domain: 'googleapis.com' }]), 'ads_scope_insufficient', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'],
  ['the same without ErrorInfo', rpcError(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.'), 'ads_scope_insufficient', null],
  ['the API not enabled', rpcError(403, 'PERMISSION_DENIED', notUsedBefore, helpAndDisabled), 'ads_api_not_enabled', 'SERVICE_DISABLED'],
  ['the same without ErrorInfo', rpcError(403, 'PERMISSION_DENIED', notUsedBefore), 'ads_api_not_enabled', null],
  ['a dead token', rpcError(401, 'UNAUTHENTICATED', badCredential), 'ads_token_rejected', null],
  ['a dead token with ErrorInfo', rpcError(401, 'UNAUTHENTICATED', badCredential, [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'ACCESS_TOKEN_EXPIRED' }]), 'ads_token_rejected', 'ACCESS_TOKEN_EXPIRED'],
  ['a refusal without reason', rpcError(403, 'PERMISSION_DENIED', 'The caller does not have permission'), 'ads_refused', null],
  ['a long retired version', { status: 404, text: '<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>' }, 'ads_version_retired', null],
  ['a page under 403', { status: 403, text: '<html>Sorry</html>' }, 'ads_unexpected_answer', null],
  ['a page under 502', { status: 502, text: '<html>Bad gateway</html>' }, 'ads_unavailable', null],
  ['a page under 200', { text: '<html>Sign in to the hotel network</html>' }, 'ads_unexpected_answer', null],
  ['nothing', { text: '' }, 'ads_unexpected_answer', null],
  ['half a JSON', { text: '[{"results":[{"customer":{"id":"28419' }, 'ads_unexpected_answer', null],
  ['JSON of another shape', { json: 'yes' }, 'ads_unexpected_answer', null],
  ['results that are no list', { json: [{ results: {} }] }, 'ads_unexpected_answer', null],
  ['a row of another shape', { json: [{ results: [{ customer: { id: 'abc' } }] }] }, 'ads_unexpected_answer', null],
  ['a row without its resource', { json: [{ results: [{}] }] }, 'ads_unexpected_answer', null],
]

describe('an answer without a GoogleAdsFailure', () => {
  it.each(unnamed)('%s', async (_, reply, ours, googleCode) => {
    const error = await failureOf({ headers: { 'request-id': 'from-header' }, ...reply })
    expect(error.code).toBe(ours)
    expect(error.google).toMatchObject({ code: googleCode, requestId: 'from-header' })
  })

  it('names the project whose API is off', async () => {
    const error = await failureOf(rpcError(403, 'PERMISSION_DENIED', notUsedBefore))
    expect(error.params.project).toBe('712345678901')
  })

  it('waits for nothing longer than half a minute, as Retry-After says', async () => {
    const error = await failureOf({ status: 429, text: '<html>', headers: { 'retry-after': '3600' } })
    expect(error).toMatchObject({ code: 'ads_quota_exhausted', retryAfterSeconds: 3600 })
    expect(standIn.asked).toHaveLength(1)
  })

  it('that comes in the middle of a stream spoils the stream', async () => {
    const broken = adsFailure(403, { authorizationError: 'CUSTOMER_NOT_ENABLED' }).json
    const error = await failureOf({ json: [{ results: [{ customer: { id: '2841907701' } }] }, broken] })
    expect(error).toMatchObject({ code: 'ads_customer_not_enabled', google: { status: 403 } })
  })
})

describe('a problem kept', () => {
  it('bears our own code where Google named none, and says nothing of what is not ours', () => {
    standIn = { close: async () => {} } as StandIn
    expect(toProblem(new AppError('google_unreachable')).code).toBe('google_unreachable')
    const oauth = { code: 'invalid_grant', message: 'Bad Request', requestId: null, status: 400 }
    expect(toProblem(new AppError('needs_reconnect', { google: oauth })).code).toBe('needs_reconnect')
    expect(toProblem(new Error('secret'))).toEqual({ code: 'internal', message: '', requestId: null })
  })

  it('knows by its code alone whether asking again may help', () => {
    expect(isRetryableProblem({ code: 'CUSTOMER_NOT_ENABLED' })).toBe(false)
    expect(isRetryableProblem({ code: 'TRANSIENT_ERROR' })).toBe(true)
    expect(isRetryableProblem({ code: 'google_unreachable' })).toBe(true)
    expect(isRetryableProblem({ code: 'constructor' })).toBe(true)
    expect(isAppError(new Error('x'))).toBe(false)
  })
})
