import type { Format } from '../formats.ts'

/** The format a pasted text is most likely in; null when it looks like none. Comments do not count. */
export function detectFormat(text: string): Format | null {
  const start = text.trimStart()
  if (/^[<{]/.test(start)) return 'dotnet'
  const code = text.replace(/^[ \t]*(?:#|;|\/\/|!).*$/gm, '')
  return signs.find(([, sign]) => sign.test(code))?.[0] ?? null
}

/** In order: what only one format has comes before what several share. */
const signs: [Format, RegExp][] = [
  ['ruby', /Google::Ads::GoogleAds|^[ \t]*c(?:onfig)?\.\w+[ \t]*=/m],
  ['node', /\bGoogleAdsApi\b|\bgoogle-auth-library\b|\.Customer\(|^[ \t]*(?:import|const)\b/m],
  ['curl', /\bcurl\b/],
  ['java', /^[ \t]*api\.(?:googleads|adwords)\./m],
  ['php', /^[ \t]*\[\w+\]/m],
  ['env', /^[ \t]*(?:export[ \t]+|set[ \t]+)?(?:GOOGLE_ADS_\w+|USE_APPLICATION_DEFAULT_CREDENTIALS)=/m],
  ['python', /^[ \t]*["']?[a-z][\w-]*["']?[ \t]*:(?:[ \t]|$)/im],
  ['java', /^[ \t]*serviceAccount(?:SecretsPath|User)[ \t]*[=:]/m],
  ['perl', /^[ \t]*\w+[ \t]*=/m],
]
