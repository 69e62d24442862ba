import { type Actor, askAbout } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { type Member, memberTarget } from './member.ts'

/** One browser in which a member is signed in. */
export interface LiveSession {
  /** The hash the session is kept under: names it, and opens nothing. */
  id: string
  /** What the browser called itself at sign-in; null where it said nothing. */
  userAgent: string | null
  /** ISO 8601, UTC. */
  createdAt: string
  lastSeenAt: string
}

type Whose = Pick<Member, 'id' | 'email'>

export interface MemberSessions {
  /** Those still live, the one used last first. */
  listOf(memberId: string): Promise<LiveSession[]>
  /** Throws AppError `not_found` for a session that is not this member's, or no longer live. */
  end(id: string, member: Whose, actor: Actor): Promise<void>
  /** Ends every session of the member but the one named; answers how many. */
  endAll(member: Whose, actor: Actor, except?: string): Promise<number>
}

/** The sessions of members, beside the session store: listed and ended from other browsers. */
export function createMemberSessions(db: Db, audit: Audit, now: Now): MemberSessions {
  return {
    async listOf(memberId) {
      const rows = await live(db, memberId, now())
        .select(['id_hash', 'user_agent', 'created_at', 'last_seen_at'])
        .orderBy('last_seen_at', 'desc')
        .orderBy('id_hash')
        .execute()
      return rows.map(row => ({
        id: row.id_hash,
        userAgent: row.user_agent,
        createdAt: row.created_at,
        lastSeenAt: row.last_seen_at,
      }))
    },

    async end(id, member, actor) {
      await inTransaction(db, async tx => {
        await askAbout(tx, actor, member.id)
        const theirs = await live(tx, member.id, now()).select('id_hash').where('id_hash', '=', id).execute()
        if ((await endSessions(tx, theirs, now())) === 0) throw new AppError('not_found')
        await audit.record(tx, actor, {
          action: 'session.ended',
          target: { kind: 'session', id, name: member.email },
        })
      })
    },

    endAll(member, actor, except) {
      return inTransaction(db, async tx => {
        await askAbout(tx, actor, member.id)
        const all = await live(tx, member.id, now()).select('id_hash').execute()
        const count = await endSessions(
          tx,
          all.filter(each => each.id_hash !== except),
          now(),
        )
        if (count > 0) {
          await audit.record(tx, actor, {
            action: 'session.ended',
            target: memberTarget(member),
            changes: { sessions: String(count) },
          })
        }
        return count
      })
    },
  }
}

/** Ends all sessions of a member inside the transaction of what makes that necessary; answers how many were live. */
export async function endSessionsOf(tx: Db, memberId: string, now: Date): Promise<number> {
  const at = now.toISOString()
  // Those that ran out as well: a request under way could still prolong one.
  const ended = await tx
    .updateTable('sessions')
    .set({ ended_at: at, data: '{}' })
    .where('member_id', '=', memberId)
    .where('ended_at', 'is', null)
    .returning(['expires_at', 'absolute_expires_at'])
    .execute()
  return ended.filter(row => row.expires_at > at && row.absolute_expires_at > at).length
}

/** They stay as tombstones, so that a request under way cannot write them back. Answers how many were not ended yet. */
export async function endSessions(tx: Db, sessions: { id_hash: string }[], now: Date): Promise<number> {
  if (sessions.length === 0) return 0
  const rows = await tx
    .updateTable('sessions')
    .set({ ended_at: now.toISOString(), data: '{}' })
    .where(
      'id_hash',
      'in',
      sessions.map(each => each.id_hash),
    )
    .where('ended_at', 'is', null)
    .returning('id_hash')
    .execute()
  return rows.length
}

function live(db: Db, memberId: string, now: Date) {
  return liveSessions(db, now).where('member_id', '=', memberId)
}

/** The rows of sessions that are neither ended nor over. */
export function liveSessions(db: Db, now: Date) {
  return db
    .selectFrom('sessions')
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now.toISOString())
    .where('absolute_expires_at', '>', now.toISOString())
}
