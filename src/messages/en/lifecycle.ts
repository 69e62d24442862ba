import { counted } from './words.ts'

const days = (count: number) => counted(count, 'day', 'days')

/** Pausing, sharing, handing over, revoking and removing a connection; and what to do when a person leaves. */
export const lifecycle = {
  title: 'Manage',
  share: {
    off: 'Only the owner may use this connection.',
    on: 'Every member may use this connection. Only its owner and administrators may reveal its secret, pause or revoke it.',
    share: 'Share with the team',
    unshare: 'Stop sharing',
    unshareHint: 'When you stop sharing, others lose it at once, on pages and with their API keys.',
  },
  pause: {
    text: 'Nobody uses it until it is resumed, no page and no API key. The credential stays sealed here, and nothing changes at Google.',
    paused: 'It is paused: no page and no API key uses it. What was read before stays readable.',
    pause: 'Pause',
    resume: 'Resume',
  },
  transfer: {
    title: 'Hand over',
    text: 'The new owner decides about the connection and uses it in the name of its Google account.',
    label: 'New owner',
    choose: 'Choose a member',
    submit: 'Hand over',
    nobody: 'There is no other member who could take it over.',
  },
  end: {
    title: 'Revoke',
    text: {
      user: 'Ends it here and withdraws the consent at Google. The next page says what stops.',
      service_account: 'Ends it here and destroys its key here. The next page says what stops.',
    },
    link: 'Revoke…',
  },
  remove: {
    title: 'Remove now',
    text: 'As an administrator you can remove it at once, with everything that was read through it. The audit trail keeps its entries.',
    submit: (email: string) => `Remove ${email}`,
  },
  leave: (owner: string) => `${owner} leaves: what becomes of all their connections`,

  pending: {
    word: 'Revocation pending',
    meaning: 'Nothing here uses it any more, but Google has not confirmed the withdrawal yet.',
    title: 'Revoked here, not yet confirmed by Google',
    text: 'Nothing here uses this connection any more. Google has not confirmed that it withdrew the consent, so its credential is kept sealed and Google is asked again until it does, also after a restart.',
    next: 'Next attempt',
    nextDue: 'within a minute',
    failed: 'What stood in the way last:',
    byHand: (email: string) =>
      `Until then ${email} can remove the access by hand, at myaccount.google.com/permissions.`,
    retry: 'Try now',
    short: (when: string) => `Next attempt ${when}`,
  },
  done: {
    title: 'This connection is revoked',
    confirmed: 'Google confirmed the withdrawal, and the sealed credential was destroyed',
    serviceAccount:
      'The key was destroyed here. Google has no call that ends it: delete it in the Google Cloud console as well, under IAM and admin, Service accounts, Keys.',
    unreadable: (email: string) =>
      `The stored credential could not be opened, so Google could not be asked to withdraw it. It was destroyed here. ${email} should remove the access at myaccount.google.com/permissions.`,
    stays: 'It stays listed, with what was read through it, and is removed',
    again: 'Until then it can be connected again under the same ID, with its owner and its sharing.',
    connectAgain: 'Connect again',
  },
  obstacles: {
    google_unreachable: 'Google could not be reached, or answered with a fault of its own.',
    vault_open_failed: 'This server lacks the key that opens the sealed credential. See TOKEN_KEYS.',
    other: (said: string) => `Google answered: ${said}`,
  },

  revoke: {
    title: (email: string) => `Revoke ${email}`,
    lead: {
      user: 'This ends the connection for everybody, here first and then at Google.',
      service_account: 'This ends the connection for everybody here, and destroys its key here.',
    },
    back: (email: string) => `Back to ${email}`,
    stops: 'What stops',
    pages: (shared: boolean) =>
      shared
        ? 'Every page that asks Google through this connection, for every member: it is shared with the team.'
        : 'Every page that asks Google through this connection. Only its owner uses it.',
    programs: 'Every program that gets access tokens or configurations through it, from its next call on.',
    takenAway: 'Configurations that were taken away with the secret inside: Google withdraws that very refresh token.',
    stays: 'What stays',
    data: (retention: number) =>
      `What was already read stays readable until the connection is removed, ${days(retention)} after it is revoked, or sooner by an administrator.`,
    again: 'Until then it can be connected again under the same ID.',
    atGoogle: 'What Google withdraws',
    wholeGrant: (email: string) =>
      `Everything ${email} allowed the Google Cloud project of this installation, at once. Every other program that uses the same project for ${email} stops too.`,
    signIn: (email: string) =>
      `If ${email} also signs in to Ads Keyring, Google asks for consent again next time. Whoever is signed in stays signed in.`,
    serviceAccount:
      'Nothing: Google has no call that ends the key of a service account, and copies of it go on working. Delete the key in the Google Cloud console as well, under IAM and admin, Service accounts, Keys.',
    lastUses: 'Who took something out last',
    lastUsesTable: 'The last access tokens and secrets taken out of this connection',
    columns: { who: 'Who', how: 'How', what: 'What', when: 'When' },
    browser: 'Browser',
    apiKey: (name: string) => `API key “${name}”`,
    took: { 'access_token.issued': 'Access token', 'secret.revealed': 'Secret' } as Record<string, string>,
    nobody: 'Nobody took an access token or the secret out of it, as far as the audit trail knows.',
    lastUsed: 'Last used for a call to Google:',
    neverUsed: 'It was never used for a call to Google.',
    somebody: 'Not known',
    keys: 'API keys that can use it',
    keysTable: 'API keys that can use this connection, with their last use for anything',
    keyColumns: { name: 'Key', member: 'Member', lastUsed: 'Last used' },
    noKeys: 'No API key can use it.',
    pauseTitle: 'Only for a while?',
    pauseText: 'Pausing stops every use here at once and keeps the credential. Nothing changes at Google.',
    pause: 'Pause instead',
    submit: (email: string) => `Revoke ${email}`,
    cancel: 'Keep it',
  },

  flashes: {
    paused: (email: string) => `${email} is paused. Nothing uses it until it is resumed.`,
    resumed: (email: string) => `${email} is active again.`,
    shared: (email: string) => `Every member may now use ${email}.`,
    unshared: (email: string) => `Only its owner uses ${email} now.`,
    transferred: (email: string, owner: string) => `${email} now belongs to ${owner}.`,
    revoked: (email: string) => `${email} is revoked. Google confirmed it, and the credential is destroyed.`,
    revokedServiceAccount: (email: string) =>
      `${email} is revoked and its key destroyed here. Delete the key in the Google Cloud console as well.`,
    revokedUnreadable: (email: string) =>
      `${email} is revoked here. Its credential did not open, so Google was not asked.`,
    revocationPending: (email: string) =>
      `${email} is revoked here and nothing uses it any more. Google has not confirmed it yet and is asked again.`,
    removed: (email: string) => `${email} was removed, with everything read through it.`,
  },

  leaving: {
    title: (email: string) => `When ${email} leaves`,
    lead: 'Choose what becomes of each of their connections. Nothing happens before you confirm.',
    none: (email: string) => `${email} owns no connection.`,
    tableLabel: 'Connections of the member who leaves',
    columns: { connection: 'Connection', status: 'Status', choice: 'What becomes of it' },
    choiceLabel: (email: string) => `What becomes of ${email}`,
    keep: 'Leave as it is',
    revoke: 'Revoke',
    transferGroup: 'Hand over to',
    replaceGroup: 'Replace by, then revoke',
    replaceOption: (email: string, owner: string) => (email === owner ? email : `${email} (${owner})`),
    meaning:
      'Handing over keeps the connection working in the name of its Google account, for as long as that account exists. Replacing means: login customers people chose through the old connection are reached through the other one, where that opens them; if the old one was shared with the team, the other one is from then on; the old one is revoked.',
    preview: 'See what that means',
    revokeAll: 'Revoke all…',
    plan: 'What will happen',
    planKeep: (email: string) => `${email} stays as it is.`,
    planRevoke: (email: string) => `${email} is revoked.`,
    planTransfer: (email: string, to: string) => `${email} goes to ${to}.`,
    planReplace: (email: string, by: string) => `${email} is replaced by ${by}, then revoked.`,
    planShares: (by: string) => `${by} becomes shared with the team.`,
    serviceAccountKey:
      'Its key is destroyed here. Delete it in the Google Cloud console as well: Google has no call that ends it.',
    planSuspend: (email: string) => `${email} is suspended and signed out everywhere.`,
    wholeGrant:
      'Revoking withdraws everything that Google account allowed the Google Cloud project of this installation.',
    lost: (count: number, by: string) => `${by} does not open ${counted(count, 'account', 'accounts')} of these:`,
    unsure: (count: number, by: string) =>
      `Not known whether ${by} opens ${counted(count, 'account', 'accounts')} of these, because its accounts have not all been read:`,
    nothingLost: (count: number, by: string) =>
      `${by} opens ${count === 1 ? 'the one account' : `all ${count} accounts`} that the old one is known to open.`,
    more: (count: number) => `and ${count} more`,
    incomplete: 'The accounts of the old connection have not all been read, so there may be more.',
    neverRead: 'The accounts of the old connection were never read: what is lost is not known.',
    readOld: 'Old one read',
    readNew: 'the other one read',
    never: 'never',
    suspend: (email: string) => `Also suspend ${email}: signs them out everywhere, and their API keys stop`,
    suspendSelf: 'You cannot suspend yourself here.',
    suspended: (email: string) => `${email} is suspended already.`,
    submit: (email: string) => `Do this for ${email}`,
    change: 'Choose again',
    done: (count: number) => `${counted(count, 'step', 'steps')} done.`,
    failed: (email: string, why: string) => `${email}: ${why}.`,
    pending: (emails: string) => `Not yet confirmed by Google and asked again: ${emails}.`,
    nothing: 'Nothing was chosen, so nothing was changed.',
    member: 'Back to the member',
  },
}
