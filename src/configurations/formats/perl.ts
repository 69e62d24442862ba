import {
  type ConfigurationFile,
  demandedDeveloperToken,
  entries,
  fileOf,
  hashComment,
  lines,
  secretText,
} from '../configuration.ts'

/**
 * google-ads-perl, `googleads.properties`. Not Java's format: the library takes all that follows the first `=` as it
 * stands and knows no escapes, so a line break cannot be written, nor can a NUL be sent in a request.
 */
export const perlProperties: ConfigurationFile = {
  name: 'googleads.properties',
  render: (configuration, notes) =>
    fileOf(
      hashComment(notes.where),
      hashComment(notes.developerToken),
      lines(
        entries(
          ['developerToken', demandedDeveloperToken(configuration)],
          ['clientId', configuration.clientId],
          ['clientSecret', secretText(configuration.clientSecret)],
          ['refreshToken', secretText(configuration.refreshToken)],
          ['loginCustomerId', configuration.loginCustomerId],
        ),
        notes,
        hashComment,
        (key, value) => (/[\r\n\0]/.test(value) ? null : `${key}=${value}`),
      ),
    ),
}
