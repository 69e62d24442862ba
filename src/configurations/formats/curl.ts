import {
  adwordsScope,
  type ClientConfiguration,
  type ConfigurationFile,
  type ConfigurationNotes,
  entries,
  fileOf,
  hashComment,
  lines,
  placeholders,
  type ServiceAccountCredential,
  secretText,
  textOrNull,
  type UserCredential,
} from '../configuration.ts'
import { shellVariable } from '../shell.ts'

/** Two requests: the credential for an access token, then a query with it. Needs curl and sed, for a key file openssl too. */
export const curlScript: ConfigurationFile = {
  name: 'google-ads.sh',
  render: (configuration, notes) => {
    const { credential } = configuration
    return fileOf(
      '#!/bin/sh',
      hashComment(notes.where),
      hashComment(notes.developerToken),
      credential.kind === 'user' ? [] : hashComment(notes.keyFile(credential.email)),
      variables(
        notes,
        ...credentialVariables(credential),
        ['DEVELOPER_TOKEN', textOrNull(configuration.developerToken)],
        ...accountVariables(configuration),
      ),
      '',
      credential.kind === 'user' ? refreshTokenGrant : jwtBearerGrant,
      '',
      query(configuration),
    )
  },
}

function credentialVariables(credential: UserCredential | ServiceAccountCredential): [string, string][] {
  if (credential.kind === 'service_account') return [['KEY_FILE', credential.keyFilePath]]
  return [
    ['CLIENT_ID', credential.clientId],
    ['CLIENT_SECRET', secretText(credential.clientSecret)],
    ['REFRESH_TOKEN', secretText(credential.refreshToken)],
  ]
}

const refreshTokenGrant = [
  "ACCESS_TOKEN=$(curl -sS 'https://oauth2.googleapis.com/token' \\",
  "  --data-urlencode 'grant_type=refresh_token' \\",
  '  --data-urlencode "client_id=$CLIENT_ID" \\',
  '  --data-urlencode "client_secret=$CLIENT_SECRET" \\',
  '  --data-urlencode "refresh_token=$REFRESH_TOKEN" |',
  `  sed -n 's/.*"access_token": *"\\([^"]*\\)".*/\\1/p')`,
]

/** RFC 7523. The key reaches openssl through a descriptor, so no second copy of it lies in a file or an argument list. */
const jwtBearerGrant = [
  "base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }",
  `entry() { sed -n 's/.*"'"$1"'": *"\\([^"]*\\)".*/\\1/p' "$KEY_FILE"; }`,
  'NOW=$(date +%s)',
  `HEADER=$(printf '{"alg":"RS256","typ":"JWT"}' | base64url)`,
  `CLAIMS=$(printf '{"iss":"%s","scope":"${adwordsScope}","aud":"https://oauth2.googleapis.com/token","iat":%s,"exp":%s}' \\`,
  '  "$(entry client_email)" "$NOW" "$((NOW + 3600))" | base64url)',
  `SIGNATURE=$(printf '%s.%s' "$HEADER" "$CLAIMS" | openssl dgst -sha256 -sign /dev/fd/3 3<<KEY | base64url`,
  `$(printf '%b' "$(entry private_key)")`,
  'KEY',
  ')',
  '',
  "ACCESS_TOKEN=$(curl -sS 'https://oauth2.googleapis.com/token' \\",
  "  --data-urlencode 'grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer' \\",
  '  --data-urlencode "assertion=$HEADER.$CLAIMS.$SIGNATURE" |',
  `  sed -n 's/.*"access_token": *"\\([^"]*\\)".*/\\1/p')`,
]

/** Where a member may ask this application for an access token, instead of holding a credential. */
export interface AccessTokenAddress {
  url: string
  apiKey: string
}

/** The same query with an access token of an hour, which Ads Keyring gives to the holder of an API key. */
export function accessTokenScript(
  configuration: Pick<ClientConfiguration, 'loginCustomerId' | 'customerId' | 'apiVersion'>,
  { url, apiKey }: AccessTokenAddress,
  notes: Pick<ConfigurationNotes, 'unwritable'>,
): string {
  return fileOf(
    '#!/bin/sh',
    variables(notes, ['API_KEY', apiKey], ['ACCESS_TOKEN_URL', url], ...accountVariables(configuration)),
    '',
    'ACCESS_TOKEN=$(curl -sS -X POST "$ACCESS_TOKEN_URL" -H "Authorization: Bearer $API_KEY" |',
    `  sed -n 's/.*"accessToken": *"\\([^"]*\\)".*/\\1/p')`,
    '',
    query({ ...configuration, developerToken: null }),
  )
}

function accountVariables({
  loginCustomerId,
  customerId,
}: Pick<ClientConfiguration, 'loginCustomerId' | 'customerId'>): (readonly [string, string | null])[] {
  return [
    ['LOGIN_CUSTOMER_ID', loginCustomerId],
    ['CUSTOMER_ID', customerId ?? placeholders.customerId.placeholder],
  ]
}

function variables(
  notes: Pick<ConfigurationNotes, 'unwritable'>,
  ...list: (readonly [name: string, value: string | null])[]
): string[] {
  return lines(entries(...list), notes, hashComment, shellVariable)
}

function query({
  apiVersion,
  developerToken,
  loginCustomerId,
}: Pick<ClientConfiguration, 'apiVersion' | 'developerToken' | 'loginCustomerId'>): string[] {
  return [
    `curl -sS "https://googleads.googleapis.com/${apiVersion}/customers/$CUSTOMER_ID/googleAds:searchStream" \\`,
    "  -H 'Content-Type: application/json' \\",
    '  -H "Authorization: Bearer $ACCESS_TOKEN" \\',
    ...(developerToken === null ? [] : ['  -H "developer-token: $DEVELOPER_TOKEN" \\']),
    ...(loginCustomerId === null ? [] : ['  -H "login-customer-id: $LOGIN_CUSTOMER_ID" \\']),
    `  --data '{"query": "SELECT customer.id, customer.descriptive_name FROM customer"}'`,
  ]
}
