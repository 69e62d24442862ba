/** Who caused a change, and how. */
export interface Actor {
  /** `guest` used a link without being a member; `system` is the application itself; `google` sent a security event. */
  kind: 'member' | 'guest' | 'system' | 'google'
  /** The member's id; null for the others. */
  id: string | null
  /** The e-mail of a person; null for the others. */
  name: string | null
  via: 'browser' | 'api_key' | 'link' | 'sweep' | 'security_event' | 'command'
  /** The id of the API key or of the link. */
  viaId: string | null
  requestId: string | null
}

/** The application itself, from time to time, without anybody asking. */
export const sweeper: Actor = { kind: 'system', id: null, name: null, via: 'sweep', viaId: null, requestId: null }
