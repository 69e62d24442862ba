import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'

/** Who caused a change, and how. */
export interface Actor {
  /**
   * `guest` used a link without being a member; `visitor` is anyone else who is not signed in; `system` is the
   * application itself; `google` sent a security event.
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
  /** What lets the member act. It is not stored in the trail. */
  standing?: Standing
}

/** What let a member in when the request started. It may be gone by the time the request changes something. */
export interface Standing {
  /**
   * Reads who they are now. Call it inside the transaction, before it changes anything. Throws AppError `signed_out`,
   * `api_key_invalid` or `link_unusable` if they would no longer be let in.
   */
  ask(tx: Db): Promise<{ id: string; role: 'member' | 'admin' }>
  /** Whether `ask` was called inside this transaction. */
  wasAsked(tx: Db): boolean
}

const unverified = 'unverified:'

/** A guest's address as the trail stores it; one that Google has not verified is marked. */
export function guestName({ email, emailVerified }: { email: string; emailVerified: boolean }): string {
  return emailVerified ? email : unverified + email
}

/** Reverses `guestName`. */
export function readGuestName(name: string): { email: string; emailVerified: boolean } {
  const emailVerified = !name.startsWith(unverified)
  return { email: emailVerified ? name : name.slice(unverified.length), emailVerified }
}

/** The application itself, from time to time, without anybody asking. */
export const sweeper: Actor = { kind: 'system', id: null, name: null, via: 'sweep', viaId: null, requestId: null }

/**
 * Checks inside the transaction that the actor is still let in. Needed for every change that a person or a program makes.
 * Null for the application itself and for Google. Throws AppError as `Standing.ask` does.
 */
export async function askStanding(tx: Db, { kind, standing }: Actor) {
  if (kind === 'system' || kind === 'google') return null
  if (!standing) throw new AppError('signed_out')
  return standing.ask(tx)
}

/** Like `askStanding`, for administrators only. Throws AppError `not_found` for everybody else. */
export async function askAdmin(tx: Db, actor: Actor): Promise<void> {
  const member = await askStanding(tx, actor)
  if (member && member.role !== 'admin') throw new AppError('not_found', { denied: null })
}

/** Like `askStanding`, for changes that members may make to themselves, and administrators to any member. */
export async function askAbout(tx: Db, actor: Actor, memberId: string): Promise<void> {
  const member = await askStanding(tx, actor)
  if (member && member.id !== memberId && member.role !== 'admin') throw new AppError('not_found')
}

/** For what follows automatically from an earlier change. It has already happened, so no right is checked. */
export function asFact(actor: Actor): Actor {
  return { ...actor, standing: { ask: () => Promise.reject(new AppError('internal')), wasAsked: () => true } }
}
