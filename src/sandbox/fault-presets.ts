import type { FaultRule, Operation } from './faults.ts'

export interface FaultPreset {
  name: string
  title: string
  rules: FaultRule[]
}

const ADS: Operation[] = ['listAccessibleCustomers', 'search', 'searchStream']
const TOKEN: Operation[] = ['token.code', 'token.refresh', 'token.jwt']

/** The failures the control page offers by name. */
export const faultPresets: FaultPreset[] = [
  ...tokenPresets(),
  ...identityPresets(),
  ...authorizePresets(),
  ...adsPresets(),
  ...transportPresets(),
]

/** The rules of a named failure. Throws for an unknown name. */
export function presetRules(name: string): FaultRule[] {
  const preset = faultPresets.find(known => known.name === name)
  if (!preset) throw new Error(`no failure named ${name}`)
  return preset.rules
}

function tokenPresets(): FaultPreset[] {
  const refused = (
    name: string,
    title: string,
    effect: Omit<Extract<FaultRule['effect'], { kind: 'oauth_error' }>, 'kind'>,
  ) => one(name, title, { operation: TOKEN }, { kind: 'oauth_error', ...effect })
  const bent = (name: string, title: string, change: { drop?: string[]; set?: Record<string, unknown> }) =>
    one(name, title, { operation: ['token.code', 'token.refresh'] }, { kind: 'token_response', ...change })
  return [
    refreshRefused(
      'revoked-grant',
      'Revoked: refresh answers “expired or revoked”',
      'Token has been expired or revoked.',
    ),
    refreshRefused('expired-in-testing', 'Expired after seven days in Testing', 'Token has been expired or revoked.'),
    refreshRefused('account-deleted', 'Google account deleted', 'Account has been deleted'),
    refused('wrong-client-secret', 'Wrong client secret', {
      error: 'invalid_client',
      error_description: 'The provided client secret is invalid.',
      status: 401,
    }),
    refused('deleted-oauth-client', 'OAuth client deleted', {
      error: 'deleted_client',
      error_description: 'The OAuth client was deleted.',
      status: 401,
    }),
    one(
      'invalid-rapt',
      'Workspace session control (invalid_rapt)',
      { operation: 'token.refresh' },
      {
        kind: 'oauth_error',
        error: 'invalid_grant',
        error_description: 'reauth related error (invalid_rapt)',
        extra: { error_subtype: 'invalid_rapt', error_uri: 'https://support.google.com/a/answer/9368756' },
      },
    ),
    one(
      'admin-policy-on-refresh',
      'Workspace admin restricted the service (refresh)',
      { operation: 'token.refresh' },
      {
        kind: 'oauth_error',
        error: 'admin_policy_enforced',
        error_description: 'Access to your account data is restricted by policies within your organization.',
      },
    ),
    bent('no-refresh-token', 'No refresh token in the answer', { drop: ['refresh_token'] }),
    bent('no-scope', 'No scope in the answer', { drop: ['scope'] }),
    bent('no-id-token', 'No ID token in the answer', { drop: ['id_token'] }),
    one(
      'seven-day-token',
      'Refresh token with seven days to live',
      { operation: 'token.code' },
      { kind: 'token_response', set: { refresh_token_expires_in: 604_799 } },
    ),
  ]
}

function refreshRefused(name: string, title: string, error_description: string): FaultPreset {
  return one(
    name,
    title,
    { operation: 'token.refresh' },
    { kind: 'oauth_error', error: 'invalid_grant', error_description },
  )
}

function identityPresets(): FaultPreset[] {
  const bad = (name: string, title: string, change: Omit<Extract<FaultRule['effect'], { kind: 'id_token' }>, 'kind'>) =>
    one(`id-token-${name}`, `ID token: ${title}`, {}, { kind: 'id_token', ...change })
  return [
    bad('wrong-nonce', 'wrong nonce', { set: { nonce: 'not-the-nonce-that-was-sent' } }),
    bad('alg-none', 'unsigned (alg none)', { sign: 'none' }),
    bad('hs256', 'signed with the client secret (HS256)', { sign: 'hs256 with client secret' }),
    bad('foreign-key', 'signed with a foreign key', { sign: 'foreign key' }),
    bad('broken-signature', 'broken signature', { sign: 'broken signature' }),
    bad('wrong-audience', 'for another client', { set: { aud: 'another.apps.googleusercontent.com' } }),
    bad('wrong-issuer', 'of another issuer', { set: { iss: 'https://accounts.example.com' } }),
    bad('bare-issuer', 'issuer without https:// (valid)', { set: { iss: 'accounts.google.com' } }),
    bad('expired', 'expired', { set: { iat: 1_600_000_000, exp: 1_600_003_600 } }),
    bad('without-sub', 'without sub', { drop: ['sub'] }),
    one(
      'certs-unavailable',
      'Signing certificates unavailable',
      { operation: 'certs' },
      { kind: 'status', status: 503, body: '' },
    ),
    one(
      'userinfo-unavailable',
      'userinfo unavailable',
      { operation: 'userinfo' },
      { kind: 'status', status: 503, body: '' },
    ),
  ]
}

function authorizePresets(): FaultPreset[] {
  const pages = {
    admin_policy_enforced: 'blocked by the Workspace admin',
    org_internal: 'internal app, person outside',
    redirect_uri_mismatch: 'redirect URI not registered',
    access_denied: 'in Testing, not a test user (403)',
    deleted_client: 'OAuth client deleted',
    invalid_client: 'OAuth client unknown',
    disallowed_useragent: 'embedded browser',
  }
  const callback = (
    name: string,
    title: string,
    change: { set?: Record<string, string>; drop?: string[]; append?: Record<string, string> },
  ) => one(`callback-${name}`, `Callback: ${title}`, { operation: 'authorize' }, { kind: 'callback', ...change })
  return [
    ...Object.entries(pages).map(([error, title]) =>
      one(
        `page-${error.replaceAll('_', '-')}`,
        `Google’s page: ${title}`,
        { operation: 'authorize' },
        { kind: 'google_page', error },
      ),
    ),
    callback('without-iss', 'without iss (valid)', { drop: ['iss'] }),
    callback('wrong-iss', 'iss of another issuer', { set: { iss: 'https://accounts.example.com' } }),
    callback('wrong-state', 'another state', { set: { state: 'not-the-state-that-was-sent' } }),
    callback('without-state', 'without state', { drop: ['state'] }),
    callback('two-states', 'two states', { append: { state: 'a-second-state' } }),
  ]
}

function adsPresets(): FaultPreset[] {
  const ads = (name: string, title: string, family: string, code: string, more: object = {}) =>
    one(name, title, { operation: ADS }, { kind: 'google_ads_error', family, code, ...more })
  const quota = (retryDelay: string, rateName: string) => ({ quota: { retryDelay, rateScope: 'DEVELOPER', rateName } })
  const rpc = (name: string, title: string, message: string, details: Record<string, unknown>[]) =>
    one(
      name,
      title,
      { operation: ADS },
      { kind: 'google_rpc_error', status: 403, rpcStatus: 'PERMISSION_DENIED', message, details },
    )
  return [
    ads(
      'quota-short',
      '429, retry in 2 s',
      'quotaError',
      'RESOURCE_TEMPORARILY_EXHAUSTED',
      quota('2s', 'Requests per second'),
    ),
    ads(
      'quota-daily',
      '429, retry in 40591 s (daily quota)',
      'quotaError',
      'RESOURCE_EXHAUSTED',
      quota('40591s', 'Number of operations for basic access'),
    ),
    ads('internal-error', '500 INTERNAL_ERROR', 'internalError', 'INTERNAL_ERROR'),
    ads('transient-error', '503 TRANSIENT_ERROR', 'internalError', 'TRANSIENT_ERROR'),
    ads(
      'two-step-not-enrolled',
      'Two-step verification not enrolled',
      'authenticationError',
      'TWO_STEP_VERIFICATION_NOT_ENROLLED',
    ),
    ads(
      'advanced-protection-not-enrolled',
      'Advanced Protection not enrolled',
      'authenticationError',
      'ADVANCED_PROTECTION_NOT_ENROLLED',
    ),
    ads('not-ads-user', 'Not an Ads user', 'authenticationError', 'NOT_ADS_USER'),
    ads('customer-not-enabled', 'Customer not enabled', 'authorizationError', 'CUSTOMER_NOT_ENABLED'),
    ads('permission-denied', 'Permission denied', 'authorizationError', 'USER_PERMISSION_DENIED'),
    ads(
      'not-approved-for-production',
      'Project not approved for production',
      'authorizationError',
      'CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION',
      { codeBeforeV25: 'ACTION_NOT_PERMITTED' },
    ),
    ads(
      'developer-token-not-approved',
      'Developer token for test accounts only',
      'authorizationError',
      'DEVELOPER_TOKEN_NOT_APPROVED',
    ),
    ads('role-too-low', 'Role too low', 'authorizationError', 'ACTION_NOT_PERMITTED'),
    ads('account-suspended', 'Account suspended', 'authorizationError', 'ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT'),
    ads('dead-version', 'Version retired', 'requestError', 'UNSUPPORTED_VERSION', {
      message: 'Version is deprecated. Requests to this version will be blocked.',
    }),
    rpc(
      'api-not-enabled',
      'Google Ads API not enabled in the project',
      'Google Ads API has not been used in project 424242424242 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/googleads.googleapis.com/overview?project=424242424242 then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.',
      [
        {
          '@type': 'type.googleapis.com/google.rpc.Help',
          links: [
            {
              description: 'Google developers console API activation',
              url: 'https://console.developers.google.com/apis/api/googleads.googleapis.com/overview?project=424242424242',
            },
          ],
        },
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'SERVICE_DISABLED',
          domain: 'googleapis.com',
          metadata: { service: 'googleads.googleapis.com', consumer: 'projects/424242424242' },
        },
      ],
    ),
    rpc('insufficient-scopes', 'Token lacks the adwords scope', 'Request had insufficient authentication scopes.', [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
        domain: 'googleapis.com',
        metadata: {
          service: 'googleads.googleapis.com',
          method: 'google.ads.googleads.v25.services.GoogleAdsService.Search',
        },
      },
    ]),
  ]
}

function transportPresets(): FaultPreset[] {
  const both = (name: string, title: string, effect: FaultRule['effect']) => [
    one(`token-${name}`, `Token endpoint: ${title}`, { operation: TOKEN }, effect),
    one(`ads-${name}`, `Google Ads: ${title}`, { operation: ADS }, effect),
  ]
  return [
    ...both('429', '429', { kind: 'status', status: 429, body: '', headers: { 'retry-after': '2' } }),
    ...both('500', '500', { kind: 'status', status: 500, body: '' }),
    ...both('503', '503', { kind: 'status', status: 503, body: '', headers: { 'retry-after': '1' } }),
    ...both('slow', 'three seconds slow', { kind: 'slow', ms: 3000 }),
    ...both('hang', 'never answers', { kind: 'hang' }),
    ...both('truncated', 'answer cut off', { kind: 'truncate' }),
    ...both('reset', 'connection reset', { kind: 'reset' }),
    ...both('html', 'HTML with status 200', { kind: 'html' }),
    ...both('empty-json', 'empty object with status 200', { kind: 'empty_json' }),
    ...both('redirect', 'redirect to another host', { kind: 'redirect', to: 'http://127.0.0.1:9/elsewhere' }),
    ...both('huge', '50 MB answer', { kind: 'huge', bytes: 50_000_000 }),
  ]
}

function one(
  name: string,
  title: string,
  match: NonNullable<FaultRule['match']>,
  effect: FaultRule['effect'],
): FaultPreset {
  return { name, title, rules: [{ match, effect }] }
}
