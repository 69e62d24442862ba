import type { ErrorCode } from '../../errors.ts'

export type MessageParams = Readonly<Record<string, string>>

export interface ErrorMessage {
  title: string
  whatHappened: (params: MessageParams) => string
  whatToDo: (params: MessageParams) => string[]
  /** Who can do it; left out where it goes without saying. */
  who?: (params: MessageParams) => string
}

const you = () => 'You.'
const owner = (p: MessageParams) =>
  p.googleEmail ? `The person who owns ${p.googleEmail}.` : 'The person who owns the Google account.'
const accountAdmin = () => 'An administrator of the Google Ads account.'
const installation = () => 'Whoever runs this installation.'
const keyringAdmin = () => 'An administrator of this installation.'
const nobody = () => 'Nobody has to do anything.'

const googleAccount = (p: MessageParams) => p.googleEmail ?? p.email ?? 'This Google account'
const thatAccount = (p: MessageParams) => (p.customerId ? `account ${p.customerId}` : 'this account')

const stateWords: Record<string, string> = {
  active: 'active',
  needs_reconnect: 'waiting to be reconnected',
  paused: 'paused',
  revoked: 'revoked',
}

/** `40591` as `about 11 hours`. */
function wait(p: MessageParams): string | null {
  const seconds = Number(p.retryAfterSeconds)
  if (!p.retryAfterSeconds || !Number.isFinite(seconds) || seconds <= 0) return null
  if (seconds < 90) return `${Math.ceil(seconds)} seconds`
  if (seconds < 90 * 60) return `about ${Math.round(seconds / 60)} minutes`
  return `about ${Math.round(seconds / 3600)} hours`
}

const requestErrors = {
  bad_request: {
    title: 'This request cannot be read',
    whatHappened: () => 'The address or the form holds something this page does not understand.',
    whatToDo: () => ['Go back and start again from the page you came from.'],
  },
  invalid_customer_id: {
    title: 'This is not a customer ID',
    whatHappened: p =>
      p.input ? `“${p.input}” is not a Google Ads customer ID.` : 'The ID is not a Google Ads customer ID.',
    whatToDo: () => ['Enter ten digits. Any notation works: 123-456-7890 or 1234567890.'],
    who: you,
  },
  not_found: {
    title: 'Page not found',
    whatHappened: () => 'There is nothing at this address, or you may not use it.',
    whatToDo: () => [
      'If you typed the address, check it.',
      'If a colleague sent it, ask whether their connection is shared with you.',
    ],
  },
  not_allowed: {
    title: 'You may not do this',
    whatHappened: () =>
      'You may use this connection, but this step is for its owner and for administrators. With an API key, the key may lack the scope for it.',
    whatToDo: () => ['Ask the owner of the connection, or an administrator.'],
    who: keyringAdmin,
  },
  sign_in_again: {
    title: 'Sign in again to continue',
    whatHappened: () =>
      'This step needs a sign-in from the last ten minutes, so that nobody can do it on a screen you left unattended.',
    whatToDo: () => [
      'Sign in again. You’ll come back to this page.',
      'Or add a passkey. We’ll then ask for your fingerprint, face or PIN instead.',
    ],
    who: you,
  },
  confirm_with_passkey: {
    title: 'Confirm this with your passkey',
    whatHappened: () =>
      'For this step, you need to have used your passkey in this browser within the last ten minutes.',
    whatToDo: () => ['Go to this step in Ads Keyring and confirm with your passkey there.'],
  },
  passkey_required: {
    title: 'Add a passkey first',
    whatHappened: () => 'Administrators of this installation need a passkey for this. You don’t have one yet.',
    whatToDo: () => ['Add a passkey. It takes a minute.'],
  },
  passkey_expired: {
    title: 'That took too long',
    whatHappened: () =>
      'You used the passkey more than five minutes after we asked for it, or your browser sent the answer twice.',
    whatToDo: () => ['Try again.'],
  },
  passkey_refused: {
    title: 'This passkey wasn’t accepted',
    whatHappened: () => 'It isn’t one of your passkeys here, or its answer doesn’t match our request.',
    whatToDo: () => ['Try again with one of the passkeys listed under “You”.'],
  },
  passkey_copied: {
    title: 'This passkey may have been copied',
    whatHappened: ({ name }) =>
      `The passkey “${name ?? ''}” counts how often it is used. Its count is lower than last time, which happens when someone uses a copy.`,
    whatToDo: () => ['Confirm with another passkey or a recovery code, remove this passkey, and add it again.'],
  },
  too_many_passkeys: {
    title: 'You have 20 passkeys',
    whatHappened: () => 'That is the most a member can have.',
    whatToDo: () => ['Remove one you no longer use.'],
  },
  recovery_code_refused: {
    title: 'This recovery code isn’t valid',
    whatHappened: () => 'The code was mistyped, already used, or replaced by newer codes.',
    whatToDo: () => ['Check the code, or use another one.'],
  },
  api_key_invalid: {
    title: 'The API key or code is not accepted',
    whatHappened: () =>
      'This API key is unknown, has ended, was revoked, or belongs to somebody who may no longer sign in.',
    whatToDo: () => ['Make a new API key in Ads Keyring and use that.'],
    who: you,
  },
  too_many_api_keys: {
    title: 'You have too many API keys',
    whatHappened: () => 'A member may hold 50 live API keys.',
    whatToDo: () => ['Revoke the keys that are no longer used, then make the new one.'],
    who: you,
  },
  too_many_requests: {
    title: 'Too many requests',
    whatHappened: () => 'Too many requests of this kind came from your address or your API key within a short time.',
    whatToDo: p => [wait(p) ? `Wait ${wait(p)}, then try again.` : 'Wait a minute, then try again.'],
    who: nobody,
  },
  form_already_sent: {
    title: 'This form was sent already',
    whatHappened: () => 'What it asks for was done the first time. A secret is shown once and cannot be shown again.',
    whatToDo: () => ['If you did not copy the secret, revoke the key and make a new one.'],
    who: you,
  },
  last_admin: {
    title: 'This is the last administrator',
    whatHappened: () =>
      'Without another active administrator nobody could manage this installation. Nothing was changed.',
    whatToDo: () => ['Make somebody else an administrator first.'],
    who: you,
  },
  admin_by_setting: {
    title: 'A setting makes this person an administrator',
    whatHappened: p =>
      `ADMIN_EMAILS names ${p.email ?? 'this address'} and would make them an administrator again at the next sign-in. Nothing was changed.`,
    whatToDo: () => ['Take the address out of ADMIN_EMAILS and restart. They are a member from their next sign-in on.'],
    who: installation,
  },
  link_unusable: {
    title: 'This link or code cannot be used',
    whatHappened: () => 'This link or code was used already, has run out, was withdrawn, or was never made here.',
    whatToDo: () => ['Ask the person who sent it for a new one.'],
    who: () => 'The person who sent it.',
  },
  link_other_account: {
    title: 'You signed in with another Google account',
    whatHappened: p =>
      p.expectedEmail && p.actualEmail
        ? `The link asks for ${p.expectedEmail}. You signed in as ${p.actualEmail}. Nothing was stored, and the link is not used up.`
        : 'The link asks for another Google account than the one you signed in with. Nothing was stored, and the link is not used up.',
    whatToDo: p => [
      p.expectedEmail
        ? `Try again and choose ${p.expectedEmail} at Google.`
        : 'Try again with the right Google account.',
      'If you have no such account, tell the person who sent you the link.',
    ],
    who: p => (p.expectedEmail ? `The person who owns ${p.expectedEmail}.` : 'The owner of that Google account.'),
  },
  credential_refused: {
    title: 'Google does not accept this credential',
    whatHappened: p =>
      p.googleMessage
        ? `Google was asked for an access token with it and answered: ${p.googleMessage}`
        : 'Google was asked for an access token with it and refused.',
    whatToDo: () => [
      'Check that the client ID, the client secret and the refresh token belong together.',
      'If they do, the refresh token is dead. Connect the Google account in the browser instead.',
    ],
    who: you,
  },
  credential_without_identity: {
    title: 'This credential does not say whose it is',
    whatHappened: () =>
      'It was granted for Google Ads alone, so Google does not tell which Google account it belongs to, and Ads Keyring keeps one connection per Google account.',
    whatToDo: () => [
      'Connect the Google account in the browser. That takes one consent.',
      'Or make a new refresh token with “ads-keyring generate-user-credentials --keyring”, which asks for the e-mail address too.',
    ],
    who: you,
  },
  security_event_invalid: {
    title: 'This is no security event of Google',
    whatHappened: () => 'What was sent is not a token that Google signed for this installation.',
    whatToDo: () => ['Nothing was done. Only Google sends anything to this address.'],
    who: nobody,
  },
  request_too_large: {
    title: 'This is too large',
    whatHappened: () => 'The form or the file is larger than 32 KB.',
    whatToDo: () => ['Send less, or send it in parts.'],
    who: you,
  },
  headers_too_large: {
    title: 'The address or the cookies are too long',
    whatHappened: () => 'The address and the headers of a request may have 16 KB together.',
    whatToDo: () => ['Shorten the address.', 'If it is short, delete the cookies of this site and sign in again.'],
    who: you,
  },
  media_type_unsupported: {
    title: 'This kind of content is not accepted',
    whatHappened: () =>
      'Pages accept forms (application/x-www-form-urlencoded), the API accepts JSON (application/json); both in UTF-8 and not compressed.',
    whatToDo: () => ['Set the Content-Type that fits, and send the content in UTF-8.'],
    who: you,
  },
  request_too_slow: {
    title: 'The request took too long to arrive',
    whatHappened: () => 'A request has to arrive completely within 30 seconds.',
    whatToDo: () => ['Try again. If it happens again, check your connection.'],
    who: you,
  },
  method_not_allowed: {
    title: 'This address does not take that kind of request',
    whatHappened: p =>
      p.reveal
        ? 'Opening a link does not show secrets. Use the button on the page (POST), or an API key in a program.'
        : 'The address exists, but not for this kind of request.',
    whatToDo: () => ['Go back and use the button or link on the page.'],
  },
  signed_out: {
    title: 'Sign in to go on',
    whatHappened: () => 'You are signed out. The page you asked for is shown to people who are signed in.',
    whatToDo: () => ['Sign in with Google. You then come back to the page you asked for.'],
    who: you,
  },
  cross_origin: {
    title: 'This request came from another site',
    whatHappened: p =>
      p.reading
        ? 'You followed a link from another site. Opening this page is recorded under your name, so it only opens from Ads Keyring itself.'
        : 'A page of another site sent this request, or the browser hid where it came from.',
    whatToDo: p => [
      p.reading ? 'To see the page, open it from here.' : 'Open Ads Keyring itself and press the button there.',
    ],
    who: you,
  },
  misdirected: {
    title: 'This address belongs to another server',
    whatHappened: p =>
      p.host
        ? `The request was for ${p.host}, which is not the public address of this installation.`
        : 'The request was for a host that is not the public address of this installation.',
    whatToDo: () => [
      'Open Ads Keyring at its public address.',
      'If this is the right address, set PUBLIC_URL to it and register the redirect URI again.',
    ],
    who: installation,
  },
  reveal_not_available: {
    title: 'Secrets cannot be revealed',
    whatHappened: () =>
      'The key of a service account is never shown again. Configurations name the path of the key file in its place.',
    whatToDo: () => [
      'Ask for the configuration without reveal=1.',
      'Put your own client secret and refresh token where the placeholders stand.',
    ],
    who: you,
  },
  internal: {
    title: 'Ads Keyring made a mistake',
    whatHappened: () => 'The server met a fault of its own. Nothing was changed at Google.',
    whatToDo: () => ['Try again.', 'If it happens again, give the request ID to whoever runs this installation.'],
    who: installation,
  },
  busy: {
    title: 'Ads Keyring is busy',
    whatHappened: () => 'Too much of this is being done at the same time.',
    whatToDo: p => [`Wait ${wait(p) ?? 'a few seconds'}, then try again.`],
  },
  configuration_too_complex: {
    title: 'This text is too complex to check',
    whatHappened: () =>
      'We stopped reading it because it is too long, too deeply nested, or takes too much time for the configuration of a client library.',
    whatToDo: () => ['Paste only the part with the Google Ads settings.'],
    who: you,
  },
  unavailable: {
    title: 'Ads Keyring is not ready',
    whatHappened: () => 'The server is starting, stopping, or cannot reach its database.',
    whatToDo: () => ['Wait a minute, then check again.'],
    who: installation,
  },
} satisfies Partial<Record<ErrorCode, ErrorMessage>>

const signInErrors = {
  oauth_callback_malformed: {
    title: 'Google’s answer cannot be read',
    whatHappened: () => 'The address you came back with lacks parts, or holds parts twice. Nothing was stored.',
    whatToDo: () => [
      'Try again from the start.',
      'If it happens again, check whether a proxy between Google and this server changes addresses.',
    ],
  },
  oauth_state_missing: {
    title: 'The sign-in did not begin in this browser',
    whatHappened: () =>
      'You came back from Google, but this browser holds no sign-in that was begun. Nothing was stored.',
    whatToDo: () => [
      'Try again, and stay in one browser and one profile from beginning to end.',
      'Allow cookies for this site.',
    ],
    who: you,
  },
  oauth_state_used: {
    title: 'This sign-in was already used',
    whatHappened: () => 'Each sign-in works once, and this one was finished before. Nothing was stored this time.',
    whatToDo: () => [
      'If you pressed Back or reloaded the page, go to your accounts. You may already be connected.',
      'Otherwise, try again.',
    ],
    who: you,
  },
  oauth_state_expired: {
    title: 'The sign-in took too long',
    whatHappened: () => 'You have an hour to finish a sign-in, and this one is older. Nothing was stored.',
    whatToDo: () => ['Try again.'],
    who: you,
  },
  oauth_state_foreign: {
    title: 'This browser did not start the sign-in',
    whatHappened: () =>
      'You started the sign-in in another browser, profile or private window, or this browser no longer has its cookie. Nothing was stored.',
    whatToDo: () => [
      'Try again, and use the same browser until you are back here.',
      'Allow cookies for this site. A browser can finish only the last five sign-ins it started.',
      'If someone sent you a link that led here, do not use it.',
    ],
    who: you,
  },
  oauth_member_changed: {
    title: 'You are no longer signed in as the same person',
    whatHappened: () =>
      'You were signed in when you left for Google. Since then you signed out, your session ended, or someone else signed in here. Nothing was stored.',
    whatToDo: () => ['Sign in as the person who started this, then try again.'],
    who: you,
  },
  oauth_issuer_mismatch: {
    title: 'The answer did not come from Google',
    whatHappened: () => 'The answer names another sender than Google. It was refused, and nothing was stored.',
    whatToDo: () => ['Try again from the start page.', 'If it happens again, tell whoever runs this installation.'],
  },
  oauth_cancelled: {
    title: 'You cancelled at Google',
    whatHappened: () => 'You did not agree on Google’s page. Nothing was stored.',
    whatToDo: () => [
      'To connect, try again and press “Continue” at Google.',
      'If Google blocked you with a message of its own, the start page explains these messages.',
    ],
    who: you,
  },
  oauth_refused: {
    title: 'Google refused the sign-in',
    whatHappened: p =>
      p.googleError
        ? `Google sent you back with “${p.googleError}”. Nothing was stored.`
        : 'Google sent you back with a refusal. Nothing was stored.',
    whatToDo: () => [
      'Try again.',
      'If Google refuses again, compare the setup page with the OAuth client in the Google Cloud console.',
    ],
    who: installation,
  },
  oauth_code_rejected: {
    title: 'Google did not accept the sign-in code',
    whatHappened: () =>
      'The code Google sent along was refused a moment later. It was used before, or is too old. Nothing was stored.',
    whatToDo: () => ['Try again. Do not reload the page while coming back from Google.'],
    who: you,
  },
  oauth_client_rejected: {
    title: 'Google does not accept this installation’s client secret',
    whatHappened: () =>
      'The OAuth client ID or its secret is wrong or was changed at Google. Your Google account is not the cause, and no connection was touched.',
    whatToDo: () => [
      'Download the client secrets file again in the Google Cloud console and set it here.',
      'Then restart the server and try again.',
    ],
    who: installation,
  },
  oauth_foreign_client_rejected: {
    title: 'Google does not accept the OAuth client of this credential',
    whatHappened: p =>
      `The credential of ${p.email ?? 'this connection'} was handed in with an OAuth client of its own${p.clientId ? `, ${p.clientId}` : ''}, and Google no longer takes that client’s secret. Nothing was changed here.`,
    whatToDo: () => [
      'Reconnect in the browser: the connection then uses this installation’s own client.',
      'Or hand the credential in again with the client’s present secret.',
    ],
    who: owner,
  },
  oauth_scope_missing: {
    title: 'Google Ads was not allowed',
    whatHappened: p =>
      `${p.email ? `${p.email} allowed` : 'You allowed'} signing in, but not Google Ads. Nothing was stored.`,
    whatToDo: () => ['Try again and tick the line for Google Ads on Google’s page.'],
    who: you,
  },
  oauth_no_refresh_token: {
    title: 'Google sent no lasting token',
    whatHappened: () =>
      'Google agreed, but sent only a token for one hour. A connection needs a lasting one. A credential that was stored before is kept unchanged.',
    whatToDo: () => [
      'Try again.',
      'If it happens again, remove this app at myaccount.google.com/connections, then connect once more.',
    ],
    who: you,
  },
  oauth_id_token_invalid: {
    title: 'Google’s proof of identity did not hold',
    whatHappened: () => 'The ID token in Google’s answer failed a check. Nothing was stored.',
    whatToDo: () => ['Check the clock of the server. It must be right to within a few minutes.', 'Then try again.'],
    who: installation,
  },
  google_unreachable: {
    title: 'Google cannot be reached',
    whatHappened: p =>
      p.googleMessage
        ? 'Google could not answer this request. Nothing was changed.'
        : wait(p)
          ? 'Google has stopped answering this server, so we did not ask it this time. Nothing was changed.'
          : 'This server got no answer from Google in time. Nothing was changed.',
    whatToDo: p => [
      `Try again in ${wait(p) ?? 'a minute'}.`,
      'If this continues, check whether the server can reach oauth2.googleapis.com and googleads.googleapis.com.',
    ],
    who: installation,
  },
  clock_wrong: {
    title: 'The clock of this server is wrong',
    whatHappened: () =>
      'Google refused what this server signed, because the time written in it is not now. The service account and its key are not the cause, and no connection was touched.',
    whatToDo: () => ['Set the clock of the server, best by a time service. Then check again.'],
    who: installation,
  },
  no_ads_account: {
    title: 'This Google account opens no Google Ads account',
    whatHappened: p =>
      p.handedIn
        ? `This credential belongs to ${p.email}, which has no Google Ads account. Nothing was stored, and at Google nothing was changed.`
        : `You signed in as ${p.email ?? p.googleEmail ?? 'a Google account'}, which has no Google Ads account. Nothing was stored.`,
    whatToDo: p => [
      'Choose the Google account you use to open Google Ads.',
      p.email
        ? `Or ask an administrator of the Google Ads account to invite ${p.email}.`
        : 'Or ask an administrator of the Google Ads account to invite this address.',
    ],
    who: you,
  },
  person_not_allowed: {
    title: 'This address may not use this installation',
    whatHappened: p =>
      p.email
        ? `You signed in as ${p.email}. This address is not among those who may use this installation. Nothing was stored.`
        : 'Your address is not among those who may use this installation. Nothing was stored.',
    whatToDo: p => [
      'If you have another work address, sign in with that one.',
      p.email ? `Otherwise ask an administrator to allow ${p.email}.` : 'Otherwise ask an administrator to allow it.',
    ],
    who: keyringAdmin,
  },
  personal_account: {
    title: 'Sign in with your work account',
    whatHappened: p =>
      `You used ${p.email ?? 'this address'} with a Google account that ${p.domain ?? 'the organisation'} does not manage. People can keep a personal Google account with an address they no longer have, so we don’t accept it. Nothing was stored.`,
    whatToDo: p => [
      'Sign in with the account your organisation manages. If Google shows two accounts with this address, choose the work account.',
      `If ${p.domain ?? 'this domain'} does not use Google Workspace, ask an administrator to remove it from ALLOWED_DOMAINS and add your address to ALLOWED_EMAILS.`,
    ],
    who: you,
  },
  email_unverified: {
    title: 'Google has not verified this address',
    whatHappened: p =>
      `Google has not confirmed that ${p.email ?? 'the address'} belongs to this Google account. A connection is named after its address, so nothing was stored.`,
    whatToDo: () => ['Verify the address at myaccount.google.com/email, then try again.'],
    who: you,
  },
  member_suspended: {
    title: 'Your membership is suspended',
    whatHappened: p => `An administrator suspended ${p.email ?? 'your membership'} here. Your connections are kept.`,
    whatToDo: () => ['Ask an administrator of this installation to lift it.'],
    who: keyringAdmin,
  },
  email_of_another_identity: {
    title: 'This address belongs to another Google account here',
    whatHappened: p =>
      `Another member already uses ${p.email ?? 'this address'} here with a different Google account. An address can pass to someone else, so we did not sign you in. Nothing was stored, and we told the administrators.`,
    whatToDo: () => [
      'If the other account is yours too, sign in with that one.',
      'If the other person has a new address, ask them to sign in once. We’ll update their address, and then you can sign in.',
      'Otherwise, ask an administrator.',
    ],
    who: keyringAdmin,
  },
  connection_of_another_member: {
    title: 'This Google account is connected by someone else',
    whatHappened: p =>
      `${p.email ?? 'This Google account'} already has a connection that belongs to another member. It was left as it is.`,
    whatToDo: () => ['Ask the owner to share the connection with you.', 'Or connect a Google account of your own.'],
    who: p => (p.owner ? `${p.owner}, the owner of the connection.` : 'The owner of the connection.'),
  },
  reconnect_other_account: {
    title: 'You signed in with another Google account',
    whatHappened: p =>
      p.expectedEmail && p.actualEmail
        ? `This connection belongs to ${p.expectedEmail}. You signed in as ${p.actualEmail}. The connection was left as it is.`
        : 'This connection belongs to another Google account than the one you signed in with. It was left as it is.',
    whatToDo: p => [
      p.expectedEmail
        ? `Try again and choose ${p.expectedEmail} at Google.`
        : 'Try again with the right Google account.',
      p.actualEmail
        ? `Or keep ${p.actualEmail} as a connection of its own. Google asks once more for that.`
        : 'Or keep the other as a connection of its own.',
    ],
    who: p => (p.expectedEmail ? `The person who owns ${p.expectedEmail}.` : 'The owner of that Google account.'),
  },
} satisfies Partial<Record<ErrorCode, ErrorMessage>>

const credentialErrors = {
  service_account_key_invalid: {
    title: 'This is not a service account key',
    whatHappened: () =>
      'The text is not the JSON key file of a service account, or its private key is not an RSA key of 2048 to 8192 bits. Nothing was stored.',
    whatToDo: () => [
      'In the Google Cloud console open IAM & Admin, Service accounts, choose the account, then Keys, Add key, JSON.',
      'Paste the whole file as it was downloaded. A client secrets file of an OAuth client is something else.',
    ],
    who: keyringAdmin,
  },
  service_account_key_refused: {
    title: 'Google does not accept this key',
    whatHappened: p =>
      `Google refused the signature of ${p.email ?? 'the service account'} with key ${p.keyId ?? ''}. Nothing was stored.`,
    whatToDo: () => [
      'The key may have been deleted, or the service account disabled or removed: look it up in the Google Cloud console.',
      'Make a new JSON key there and paste that one.',
    ],
    who: keyringAdmin,
  },
  service_account_not_invited: {
    title: 'This service account opens no Google Ads account',
    whatHappened: p =>
      `The key works, but ${p.email ?? 'the service account'} was not invited anywhere. Nothing was stored.`,
    whatToDo: p => [
      `In Google Ads, open the account it shall reach, best the top manager, then Admin, Access and security, and invite ${p.email ?? 'its e-mail address'}.`,
      'No Google Workspace and no domain-wide delegation is needed. Then paste the key again.',
    ],
    who: () => 'An administrator of the Google Ads account.',
  },
  needs_reconnect: {
    title: 'This connection must be reconnected',
    whatHappened: p =>
      `Google no longer accepts the credential of ${p.googleEmail ?? p.email ?? 'this connection'}. What was read before stays visible, with its age.`,
    whatToDo: () => ['Reconnect with the same Google account.'],
    who: owner,
  },
  connection_unusable: {
    title: 'This connection cannot be used',
    whatHappened: () => 'The connection is paused or revoked, so no call to Google was made.',
    whatToDo: () => ['Choose another connection, or look at this one on the connections page.'],
    who: keyringAdmin,
  },
  connection_state_conflict: {
    title: 'The connection is in another state by now',
    whatHappened: p =>
      `${p.email ?? 'The connection'} is ${stateWords[p.status ?? ''] ?? 'in another state'}, so this step does not fit any more. Nothing was changed.`,
    whatToDo: () => ['Look at the connection again. Somebody else may have been quicker.'],
    who: you,
  },
  receiver_unknown: {
    title: 'This member cannot take over a connection',
    whatHappened: () => 'The member is suspended, or may not sign in any more. Nothing was changed.',
    whatToDo: () => ['Choose another member.'],
    who: you,
  },
  vault_open_failed: {
    title: 'The stored credential cannot be opened',
    whatHappened: () =>
      'The key on this server does not open the sealed credential. This is a fault of the installation: the credential itself has neither expired nor been withdrawn.',
    whatToDo: () => [
      'Put the earlier key back into TOKEN_KEYS and restart the server.',
      'Only if the key is lost: reconnect.',
    ],
    who: installation,
  },
  key_in_use: {
    title: 'This key is still needed',
    whatHappened: p =>
      `Key ${p.kid ?? ''} cannot be retired: values are still sealed with it (${p.uses ?? ''}). Nothing was changed.`,
    whatToDo: () => [
      'Re-seal everything with the first key, on the keys page or with: npm run keys -- rotate',
      'If values keep coming back, an instance still runs with the older TOKEN_KEYS: restart it.',
    ],
    who: installation,
  },
  key_seals: {
    title: 'This key seals at present',
    whatHappened: p => `Key ${p.kid ?? ''} is the first of TOKEN_KEYS, so it cannot be retired. Nothing was changed.`,
    whatToDo: () => ['Put another key first, restart, re-seal everything, then retire this one.'],
    who: installation,
  },
  key_unknown: {
    title: 'There is no such key',
    whatHappened: p =>
      `Key ${p.kid ?? ''} has never sealed anything here. If it is in TOKEN_KEYS, it can simply be taken out.`,
    whatToDo: () => ['Look the name up in the list of keys.'],
    who: installation,
  },
  key_unseen: {
    title: 'The server does not know this key yet',
    whatHappened: p =>
      `No server has started with ${p.kid ?? 'this key'} as the first of TOKEN_KEYS. It could not open what would be sealed with it. Nothing was changed.`,
    whatToDo: () => ['Put the key first into TOKEN_KEYS of the server, restart it, and try again.'],
    who: installation,
  },
} satisfies Partial<Record<ErrorCode, ErrorMessage>>

const adsErrors = {
  ads_permission_denied: {
    title: 'This login customer does not open that account',
    whatHappened: p =>
      p.loginCustomerId
        ? `${googleAccount(p)} may not open ${thatAccount(p)} through login customer ${p.loginCustomerId}.`
        : `${googleAccount(p)} may not open ${thatAccount(p)}.`,
    whatToDo: () => [
      'Use a login customer from which a path leads to the account.',
      'If there is none, ask an administrator of the account to link it to your manager, or to invite this address.',
      'A new consent does not change this.',
    ],
    who: accountAdmin,
  },
  ads_customer_not_enabled: {
    title: 'This account is not enabled',
    whatHappened: p => `Google does not open ${thatAccount(p)}, because it was cancelled, suspended or never finished.`,
    whatToDo: () => [
      'If it was cancelled, an administrator of the account can bring it back in Google Ads.',
      'If it was suspended, only Google Ads support can lift this.',
    ],
    who: accountAdmin,
  },
  ads_login_customer_mismatch: {
    title: 'This login customer and this account do not belong together',
    whatHappened: p =>
      p.loginCustomerId
        ? `No path leads from login customer ${p.loginCustomerId} to ${thatAccount(p)}.`
        : `No path leads from this login customer to ${thatAccount(p)}.`,
    whatToDo: () => ['Choose a login customer that stands above the account.'],
    who: you,
  },
  ads_not_ads_user: {
    title: 'This Google account opens no Google Ads account',
    whatHappened: p => `Google knows no Google Ads account for ${p.googleEmail ?? p.email ?? 'this Google account'}.`,
    whatToDo: () => [
      'Use the Google account that opens Google Ads.',
      'Or ask an administrator of a Google Ads account to invite this address.',
    ],
    who: accountAdmin,
  },
  ads_second_factor_required: {
    title: 'Google asks for 2-Step Verification',
    whatHappened: p =>
      `A manager above this account accepts only people with 2-Step Verification. ${googleAccount(p)} does not have it turned on.`,
    whatToDo: () => ['Turn on 2-Step Verification in that Google account.', 'Then reconnect once.'],
    who: p => `${owner(p)} A colleague cannot do it for them.`,
  },
  ads_project_not_approved: {
    title: 'The Google Cloud project may use test accounts only',
    whatHappened: p =>
      `${p.customerId ? `Account ${p.customerId}` : 'This account'} is a production account. The project behind this installation is not yet approved for those. Your Google account is not the cause.`,
    whatToDo: () => [
      'Apply for access to production accounts in the Google Cloud console or the API Center.',
      'Reconnecting does not help.',
    ],
    who: installation,
  },
  ads_project_refused: {
    title: 'Google Ads refuses the project of this installation',
    whatHappened: () =>
      'Google Ads does not let the Google Cloud project or the developer token of this installation in. Your Google account is not the cause.',
    whatToDo: () => [
      'Look at Google’s code below: it names what is wrong with the project.',
      'Reconnecting does not help.',
    ],
    who: installation,
  },
  ads_api_not_enabled: {
    title: 'The Google Ads API is not enabled',
    whatHappened: () => 'The Google Cloud project behind this installation has the Google Ads API switched off.',
    whatToDo: () => ['Enable the Google Ads API in the project, wait a few minutes, then check again.'],
    who: installation,
  },
  ads_scope_insufficient: {
    title: 'The connection does not include Google Ads',
    whatHappened: p => `The credential of ${p.googleEmail ?? 'this connection'} does not cover Google Ads.`,
    whatToDo: () => ['Reconnect, and tick the line for Google Ads on Google’s page.'],
    who: owner,
  },
  ads_token_rejected: {
    title: 'Google did not accept the access token',
    whatHappened: () => 'Google refused a token that was still valid. A new one was asked for and refused as well.',
    whatToDo: () => ['Check again.', 'If Google refuses again, reconnect.'],
    who: owner,
  },
  ads_account_deleted: {
    title: 'The Google account was deleted',
    whatHappened: p => `${googleAccount(p)} no longer exists at Google.`,
    whatToDo: () => ['Connect another Google account that opens these accounts.'],
    who: accountAdmin,
  },
  ads_action_not_permitted: {
    title: 'Your role does not allow this',
    whatHappened: p =>
      p.loginCustomerId
        ? `The role of ${p.googleEmail ?? 'this Google account'} on login customer ${p.loginCustomerId} is too low for this.`
        : `The role of ${p.googleEmail ?? 'this Google account'} is too low for this.`,
    whatToDo: () => [
      'Use a login customer on which the role is higher.',
      'Or ask an administrator of the account for a higher role.',
    ],
    who: accountAdmin,
  },
  ads_wrong_account_type: {
    title: 'This is not a Google Ads account',
    whatHappened: p =>
      `${p.customerId ? `Account ${p.customerId}` : 'This account'} belongs to another advertising product of Google, which the Google Ads API does not open.`,
    whatToDo: () => ['Open it in the product it belongs to.'],
  },
  ads_rate_limited: {
    title: 'Google asks us to slow down',
    whatHappened: () => 'Too many calls were made within a short time.',
    whatToDo: p => [wait(p) ? `Wait ${wait(p)}, then check again.` : 'Wait a minute, then check again.'],
    who: nobody,
  },
  ads_quota_exhausted: {
    title: 'Today’s calls to Google are used up',
    whatHappened: () => 'The project behind this installation has made all the calls Google allows for now.',
    whatToDo: p => [
      wait(p) ? `Google allows calls again in ${wait(p)}.` : 'Google allows calls again within a day.',
      'What was read before stays visible, with its age.',
    ],
    who: installation,
  },
  ads_version_retired: {
    title: 'Google has retired this version of its API',
    whatHappened: p =>
      p.version
        ? `This installation speaks version ${p.version} of the Google Ads API, which Google no longer answers.`
        : 'This installation speaks a version of the Google Ads API that Google no longer answers.',
    whatToDo: () => ['Set GOOGLE_ADS_API_VERSION to a newer version, or update Ads Keyring.'],
    who: installation,
  },
  ads_request_rejected: {
    title: 'Google rejected the request',
    whatHappened: () => 'Google did not accept what Ads Keyring sent.',
    whatToDo: () => ['Give the request IDs below to whoever runs this installation.'],
    who: installation,
  },
  ads_query_rejected: {
    title: 'Google rejected the query',
    whatHappened: () => 'Google did not understand the question Ads Keyring asked it.',
    whatToDo: () => ['Give the request IDs below to whoever runs this installation.'],
    who: installation,
  },
  ads_metrics_for_manager: {
    title: 'A manager has no metrics',
    whatHappened: () => 'Google gives metrics for clients only, not for managers.',
    whatToDo: () => ['Open one of the clients below this manager.'],
    who: you,
  },
  ads_unexpected_answer: {
    title: 'Google’s answer cannot be read',
    whatHappened: () => 'Google answered in a form Ads Keyring does not know. Nothing was stored from it.',
    whatToDo: () => ['Check again.', 'If it happens again, give the request ID to whoever runs this installation.'],
    who: installation,
  },
  ads_unavailable: {
    title: 'Google Ads is not available',
    whatHappened: () => 'Google Ads did not answer, or answered with a fault of its own.',
    whatToDo: p => [wait(p) ? `Wait ${wait(p)}, then check again.` : 'Wait a minute, then check again.'],
    who: nobody,
  },
  ads_refused: {
    title: 'Google Ads refused',
    whatHappened: p => (p.googleMessage ? `Google says: ${p.googleMessage}` : 'Google Ads refused the request.'),
    whatToDo: () => ['Look up Google’s code below, or give it to an administrator of the account.'],
    who: accountAdmin,
  },
} satisfies Partial<Record<ErrorCode, ErrorMessage>>

/** One message for each way Ads Keyring can fail; the type lets none be forgotten. */
export const errors: Record<ErrorCode, ErrorMessage> = {
  ...requestErrors,
  ...signInErrors,
  ...credentialErrors,
  ...adsErrors,
}
