import {
  adwordsScope,
  type ClientConfiguration,
  type ConfigurationFile,
  type ConfigurationNotes,
  demandedDeveloperToken,
  type Entry,
  entries,
  fileOf,
  oneLine,
  placeholders,
  type ServiceAccountCredential,
  secretText,
  type UserCredential,
  unicodeEscape,
} from '../configuration.ts'

/** npm google-ads-api for people; google-auth-library and the REST interface for service accounts, which the former has no mode for. */
export const nodeModule: ConfigurationFile = {
  name: 'google-ads.js',
  render: (configuration, notes) =>
    configuration.credential.kind === 'user'
      ? googleAdsApi(configuration, configuration.credential, notes)
      : googleAuthLibrary(configuration, configuration.credential, notes),
}

/** Its keys are snake_case; it takes camelCase without a word and fails at the first call. */
function googleAdsApi(configuration: ClientConfiguration, credential: UserCredential, notes: ConfigurationNotes) {
  return fileOf(
    comment(notes.where),
    "import { GoogleAdsApi } from 'google-ads-api'",
    '',
    comment(notes.developerToken),
    'const api = new GoogleAdsApi({',
    fields(
      ['client_id', credential.clientId],
      ['client_secret', secretText(credential.clientSecret)],
      ['developer_token', demandedDeveloperToken(configuration)],
    ),
    '})',
    '',
    'export const customer = api.Customer({',
    fields(
      ['customer_id', customerIdOf(configuration)],
      ['refresh_token', secretText(credential.refreshToken)],
      ['login_customer_id', configuration.loginCustomerId],
    ),
    '})',
  )
}

function googleAuthLibrary(
  { apiVersion, ...configuration }: ClientConfiguration,
  credential: ServiceAccountCredential,
  notes: ConfigurationNotes,
) {
  const address = `https://googleads.googleapis.com/${apiVersion}/customers`
  return fileOf(
    comment(notes.where),
    comment(notes.noServiceAccounts),
    "import { GoogleAuth } from 'google-auth-library'",
    '',
    comment(notes.keyFile(credential.email)),
    'const auth = new GoogleAuth({',
    fields(['keyFilename', credential.keyFilePath], ['scopes', adwordsScope]),
    '})',
    '',
    'const account = {',
    fields(
      ['customer_id', customerIdOf({ ...configuration, apiVersion })],
      ['login_customer_id', configuration.loginCustomerId],
    ),
    '}',
    '',
    'export async function search(query) {',
    '  const { data } = await auth.request({',
    `    url: \`${address}/\${account.customer_id}/googleAds:searchStream\`,`,
    "    method: 'POST',",
    configuration.loginCustomerId === null ? [] : "    headers: { 'login-customer-id': account.login_customer_id },",
    '    data: { query },',
    '  })',
    '  return data',
    '}',
  )
}

const customerIdOf = ({ customerId }: ClientConfiguration) => customerId ?? placeholders.customerId.placeholder

const comment = (text: string) => `// ${oneLine(text)}`

function fields(...list: (readonly [key: string, value: string | null])[]): string[] {
  return entries(...list).map(([key, value]: Entry) => `  ${key}: ${jsString(value)},`)
}

/** A `<` is escaped too: such files end up in script elements. */
function jsString(value: string): string {
  return JSON.stringify(value).replace(/[<\u2028\u2029\u007F]/g, unicodeEscape)
}
