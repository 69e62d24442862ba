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
  clientId: 'client_id',
  clientSecret: 'client_secret',
  refreshToken: 'refresh_token',
  keyFilePath: 'json_key_file_path',
  impersonatedEmail: 'impersonated_email',
}

/** google-ads-python, `google-ads.yaml`. From 32.0.0 the developer token may be left out; use_proto_plus never. */
export const pythonYaml: ConfigurationFile = {
  name: 'google-ads.yaml',
  render: (configuration, notes) =>
    fileOf(
      hashCommentedLines(configuration, notes, {
        keys,
        list: [
          ['developer_token', textOrNull(configuration.developerToken)],
          ...credentialEntries(configuration, keys),
          ['login_customer_id', configuration.loginCustomerId],
        ],
        write: (key, value) => `${key}: ${yamlString(value)}`,
      }),
      'use_proto_plus: True',
    ),
}

/** YAML's double-quoted style takes JSON's escapes. What its readers refuse or fold in clear is escaped as well. */
function yamlString(value: string): string {
  return JSON.stringify(value).replace(/[\u007F-\u00A0\u2028\u2029\uFEFF\uFFFE\uFFFF]/g, unicodeEscape)
}
