/**
 * Every table. Columns are TEXT and INTEGER only, so that one schema and one SQL text serve SQLite and PostgreSQL;
 * times are ISO 8601 in UTC (they sort as text), booleans are 0 and 1. docs/storage.md says what is sealed or hashed.
 */
export interface Schema {
  members: MembersTable
  connections: ConnectionsTable
  sessions: SessionsTable
  oauth_transactions: OAuthTransactionsTable
  snapshots: SnapshotsTable
  vault_keys: VaultKeysTable
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
}

export interface SessionsTable {
  /** SHA-256 of the session id; the id itself is only in the browser. */
  id_hash: string
  member_id: string | null
  data: string
  created_at: string
  last_seen_at: string
  expires_at: string
  absolute_expires_at: string
  /** Set when signed out: the row stays as a tombstone, so that a late write cannot bring the session back. */
  ended_at: string | null
}

export interface OAuthTransactionsTable {
  /** SHA-256 of `state`. */
  state_hash: string
  /** SHA-256 of the value in this browser's cookie. */
  browser_hash: string
  intent: string
  member_id: string | null
  connection_id: string | null
  nonce: string
  /** JWE of the PKCE verifier, bound to this row. */
  verifier: string
  return_to: string | null
  created_at: string
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
}
