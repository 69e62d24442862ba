import {
  type ConfigurationFile,
  type CredentialKeys,
  credentialEntries,
  demandedDeveloperToken,
  fileOf,
  hashCommentedLines,
} from '../configuration.ts'

const keys: CredentialKeys = {
  clientId: 'clientId',
  clientSecret: 'clientSecret',
  refreshToken: 'refreshToken',
  keyFilePath: 'jsonKeyFilePath',
  impersonatedEmail: 'impersonatedEmail',
}

/**
 * google-ads-perl, `googleads.properties`. Not Java's format: the library takes all that follows the first `=` as it
 * stands and knows no escapes, so a line break cannot be written, nor can a NUL be sent in a request.
 */
export const perlProperties: ConfigurationFile = {
  name: 'googleads.properties',
  render: (configuration, notes) =>
    fileOf(
      hashCommentedLines(configuration, notes, {
        keys,
        list: [
          ['developerToken', demandedDeveloperToken(configuration)],
          ...credentialEntries(configuration, keys),
          ['loginCustomerId', configuration.loginCustomerId],
        ],
        write: (key, value) => (/[\r\n\0]/.test(value) ? null : `${key}=${value}`),
      }),
    ),
}
