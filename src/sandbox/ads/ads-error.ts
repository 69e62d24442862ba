import { jsonReply, type Reply } from '../http/reply.ts'
import { MISSING_CREDENTIAL } from './rpc-errors.ts'

export interface QuotaDetails {
  retryDelay: string
  rateScope: string
  rateName: string
}

interface AdsErrorParts {
  message?: string | undefined
  status?: number | undefined
  trigger?: string | undefined
  fieldPath?: string[] | undefined
  quota?: QuotaDetails | undefined
}

/** One error of the Google Ads API, with the text and HTTP status of its family (wire facts B.6, B.7). */
export class AdsError extends Error {
  /** The key in `errorCode`, as `authorizationError`. */
  readonly family: string
  readonly code: string
  readonly status: number
  readonly trigger: string | undefined
  readonly fieldPath: string[] | undefined
  readonly quota: QuotaDetails | undefined

  constructor(family: string, code: string, parts: AdsErrorParts = {}) {
    super(parts.message ?? TEXT[code] ?? `${code.toLowerCase().replaceAll('_', ' ')}.`)
    this.family = family
    this.code = code
    this.status = parts.status ?? STATUS_OF_CODE[code] ?? STATUS_OF_FAMILY[family] ?? 400
    this.trigger = parts.trigger
    this.fieldPath = parts.fieldPath
    this.quota = parts.quota
  }
}

/** The error as an answer. searchStream wraps it in an array, as it does its rows. */
export function adsErrorReply(
  error: AdsError,
  context: { version: number; stream: boolean; requestId: string },
): Reply {
  const { family, code, message, status, trigger, fieldPath, quota } = error
  const failure = {
    '@type': `type.googleapis.com/google.ads.googleads.v${context.version}.errors.GoogleAdsFailure`,
    errors: [
      {
        errorCode: { [family]: code },
        message,
        ...(trigger !== undefined && { trigger: { stringValue: trigger } }),
        ...(fieldPath && { location: { fieldPathElements: fieldPath.map(fieldName => ({ fieldName })) } }),
        ...(quota && { details: { quotaErrorDetails: quota } }),
      },
    ],
    requestId: context.requestId,
  }
  const top = TOP_LEVEL[status] ?? { status: 'UNKNOWN', message: 'Unknown error.' }
  const body = { error: { code: status, message: top.message, status: top.status, details: [failure] } }
  return jsonReply(status, context.stream ? [body] : body)
}

const STATUS_OF_FAMILY: Record<string, number> = {
  authenticationError: 401,
  authorizationError: 403,
  quotaError: 429,
  internalError: 500,
}

const STATUS_OF_CODE: Record<string, number> = { TRANSIENT_ERROR: 503, DEADLINE_EXCEEDED: 504 }

const TOP_LEVEL: Record<number, { status: string; message: string }> = {
  400: { status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' },
  401: { status: 'UNAUTHENTICATED', message: MISSING_CREDENTIAL },
  403: { status: 'PERMISSION_DENIED', message: 'The caller does not have permission' },
  404: { status: 'NOT_FOUND', message: 'Requested entity was not found.' },
  429: { status: 'RESOURCE_EXHAUSTED', message: 'Resource has been exhausted (e.g. check quota).' },
  500: { status: 'INTERNAL', message: 'Internal error encountered.' },
  503: { status: 'UNAVAILABLE', message: 'The service is currently unavailable.' },
  504: { status: 'DEADLINE_EXCEEDED', message: 'Deadline expired before operation could complete.' },
}

const TEXT: Record<string, string> = {
  USER_PERMISSION_DENIED:
    "User doesn't have permission to access customer. Note: If you're accessing a client customer, the manager's customer id must be set in the 'login-customer-id' header. See https://developers.google.com/google-ads/api/docs/concepts/call-structure#cid",
  CUSTOMER_NOT_ENABLED: "The customer account can't be accessed because it is not yet enabled or has been deactivated.",
  INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION:
    "The login customer ID doesn't have access to the customer named in the request.",
  CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION:
    'The Google Cloud project is only approved for use with test accounts. To access non-test accounts, apply for Basic or Standard access.',
  ACTION_NOT_PERMITTED: 'The user does not have permission to perform this action on the resource or call a method.',
  NOT_ADS_USER:
    'The Google account (@gmail.com user) that generated the OAuth access tokens is not associated with any Ads accounts. Create a new account, or add the Google account to an existing Ads account.',
  TWO_STEP_VERIFICATION_NOT_ENROLLED:
    'An account administrator changed this account’s authentication settings. To access this Google Ads account, enable 2-Step Verification in your Google account at https://www.google.com/landing/2step.',
  ADVANCED_PROTECTION_NOT_ENROLLED:
    'An account administrator changed this account’s authentication settings. To access this account, enable Advanced Protection in your Google account at https://landing.google.com/advancedprotection.',
  PAGE_SIZE_NOT_SUPPORTED:
    'Setting the page size is not supported. Search Response will have fixed page size of 10000 rows.',
  INVALID_PAGE_TOKEN: 'Page token is invalid.',
  EXPIRED_PAGE_TOKEN: 'Page token is expired.',
  REQUESTED_METRICS_FOR_MANAGER:
    'Metrics cannot be requested for a manager account. To retrieve metrics, issue separate requests against each client account under the manager account.',
  RESOURCE_EXHAUSTED: 'Too many requests. Retry in 40591 seconds.',
  RESOURCE_TEMPORARILY_EXHAUSTED: 'Too many requests. Retry in 5 seconds.',
  INTERNAL_ERROR: 'An internal error has occurred.',
  TRANSIENT_ERROR: 'A transient error occurred. Retry the request.',
}
