import { type ConfigurationFile, entries, fileOf, hashComment, lines, secretText } from '../configuration.ts'
import { shellVariable } from '../shell.ts'

/** The environment variables that Google's six libraries share, and the two that C# and Python each want besides. */
export const environment: ConfigurationFile = {
  name: 'google-ads.env',
  render: (configuration, notes) =>
    fileOf(
      hashComment(notes.where),
      hashComment(notes.developerToken),
      lines(
        entries(
          ['GOOGLE_ADS_DEVELOPER_TOKEN', configuration.developerToken],
          ['GOOGLE_ADS_CLIENT_ID', configuration.clientId],
          ['GOOGLE_ADS_CLIENT_SECRET', secretText(configuration.clientSecret)],
          ['GOOGLE_ADS_REFRESH_TOKEN', secretText(configuration.refreshToken)],
          ['GOOGLE_ADS_LOGIN_CUSTOMER_ID', configuration.loginCustomerId],
          ['GOOGLE_ADS_OAUTH2_MODE', 'APPLICATION'],
          ['GOOGLE_ADS_USE_PROTO_PLUS', 'True'],
        ),
        notes,
        hashComment,
        shellVariable,
      ),
    ),
}
