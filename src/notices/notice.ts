import type { ReconnectReason } from '../connections/connection.ts'

export type NoticeEvent = 'connection.needs_reconnect' | 'connection.ends_soon'

/** What an owner is told, and what the webhook posts beside an id. Holds nothing secret. */
export interface Notice {
  event: NoticeEvent
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

export type Channel = 'webhook' | 'email'

/** Says in a few words why a message did not arrive. Never quotes the other side, an address or a credential. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
}
