/**
 * Every way this application can fail, as one closed vocabulary. A code is stable: it is shown in JSON answers and
 * logs, and the message files hold the sentences for people. `web/problem.ts` alone maps a code to an HTTP status.
 */
export type ErrorCode =
  // the request itself
  | 'bad_request'
  | 'invalid_customer_id'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_too_large'
  | 'headers_too_large'
  | 'media_type_unsupported'
  | 'request_too_slow'
  | 'signed_out'
  | 'cross_origin'
  | 'misdirected'
  | 'reveal_not_available'
  | 'not_allowed'
  | 'sign_in_again'
  | 'confirm_with_passkey'
  | 'passkey_required'
  | 'passkey_expired'
  | 'passkey_refused'
  | 'passkey_copied'
  | 'too_many_passkeys'
  | 'recovery_code_refused'
  | 'api_key_invalid'
  | 'too_many_api_keys'
  | 'too_many_requests'
  | 'form_already_sent'
  | 'last_admin'
  | 'admin_by_setting'
  | 'link_unusable'
  | 'link_other_account'
  | 'credential_refused'
  | 'credential_without_identity'
  | 'security_event_invalid'
  | 'internal'
  | 'busy'
  | 'configuration_too_complex'
  | 'unavailable'
  // the sign-in at Google and its way back
  | 'oauth_callback_malformed'
  | 'oauth_state_missing'
  | 'oauth_state_used'
  | 'oauth_state_expired'
  | 'oauth_state_foreign'
  | 'oauth_member_changed'
  | 'oauth_issuer_mismatch'
  | 'oauth_cancelled'
  | 'oauth_refused'
  | 'oauth_code_rejected'
  | 'oauth_client_rejected'
  | 'oauth_foreign_client_rejected'
  | 'oauth_scope_missing'
  | 'oauth_no_refresh_token'
  | 'oauth_id_token_invalid'
  | 'google_unreachable'
  | 'clock_wrong'
  | 'no_ads_account'
  | 'person_not_allowed'
  | 'personal_account'
  | 'member_suspended'
  | 'email_of_another_identity'
  | 'email_unverified'
  | 'connection_of_another_member'
  | 'reconnect_other_account'
  // a service account's key
  | 'service_account_key_invalid'
  | 'service_account_key_refused'
  | 'service_account_not_invited'
  // the sealed credential
  | 'needs_reconnect'
  | 'connection_unusable'
  | 'connection_state_conflict'
  | 'receiver_unknown'
  | 'vault_open_failed'
  // the keys that seal
  | 'key_in_use'
  | 'key_seals'
  | 'key_unknown'
  | 'key_unseen'
  // the Google Ads API
  | 'ads_permission_denied'
  | 'ads_customer_not_enabled'
  | 'ads_login_customer_mismatch'
  | 'ads_not_ads_user'
  | 'ads_second_factor_required'
  | 'ads_project_not_approved'
  | 'ads_project_refused'
  | 'ads_api_not_enabled'
  | 'ads_scope_insufficient'
  | 'ads_token_rejected'
  | 'ads_account_deleted'
  | 'ads_action_not_permitted'
  | 'ads_wrong_account_type'
  | 'ads_rate_limited'
  | 'ads_quota_exhausted'
  | 'ads_version_retired'
  | 'ads_request_rejected'
  | 'ads_query_rejected'
  | 'ads_metrics_for_manager'
  | 'ads_unexpected_answer'
  | 'ads_unavailable'
  | 'ads_refused'

/** What Google itself said, kept beside our own code. Never holds a token. */
export interface GoogleDetail {
  /** Google's own code, e.g. `USER_PERMISSION_DENIED` or `invalid_grant`; null where Google named none. */
  code: string | null
  message: string
  /** The `request-id` of a Google Ads answer; null for OAuth answers, which have none. */
  requestId: string | null
  /** HTTP status of Google's answer; null when none arrived. */
  status: number | null
}

export interface AppErrorOptions {
  /** Values the sentence for people may name (an e-mail, an id). Never a secret. */
  params?: Record<string, string>
  google?: GoogleDetail
  /** Seconds after which trying again may help; null if unknown. Sentences can name it without a param of their own. */
  retryAfterSeconds?: number | null
  denied?: Denied
  cause?: unknown
}

/**
 * What the caller has no right to. The answer is the same as if it didn't exist; the audit trail records the difference.
 * Null for a whole page.
 */
export type Denied = { kind: 'connection'; id: string; name: string } | null

/** An expected failure: a code for machines, parameters for the sentence people read, the cause for us. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly params: Record<string, string>
  readonly google: GoogleDetail | null
  readonly retryAfterSeconds: number | null
  readonly denied: Denied | undefined

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.google ? `${code}: ${options.google.code ?? options.google.message}` : code, { cause: options.cause })
    this.code = code
    this.params = options.params ?? {}
    this.google = options.google ?? null
    this.retryAfterSeconds = options.retryAfterSeconds ?? null
    this.denied = options.denied
  }

  /** The same failure with more params for the sentence people read. Existing params stay. */
  with(params: Record<string, string>): AppError {
    return new AppError(this.code, {
      params: { ...params, ...this.params },
      cause: this.cause ?? this,
      ...(this.google && { google: this.google }),
      retryAfterSeconds: this.retryAfterSeconds,
    })
  }
}

/** True for an AppError, of one of the given codes when any are given. */
export function isAppError(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code))
}
