import {
  type ConfigurationFile,
  entries,
  fileOf,
  hashComment,
  lines,
  secretText,
  unicodeEscape,
} from '../configuration.ts'

/** google-ads-java, `ads.properties`. The developer token may be left out. */
export const javaProperties: ConfigurationFile = {
  name: 'ads.properties',
  render: (configuration, notes) =>
    fileOf(
      hashComment(notes.where),
      hashComment(notes.developerToken),
      lines(
        entries(
          ['api.googleads.clientId', configuration.clientId],
          ['api.googleads.clientSecret', secretText(configuration.clientSecret)],
          ['api.googleads.refreshToken', secretText(configuration.refreshToken)],
          ['api.googleads.developerToken', configuration.developerToken],
          ['api.googleads.loginCustomerId', configuration.loginCustomerId],
        ),
        notes,
        hashComment,
        (key, value) => `${key}=${escapeProperty(value)}`,
      ),
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
