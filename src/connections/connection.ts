export type ConnectionStatus = 'active' | 'needs_reconnect' | 'paused' | 'revoked'

/** Why a connection needs its owner; told apart as far as Google's answer allows (google-wire-facts A.8, A.13). */
export type ReconnectReason =
  | 'expired_or_revoked'
  | 'testing_expired'
  | 'time_limit_reached'
  | 'session_control'
  | 'admin_policy'
  | 'google_account_deleted'
  | 'key_deleted'
  | 'rejected'

/** One Google identity that granted the adwords scope. The sealed credential never leaves the store through this shape. */
export interface Connection {
  id: string
  kind: 'user' | 'service_account'
  /** Google's `sub` (user) or the client e-mail (service account). */
  sub: string
  email: string
  name: string | null
  /** Address of the profile picture at Google; null when there is none. */
  picture: string | null
  status: ConnectionStatus
  reason: ReconnectReason | null
  scopes: string[]
  owner: { id: string; email: string }
  shared: boolean
  /** ISO 8601, UTC, like every time below. */
  createdAt: string
  connectedAt: string
  lastUsedAt: string | null
  lastRefreshedAt: string | null
  /** When Google said the refresh token ends; null when it named no end. */
  expiresAt: string | null
}
