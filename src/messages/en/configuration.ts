import type { Format } from '../../configurations/formats.ts'

const noTokenNeeded =
  'Google no longer looks at the developer token; it stands here only where this installation has one.'
const tokenDemanded =
  'This library still asks for a developer token. Google no longer looks at it, so any text will do.'

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
  /** One line each: they stand in the files as comments too. */
  where: {
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
    'googleads.properties':
      'Save as googleads.properties in the home directory. This library ends with v23 of the API.',
    'google-ads.js': 'Save as google-ads.js in a project of type module that has google-ads-api installed.',
    'google-ads.sh': 'Save as google-ads.sh and run it with: sh google-ads.sh',
    'google-ads.env': 'Save as google-ads.env and load it into a shell with: set -a; . ./google-ads.env; set +a',
  } as Record<string, string>,
  developerToken: {
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
  } satisfies Record<Format, string>,
  unwritable: (key: string) => `${key} is left out: its value holds a character this format cannot carry.`,
  copyFile: (name: string) => `Copy ${name}`,
  download: 'Download',
  downloadFile: (name: string) => `Download ${name}`,
  placeholders: 'What you fill in',
  placeholdersLead: 'Secrets are never on this page. Each stands as a placeholder, for you to replace:',
  secrets: [
    {
      name: 'INSERT_CLIENT_SECRET_HERE',
      text: 'The secret of this installation’s OAuth client. Whoever runs Ads Keyring has it from the Google Cloud console.',
    },
    {
      name: 'INSERT_REFRESH_TOKEN_HERE',
      text: 'Ads Keyring keeps its own sealed and cannot reveal it yet. Until then, make one in a terminal: npx ads-keyring generate-user-credentials --client-secrets-path FILE. It works only with the OAuth client in FILE; if that is not this installation’s, put its ID and secret here as well.',
    },
  ],
  customerPlaceholder: {
    name: 'INSERT_CUSTOMER_ID_HERE',
    text: 'The account to call: ten digits, without dashes.',
  },
  developerTokenPlaceholder: {
    name: 'INSERT_DEVELOPER_TOKEN_HERE',
    text: 'May stay as it is. This library wants some text there; Google no longer looks at it.',
  },
  header: 'The header it leads to',
  headerLead: 'Calls made with this configuration carry the header',
  headerNone:
    'Without a login customer no such header is sent. That works for accounts to which this Google account has direct access; all others need one.',
  accountsUnknown:
    'The accounts of this connection could not be read just now, so no login customer can be chosen here.',
  accountsUnknownLink: 'See why',
}
