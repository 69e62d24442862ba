type Params = Record<string, string>

/** What the commands say in a terminal. */
export const cli = {
  help: `Usage: ads-keyring COMMAND

Commands:
  generate-user-credentials   get a refresh token for Google Ads through the desktop flow
  list-accessible-customers   the accounts a credentials file opens directly
  hierarchy                   the accounts below a login customer

ads-keyring COMMAND --help tells more.`,
  unknownCommand: (command: string) => `There is no command ${command}.`,
  notANumber: (flag: string, most: number) => `${flag} takes a whole number up to ${most}.`,
  browseHelp: `Usage: ads-keyring list-accessible-customers --credentials FILE [--json]
       ads-keyring hierarchy --credentials FILE --login-customer-id ID [--json]

  -c, --credentials FILE           an authorized_user JSON file, as generate-user-credentials --output writes it
      --login-customer-id ID       the account to browse below, in any notation
      --json                       print JSON instead of lines
      --api-version V              v25 unless given`,
  credentialsMissing: 'Give an authorized_user JSON file with --credentials FILE.',
  loginCustomerMissing: 'Give the account to browse below with --login-customer-id 123-456-7890.',
  versionWrong: '--api-version takes a version such as v25.',
  generate: {
    help: `Usage: ads-keyring generate-user-credentials --client-secrets-path FILE [options]

Signs in at Google in your browser and gives you a refresh token for Google Ads.

  -c, --client-secrets-path FILE   the JSON of your OAuth client, as downloaded from the Google Cloud console
      --additional-scopes SCOPE…   further scopes to ask for
      --port N                     the port on this machine Google sends the browser to (any free one)
      --timeout SECONDS            how long to wait for you (300)
  -o, --output FILE                write the credentials to a new file only you can read, instead of showing them
      --no-browser                 only print the address

Underscores work too, as in Google's own sample (--client_secrets_path).`,
    pathMissing: 'Give the JSON of your OAuth client with --client-secrets-path FILE.',
    whichAccount:
      'Use the Google account that opens Google Ads, best the one that is invited to your top manager account. A private window keeps other accounts out of the way.',
    pasteUrl: 'Paste this URL into your browser:',
    waiting: (redirectUri: string, seconds: number) =>
      `Waiting for you to come back to ${redirectUri} (${seconds} seconds at most; Ctrl-C stops).`,
    refreshToken: (token: string) => `Your refresh token is: ${token}`,
    whereItGoes:
      'It opens Google Ads to whoever has it: keep it out of chats and repositories. Add it to your client library configuration as described at https://developers.google.com/google-ads/api/docs/client-libs',
    written: (path: string) => `Your credentials are in ${path}. Only you can read the file.`,
    doneTitle: 'Authorization succeeded',
    doneText: 'Your refresh token has been fetched. You can close this page and go back to the terminal.',
    failedTitle: 'Authorization did not succeed',
  },
  errors: {
    usage: ({ problem }: Params) => `${problem}\nads-keyring --help shows how.`,
    file_unreadable: ({ path, reason }: Params) =>
      `${path} cannot be read (${reason}). Give the path of the client secrets JSON you downloaded.`,
    file_wrong: ({ path }: Params) =>
      `${path} is not the JSON of an OAuth client. In the Google Cloud console, open Credentials, choose your OAuth client of type "Desktop app", and download its JSON.`,
    client_without_loopback: ({ path }: Params) =>
      `${path} belongs to a client of type "Web application" without a redirect URI on this machine. Create a client of type "Desktop app", or register http://127.0.0.1:8080 and download the JSON again.`,
    credentials_wrong: ({ path }: Params) =>
      `${path} is not an authorized_user JSON file. Make one with: ads-keyring generate-user-credentials --output FILE`,
    credentials_dead: () =>
      'Google no longer accepts these credentials. Make new ones with: ads-keyring generate-user-credentials --output FILE',
    ads_refused: ({ text }: Params) => text ?? '',
    incomplete: ({ count }: Params) => `Not everything could be read: ${count} branch(es) failed, marked above.`,
    output_not_written: ({ path, reason }: Params) =>
      reason === 'EEXIST'
        ? `${path} is there already and was left as it is. Give another name with --output; Google has granted access, so just run the command again.`
        : `${path} cannot be written (${reason}). Give another path with --output and run the command again.`,
    port_in_use: ({ port }: Params) => `Port ${port} on this machine cannot be used. Give a free one with --port.`,
    cancelled: () => 'You cancelled at Google. Nothing was granted; run the command again when you are ready.',
    refused: () => 'Google refused the sign-in. Run the command again; if it happens again, check the OAuth client.',
    scope_missing: () =>
      'Google Ads was not among what you allowed. Run the command again and tick the line for Google Ads.',
    no_refresh_token: () => 'Google sent no refresh token. Run the command again.',
    timed_out: () =>
      'Nobody came back in time. If Google showed "Access blocked" or an error page, that page names the reason; otherwise run the command again.',
    code_rejected: () => 'Google did not accept the authorization code. Run the command again.',
    client_rejected: () =>
      'Google does not accept this OAuth client. Its secret may have been changed: download the JSON again.',
    google_unreachable: () => 'Google cannot be reached, or answered something unreadable. Try again in a minute.',
  },
}
