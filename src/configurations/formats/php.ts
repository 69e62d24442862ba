import { type ConfigurationFile, demandedDeveloperToken, entries, fileOf, lines, secretText } from '../configuration.ts'

/** google-ads-php, `google_ads_php.ini`, read by PHP's parse_ini_file in its normal mode. */
export const phpIni: ConfigurationFile = {
  name: 'google_ads_php.ini',
  render: (configuration, notes) => {
    const written = (list: ReturnType<typeof entries>) => lines(list, notes, comment, entry)
    return fileOf(
      comment(notes.where),
      '[GOOGLE_ADS]',
      comment(notes.developerToken),
      written(
        entries(
          ['developerToken', demandedDeveloperToken(configuration)],
          ['loginCustomerId', configuration.loginCustomerId],
        ),
      ),
      '',
      '[OAUTH2]',
      written(
        entries(
          ['clientId', configuration.clientId],
          ['clientSecret', secretText(configuration.clientSecret)],
          ['refreshToken', secretText(configuration.refreshToken)],
        ),
      ),
    )
  },
}

const comment = (text: string) => `; ${text}`

function entry(key: string, value: string): string | null {
  return value.includes('\0') ? null : `${key} = ${quote(value)}`
}

/**
 * In double quotes PHP expands `${NAME}` and loses its way at `\\\"`; in single quotes everything stands for itself but
 * the quote. Parts side by side are one value, so a single quote stands in double ones between them.
 */
function quote(value: string): string {
  if (!/["\\$\n\r]/.test(value)) return `"${value}"`
  return value
    .split(/('+)/)
    .filter(part => part !== '')
    .map(part => (part.startsWith("'") ? `"${part}"` : `'${part}'`))
    .join('')
}
