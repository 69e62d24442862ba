import type { AuditAction } from '../../audit/actions.ts'
import type { Actor } from '../../audit/actor.ts'
import type { AuditTargetKind } from '../../audit/audit.ts'
import type { Checkpoint } from '../../audit/checkpoint.ts'
import type { Finding } from '../../audit/since.ts'
import type { TrailLostError } from '../../audit/trail.ts'
import type { ChainVerdict, Problem, TrailFacts } from '../../audit/verify.ts'
import { connections } from './connections.ts'
import { errors } from './errors.ts'
import { health } from './health.ts'
import { members } from './members.ts'
import { counted } from './words.ts'

const clock = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
const time = (iso: string) => `${clock.format(new Date(iso))} UTC`

const problems: Record<Problem, (at: number, row: string) => string> = {
  changed: at => `Entry ${at} is not what was written there.`,
  missing: at => `Entry ${at} is missing.`,
  end: at => `Entries from ${at} on were removed at the end.`,
  beyond: at => `Ads Keyring did not write the entries from ${at} on.`,
  wiped: () => 'Every entry is gone.',
  secret: () => 'The secret of the chain is missing from the database, or was replaced.',
  rolled_back: (at, row) => `The trail was set back: entry ${at} about the row ${row} is gone.`,
  row_put_back: (at, row) => `The row ${row} was put back to what it was before entry ${at}.`,
  row_unknown: (_, row) => `The row ${row} has no valid stamp of the last entry about it.`,
  noticed: at => `The running server noticed that the trail was set back, and recorded it in entry ${at}.`,
}

const whatToDo: Partial<Record<Problem, string>> & { other: string } = {
  secret:
    'Do not restart the server, because it does not start without the secret. Restore the row audit-chain of the table vault_secrets from a backup.',
  row_unknown:
    'Somebody inserted that row or removed its stamp, outside Ads Keyring. Copy the database, and check what that row allows.',
  row_put_back:
    'Somebody wrote to the database. Copy it, and repeat the change that the entry records if it was undone.',
  other:
    'Somebody wrote to the database. Copy the database and the log, compare the trail with an export or a checkpoint kept elsewhere, and restore a backup if entries are missing.',
}

function begunLater({ at, reason }: NonNullable<TrailFacts['begun']>, first: number): string {
  if (reason === null) {
    return `It begins on ${time(at)} in a database that was already in use. That is correct if you updated from release 0.1.0 then. Otherwise somebody removed an earlier trail.`
  }
  const before = first > 1 ? ' Entries before that are no longer verified.' : ''
  return `This trail was begun anew on ${time(at)} with entry ${first}: ${reason}.${before}`
}

export const audit = {
  title: 'Audit trail',
  lead: 'Every change and every reveal, who did it and how. Nothing is edited or removed. That you read it is written here too.',
  filter: {
    action: 'What',
    anyAction: 'Everything',
    person: 'Who, by e-mail',
    kind: 'Done to',
    anyKind: 'Anything',
    outcome: 'Outcome',
    anyOutcome: 'Any',
    target: 'Name or ID of that',
    from: 'From',
    to: 'To, inclusive',
    apply: 'Filter',
    clear: 'Clear',
  },
  timesInUtc: 'Days and times are in UTC.',
  exportAs: 'Export',
  csv: 'CSV',
  jsonl: 'JSON lines',
  exportLabel: (format: string) => `Export ${format}: what the filter shows, all pages`,
  verify: 'Verify the chain',
  tableLabel: 'Entries, newest first',
  columns: { when: 'When', who: 'Who', what: 'What', outcome: 'Outcome' },
  outcomes: { done: 'Done', refused: 'Refused' },
  number: (seq: string) => `No. ${seq}`,
  request: 'Request',
  noneTitle: 'No entry matches',
  noneText: 'Take a part of the filter away, or choose other days.',
  noMore: 'There are no older entries.',
  older: 'Older',
  newest: 'Newest',
  pages: 'Pages',
  nothing: 'nothing',
  /** What was done; `{target}` stands for what it was done to. */
  actions: {
    'member.signed_in': 'Signed in',
    'member.signed_out': 'Signed out',
    'member.promoted': 'Made {target} an administrator',
    'member.demoted': 'Made {target} an ordinary member',
    'member.address_conflict': 'Tried to sign in with another Google account that has the address of {target}',
    'member.suspended': 'Suspended {target}',
    'member.resumed': 'Lifted the suspension of {target}',
    'session.ended': 'Ended a session: {target}',
    'connection.created': 'Connected {target}',
    'connection.reconnected': 'Reconnected {target}',
    'connection.imported': 'Imported the credential of {target}',
    'connection.credential_rotated': 'Stored a new refresh token that Google sent for {target}',
    'connection.needs_reconnect': 'Marked {target} as needing to be reconnected',
    'connection.shared': 'Shared {target} with the team',
    'connection.unshared': 'Stopped sharing {target} with the team',
    'connection.transferred': 'Handed {target} over to another owner',
    'connection.paused': 'Paused {target}',
    'connection.resumed': 'Resumed {target}',
    'connection.revoked': 'Revoked {target}',
    'connection.revocation_confirmed': 'Finished the revocation of {target}',
    'connection.replaced': 'Replaced {target} by another connection',
    'connection.removed': 'Removed {target} from the list',
    'consent.kept': 'Did not connect {target}. Google keeps the consent',
    'secret.revealed': 'Revealed the secrets of {target}',
    'access_token.issued': 'Took a short-lived access token of {target}',
    'api_key.created': 'Made the API key {target}',
    'api_key.revoked': 'Revoked the API key {target}',
    'passkey.added': 'Added the passkey {target}',
    'passkey.used': 'Confirmed with the passkey {target}',
    'passkey.refused': 'Tried to confirm with a passkey and was refused ({target})',
    'passkey.renamed': 'Renamed the passkey {target}',
    'passkey.removed': 'Removed the passkey {target}',
    'passkey.reset': 'Removed all passkeys and recovery codes of {target}',
    'recovery_code.created': 'Made new recovery codes',
    'recovery_code.used': 'Used a recovery code',
    'link.created': 'Made a one-time link ({target})',
    'link.used': 'Used a one-time link ({target})',
    'link.revoked': 'Withdrew a one-time link ({target})',
    'security_event.received': 'Received a security event from Google',
    'key.rotated': 'Sealed what is stored with the key {target}',
    'key.retired': 'Retired the key {target}',
    'audit.begun': 'Began the audit trail',
    'audit.taken_over': 'Took over the audit trail of an earlier release',
    'audit.rollback_detected': 'Found the audit trail set back or altered',
    'audit.read': 'Read the audit trail',
    'audit.exported': 'Exported the audit trail',
    'sign_in.refused': 'Tried to sign in and was refused: {target}',
    'callback.rejected': 'Came back from Google and was refused',
    'connection.refused': 'Tried to connect and was refused: {target}',
    'access.denied': 'Was denied access to {target}',
    'cross_site.refused': 'Sent a request from another website and was refused',
    'api_key.refused': 'Used an invalid API key and was refused',
    'link.refused': 'Used an invalid one-time link or code and was refused',
    'security_event.refused': 'Sent a security event that Google did not sign and was refused',
    'rate_limit.hit': 'Reached a rate limit: {target}',
  } satisfies Record<AuditAction, string> as Record<AuditAction, string>,
  /** The first word of an action, as the filter groups them. */
  groups: {
    member: 'Members',
    session: 'Sessions',
    connection: 'Connections',
    consent: 'Consents at Google',
    secret: 'Secrets',
    access_token: 'Access tokens',
    api_key: 'API keys',
    passkey: 'Passkeys',
    recovery_code: 'Recovery codes',
    link: 'One-time links',
    security_event: 'Security events',
    key: 'Keys',
    audit: 'Audit trail',
    refused: 'Refused attempts',
  } as Record<string, string>,
  kinds: {
    member: 'A member',
    session: 'A session',
    connection: 'A connection',
    api_key: 'An API key',
    passkey: 'A passkey',
    link: 'A one-time link',
    key: 'A key',
    audit: 'The audit trail',
    google_account: 'A Google account',
    page: 'A page or API route',
  } satisfies Record<AuditTargetKind, string> as Record<AuditTargetKind, string>,
  /** Those who act without an e-mail of their own. */
  actors: {
    member: 'A member',
    guest: 'Somebody not signed in',
    visitor: 'A visitor',
    system: 'Ads Keyring',
    google: 'Google',
  } satisfies Record<Actor['kind'], string> as Record<Actor['kind'], string>,
  /** Someone who used a link. Only Google knows their address. */
  guest: ({ email, emailVerified }: { email: string; emailVerified: boolean }) =>
    `${email} (not a member${emailVerified ? '' : ', address not verified by Google'})`,
  visitor: (network: string) => `A visitor from ${network}`,
  /** For an address that another member has, or had. */
  namesake: (email: string, memberId: string) => `${email} (member ${memberId})`,
  via: {
    browser: () => 'In the browser',
    api_key: name => (name ? `With the API key “${name}”` : 'With an API key'),
    link: name => (name ? `Through a one-time link (${name})` : 'Through a one-time link'),
    sweep: () => 'By itself',
    security_event: () => 'By a security event',
    command: () => 'By a command on the server',
  } satisfies Record<Actor['via'], (name: string | null) => string> as Record<
    Actor['via'],
    (name: string | null) => string
  >,
  /** What changed; a name without words of its own is shown as it is. */
  fields: {
    action: 'What',
    by: 'By',
    client: 'OAuth client',
    connection: 'Connection',
    email: 'Address',
    entries: 'Entries before',
    event: 'Event',
    expected: 'Last entry seen',
    expires: 'Ends',
    found: 'Last entry found',
    format: 'Format',
    from: 'From',
    google_account: 'Google account',
    key: 'Key',
    method: 'Method',
    name: 'Name',
    origin: 'Website',
    owner: 'Owner',
    passkeys: 'Passkeys',
    person: 'Who',
    purpose: 'For',
    reason: 'Reason',
    role: 'Role',
    rule: 'Admitted by',
    scopes: 'Scopes',
    sessions: 'Sessions',
    since: 'First time',
    sources: 'From',
    status: 'Status',
    target: 'Name or ID',
    target_kind: 'Done to',
    times: 'Times',
    to: 'To',
    until: 'Last time',
  } as Record<string, string>,
  /** Values of those fields that have words; others are shown as they are. */
  values: {
    by: {
      google: 'Google confirmed it',
      service_account: 'Google ends no keys, the one here was destroyed',
      unreadable: 'The credential did not open, and was destroyed',
    },
    reason: {
      too_many_sessions: 'An eleventh session started',
      ...Object.fromEntries(Object.entries(errors).map(([code, { title }]) => [code, title])),
      ...Object.fromEntries(Object.entries(health.causes).map(([cause, { short }]) => [cause, short])),
      counter: 'Its signature count went down, so it may have been copied',
      not_verified: 'The answer did not match the request',
      unknown: 'The passkey does not belong to this member',
    },
    role: members.roles,
    sources: { elsewhere: 'Another website led the browser here', others: 'Others combined' },
    status: { ...connections.statuses, suspended: members.statuses.suspended },
  } as Record<string, Record<string, string>>,
  /** What verifying found, and what to do about it. */
  verdict(verdict: ChainVerdict): string {
    const { entries, begun, noticed } = verdict
    const sentences = verdict.intact
      ? [`The chain is intact: ${counted(entries, 'entry is', 'entries are')} as written.`]
      : [
          `${counted(entries, 'entry is', 'entries are')} as written, then the chain breaks.`,
          problems[verdict.problem](verdict.brokenAt, verdict.row ?? ''),
          ...(noticed && verdict.problem !== 'noticed'
            ? [`A running server noticed this on ${time(noticed.at)}.`]
            : []),
          whatToDo[verdict.problem] ?? whatToDo.other,
        ]
    if (begun) sentences.push(begunLater(begun, verdict.first))
    return sentences.join(' ')
  },
  /** Why the server doesn't start, and what to do. */
  lost: (lost: TrailLostError['lost']) =>
    `${
      lost === 'secret'
        ? 'The secret of the audit trail is missing from this database'
        : 'Every entry of the audit trail is missing from this database'
    }, although it has been in use. Somebody removed it. Nothing was changed.
  - Keep a copy of the database and of the server's log as they are now.
  - ${
    lost === 'secret'
      ? 'If a backup has it, put the row audit-chain of the table vault_secrets back, or restore the backup.'
      : 'If a backup has them, restore it.'
  }
  - If no backup helps, begin a new trail. Its first entry says that an earlier one was lost:
    npm run audit -- begin-anew --reason "what happened"`,
  command: {
    usage: `Usage: npm run audit -- COMMAND

  verify [--since CHECKPOINT]    check that the trail is as it was written, and continues from these checkpoints
                                 CHECKPOINT is its text, a file with one or many (a log, an export), or - for standard input
  checkpoint                     print a signed checkpoint; keep it outside this server
  begin-anew --reason TEXT       begin a new trail after the earlier one was lost or broken; stop the server first`,
    noDatabase: (path: string) => `There is no database at ${path}. Set DATABASE_URL as for the server.`,
    keyMissing: 'The key of the chain lies sealed in the database, and no key of TOKEN_KEYS opens it.',
    noTrail: 'Nothing was ever recorded in this database. Start the server on it first.',
    noCheckpoint: 'This text has no checkpoint. A checkpoint begins with audit-checkpoint:1:',
    unreadable: (path: string) => `The file ${path} cannot be read.`,
    noReason: 'Give a reason with --reason "…". It stays in the trail forever.',
    unstamped:
      'Its end is not protected yet: this trail was written by an earlier release. Start the server of this release on it once.',
    begunAnew: (seq: number) =>
      `A new trail begins with entry ${seq}. Earlier entries stay readable but are no longer verified. Start the server.`,
    failed: 'The audit trail could not be verified:',
    findings: {
      continues: (checkpoint, count) =>
        `The trail continues from ${count === 1 ? 'the checkpoint' : `all ${count} checkpoints, the newest`} at entry ${checkpoint.seq} (${time(checkpoint.at)}).`,
      cut: checkpoint =>
        `Cut: on ${time(checkpoint.at)} the trail reached entry ${checkpoint.seq}, which is missing now.`,
      rolled_back: checkpoint =>
        `Set back: on ${time(checkpoint.at)} the trail reached another entry ${checkpoint.seq} than it holds now. Somebody put back an older copy of the database, perhaps a backup.`,
      changed: checkpoint =>
        `Changed: entries up to ${checkpoint.seq} are not what they were on ${time(checkpoint.at)}.`,
      foreign: checkpoint =>
        `Foreign: the checkpoint of ${time(checkpoint.at)} at entry ${checkpoint.seq} belongs to another trail. It comes from another installation, or this trail was begun anew since then.`,
      forged: checkpoint =>
        `Forged: the signature of the checkpoint at entry ${checkpoint.seq} is wrong. It was altered, or not copied in full.`,
    } satisfies Record<Finding, (checkpoint: Checkpoint, count: number) => string> as Record<
      Finding,
      (checkpoint: Checkpoint, count: number) => string
    >,
  },
  history: {
    title: 'History',
    none: 'Nothing is written down about this connection yet.',
    all: 'Everything about it in the audit trail',
  },
}
