import type { AuditTarget } from '../audit/audit.ts'
import { AppError, type GoogleDetail } from '../errors.ts'

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
  | 'withdrawn_at_google'
  | 'google_account_disabled'
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
  /** The OAuth client its refresh token belongs to, where that is not the one of the settings (an imported credential). */
  clientId: string | null
  /** ISO 8601, UTC, like every time below. */
  createdAt: string
  connectedAt: string
  /** How many credentials this Google account has given it so far. */
  consents: number
  lastUsedAt: string | null
  lastRefreshedAt: string | null
  /** When Google said the refresh token ends; null when it named no end. */
  expiresAt: string | null
  /** Since when `status` is what it is; null for rows from before this was kept. */
  statusSince: string | null
  /** When health was last checked, and what Google last said where it refused. */
  checkedAt: string | null
  lastError: GoogleDetail | null
  /** Of a revoked connection: when Google confirmed it, null while that is still pending. */
  revokedAt: string | null
  /** While that is pending: when Google is asked next. */
  revocationNextAt: string | null
}

/** The connection as the audit trail names it. */
export function connectionTarget({ id, email }: Pick<Connection, 'id' | 'email'>): AuditTarget {
  return { kind: 'connection', id, name: email }
}

/** Why it cannot be used: `needs_reconnect`, or `connection_unusable` for one that is paused or revoked. */
export function unusable({
  id,
  email,
  status,
  reason,
}: Pick<Connection, 'id' | 'email' | 'status' | 'reason'>): AppError {
  const params = { email, connectionId: id, status, reason: reason ?? '' }
  return new AppError(status === 'needs_reconnect' ? 'needs_reconnect' : 'connection_unusable', { params })
}
