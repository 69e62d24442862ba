import type { ErrorCode } from '../errors.ts'

/**
 * Google Ads error names and what they mean to us (v25 errors/*_error.proto; google-wire-facts B.7, B.9). A name that
 * is not listed is judged by its family (the key inside `errorCode`), and where the family says nothing, by the HTTP status.
 */
const meaningOfName: Record<string, ErrorCode> = {
  // authorizationError
  USER_PERMISSION_DENIED: 'ads_permission_denied',
  AUTHORIZATION_ERROR: 'ads_permission_denied',
  CUSTOMER_NOT_ENABLED: 'ads_customer_not_enabled',
  INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION: 'ads_login_customer_mismatch',
  CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION: 'ads_project_not_approved',
  CLOUD_PROJECT_NOT_UNDER_ORGANIZATION: 'ads_project_refused',
  DEVELOPER_TOKEN_NOT_APPROVED: 'ads_project_not_approved',
  DEVELOPER_TOKEN_NOT_ON_ALLOWLIST: 'ads_project_not_approved',
  DEVELOPER_TOKEN_PROHIBITED: 'ads_project_refused',
  PROJECT_DISABLED: 'ads_project_refused',
  MISSING_TOS: 'ads_project_refused',
  SERVICE_ACCESS_DENIED: 'ads_action_not_permitted',
  ACTION_NOT_PERMITTED: 'ads_action_not_permitted',
  ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT: 'ads_action_not_permitted',
  METRIC_ACCESS_DENIED: 'ads_action_not_permitted',
  ACCESS_DENIED_FOR_ACCOUNT_TYPE: 'ads_wrong_account_type',
  INCOMPLETE_SIGNUP: 'ads_customer_not_enabled',

  // authenticationError
  NOT_ADS_USER: 'ads_not_ads_user',
  AUTHENTICATION_ERROR: 'ads_token_rejected',
  OAUTH_TOKEN_INVALID: 'ads_token_rejected',
  OAUTH_TOKEN_EXPIRED: 'ads_token_rejected',
  OAUTH_TOKEN_DISABLED: 'ads_token_rejected',
  OAUTH_TOKEN_REVOKED: 'ads_token_rejected',
  OAUTH_TOKEN_HEADER_INVALID: 'ads_token_rejected',
  GOOGLE_ACCOUNT_COOKIE_INVALID: 'ads_token_rejected',
  GOOGLE_ACCOUNT_AUTHENTICATION_FAILED: 'ads_token_rejected',
  GOOGLE_ACCOUNT_DELETED: 'ads_account_deleted',
  CUSTOMER_NOT_FOUND: 'ads_permission_denied',
  CLIENT_CUSTOMER_ID_INVALID: 'ads_request_rejected',
  INVALID_EMAIL_ADDRESS: 'ads_request_rejected',
  TWO_STEP_VERIFICATION_NOT_ENROLLED: 'ads_second_factor_required',
  ADVANCED_PROTECTION_NOT_ENROLLED: 'ads_second_factor_required',
  ORGANIZATION_NOT_RECOGNIZED: 'ads_project_refused',
  ORGANIZATION_NOT_APPROVED: 'ads_project_refused',
  ORGANIZATION_NOT_ASSOCIATED_WITH_DEVELOPER_TOKEN: 'ads_project_refused',
  DEVELOPER_TOKEN_INVALID: 'ads_project_refused',

  // requestError; the rest of the family is ads_request_rejected
  UNSUPPORTED_VERSION: 'ads_version_retired',
  CLOUD_PROJECT_NOT_FOUND: 'ads_project_refused',

  // queryError; the rest of the family is ads_query_rejected
  REQUESTED_METRICS_FOR_MANAGER: 'ads_metrics_for_manager',

  // quotaError; a long delay makes any of them ads_quota_exhausted, a short one ads_rate_limited
  RESOURCE_EXHAUSTED: 'ads_quota_exhausted',
  RESOURCE_TEMPORARILY_EXHAUSTED: 'ads_rate_limited',
  EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION: 'ads_rate_limited',
  EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION: 'ads_quota_exhausted',
  ACCESS_PROHIBITED: 'ads_refused',

  // internalError
  INTERNAL_ERROR: 'ads_unavailable',
  TRANSIENT_ERROR: 'ads_unavailable',
  DEADLINE_EXCEEDED: 'ads_unavailable',

  // google.rpc.ErrorInfo reasons, which arrive without a GoogleAdsFailure
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: 'ads_scope_insufficient',
  SERVICE_DISABLED: 'ads_api_not_enabled',
  ACCESS_TOKEN_EXPIRED: 'ads_token_rejected',
  ACCESS_TOKEN_TYPE_UNSUPPORTED: 'ads_token_rejected',
  CREDENTIALS_MISSING: 'ads_token_rejected',
}

const meaningOfFamily: Record<string, ErrorCode> = {
  queryError: 'ads_query_rejected',
  requestError: 'ads_request_rejected',
  headerError: 'ads_request_rejected',
  quotaError: 'ads_rate_limited',
  internalError: 'ads_unavailable',
}

/** Our code for Google's error name (or ErrorInfo reason) and its family; null when neither is known. */
export function meaningOf(name: string | null, family: string | null): ErrorCode | null {
  return (name && own(meaningOfName, name)) || (family && own(meaningOfFamily, family)) || null
}

/** Our code for an HTTP status when Google gave no name we know. */
export function meaningOfStatus(status: number): ErrorCode {
  if (status === 401) return 'ads_token_rejected'
  if (status === 429) return 'ads_rate_limited'
  return status >= 500 ? 'ads_unavailable' : 'ads_refused'
}

/** Failures that lie in the account asked about: asking again cannot help until somebody changes something at Google. */
const finalCodes: ReadonlySet<string> = new Set<ErrorCode>([
  'ads_permission_denied',
  'ads_customer_not_enabled',
  'ads_login_customer_mismatch',
  'ads_wrong_account_type',
  'ads_action_not_permitted',
  'ads_metrics_for_manager',
  'ads_request_rejected',
  'ads_query_rejected',
  'ads_account_deleted',
  'ads_not_ads_user',
  'invalid_customer_id',
])

/** Whether asking again, later or after a repair on our side, may help. `code` is ours or Google's name; unknown ones may. */
export function isRetryableCode(code: string): boolean {
  return !finalCodes.has(own(meaningOfName, code) ?? code)
}

function own(table: Record<string, ErrorCode>, key: string): ErrorCode | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
