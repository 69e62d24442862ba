/**
 * Every table. Columns are TEXT and INTEGER only, so that one schema and one SQL text serve SQLite and PostgreSQL;
 * times are ISO 8601 in UTC (they sort as text), booleans are 0 and 1. docs/storage.md says what is sealed or hashed.
 * Members, connections, API keys and links also have a column `audit_stamp`, which only stamped-rows.ts reads and writes.
 */
export interface Schema {
  members: MembersTable
  connections: ConnectionsTable
  sessions: SessionsTable
  used_states: UsedStatesTable
  snapshots: SnapshotsTable
  vault_keys: VaultKeysTable
  vault_secrets: VaultSecretsTable
  audit_entries: AuditEntriesTable
  audit_head: AuditHeadTable
  api_keys: ApiKeysTable
  links: LinksTable
  deliveries: DeliveriesTable
  security_events: SecurityEventsTable
  rate_limits: RateLimitsTable
  instances: InstancesTable
  passkeys: PasskeysTable
  passkey_challenges: PasskeyChallengesTable
  recovery_codes: RecoveryCodesTable
}

export interface MembersTable {
  id: string
  sub: string
  email: string
  name: string | null
  picture: string | null
  role: string
  status: string
  /** The rule that let the person in: `admin:EMAIL`, `email:EMAIL` or `domain:HD`. It must still stand at each sign-in. */
  admitted_by: string
  created_at: string
  signed_in_at: string
}

export interface ConnectionsTable {
  id: string
  kind: string
  sub: string
  email: string
  name: string | null
  picture: string | null
  owner_id: string
  shared: number
  status: string
  reason: string | null
  /** Space separated, as granted. */
  scopes: string
  /** JWE of the refresh token, bound to this row and `version`; null once destroyed. */
  credential: string | null
  /** Counts the credentials this row has held; part of what the sealed values are bound to. */
  version: number
  /** JWE of the newest access token, so that other processes need not refresh too. */
  access_token: string | null
  access_token_expires_at: string | null
  /** Who refreshes at the moment, and until when nobody else may. */
  refresh_lease: string | null
  refresh_lease_until: string | null
  refresh_token_expires_at: string | null
  created_at: string
  connected_at: string
  last_refreshed_at: string | null
  last_used_at: string | null
  /** The OAuth client the refresh token belongs to; null for the one of the settings. */
  client_id: string | null
  /** When health was last checked, and what Google last said if it refused, in a check or a refresh: JSON of GoogleDetail. */
  checked_at: string | null
  last_error: string | null
  /** Since when `status` is what it is. */
  status_since: string | null
  /** Set when Google confirmed a revocation; null while `revoked` is still pending there. */
  revoked_at: string | null
  revocation_attempts: number
  revocation_next_at: string | null
  /** What Google's security events name a refresh token by (google-wire-facts A.15): hashes, made when it is sealed. */
  token_prefix_hash: string | null
  token_double_hash: string | null
}

export interface SessionsTable {
  /** SHA-256 of the session id; the id itself is only in the browser. */
  id_hash: string
  member_id: string | null
  data: string
  /** What the browser calls itself, shortened. */
  user_agent: string | null
  created_at: string
  last_seen_at: string
  expires_at: string
  absolute_expires_at: string
  /** Set when signed out: the row stays as a tombstone, so that a late write cannot bring the session back. */
  ended_at: string | null
}

/** Sign-ins that were used; each works once. Only a callback with a valid sealed cookie writes a row. */
export interface UsedStatesTable {
  /** SHA-256 of `state`. */
  state_hash: string
  /** When the sign-in would have expired. */
  expires_at: string
}

export interface SnapshotsTable {
  connection_id: string
  kind: string
  key: string
  value: string
  fetched_at: string
}

export interface VaultKeysTable {
  kid: string
  /** A sealed constant: tells a wrong key from a right one before anything is read. */
  check_value: string
  created_at: string
  retired_at: string | null
}

export interface VaultSecretsTable {
  name: string
  /** JWE of 32 random bytes this installation made for itself. */
  value: string
  created_at: string
}

export interface AuditEntriesTable {
  seq: number
  at: string
  actor_kind: string
  actor_id: string | null
  actor_name: string | null
  via: string
  via_id: string | null
  request_id: string | null
  action: string
  target_kind: string | null
  target_id: string | null
  target_name: string | null
  outcome: string
  /** JSON: names of what changed, from what to what. */
  changes: string
  /** Hash of the chain's value here, which is an HMAC over the predecessor's value and this row. */
  hash: string
}

/** One row, id 1: the number of the last entry, and the chain's value there. */
export interface AuditHeadTable {
  id: number
  seq: number
  hash: string
}

export interface ApiKeysTable {
  id: string
  member_id: string
  name: string
  /** SHA-256 of the secret part. */
  secret_hash: string
  /** Space separated. */
  scopes: string
  created_at: string
  expires_at: string
  last_used_at: string | null
  revoked_at: string | null
}

/** One-time addresses and codes: to connect, to reconnect, or to hand a credential in. */
export interface LinksTable {
  id: string
  /** SHA-256 of the secret in the address. */
  secret_hash: string
  purpose: string
  connection_id: string | null
  created_by: string
  /** The person it is meant for, where one was named. */
  email: string | null
  created_at: string
  expires_at: string
  used_at: string | null
  revoked_at: string | null
}

/** Messages waiting to go out, by webhook or e-mail. */
export interface DeliveriesTable {
  id: string
  channel: string
  recipient: string
  /** JSON of the message. Never holds a secret. */
  payload: string
  created_at: string
  attempts: number
  next_at: string
  delivered_at: string | null
  failed_at: string | null
  last_error: string | null
}

/** Security events of Google already handled, by `jti`. */
export interface SecurityEventsTable {
  jti: string
  received_at: string
}

/** How many requests a caller made in the current window. The key names the limit and the caller. */
export interface RateLimitsTable {
  key: string
  hits: number
  resets_at: string
}

/** The processes running on this database. */
export interface InstancesTable {
  id: string
  /** JSON of keyed hashes of the settings all must share. */
  fingerprint: string
  started_at: string
  seen_at: string
}

export interface PasskeysTable {
  id: string
  member_id: string
  /** What the authenticator calls it; base64url. */
  credential_id: string
  /** COSE, base64url. Not a secret. */
  public_key: string
  /** The highest signature count seen, in digits; 0 from authenticators that don't count. */
  counter: string
  /** Space separated: how the browser reached it. */
  transports: string
  name: string
  created_at: string
  last_used_at: string | null
}

/** What an authenticator has to sign, for one session. Deleted before anything is compared with it. */
export interface PasskeyChallengesTable {
  /** `sessions.id_hash`. */
  session_hash: string
  /** `add` or `confirm`. */
  purpose: string
  challenge: string
  expires_at: string
}

export interface RecoveryCodesTable {
  /** SHA-256 of the code. */
  code_hash: string
  member_id: string
  created_at: string
  used_at: string | null
}
