export const home = {
  title: 'Google Ads access, kept in one place',
  lead: 'Connect the Google account that opens Google Ads. Its credential stays sealed on this server, and you see which accounts it opens, through which manager, and with which role.',
  connect: 'Connect Google Ads',
  signIn: 'Sign in with Google',
  signInHint: 'Connected before? Signing in asks for no new consent.',
  before: {
    title: 'Before you connect',
    items: [
      {
        term: 'Use the Google account that opens Google Ads',
        text: 'It may be another one than your work address. Google asks you to choose.',
      },
      {
        term: 'Google asks for one permission',
        text: '“See, edit, create, and delete your Google Ads accounts and data.” Google offers no read-only variant. Ads Keyring itself only reads.',
      },
      {
        term: 'Tick the Google Ads box',
        text: 'If Google shows a list with boxes, tick the line for Google Ads. Without it nothing can be connected, and nothing is stored.',
      },
      {
        term: 'One credential is stored, sealed',
        text: 'Google sends a lasting token. It is encrypted before it is written, and no page shows it until its owner or an admin asks for it and confirms. You can withdraw it in your Google account at any time.',
      },
    ],
  },
  stuck: {
    title: 'Came back without finishing?',
    lead: 'Some problems keep you on a page of Google, and Google does not tell us. Find the words you saw there.',
    meaning: 'What it means',
    remedy: 'What to do',
    cases: [
      {
        code: 'admin_policy_enforced',
        seen: 'Access blocked: your institution’s admin needs to review this app',
        meaning: 'An administrator of your Google Workspace restricts which apps may use Google Ads.',
        remedy: 'Send the text below to your Workspace administrator. Nobody else can allow it.',
        askAdmin: true,
      },
      {
        code: 'org_internal',
        seen: 'Access blocked: this app can only be used within its organization',
        meaning:
          'The Google Cloud project behind this installation accepts only people of its own Workspace organisation.',
        remedy:
          'Use a Google account of that organisation, or ask whoever runs this installation to set the consent screen to “External”.',
        askAdmin: false,
      },
      {
        code: 'redirect_uri_mismatch',
        seen: 'Error 400: redirect_uri_mismatch',
        meaning: 'The address Google should send you back to is not registered with the OAuth client.',
        remedy: 'Whoever runs this installation must register the exact redirect URI shown on the setup page.',
        askAdmin: false,
      },
      {
        code: 'access_denied',
        seen: 'Access blocked: the app has not completed the Google verification process',
        meaning: 'The Google Cloud project is in testing, and your Google account is not among its test users.',
        remedy:
          'Ask whoever runs this installation to add your address as a test user, or to publish the consent screen.',
        askAdmin: false,
      },
      {
        code: 'deleted_client',
        seen: 'Error 401: deleted_client',
        meaning: 'The OAuth client of this installation was deleted at Google.',
        remedy: 'Whoever runs this installation must restore or replace the OAuth client, then set it here.',
        askAdmin: false,
      },
      {
        code: 'disallowed_useragent',
        seen: 'Error 403: disallowed_useragent',
        meaning: 'Google does not allow signing in from a browser inside another app, such as a mail or chat app.',
        remedy: 'Open this page in Chrome, Edge, Firefox or Safari and connect again.',
        askAdmin: false,
      },
    ],
    adminTitle: 'Text for a Workspace administrator',
    adminText: (clientId: string, scope: string) =>
      `Please allow the app with OAuth client ID ${clientId} to use the scope ${scope} in our Google Workspace. In the Admin console: Security > Access and data control > API controls > Manage third-party app access > Add app > OAuth app name or client ID. It lets me connect my Google Ads access to our own Ads Keyring installation.`,
    adminCopy: 'Copy the text',
    noClientId: '(not configured yet)',
    setup: 'The setup page shows the exact redirect URI and what is missing.',
    setupLink: 'Open the setup page',
  },
}
