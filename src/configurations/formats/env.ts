import {
  type ConfigurationFile,
  type CredentialKeys,
  credentialEntries,
  fileOf,
  hashCommentedLines,
  textOrNull,
} from '../configuration.ts'
import { shellVariable } from '../shell.ts'

const keys: CredentialKeys = {
  clientId: 'GOOGLE_ADS_CLIENT_ID',
  clientSecret: 'GOOGLE_ADS_CLIENT_SECRET',
  refreshToken: 'GOOGLE_ADS_REFRESH_TOKEN',
  keyFilePath: 'GOOGLE_ADS_JSON_KEY_FILE_PATH',
  impersonatedEmail: 'GOOGLE_ADS_IMPERSONATED_EMAIL',
}

/** The environment variables that Google's six libraries share, and the two that C# and Python each want besides. */
export const environment: ConfigurationFile = {
  name: 'google-ads.env',
  render: (configuration, notes) =>
    fileOf(
      hashCommentedLines(configuration, notes, {
        keys,
        list: [
          ['GOOGLE_ADS_DEVELOPER_TOKEN', textOrNull(configuration.developerToken)],
          ...credentialEntries(configuration, keys),
          ['GOOGLE_ADS_LOGIN_CUSTOMER_ID', configuration.loginCustomerId],
          ['GOOGLE_ADS_OAUTH2_MODE', configuration.credential.kind === 'user' ? 'APPLICATION' : 'SERVICE_ACCOUNT'],
          ['GOOGLE_ADS_USE_PROTO_PLUS', 'True'],
        ],
        write: shellVariable,
      }),
    ),
}
