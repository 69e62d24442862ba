import type { AuditAction } from '../../audit/actions.ts'
import type { Actor } from '../../audit/actor.ts'
import type { AuditTargetKind, ChainVerdict } from '../../audit/audit.ts'
import { connections } from './connections.ts'
import { health } from './health.ts'
import { members } from './members.ts'
import { counted } from './words.ts'

export const audit = {
  title: 'Audit trail',
  lead: 'Every change and every reveal, who did it and how. Nothing is edited or removed. That you read it is written here too.',
  filter: {
    action: 'What',
    anyAction: 'Everything',
    person: 'Who, by e-mail',
    kind: 'Done to',
    anyKind: 'Anything',
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
    'member.suspended': 'Suspended {target}',
    'member.resumed': 'Lifted the suspension of {target}',
    'session.ended': 'Ended a session: {target}',
    'connection.created': 'Connected {target}',
    'connection.reconnected': 'Reconnected {target}',
    'connection.imported': 'Imported the credential of {target}',
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
    'secret.revealed': 'Revealed the secrets of {target}',
    'access_token.issued': 'Took a short-lived access token of {target}',
    'api_key.created': 'Made the API key {target}',
    'api_key.revoked': 'Revoked the API key {target}',
    'link.created': 'Made a one-time link ({target})',
    'link.used': 'Used a one-time link ({target})',
    'link.revoked': 'Withdrew a one-time link ({target})',
    'security_event.received': 'Received a security event from Google',
    'key.rotated': 'Sealed what is stored with the key {target}',
    'key.retired': 'Retired the key {target}',
    'audit.read': 'Read the audit trail',
    'audit.exported': 'Exported the audit trail',
  } satisfies Record<AuditAction, string> as Record<AuditAction, string>,
  /** The first word of an action, as the filter groups them. */
  groups: {
    member: 'Members',
    session: 'Sessions',
    connection: 'Connections',
    secret: 'Secrets',
    access_token: 'Access tokens',
    api_key: 'API keys',
    link: 'One-time links',
    security_event: 'Security events',
    key: 'Keys',
    audit: 'Audit trail',
  } as Record<string, string>,
  kinds: {
    member: 'A member',
    session: 'A session',
    connection: 'A connection',
    api_key: 'An API key',
    link: 'A one-time link',
    key: 'A key',
    audit: 'The audit trail',
  } satisfies Record<AuditTargetKind, string> as Record<AuditTargetKind, string>,
  /** Those who act without an e-mail of their own. */
  actors: {
    member: 'A member',
    guest: 'Somebody not signed in',
    system: 'Ads Keyring',
    google: 'Google',
  } satisfies Record<Actor['kind'], string> as Record<Actor['kind'], string>,
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
    event: 'Event',
    expires: 'Ends',
    format: 'Format',
    from: 'From',
    key: 'Key',
    owner: 'Owner',
    person: 'Who',
    purpose: 'For',
    reason: 'Reason',
    role: 'Role',
    rule: 'Admitted by',
    scopes: 'Scopes',
    sessions: 'Sessions',
    status: 'Status',
    target: 'Name or ID',
    target_kind: 'Done to',
    to: 'To',
  } as Record<string, string>,
  /** Values of those fields that have words; others are shown as they are. */
  values: {
    by: {
      google: 'Google confirmed it',
      service_account: 'Google ends no keys, the one here was destroyed',
      unreadable: 'The credential did not open, and was destroyed',
    },
    reason: Object.fromEntries(Object.entries(health.causes).map(([cause, { short }]) => [cause, short])),
    role: members.roles,
    status: { ...connections.statuses, suspended: members.statuses.suspended },
  } as Record<string, Record<string, string>>,
  verdict: (verdict: ChainVerdict) =>
    verdict.intact
      ? `The chain is intact: ${counted(verdict.entries, 'entry is', 'entries are')} as written.`
      : `${counted(verdict.entries, 'entry is', 'entries are')} as written, then the chain breaks. ${
          {
            changed: `Entry ${verdict.brokenAt} is not what was written there.`,
            missing: `Entry ${verdict.brokenAt} is missing.`,
            end: `Entries from ${verdict.brokenAt} on were removed at the end.`,
            beyond: `What stands from entry ${verdict.brokenAt} on was not written by Ads Keyring.`,
          }[verdict.problem]
        }`,
  command: {
    usage: 'Usage: npm run audit -- verify',
    noDatabase: (path: string) => `There is no database at ${path}. Set DATABASE_URL as for the server.`,
    keyMissing: 'The key of the chain lies sealed in the database, and no key of TOKEN_KEYS opens it.',
    failed: 'The audit trail could not be verified:',
  },
  history: {
    title: 'History',
    none: 'Nothing is written down about this connection yet.',
    all: 'Everything about it in the audit trail',
  },
}
