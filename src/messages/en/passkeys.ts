import { counted } from './words.ts'

export const passkeys = {
  title: 'Passkeys',
  lead: 'A passkey is a key in your phone, computer, password manager or security key. You use it with your fingerprint, face or PIN. Once you have one, Ads Keyring asks for it before sensitive steps, so that somebody who gets hold of your browser can’t take them.',
  none: 'You have no passkey. We recommend adding one.',
  required: 'Administrators of this installation need a passkey. Add one to open the administrators’ pages.',
  recommend: 'Add a passkey, and steps like this ask for your fingerprint, face or PIN instead of another sign-in.',
  tableLabel: 'Your passkeys',
  columns: { name: 'Name', created: 'Added', lastUsed: 'Last used', actions: 'Actions' },
  neverUsed: 'Not yet',
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
      left === 0 ? 'It was your last one: make new codes.' : `${counted(left, 'code is', 'codes are')} left.`
    }`,
  notAsked: 'Your passkey wasn’t asked for. Check that JavaScript is on, and try again.',

  create: {
    title: 'Add a passkey',
    lead: 'Your browser asks where to keep the passkey, then for your fingerprint, face or PIN.',
    name: 'Name',
    nameHint: 'So that you recognise it later, for example “Work laptop”.',
    submit: 'Create passkey',
    cancel: 'Cancel',
  },

  codes: {
    title: 'Your recovery codes',
    firstLead:
      'If you lose your passkey, a recovery code can take its place. Each code works once. Print them or save them in a password manager.',
    renewedLead: 'These ten codes replace the ones before, which no longer work.',
    once: 'They are shown only now. We keep hashes, not the codes.',
    listLabel: 'Recovery codes',
    copy: 'Copy all codes',
    done: 'I’ve saved them',
    heading: 'Recovery codes',
    left: (count: number) =>
      count === 0
        ? 'You have no unused recovery code.'
        : `${counted(count, 'recovery code is', 'recovery codes are')} left.`,
    renew: 'Make new codes',
  },

  confirm: {
    title: 'Confirm it’s you',
    about: (what: string) => `You’re about to ${what}.`,
    lead: 'Confirming with your passkey lasts ten minutes in this browser.',
    submit: 'Confirm with passkey',
    cancel: 'Cancel',
    codeSummary: 'Use a recovery code instead',
    code: 'Recovery code',
    codeHint: 'Each code works once.',
    codeSubmit: 'Confirm with code',
    noCodes:
      'You have no recovery codes left. If you lost your passkey, ask another administrator to reset your passkeys.',
    lost: 'No passkey and no codes? Ask another administrator to reset your passkeys.',
  },

  /** What the script says when the device gives no passkey. */
  trouble: {
    script: 'Passkeys need JavaScript. Turn it on for this page.',
    unsupported: 'This browser can’t use passkeys. Use another browser, or a recovery code.',
    cancelled: 'No passkey was used: you cancelled, or none of your passkeys is on this device. Try again.',
    timeout: 'That took too long. Try again.',
    exists: 'This device already has a passkey for you here.',
    address: 'Passkeys don’t work at this address. Open Ads Keyring at its usual address.',
    unreachable: 'Ads Keyring can’t be reached. Check your connection and try again.',
    failed: 'The passkey couldn’t be used. Try again.',
    waiting: 'Waiting for your passkey…',
  },

  /** What somebody is about to do, after “You’re about to”. */
  steps: {
    reveal: (email: string) => `show the secrets of ${email}`,
    revoke: (email: string) => `revoke ${email}`,
    transfer: (email: string) => `hand ${email} over to another owner`,
    'service-account': () => 'add a service account',
    link: () => 'make a one-time link',
    'rotate-keys': () => 'seal everything with the newest key',
    'retire-key': () => 'retire a key',
    promote: (email: string) => `make ${email} an administrator`,
    demote: (email: string) => `make ${email} an ordinary member`,
    suspend: (email: string) => `suspend ${email}`,
    resume: (email: string) => `lift the suspension of ${email}`,
    offboard: (email: string) => `apply your choices for ${email}, who leaves`,
    'reset-passkeys': (email: string) => `remove all passkeys and recovery codes of ${email}`,
    'api-key': () => 'make an API key',
    'import-code': () => 'make a code for the command line',
    'add-passkey': () => 'add a passkey',
    'remove-passkey': (name: string) => `remove the passkey “${name}”`,
    'recovery-codes': () => 'make new recovery codes',
  },
}
