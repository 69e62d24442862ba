import type { GuessCause, HealthCause, Likelihood } from '../../connections/health.ts'
import { connections } from './connections.ts'
import { counted } from './words.ts'

export interface HealthWords {
  email: string
  owner: string
  /** When it ends, of what is coming; empty otherwise. */
  at: string
}

interface CauseWords {
  /** A few words, for lists. */
  short: string
  title: string
  text: (words: HealthWords) => string
}

const dead = (reason: keyof typeof connections.reasons, short: string): CauseWords => ({
  short,
  title: 'This connection must be reconnected',
  text: () => connections.reasons[reason],
})

const causes: Record<HealthCause, CauseWords> = {
  expired_or_revoked: {
    ...dead('expired_or_revoked', 'Expired or withdrawn'),
    text: () => 'Google says that the credential has expired or was withdrawn. It does not say which.',
  },
  rejected: {
    ...dead('rejected', 'Rejected by Google'),
    text: () => 'Google rejected the credential without a word about why.',
  },
  testing_expired: dead('testing_expired', 'Ended after seven days in testing'),
  time_limit_reached: dead('time_limit_reached', 'The time limit is over'),
  session_control: dead('session_control', 'Ended by a Workspace session limit'),
  withdrawn_at_google: dead('withdrawn_at_google', 'Withdrawn at Google'),
  admin_policy: {
    ...dead('admin_policy', 'Not allowed by the Workspace'),
    title: 'A Google Workspace administrator does not allow this app',
  },
  google_account_deleted: {
    ...dead('google_account_deleted', 'The Google account was deleted'),
    title: 'The Google account was deleted',
  },
  google_account_disabled: {
    ...dead('google_account_disabled', 'The Google account is disabled'),
    title: 'The Google account is disabled',
  },
  key_deleted: { ...dead('key_deleted', 'The key was deleted'), title: 'This service account needs a new key' },

  ads_access_withdrawn: {
    short: 'Opens no Google Ads account',
    title: 'Works at Google, but opens no Google Ads account any more',
    text: ({ email }) =>
      `Google still takes the credential, but ${email} is a user of no Google Ads account: its access was removed, or its sign-in address was changed there. A new consent does not change this.`,
  },
  second_factor: {
    short: 'Google Ads asks for 2-Step Verification',
    title: 'Works at Google, but Google Ads asks for 2-Step Verification',
    text: ({ email }) =>
      `A manager above these accounts accepts only people with 2-Step Verification. ${email} must turn it on at myaccount.google.com/security; nobody can do it for them. Reconnecting is not needed.`,
  },
  project_not_approved: {
    short: 'The Cloud project may use test accounts only',
    title: 'Works at Google, but Google Ads refuses this installation',
    text: () =>
      'The Google Cloud project behind this installation is not approved for production accounts. No Google account is the cause, and reconnecting does not help.',
  },
  api_not_enabled: {
    short: 'The Google Ads API is switched off',
    title: 'Works at Google, but the Google Ads API is switched off',
    text: () =>
      'The Google Ads API is not enabled in the Google Cloud project behind this installation. No Google account is the cause, and reconnecting does not help.',
  },
  scope_missing: {
    short: 'Google Ads was not allowed',
    title: 'Works at Google, but does not include Google Ads',
    text: () => 'The credential does not cover Google Ads. Reconnect, and tick the line for Google Ads at Google.',
  },
  ads_account_deleted: {
    short: 'The Google account was deleted',
    title: 'The Google account was deleted',
    text: ({ email }) => `Google Ads says that ${email} no longer exists. Connect another Google account.`,
  },
  version_retired: {
    short: 'The API version is retired',
    title: 'Works at Google, but this version of its API is retired',
    text: () =>
      'Google Ads no longer answers the API version this installation speaks. No Google account is the cause.',
  },
  ads_refused: {
    short: 'Google Ads refuses',
    title: 'Works at Google, but Google Ads refuses',
    text: () => 'Google still takes the credential, but Google Ads refused the last check. Its code is below.',
  },

  client_rejected: {
    short: 'Not checked: Google rejects our client secret',
    title: 'Google does not accept this installation’s OAuth client',
    text: () =>
      'The OAuth client ID or its secret is wrong or was changed at Google. That is a fault of this installation and says nothing about this connection, which was left as it is.',
  },
  foreign_client_rejected: {
    short: 'Not checked: Google rejects its OAuth client',
    title: 'Google does not accept the OAuth client of this credential',
    text: () =>
      'The credential was handed in with an OAuth client of its own, whose ID or secret Google does not accept any more. That says nothing about the credential, which was left as it is. Reconnecting here gives the connection one that belongs to the client of this installation.',
  },
  quota_spent: {
    short: 'Not checked: Google’s quota is spent',
    title: 'The last check found Google’s quota spent',
    text: () =>
      'This installation has made all the calls Google allows for now. That says nothing about this connection. It is checked again by itself.',
  },
  no_answer: {
    short: 'Not checked: no answer',
    title: 'The last check got no usable answer from Google',
    text: () => 'That says nothing about this connection. It is checked again by itself.',
  },

  testing_ends: {
    short: 'Ends: project in Testing',
    title: 'This Google project looks to be in Testing',
    text: ({ at }) =>
      `Access ends ${at}: Google gave a credential for seven days, as it does while the consent screen is in Testing. Publish the consent screen first, then reconnect once; a credential from before keeps its end.`,
  },
  time_limit_ends: {
    short: 'Ends: time limit',
    title: 'Access was granted for a limited time',
    text: ({ at }) => `The person chose a time limit when agreeing. Access ends ${at}. Reconnect to go on.`,
  },
  unused: {
    short: 'Not used for five months',
    title: 'Google drops credentials that nobody uses',
    text: ({ at }) =>
      `Google has not seen this one used for five months, and drops what is unused for six: about ${at}. Any use keeps it alive, a check too; while it is paused there is none.`,
  },

  paused: { short: 'Paused', title: 'Paused', text: () => connections.statusMeanings.paused },
  revocation_pending: {
    short: 'Revocation pending at Google',
    title: 'Revoked here, still pending at Google',
    text: () => 'It opens nothing here any more. Google did not confirm the withdrawal yet and is asked again.',
  },
  revoked: { short: 'Revoked', title: 'Revoked', text: () => connections.statusMeanings.revoked },
  works: { short: 'Works', title: 'Works', text: () => 'Google took the credential and listed the accounts.' },
}

const likelihoods: Record<Likelihood, string> = { likely: 'Likely', possible: 'Possible', unlikely: 'Unlikely' }

const guesses: Record<GuessCause, (consents: number) => string> = {
  testing: () =>
    'It ended about seven days after consent: the mark of a Google Cloud project in Testing. Publish the consent screen, then reconnect once.',
  unused: () => 'Nobody used it for six months.',
  token_limit: consents =>
    `More than 100 credentials were issued to this Google account for this OAuth client; then the oldest goes silently. ${counted(consents, 'was', 'were')} issued here, others may have been elsewhere.`,
  client_changed: () => 'The OAuth client of this installation was changed or replaced since it was connected.',
  access_removed: () => 'Somebody removed this app’s access in the Google account.',
  workspace_policy: () => 'A Google Workspace administrator withdrew the app’s access.',
  password_changed: () => 'The password of the Google account was changed, and the consent covers Gmail as well.',
}

export const health = {
  title: 'Health',
  causes,
  likelihoods,
  guesses,
  guessesTitle: 'What fits our own facts, likeliest first',
  checked: 'Last checked',
  checkNow: 'Check now',
  checkedFlash: 'Google was asked. What it said is below.',
  facts: {
    consent: 'Last consent',
    lastSuccess: 'Last success at Google',
    lastUse: 'Last used here',
    consents: 'Consents given here',
    googleCode: 'Google’s code',
    googleMessage: 'Google’s words',
    googleRequestId: 'Google’s request ID',
    since: 'Since',
  },
  why: 'What we know',
  never: 'Not yet',
  ask: (owner: string) => `Ask ${owner} to do this. Only the owner of the connection or an administrator can.`,
  onlyThey: (email: string) => `Only ${email} can do this, by signing in at Google.`,
  kept: 'What was read before stays visible, with its age.',
  keptSince: (age: string) => `What is shown was read ${age}. It does not change until the connection works again.`,
  open: 'Look at the connection',
  bannerTitles: {
    dead: (email: string) => `${email} must be reconnected`,
    refused: (email: string) => `Google Ads refuses ${email}`,
    paused: (email: string) => `${email} is paused`,
    revoked: (email: string) => `${email} is revoked`,
  },
  buttons: {
    reconnect: 'Reconnect',
    connect_another: 'Connect another Google account',
    new_key: 'Add a new key',
    tell_workspace_admin: 'Write to the Workspace administrator',
    tell_ads_admin: 'Write to an administrator of the account',
    tell_keyring_admin: 'Write to an administrator of Ads Keyring',
    setup: 'Open setup',
    check: 'Check now',
  },
  letters: {
    tell_workspace_admin: (email: string, clientId: string) => ({
      subject: 'Please allow an app to use Google Ads',
      body: `Hello,\n\nour tool Ads Keyring may not use Google Ads with ${email}, because a policy of our Google Workspace forbids it. Please allow this OAuth client in the Admin console under Security, Access and data control, API controls:\n\nClient ID: ${clientId}\nScope: https://www.googleapis.com/auth/adwords\n\nThank you.`,
    }),
    tell_ads_admin: (email: string) => ({
      subject: 'Please give me access to Google Ads again',
      body: `Hello,\n\n${email} no longer has access to any Google Ads account. Please invite this address again, in Google Ads under Admin, Access and security.\n\nThank you.`,
    }),
    tell_keyring_admin: (title: string, url: string) => ({
      subject: 'Ads Keyring needs an administrator',
      body: `Hello,\n\nAds Keyring says: ${title}. Please look at the setup page: ${url}\n\nThank you.`,
    }),
  },
  testingFlash: (at: string) => `This Google project looks to be in Testing: access ends ${at}.`,
}
