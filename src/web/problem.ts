import { isUnavailable } from '../db/unavailable.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { en } from '../messages/en.ts'

/** The one place that maps our codes to HTTP statuses. */
const statuses: Record<ErrorCode, number> = {
  bad_request: 400,
  invalid_customer_id: 400,
  not_found: 404,
  method_not_allowed: 405,
  request_too_large: 413,
  headers_too_large: 431,
  media_type_unsupported: 415,
  request_too_slow: 408,
  signed_out: 401,
  cross_origin: 403,
  misdirected: 421,
  reveal_not_available: 403,
  not_allowed: 403,
  sign_in_again: 403,
  confirm_with_passkey: 403,
  passkey_required: 403,
  passkey_expired: 403,
  passkey_refused: 403,
  passkey_copied: 403,
  too_many_passkeys: 409,
  recovery_code_refused: 403,
  api_key_invalid: 401,
  too_many_api_keys: 409,
  too_many_requests: 429,
  form_already_sent: 409,
  last_admin: 409,
  admin_by_setting: 409,
  link_unusable: 410,
  link_other_account: 409,
  credential_refused: 400,
  credential_without_identity: 400,
  security_event_invalid: 400,
  internal: 500,
  busy: 503,
  configuration_too_complex: 422,
  unavailable: 503,
  oauth_callback_malformed: 400,
  oauth_state_missing: 400,
  oauth_state_used: 400,
  oauth_state_expired: 400,
  oauth_state_foreign: 400,
  oauth_member_changed: 400,
  oauth_issuer_mismatch: 400,
  oauth_cancelled: 400,
  oauth_refused: 400,
  oauth_code_rejected: 400,
  oauth_client_rejected: 502,
  oauth_foreign_client_rejected: 409,
  oauth_scope_missing: 403,
  oauth_no_refresh_token: 502,
  oauth_id_token_invalid: 502,
  google_unreachable: 503,
  clock_wrong: 500,
  no_ads_account: 403,
  person_not_allowed: 403,
  personal_account: 403,
  member_suspended: 403,
  email_of_another_identity: 403,
  email_unverified: 403,
  connection_of_another_member: 409,
  reconnect_other_account: 409,
  service_account_key_invalid: 400,
  service_account_key_refused: 400,
  service_account_not_invited: 403,
  needs_reconnect: 409,
  connection_unusable: 409,
  connection_state_conflict: 409,
  receiver_unknown: 400,
  vault_open_failed: 500,
  key_in_use: 409,
  key_seals: 409,
  key_unknown: 404,
  key_unseen: 409,
  ads_permission_denied: 403,
  ads_customer_not_enabled: 403,
  ads_login_customer_mismatch: 403,
  ads_not_ads_user: 403,
  ads_second_factor_required: 403,
  ads_project_not_approved: 502,
  ads_project_refused: 502,
  ads_api_not_enabled: 502,
  ads_scope_insufficient: 403,
  ads_token_rejected: 502,
  ads_account_deleted: 403,
  ads_action_not_permitted: 403,
  ads_wrong_account_type: 403,
  ads_rate_limited: 429,
  ads_quota_exhausted: 429,
  ads_version_retired: 502,
  ads_request_rejected: 502,
  ads_query_rejected: 502,
  ads_metrics_for_manager: 400,
  ads_unexpected_answer: 502,
  ads_unavailable: 503,
  ads_refused: 502,
}

/** RFC 9457. `code` is ours and stable; `google` is there when Google was the cause. */
export function problemJson(error: AppError, requestId: string): string {
  const { title, whatHappened } = en.errors[error.code]
  return JSON.stringify({
    type: 'about:blank',
    title,
    status: statusOf(error),
    detail: whatHappened(error.params),
    code: error.code,
    requestId,
    ...(error.google && {
      google: { code: error.google.code, message: error.google.message, requestId: error.google.requestId },
    }),
  })
}

export function statusOf(error: AppError): number {
  return statuses[error.code]
}

/** When to try again, in whole seconds. Every 503 and 429 says so, even if nobody named a time. */
export function retryAfterOf(error: AppError): number | null {
  if (error.retryAfterSeconds !== null) return Math.max(1, Math.ceil(error.retryAfterSeconds))
  return { 503: 10, 429: 60 }[statusOf(error)] ?? null
}

/** What no column of PostgreSQL takes: a character zero, a number beyond its range. SQLite takes both and finds nothing. */
const unstorable = /^(22021|22003)$/

/** Anything thrown, as an AppError. What Express and its parsers blame on the request (a 4xx) stays the caller's. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  if (isUnavailable(thrown)) return new AppError('unavailable', { cause: thrown, retryAfterSeconds: 1 })
  const { code } = (thrown ?? {}) as { code?: unknown }
  if (unstorable.test(String(code))) return new AppError('bad_request', { cause: thrown })
  const status = (thrown as { status?: unknown } | null)?.status
  if (status === 413) return new AppError('request_too_large', { cause: thrown })
  if (status === 415) return new AppError('media_type_unsupported', { cause: thrown })
  const callersFault = typeof status === 'number' && status >= 400 && status < 500
  return new AppError(callersFault ? 'bad_request' : 'internal', { cause: thrown })
}
