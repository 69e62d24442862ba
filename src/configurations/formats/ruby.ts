import {
  type ConfigurationFile,
  demandedDeveloperToken,
  entries,
  fileOf,
  hashComment,
  lines,
  secretText,
} from '../configuration.ts'

/** google-ads-ruby, `google_ads_config.rb`: code that the library evaluates, so every value is a literal. */
export const rubyConfig: ConfigurationFile = {
  name: 'google_ads_config.rb',
  render: (configuration, notes) =>
    fileOf(
      '# encoding: utf-8',
      hashComment(notes.where),
      'Google::Ads::GoogleAds::Config.new do |c|',
      `  ${hashComment(notes.developerToken)}`,
      lines(
        entries(
          ['developer_token', demandedDeveloperToken(configuration)],
          ['client_id', configuration.clientId],
          ['client_secret', secretText(configuration.clientSecret)],
          ['refresh_token', secretText(configuration.refreshToken)],
          ['login_customer_id', configuration.loginCustomerId],
        ),
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
