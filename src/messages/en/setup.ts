import { counted } from './words.ts'

export const setup = {
  title: 'Setup',
  lead: 'What this installation sends to Google, and what has to be registered there.',
  ready: 'Nothing is missing here.',
  missing: (count: number) => counted(count, 'thing is missing', 'things are missing'),
  redirectTitle: 'Redirect URI',
  redirectLead: 'Register exactly this address with the OAuth client. Scheme, host, port and path must match.',
  redirectCopy: 'Copy the redirect URI',
  redirectRegistered: 'It is in the list of the client secrets file.',
  redirectMissing:
    'The redirect URI is not in the list of the client secrets file. Register it at Google, then download the file again.',
  redirectNotListed: 'Not registered yet, as far as the client secrets file says.',
  redirectUnknown: 'Whether it is registered cannot be seen from here. Google tells at the first connection.',
  facts: 'This installation',
  fields: {
    publicUrl: 'Public address',
    clientId: 'OAuth client ID',
    clientSource: 'OAuth client from',
    apiVersion: 'Google Ads API version',
    developerToken: 'Developer token',
    storage: 'Stored in',
    whoMaySignIn: 'Who may sign in',
    standIn: 'Stand-in for Google',
  },
  clientIdNone: 'Not set',
  clientIdCopy: 'Copy the client ID',
  clientSources: {
    file: 'Client secrets file (GOOGLE_CLIENT_SECRETS_PATH)',
    environment: 'Settings (GOOGLE_ADS_CLIENT_ID, GOOGLE_ADS_CLIENT_SECRET)',
  },
  clientSourceNone: 'Not set',
  developerTokenSet: 'Set. It is sent with each call and placed in exported configurations.',
  developerTokenNotNeeded:
    'Not set, and not needed. Since 9 September 2026 Google looks at the Google Cloud project instead.',
  engines: { sqlite: 'SQLite', postgres: 'PostgreSQL' },
  signInRules: {
    admins: (count: number) => counted(count, 'administrator named by address', 'administrators named by address'),
    domains: (list: string) => `Everyone at ${list}`,
    emails: (count: number) => counted(count, 'address named one by one', 'addresses named one by one'),
    nobody: 'Nobody yet. Set ADMIN_EMAILS, ALLOWED_DOMAINS or ALLOWED_EMAILS.',
  },
  stepsTitle: 'Steps at Google, in this order',
  steps: [
    {
      title: 'Create a project',
      text: 'In the Google Cloud console, create a project for this installation, or choose the one your developer token belongs to.',
    },
    {
      title: 'Enable the Google Ads API',
      text: 'Under “APIs & Services”, “Library”, look for Google Ads API and enable it.',
    },
    {
      title: 'Fill in the consent screen',
      text: 'Choose “Internal” if all your people are in one Workspace organisation, otherwise “External”. With External and the publishing status “Testing”, every connection ends after seven days and only listed test users can connect. Publish it for lasting use.',
    },
    {
      title: 'Create an OAuth client',
      text: 'Under “Credentials”, create an OAuth client ID of the type “Web application”.',
    },
    {
      title: 'Register the redirect URI',
      text: 'Add the redirect URI from the top of this page to “Authorised redirect URIs”. Nothing goes to “JavaScript origins”.',
    },
    {
      title: 'Download the JSON file',
      text: 'Download the client secrets file, put it where only the server reads it, and set GOOGLE_CLIENT_SECRETS_PATH to its path. The file is used as it is.',
    },
  ],
}
