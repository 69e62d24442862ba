import {
  adwordsScope,
  type ConfigurationFile,
  type CredentialKeys,
  credentialComments,
  credentialEntries,
  demandedDeveloperToken,
  entries,
  fileOf,
  lines,
  oneLine,
} from '../configuration.ts'

const keys: CredentialKeys = {
  clientId: 'clientId',
  clientSecret: 'clientSecret',
  refreshToken: 'refreshToken',
  keyFilePath: 'jsonKeyFilePath',
  impersonatedEmail: 'impersonatedEmail',
}

/** google-ads-php, `google_ads_php.ini`, read by PHP's parse_ini_file in its normal mode. A key file needs its scopes beside it. */
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
      credentialComments(configuration, notes, comment, keys),
      written(
        entries(...credentialEntries(configuration, keys), [
          'scopes',
          configuration.credential.kind === 'user' ? null : adwordsScope,
        ]),
      ),
    )
  },
}

const comment = (text: string) => `; ${oneLine(text)}`

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
