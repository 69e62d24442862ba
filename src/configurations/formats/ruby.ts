import {
  type ConfigurationFile,
  type CredentialKeys,
  credentialComments,
  credentialEntries,
  demandedDeveloperToken,
  entries,
  fileOf,
  hashComment,
  lines,
} from '../configuration.ts'

const keys: CredentialKeys = {
  clientId: 'client_id',
  clientSecret: 'client_secret',
  refreshToken: 'refresh_token',
  keyFilePath: 'keyfile',
  impersonatedEmail: 'impersonate',
}

/** google-ads-ruby, `google_ads_config.rb`: code that the library evaluates, so every value is a literal. */
export const rubyConfig: ConfigurationFile = {
  name: 'google_ads_config.rb',
  render: (configuration, notes) =>
    fileOf(
      '# encoding: utf-8',
      hashComment(notes.where),
      'Google::Ads::GoogleAds::Config.new do |c|',
      `  ${hashComment(notes.developerToken)}`,
      credentialComments(configuration, notes, text => `  ${hashComment(text)}`, keys),
      lines(
        entries(['developer_token', demandedDeveloperToken(configuration)], ...credentialEntries(configuration, keys), [
          'login_customer_id',
          configuration.loginCustomerId,
        ]),
        notes,
        hashComment,
        (key, value) => (/\p{Cs}/u.test(value) ? null : `c.${key} = ${rubyString(value)}`),
      ).map(line => `  ${line}`),
      'end',
    ),
}

/** Single quotes know two escapes and no interpolation. A line break or another control character needs double ones. */
function rubyString(value: string): string {
  if (!/\p{Cc}/u.test(value)) return `'${value.replace(/[\\']/g, '\\$&')}'`
  const escaped = value
    .replace(/[\\"#]/g, '\\$&')
    .replace(/\p{Cc}/gu, control => `\\u{${control.charCodeAt(0).toString(16)}}`)
  return `"${escaped}"`
}
