import type { ConfigurationNotes } from '../../configurations/configuration.ts'
import type { Format } from '../../configurations/formats.ts'

const noTokenNeeded =
  'Google no longer looks at the developer token; it stands here only where this installation has one.'
const tokenDemanded =
  'This library still asks for a developer token. Google no longer looks at it, so any text will do.'

const where: Record<string, string> = {
  'google-ads.yaml':
    'Save as google-ads.yaml in the home directory, or name its path in GOOGLE_ADS_CONFIGURATION_FILE_PATH.',
  'ads.properties':
    'Save as ads.properties in the home directory, or name its path in GOOGLE_ADS_CONFIGURATION_FILE_PATH.',
  'App.config': 'Save as App.config beside the project file, or merge its two parts into the one that is there.',
  'appsettings.json':
    'Save as appsettings.json beside the project file, or merge GoogleAdsApi into the one that is there.',
  'google_ads_php.ini': 'Save as google_ads_php.ini in the home directory, or give its path to fromFile().',
  'google_ads_config.rb':
    'Save as google_ads_config.rb in the home directory, or give its path to GoogleAdsClient.new.',
  'googleads.properties': 'Save as googleads.properties in the home directory. This library ends with v23 of the API.',
  'google-ads.js': 'Save as google-ads.js in a project of type module that has the library imported here installed.',
  'google-ads.sh': 'Save as google-ads.sh and run it with: sh google-ads.sh',
  'google-ads.env': 'Save as google-ads.env and load it into a shell with: set -a; . ./google-ads.env; set +a',
}

const developerToken: Record<Format, string> = {
  python:
    'Versions before 32.0.0 refuse to start without developer_token; any text will do, Google no longer looks at it.',
  java: noTokenNeeded,
  dotnet: tokenDemanded,
  php: tokenDemanded,
  ruby: tokenDemanded,
  perl: tokenDemanded,
  node: tokenDemanded,
  curl: noTokenNeeded,
  env: 'Libraries that still ask for a developer token take any text in GOOGLE_ADS_DEVELOPER_TOKEN.',
}

/** The comments in a file. One line each. */
function notesFor(format: Format, fileName: string): ConfigurationNotes {
  return {
    where: where[fileName] ?? fileName,
    developerToken: developerToken[format],
    unwritable: (key: string) => `${key} is left out: its value holds a character this format cannot carry.`,
    keyFile: (email: string) =>
      `The key file of ${email}, as Google gave it. Keep it where only your program can read it.`,
    impersonation: (key: string) =>
      `${key} is left out: the service account was invited to Google Ads itself and acts for nobody else.`,
    noServiceAccounts:
      'google-ads-api has no mode for service accounts, so this asks the REST interface through google-auth-library.',
  }
}

export const configuration = {
  title: 'Configuration',
  forAccount: 'Configuration for your own programs',
  lead: 'For your own programs: what a Google Ads client library needs to call the accounts that this Google account opens.',
  back: (email: string) => `Connection of ${email}`,
  loginCustomer: 'Login customer',
  withoutLoginCustomer: 'None: leave the header out',
  show: 'Show',
  tabs: 'Library',
  formats: {
    python: 'Python',
    java: 'Java',
    dotnet: 'C#',
    php: 'PHP',
    ruby: 'Ruby',
    perl: 'Perl',
    node: 'Node',
    curl: 'curl',
    env: 'Environment',
  } satisfies Record<Format, string>,
  notesFor,
  accessToken: {
    tab: 'Access token',
    name: 'An access token for an hour',
    lead: 'Best for scripts and for trying things out. Your program asks Ads Keyring for an access token with an API key of yours; no lasting credential leaves the server, and after an hour the token is worth nothing. Run it with: sh access-token.sh',
  },
  copyFile: (name: string) => `Copy ${name}`,
  download: 'Download',
  downloadFile: (name: string) => `Download ${name}`,
  placeholders: 'What you fill in',
  reveal: {
    link: 'Show it with its secrets…',
    title: (format: string, email: string) => `${format} configuration of ${email}, with secrets`,
    back: 'Back to the configuration with placeholders',
    what: 'What you are about to see',
    whatText: (email: string) =>
      `The refresh token of ${email} and the secret of its OAuth client. Whoever has both can see and change everything ${email} can in Google Ads, from anywhere, until the connection is revoked.`,
    points: [
      'Pausing the connection here does not stop a copy. Only revoking it at Google does.',
      'Scripts that run near this server do better with an access token, which ends after an hour.',
      'That you looked is written into the audit trail.',
    ],
    submit: (email: string) => `Show the secrets of ${email}`,
    cancel: 'Keep them sealed',
    shown: 'These are the secrets. They are shown in this answer only, and kept by no cache.',
  },
  placeholdersLead: 'Secrets are never on this page. Each stands as a placeholder, for you to replace:',
  /** In the order in which they are explained. */
  fillIn: {
    INSERT_API_KEY_HERE:
      'A key of yours to Ads Keyring, with the right to ask for access tokens. You make it on your own page, behind your picture. Google does not know it.',
    INSERT_CLIENT_SECRET_HERE:
      'The secret of the OAuth client. It is shown together with the refresh token; the two belong together.',
    INSERT_REFRESH_TOKEN_HERE:
      'Ads Keyring keeps it sealed. The owner of the connection and administrators can show it, with a button on this page. Better still, give your program an access token.',
    INSERT_PATH_TO_KEY_FILE_HERE:
      'Where the JSON key of the service account lies on the machine that runs your program. The key itself never belongs in this file. Whoever set the service account up has it; Ads Keyring keeps its own sealed.',
    INSERT_CUSTOMER_ID_HERE: 'The account to call: ten digits, without dashes.',
    INSERT_DEVELOPER_TOKEN_HERE: 'May stay as it is. Some libraries want any text there; Google no longer looks at it.',
  } as Record<string, string>,
  header: 'The header it leads to',
  headerLead: 'Calls made with this configuration carry the header',
  headerNone:
    'Without a login customer no such header is sent. That works for accounts to which this Google account has direct access; all others need one.',
  accountsUnknown:
    'The accounts of this connection could not be read just now, so no login customer can be chosen here.',
  accountsUnknownLink: 'See why',
}
