import type { LinkPurpose } from '../../connections/links.ts'

export const links = {
  invite: 'Invite someone to connect',
  sendReconnect: 'Send a reconnect link',
  title: 'One-time links',
  lead: 'For a person who owns a Google account and need not be a member here. A link works once and not for long. Whoever opens it sees who asks and for what, and nothing else.',
  make: {
    connectTitle: 'Invite someone to connect',
    connectText: 'The connection they bring will belong to you.',
    reconnectTitle: (email: string) => `Send a reconnect link for ${email}`,
    reconnectText: (email: string) =>
      `The person signs in at Google as ${email}. The connection stays as it is: same owner, same settings, newer credential.`,
    email: 'Their Google account, if you know it',
    emailHint: 'With an address, no other Google account is taken.',
    lifetime: 'Works for',
    submit: 'Make the link',
    cancel: 'Cancel',
  },
  hours: (hours: number) => (hours < 48 ? `${hours} ${hours === 1 ? 'hour' : 'hours'}` : `${hours / 24} days`),
  listTitle: 'Your links',
  none: 'You have made no link yet.',
  tableLabel: 'Your one-time links, newest first',
  columns: { purpose: 'For', state: 'State', made: 'Made', ends: 'Ends', action: 'Actions' },
  purposes: { connect: 'Connect', reconnect: 'Reconnect', import: 'Hand a credential in' } satisfies Record<
    LinkPurpose,
    string
  > as Record<LinkPurpose, string>,
  anyAccount: 'Any Google account',
  states: { waiting: 'Waiting', used: 'Used', ended: 'Ended', withdrawn: 'Withdrawn' },
  stateMeanings: {
    waiting: 'Nobody has used it yet.',
    used: 'It brought what it was for.',
    ended: 'Nobody used it in time.',
    withdrawn: 'You withdrew it.',
  },
  withdraw: 'Withdraw',
  withdrawLabel: (what: string) => `Withdraw the link: ${what}`,
  withdrawnFlash: 'The link is withdrawn. Nobody can use it any more.',
  made: {
    title: 'Send this link',
    lead: (email: string | null) =>
      email
        ? `Send it to the person who owns ${email}, by a way that only they read.`
        : 'Send it to the person whose Google account shall be connected, by a way that only they read.',
    once: (until: string) => `It is shown only now. Whoever has it can use it once, until ${until}.`,
    link: 'The link',
    copyLink: 'Copy the link',
    message: 'A message ready to send',
    copyMessage: 'Copy the message',
    all: 'All your links',
  },
  /** Plain text; goes out under the name of whoever made the link. */
  message: {
    connect: (from: string, host: string, email: string | null, url: string, until: string) =>
      `Hello,

please connect ${email ? `your Google account ${email}` : 'the Google account you use for Google Ads'} with our Ads Keyring at ${host}, so that we can work with your Google Ads accounts.

${url}

The page says what you agree to before you go on to Google. You need no account with us. The link works once, until ${until}.

${from}
`,
    reconnect: (from: string, host: string, email: string | null, url: string, until: string) =>
      `Hello,

our connection to Google Ads through your Google account ${email ?? ''} needs your consent once more. Please give it at ${host}:

${url}

The page says what you agree to before you go on to Google. You need no account with us. The link works once, until ${until}.

${from}
`,
  },
  guest: {
    titles: {
      connect: (by: string) => `${by} asks for access to Google Ads`,
      reconnect: (by: string) => `${by} asks you to reconnect Google Ads`,
    },
    facts: {
      who: 'Who asks',
      where: 'For use at',
      what: 'What for',
      account: 'Google account',
      until: 'The link works',
    },
    what: {
      connect: 'To see and manage the Google Ads accounts that your Google account opens',
      reconnect: 'To go on seeing and managing the Google Ads accounts that your Google account opens',
    },
    anyAccount: 'The one you use for Google Ads',
    until: (exact: string) => `once, until ${exact}`,
    nextTitle: 'What happens then',
    next: (host: string, by: string, email: string | null): string[] => [
      email ? `Google asks you to sign in. Choose ${email}.` : 'Google asks you to sign in and to choose an account.',
      'Google shows what is asked for. The line for Google Ads must be ticked.',
      `Your consent is kept sealed at ${host}. ${by} decides who there may work with it. Your password stays with Google.`,
      'You do not become a member and are not signed in here. You can withdraw the consent at any time at myaccount.google.com/connections.',
    ],
    go: 'Continue to Google',
    unknown: (by: string) =>
      `You do not know ${by}, or did not expect this? Then close this page. Nothing has happened yet.`,
  },
  done: {
    title: 'Done',
    text: 'Google Ads is connected. You can close this page.',
    after: 'The link is used up. You can withdraw your consent at any time at myaccount.google.com/connections.',
  },
}
