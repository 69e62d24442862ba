import { counted } from './words.ts'

export const passkeys = {
  title: 'Passkeys',
  lead: 'A passkey is a key in your phone, computer, password manager or security key. You use it with your fingerprint, face or PIN. Once you have one, Ads Keyring asks for it before sensitive steps, so that nobody can take them just by using your browser.',
  none: 'You have no passkey. We recommend adding one.',
  required: 'Administrators of this installation need a passkey. Add one to open the admin pages.',
  recommend: 'Add a passkey to confirm steps like this with your fingerprint, face or PIN instead of signing in again.',
  tableLabel: 'Your passkeys',
  columns: { name: 'Name', created: 'Added', lastUsed: 'Last used', actions: 'Actions' },
  neverUsed: 'Never',
  add: 'Add a passkey',
  rename: 'Rename',
  renameLabel: (name: string) => `Rename the passkey ${name}`,
  newName: (name: string) => `New name for ${name}`,
  save: 'Save',
  remove: 'Remove',
  removeLabel: (name: string) => `Remove the passkey ${name}`,
  removeNote: 'Removing a passkey here doesn’t delete it from your device.',
  added: (name: string) => `The passkey “${name}” was added.`,
  renamed: (name: string) => `The passkey is now called “${name}”.`,
  removed: 'The passkey was removed.',
  codeUsed: (left: number) =>
    `You used a recovery code. ${
      left === 0 ? 'It was your last one. Make new codes.' : `${counted(left, 'code is', 'codes are')} left.`
    }`,
  notAsked: 'We couldn’t ask for your passkey. Check that JavaScript is on, and try again.',

  create: {
    title: 'Add a passkey',
    lead: 'Your browser will ask where to save the passkey, then ask for your fingerprint, face or PIN.',
    name: 'Name',
    nameHint: 'Choose a name you’ll recognise, for example “Work laptop”.',
    submit: 'Create passkey',
    cancel: 'Cancel',
  },

  codes: {
    title: 'Your recovery codes',
    firstLead:
      'If you lose your passkey, use a recovery code instead. Each code works once. Print these ten codes or save them in a password manager.',
    renewedLead: 'These ten codes replace your old ones, which no longer work.',
    once: 'You won’t see these codes again. We store only hashes of them.',
    listLabel: 'Recovery codes',
    copy: 'Copy all codes',
    done: 'I’ve saved them',
    heading: 'Recovery codes',
    left: (count: number) =>
      count === 0
        ? 'You have no recovery codes left.'
        : `${counted(count, 'recovery code is', 'recovery codes are')} left.`,
    renew: 'Make new codes',
  },

  confirm: {
    title: 'Confirm it’s you',
    about: (what: string) => `You’re about to ${what}.`,
    lead: 'We won’t ask again in this browser for ten minutes.',
    submit: 'Confirm with passkey',
    cancel: 'Cancel',
    codeSummary: 'Use a recovery code instead',
    code: 'Recovery code',
    codeHint: 'Each code works once.',
    codeSubmit: 'Confirm with code',
    noCodes:
      'You have no recovery codes left. If you lost your passkey, ask another administrator to reset your passkeys.',
    lost: 'Lost your passkey and your codes? Ask another administrator to reset your passkeys.',
  },

  /** What the script says when the passkey couldn’t be used. */
  trouble: {
    script: 'Passkeys need JavaScript. Turn it on for this page.',
    unsupported: 'This browser can’t use passkeys. Use another browser, or a recovery code.',
    cancelled:
      'No passkey was used. You cancelled, it took too long, or this device has none of your passkeys. Try again.',
    timeout: 'That took too long. Try again.',
    exists: 'This device already has a passkey for you here.',
    address: 'Passkeys don’t work at this address. Open Ads Keyring at its usual address and try again.',
    unreachable: 'We couldn’t reach Ads Keyring. Check your connection and try again.',
    failed: 'Something went wrong with the passkey. Try again.',
    waiting: 'Waiting for your passkey…',
  },

  /** What the person is about to do. Completes “You’re about to …”. */
  steps: {
    reveal: (email: string) => `show the secrets of ${email}`,
    revoke: (email: string) => `revoke ${email}`,
    transfer: (email: string) => `hand ${email} over to another owner`,
    share: (email: string) => `share ${email} with the team`,
    'service-account': () => 'add a service account',
    link: () => 'make a one-time link',
    'rotate-keys': () => 'seal everything with the newest key',
    'retire-key': () => 'retire a key',
    promote: (email: string) => `make ${email} an administrator`,
    demote: (email: string) => `make ${email} an ordinary member`,
    suspend: (email: string) => `suspend ${email}`,
    resume: (email: string) => `lift the suspension of ${email}`,
    offboard: (email: string) => `offboard ${email}`,
    'reset-passkeys': (email: string) => `remove all passkeys and recovery codes of ${email}`,
    'api-key': () => 'make an API key',
    'import-code': () => 'make a code for the command line',
    'add-passkey': () => 'add a passkey',
    'remove-passkey': (name: string) => `remove the passkey “${name}”`,
    'recovery-codes': () => 'make new recovery codes',
  },
}
