import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'

/** Who caused a change, and how. */
export interface Actor {
  /**
   * `guest` used a link without being a member; `visitor` is somebody we know nothing of; `system` is the application
   * itself; `google` sent a security event.
   */
  kind: 'member' | 'guest' | 'visitor' | 'system' | 'google'
  /** The member's id; null for the others. */
  id: string | null
  /** The e-mail of a person, the network of a visitor (`192.0.2.0/24`); null for the others. */
  name: string | null
  via: 'browser' | 'api_key' | 'link' | 'sweep' | 'security_event' | 'command'
  /** The id of the API key or of the link. */
  viaId: string | null
  requestId: string | null
  /** What a member acts by; nothing of it is kept in the trail. */
  standing?: Standing
}

/** What let a member in when the request began. It may be gone by the time the request acts. */
export interface Standing {
  /**
   * Who they are by now, read inside the transaction that acts, before it changes anything. Throws AppError
   * `signed_out`, `api_key_invalid` or `link_unusable` when they would not be let in any more.
   */
  ask(tx: Db): Promise<{ id: string; role: 'member' | 'admin' }>
  /** Whether it was asked inside this transaction. */
  wasAsked(tx: Db): boolean
}

const unverified = 'unverified:'

/** The address of a guest as the trail keeps it: one that Google does not vouch for says so. */
export function guestName({ email, emailVerified }: { email: string; emailVerified: boolean }): string {
  return emailVerified ? email : unverified + email
}

/** The same taken apart again. */
export function readGuestName(name: string): { email: string; emailVerified: boolean } {
  const emailVerified = !name.startsWith(unverified)
  return { email: emailVerified ? name : name.slice(unverified.length), emailVerified }
}

/** The application itself, from time to time, without anybody asking. */
export const sweeper: Actor = { kind: 'system', id: null, name: null, via: 'sweep', viaId: null, requestId: null }

/**
 * Asks, inside the transaction that acts, that whoever acts is still let in; for every change a person or a program
 * makes. Null for the application itself, and for Google. Throws AppError as `Standing.ask` does.
 */
export async function askStanding(tx: Db, { kind, standing }: Actor) {
  if (kind === 'system' || kind === 'google') return null
  if (!standing) throw new AppError('signed_out')
  return standing.ask(tx)
}

/** The same for what only administrators do, which does not exist for others (AppError `not_found`). */
export async function askAdmin(tx: Db, actor: Actor): Promise<void> {
  const member = await askStanding(tx, actor)
  if (member && member.role !== 'admin') throw new AppError('not_found')
}

/** The same for what members do about themselves, and administrators about any member. */
export async function askAbout(tx: Db, actor: Actor, memberId: string): Promise<void> {
  const member = await askStanding(tx, actor)
  if (member && member.id !== memberId && member.role !== 'admin') throw new AppError('not_found')
}

/** For what follows by itself from a change that was made, and is a fact by now: no right is asked. */
export function asFact(actor: Actor): Actor {
  return { ...actor, standing: { ask: () => Promise.reject(new AppError('internal')), wasAsked: () => true } }
}
