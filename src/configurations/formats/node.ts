import {
  type ConfigurationFile,
  demandedDeveloperToken,
  entries,
  fileOf,
  placeholders,
  secretText,
  unicodeEscape,
} from '../configuration.ts'

/** npm google-ads-api. Its keys are snake_case; it takes camelCase without a word and fails at the first call. */
export const nodeModule: ConfigurationFile = {
  name: 'google-ads.js',
  render: (configuration, notes) =>
    fileOf(
      comment(notes.where),
      "import { GoogleAdsApi } from 'google-ads-api'",
      '',
      comment(notes.developerToken),
      'const api = new GoogleAdsApi({',
      fields([
        ['client_id', configuration.clientId],
        ['client_secret', secretText(configuration.clientSecret)],
        ['developer_token', demandedDeveloperToken(configuration)],
      ]),
      '})',
      '',
      'export const customer = api.Customer({',
      fields([
        ['customer_id', configuration.customerId ?? placeholders.customerId.placeholder],
        ['refresh_token', secretText(configuration.refreshToken)],
        ['login_customer_id', configuration.loginCustomerId],
      ]),
      '})',
    ),
}

const comment = (text: string) => `// ${text}`

function fields(list: [key: string, value: string | null][]): string[] {
  return entries(...list).map(([key, value]) => `  ${key}: ${jsString(value)},`)
}

/** A `<` is escaped too: such files end up in script elements. */
function jsString(value: string): string {
  return JSON.stringify(value).replace(/[<\u2028\u2029\u007F]/g, unicodeEscape)
}
