import { counted } from './words.ts'

const values = (count: number) => counted(count, 'value', 'values')

/** The keys that seal what is stored: the page for administrators, and `npm run keys`. */
export const keys = {
  title: 'Keys',
  lead: 'What is secret here is stored sealed. The first key of TOKEN_KEYS seals, the others still open what they sealed before. The keys themselves are never shown.',
  tableLabel: 'Keys and what is sealed with them',
  columns: { key: 'Key', state: 'State', since: 'First used', sealed: 'Sealed with it', actions: 'Actions' },
  states: { seals: 'Seals', opens: 'Opens', retired: 'Retired', missing: 'Missing', absent: 'Not given' },
  stateMeanings: {
    seals: 'First in TOKEN_KEYS: everything new is sealed with it.',
    opens: 'In TOKEN_KEYS, not first: opens what it sealed before.',
    retired: 'Nothing here needs it any more. Backups made before it was retired still do.',
    missing: 'Not in TOKEN_KEYS, although something was sealed with it: that cannot be opened.',
    absent: 'Not in TOKEN_KEYS, and nothing here needs it.',
  },
  holdings: {
    'connections.credential': (count: number) => counted(count, 'credential', 'credentials'),
    'connections.access_token': (count: number) => counted(count, 'access token', 'access tokens'),
    'vault_secrets.value': (count: number) =>
      counted(count, 'secret of this installation', 'secrets of this installation'),
  } as Record<string, (count: number) => string>,
  otherHolding: (name: string, count: number) => `${count} × ${name}`,
  nothing: 'Nothing',
  never: 'Not yet',
  retiredOn: 'retired',
  takeOut: 'Can be taken out of TOKEN_KEYS.',
  verify: 'Verify all',
  retire: 'Retire',
  retireLabel: (kid: string) => `Retire key ${kid}`,
  backupTitle: 'Keep every key as long as a backup needs it',
  backupText:
    'A backup of the database opens only with the keys of its time. Keep a copy of TOKEN_KEYS apart from the backups, retired keys too. Without them the stored credentials are lost, and everybody has to connect again.',
  rotation: {
    title: 'Sealed with older keys',
    due: (count: number, kid: string) =>
      `${values(count)} ${count === 1 ? 'is' : 'are'} sealed with a key other than ${kid}. An older key can be retired once nothing is sealed with it.`,
    submit: (kid: string) => `Re-seal everything with ${kid}`,
    underWay: (done: number, total: number, kid: string) =>
      `Re-sealing with ${kid}: ${done} of ${values(total)}. You can leave this page.`,
    progressLabel: 'Re-sealing',
    lookAgain: 'Look again',
    none: (kid: string) => `Everything that can be opened is sealed with ${kid}.`,
    failed: 'Re-sealing stopped before its end. What was done stays. Press the button to go on.',
    done: (count: number, kid: string) =>
      count === 0 ? `Nothing was left to re-seal with ${kid}.` : `${values(count)} sealed with ${kid} now.`,
    left: (count: number) =>
      `${values(count)} could not be re-sealed: no key given here opens ${count === 1 ? 'it' : 'them'}, or another instance still runs with the older TOKEN_KEYS. “Verify all” names them.`,
  },
  retired: (kid: string) => `Key ${kid} is retired. Take it out of TOKEN_KEYS, and keep it with the older backups.`,
  retiredBefore: (kid: string) => `Key ${kid} was retired before.`,
  missingTitle: 'A key is missing',
  missing: (kid: string, count: number) =>
    `${values(count)} cannot be opened without key ${kid}. Put it back into TOKEN_KEYS and restart.`,
  stepsTitle: 'Changing the key',
  steps: [
    {
      title: 'Make a new key',
      text: 'On the server, this prints one and where it goes. Back it up at once.',
      command: 'npm run keys -- add',
    },
    {
      title: 'Put it first in TOKEN_KEYS, leave the others, restart',
      text: 'With several instances, first put it last and restart all; then put it first and restart all again. Otherwise an instance meets values it cannot open yet.',
      command: null,
    },
    {
      title: 'Re-seal everything',
      text: 'With the button on this page, or on the server. Both go on where they stopped.',
      command: 'npm run keys -- rotate',
    },
    {
      title: 'Verify',
      text: 'Opens every sealed value and says for each key what did not open.',
      command: 'npm run keys -- verify',
    },
    {
      title: 'Retire the old key, then take it out of TOKEN_KEYS',
      text: 'Until it is retired you can go back: put the old key first again, restart, re-seal. Where SESSION_SECRETS is not set, wait eight hours before you take the key out; otherwise people sign in once more.',
      command: 'npm run keys -- retire KID',
    },
  ],
  verification: {
    title: 'Verification of the keys',
    lead: 'Every sealed value was opened just now. Nothing was changed, and no secret was shown.',
    sound: (count: number) => `${values(count)} opened, none failed.`,
    passing: 'Only access tokens couldn’t be opened. They are renewed automatically.',
    unsound: 'Something stored does not open. This is a fault of the installation; Google has withdrawn nothing.',
    tableLabel: 'What each key opened',
    counts: (opened: number, failed: number) => `${opened} opened, ${failed === 0 ? 'none' : failed} failed`,
    unknownKey: 'not in TOKEN_KEYS',
    noKey: 'names no key',
    more: (count: number) => `and ${count} more`,
    whatToDoTitle: 'What to do',
    whatToDo: [
      'Where a key is missing: put it back into TOKEN_KEYS and restart.',
      'Where a single value fails under a key that opens others: it is damaged. Restore that row from a backup, or have the connection reconnected.',
    ],
    again: 'Verify again',
    back: 'Back to the keys',
  },
  command: {
    help: `Usage: npm run keys -- COMMAND

Commands:
  list         the keys of TOKEN_KEYS and all earlier ones, and what is sealed with each
  add          print a new key to put first into TOKEN_KEYS
  rotate       seal everything with the first key of TOKEN_KEYS
  verify       open every sealed value and report for each key
  retire KID   mark a key as no longer needed; refused while something is sealed with it

DATABASE_URL and TOKEN_KEYS are read from the environment, as the server reads them.
Exit codes: 0 done, 1 unexpected failure, 2 wrong use, 3 settings, 4 the keys do not fit the database,
5 something does not open or was left, 6 refused.`,
    unknown: (command: string) => `There is no command ${command}. npm run keys -- --help shows all.`,
    kidMissing: 'Say which key: npm run keys -- retire KID',
    tooMany: 'Too many arguments. npm run keys -- --help shows how.',
    noDatabase: (path: string) => `There is no database at ${path}. DATABASE_URL must be the server's own.`,
    added: (
      kid: string,
    ) => `This is the new key ${kid}. Back this up now, apart from the backups of the database: what it seals opens with nothing else.

Put it first into TOKEN_KEYS, with a comma before the keys that are there, and restart the server. Then:
  npm run keys -- rotate
Several instances: put it last and restart all, then first and restart all again.`,
    progress: (done: number, total: number) => `${done} of ${total} sealed anew`,
    retireNext: (kids: string) => `Once everything runs well: npm run keys -- retire ${kids}`,
    leftWith: (kid: string, count: number) => `${values(count)} left with ${kid === '' ? 'no key' : `key ${kid}`}.`,
    interrupted: 'Interrupted. Run it again to go on.',
    opened: (kid: string, known: boolean, opened: number, failed: number) =>
      `${kid === '' ? 'no key' : `key ${kid}`}${known || kid === '' ? '' : ' (not in TOKEN_KEYS)'}: ${opened} opened, ${failed} failed`,
    failedRow: (row: string) => `  failed: ${row}`,
    unsound:
      'Something stored does not open. No credential has expired because of that; the keys or the rows are at fault.',
  },
}
