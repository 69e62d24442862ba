import type { ReconnectReason } from '../connections/connection.ts'

/** What we tell somebody, and what the webhook posts together with an id. Holds nothing secret. */
export type Notice = ConnectionNotice | MemberNotice | PasskeyNotice | TrailNotice

/** To the owner of a connection. */
export interface ConnectionNotice {
  event: 'connection.needs_reconnect' | 'connection.ends_soon'
  /** ISO 8601, UTC, like every time here. */
  at: string
  connection: {
    id: string
    email: string
    /** Null for a warning. */
    reason: ReconnectReason | null
    /** When Google said the credential ends; of a warning only. */
    endsAt?: string
  }
  /** An address of ours that leads through Google and back; it asks for a sign-in. */
  reconnectUrl: string
}

/** To the administrators: someone tried to sign in with another Google account that has this member's address. */
export interface MemberNotice {
  event: 'member.address_conflict'
  at: string
  member: { id: string; email: string }
  memberUrl: string
}

/** To the member: what happened to their passkeys or recovery codes, in case it was not them. */
export interface PasskeyNotice {
  event: 'passkey.added' | 'passkey.copied' | 'passkey.reset' | 'recovery_code.used'
  at: string
  member: { id: string; email: string }
  /** Their own page. */
  selfUrl: string
}

/** To the administrators: the audit trail was set back. To the webhook: where it stands, once a day if it moved. */
export interface TrailNotice {
  event: 'audit.rollback_detected' | 'audit.checkpoint'
  at: string
  auditUrl: string
  /** Of `audit.checkpoint`. */
  checkpoint?: string
}

export type Channel = 'webhook' | 'email'

/** Says in a few words why a message did not arrive. Never quotes the other side, an address or a credential. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
}
