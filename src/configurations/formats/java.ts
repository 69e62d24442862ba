import {
  type ConfigurationFile,
  type CredentialKeys,
  credentialEntries,
  fileOf,
  hashCommentedLines,
  textOrNull,
  unicodeEscape,
} from '../configuration.ts'

const keys: CredentialKeys = {
  clientId: 'api.googleads.clientId',
  clientSecret: 'api.googleads.clientSecret',
  refreshToken: 'api.googleads.refreshToken',
  keyFilePath: 'api.googleads.serviceAccountSecretsPath',
  impersonatedEmail: 'api.googleads.serviceAccountUser',
}

/** google-ads-java, `ads.properties`. The developer token may be left out. */
export const javaProperties: ConfigurationFile = {
  name: 'ads.properties',
  render: (configuration, notes) =>
    fileOf(
      hashCommentedLines(configuration, notes, {
        keys,
        list: [
          ...credentialEntries(configuration, keys),
          ['api.googleads.developerToken', textOrNull(configuration.developerToken)],
          ['api.googleads.loginCustomerId', configuration.loginCustomerId],
        ],
        write: (key, value) => `${key}=${escapeProperty(value)}`,
      }),
    ),
}

const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f' }

/** java.util.Properties reads files as Latin-1, drops leading blanks and takes a backslash for the start of an escape. */
function escapeProperty(value: string): string {
  return value
    .replace(/[\\=:#!]/g, '\\$&')
    .replace(/^ | $/g, unicodeEscape)
    .replace(/[^ -~]/g, unit => named[unit] ?? unicodeEscape(unit))
}
