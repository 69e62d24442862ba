/**
 * What a problem in a row means, by Google's code (google-wire-facts B.7) or one of ours. Codes that are missing here
 * are shown in Google's own words.
 */
export const problems: Record<string, string> = {
  USER_PERMISSION_DENIED: 'This Google account may not open it this way.',
  CUSTOMER_NOT_ENABLED: 'Cancelled, suspended, or not set up to the end. Google does not open it.',
  CUSTOMER_NOT_FOUND: 'Google knows no account with this ID.',
  INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION: 'No path leads here from this login customer.',
  TWO_STEP_VERIFICATION_NOT_ENROLLED:
    'A manager above accepts only people with 2-Step Verification. The owner of this Google account must turn it on, then reconnect.',
  ADVANCED_PROTECTION_NOT_ENROLLED:
    'A manager above accepts only people in the Advanced Protection Program. The owner of this Google account must enrol, then reconnect.',
  NOT_ADS_USER: 'This Google account opens no Google Ads account.',
  CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION:
    'A production account, but the project of this installation may use test accounts only.',
  DEVELOPER_TOKEN_NOT_APPROVED:
    'A production account, but the developer token of this installation may use test accounts only.',
  DEVELOPER_TOKEN_PROHIBITED: 'The developer token belongs to another Google Cloud project.',
  PROJECT_DISABLED: 'The Google Cloud project of this installation is disabled.',
  SERVICE_ACCESS_DENIED: 'Google denies the use of this service.',
  MISSING_TOS: 'Nobody has accepted the terms of service of this account yet.',
  INCOMPLETE_SIGNUP: 'This account was never set up to the end.',
  ACTION_NOT_PERMITTED: 'Your role on this account is too low.',
  ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT: 'Google suspended this account. Only Google Ads support can lift this.',
  ACCESS_DENIED_FOR_ACCOUNT_TYPE: 'Not a Google Ads account but one of another advertising product.',
  METRIC_ACCESS_DENIED: 'Your role does not include these metrics.',
  REQUESTED_METRICS_FOR_MANAGER: 'Managers have no metrics.',
  GOOGLE_ACCOUNT_DELETED: 'The Google account was deleted.',
  ORGANIZATION_NOT_RECOGNIZED: 'Google does not recognise the organisation of this Google account.',
  ORGANIZATION_NOT_APPROVED: 'The organisation of this Google account is not approved.',
  RESOURCE_EXHAUSTED: 'Too many calls for now. Google allows them again later.',
  RESOURCE_TEMPORARILY_EXHAUSTED: 'Too many calls within a short time. Try again shortly.',
  TRANSIENT_ERROR: 'Google had a passing fault. Try again.',
  INTERNAL_ERROR: 'Google had a fault of its own. Try again.',
  UNSUPPORTED_VERSION: 'Google has retired this version of its API.',
  role_not_listed: 'Google’s list of people on this account does not name you.',
}

/** Shown where Google gave no words of its own either. */
export const problemWithoutWords = 'Google refused and gave no reason.'
