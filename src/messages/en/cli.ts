type Params = Record<string, string>

const grantStays =
  'The access you allowed at Google can be removed at https://myaccount.google.com/permissions; that ends every other use of it too.'

/** What the commands say in a terminal. */
export const cli = {
  help: `Usage: ads-keyring COMMAND

Commands:
  generate-user-credentials   get a refresh token for Google Ads through the desktop flow
  list-accessible-customers   the accounts a credentials file opens directly
  hierarchy                   the accounts below a login customer

ads-keyring COMMAND --help tells more.`,
  unknownCommand: (command: string) => `There is no command ${command}.`,
  notANumber: (flag: string, least: number, most: number) => `${flag} takes a whole number from ${least} to ${most}.`,
  browseHelp: `Usage: ads-keyring list-accessible-customers --credentials FILE [--json]
       ads-keyring hierarchy --credentials FILE --login-customer-id ID [--json]

  -c, --credentials FILE           an authorized_user JSON file, as generate-user-credentials --output writes it,
                                   or the JSON key of a service account
      --login-customer-id ID       the account to browse below, in any notation
      --json                       print JSON instead of lines
      --api-version V              v25 unless given`,
  credentialsMissing: 'Give an authorized_user JSON file or the JSON key of a service account with --credentials FILE.',
  loginCustomerMissing: 'Give the account to browse below with --login-customer-id 123-456-7890.',
  loginCustomerWrong: '--login-customer-id takes the id of an account, such as 123-456-7890.',
  versionWrong: '--api-version takes a version such as v25.',
  generate: {
    help: `Usage: ads-keyring generate-user-credentials --client-secrets-path FILE [options]

Signs in at Google in your browser and gives you a refresh token for Google Ads.

  -c, --client-secrets-path FILE   the JSON of your OAuth client, as downloaded from the Google Cloud console
      --additional-scopes SCOPE…   further scopes to ask for
      --port N                     the port on this machine Google sends the browser to (any free one)
      --timeout SECONDS            how long to wait for you (300)
      --no-browser                 only print the address

Where the credentials go; without any of these, the refresh token is shown:
      --format FORMAT              a ready configuration: python, java, dotnet, php, ruby, perl, node, curl, env,
                                   or json, an authorized_user file; printed unless there is an --output
      --login-customer-id ID       the login customer to put into that configuration
  -o, --output FILE                write to a new file only you can read (json unless there is a --format)
      --keyring URL                hand them to a running Ads Keyring; its API key is read from the environment,
                                   ADS_KEYRING_API_KEY
      --code CODE                  a one-time code of that Ads Keyring instead of an API key

Underscores work too, as in Google's own sample (--client_secrets_path).`,
    pathMissing: 'Give the JSON of your OAuth client with --client-secrets-path FILE.',
    formatUnknown: (format: string, known: string) => `There is no format ${format}. There are: ${known}.`,
    loginCustomerUnused: '--login-customer-id goes with a --format that has a place for it; json has none.',
    keyringAlone: '--keyring hands the credentials over and shows nothing; it does not go with --format or --output.',
    keyringWrong:
      '--keyring takes the address of an Ads Keyring without a path, such as https://keyring.example.com. Plain http is for this machine only.',
    keyringKeyMissing:
      'Put an API key of that Ads Keyring into the environment as ADS_KEYRING_API_KEY, or give a one-time code with --code.',
    keyringKeyWrong: 'This is no API key and no one-time code of an Ads Keyring: it holds blanks or other characters.',
    keyInArguments:
      'An API key among the arguments stays in the history of your shell. Put it into the environment as ADS_KEYRING_API_KEY, and replace the one you typed.',
    codeAlone: '--code goes with --keyring.',
    whichAccount:
      'Use the Google account that opens Google Ads, best the one that is invited to your top manager account. A private window keeps other accounts out of the way.',
    pasteUrl: 'Paste this URL into your browser:',
    waiting: (redirectUri: string, seconds: number) =>
      `Waiting for you to come back to ${redirectUri} (${seconds} seconds at most; Ctrl-C stops).`,
    refreshToken: (token: string) => `Your refresh token is: ${token}`,
    whereItGoes:
      'It opens Google Ads to whoever has it: keep it out of chats and repositories. Add it to your client library configuration as described at https://developers.google.com/google-ads/api/docs/client-libs',
    written: (path: string) => `Your credentials are in ${path}. Only you can read the file.`,
    customerToFillIn: (placeholder: string) =>
      `Put the account to call, ten digits without dashes, in place of ${placeholder}.`,
    handedOver: (origin: string, email: string) =>
      `${origin} keeps the credentials of ${email} now. Nothing is kept on this machine.`,
    doneTitle: 'Authorization succeeded',
    doneText: 'Your refresh token has been fetched. You can close this page and go back to the terminal.',
    handedOverPage: (origin: string) => `${origin} keeps your credentials now. You can close this page.`,
    failedTitle: 'Authorization did not succeed',
    failedText: 'Something went wrong. The terminal says more.',
  },
  errors: {
    usage: ({ problem }: Params) => `${problem}\nads-keyring COMMAND --help shows how.`,
    file_unreadable: ({ path, reason }: Params) => `${path} cannot be read (${reason}).`,
    file_wrong: ({ path }: Params) =>
      `${path} is not the JSON of an OAuth client. In the Google Cloud console, open Credentials, choose your OAuth client of type "Desktop app", and download its JSON.`,
    client_without_loopback: ({ path }: Params) =>
      `${path} belongs to a client of type "Web application" without a redirect URI on this machine. Create a client of type "Desktop app", or register http://127.0.0.1:8080 and download the JSON again.`,
    port_not_registered: ({ path, port, registered }: Params) =>
      `${path} belongs to a client of type "Web application", which Google sends only to registered addresses: ${registered}. Port ${port} is not among them; leave --port out or register it.`,
    credentials_wrong: ({ path }: Params) =>
      `${path} is neither an authorized_user JSON file nor the JSON key of a service account. Make the first with: ads-keyring generate-user-credentials --output FILE`,
    credentials_dead: () =>
      'Google no longer accepts these credentials. Make new ones with: ads-keyring generate-user-credentials --output FILE',
    key_rejected: ({ email, keyId }: Params) =>
      `Google does not accept the signature of ${email} with key ${keyId}. The key may have been deleted, or the service account disabled: look it up in the Google Cloud console and make a new JSON key.`,
    ads_refused: ({ text }: Params) => text ?? '',
    incomplete: ({ count }: Params) =>
      `Not everything could be read: ${count === '1' ? 'one branch' : `${count} branches`} failed.`,
    output_not_written: ({ path, reason }: Params) =>
      reason === 'EEXIST'
        ? `${path} is there already and was left as it is. Give another name with --output.`
        : `${path} cannot be written (${reason}). Give another path with --output.`,
    port_in_use: ({ port }: Params) => `Port ${port} on this machine cannot be used. Give a free one with --port.`,
    registered_port_in_use: ({ port }: Params) =>
      `Port ${port} on this machine cannot be used, and Google sends this client nowhere else. Stop the program that holds it, or create a client of type "Desktop app".`,
    cancelled: () => 'You cancelled at Google. Nothing was granted; run the command again when you are ready.',
    refused: ({ reason }: Params) =>
      `Google refused the sign-in (${reason}). Run the command again; if it happens again, check the OAuth client.`,
    scope_missing: () =>
      'Google Ads was not among what you allowed. Run the command again and tick the line for Google Ads.',
    no_refresh_token: () => 'Google sent no refresh token. Run the command again.',
    timed_out: () =>
      'Nobody came back in time. If Google showed "Access blocked" or an error page, that page names the reason; otherwise run the command again.',
    code_rejected: () => 'Google did not accept the authorization code. Run the command again.',
    client_rejected: () =>
      'Google does not accept this OAuth client. Its secret may have been changed: download the JSON again.',
    google_unreachable: () => 'Google cannot be reached, or answered something unreadable. Try again in a minute.',
    keyring_refused: ({ origin, text }: Params) =>
      `${origin} did not take the credentials: ${text}\nNothing was kept, here or there. ${grantStays}`,
    keyring_unreachable: ({ origin, reason }: Params) =>
      `${origin} did not answer (${reason}). Nothing is kept on this machine; look at ${origin}/connections before you run the command again. ${grantStays}`,
    keyring_redirects: ({ origin }: Params) =>
      `${origin} sends to another address, and credentials are not sent along. Give the address it has in the browser with --keyring. Nothing was kept. ${grantStays}`,
    keyring_unreadable: ({ origin, status }: Params) =>
      `${origin} answered ${status}, but not as an Ads Keyring does. Nothing is kept on this machine; look at ${origin}/connections before you run the command again. ${grantStays}`,
  },
}
