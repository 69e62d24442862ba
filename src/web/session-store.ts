import { type SessionData, Store } from 'express-session'
import { sweeper } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import { type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { endSessions, liveSessions } from '../members/sessions.ts'
import { secretHash } from '../secret.ts'

const idleSeconds = 3600
const absoluteSeconds = 8 * 3600
const touchSeconds = 60
/** Of one member at the same time; the one begun first makes room (security.md 26). */
const mostSessions = 10

type Callback<T = void> = (error?: unknown, value?: T) => void

/**
 * Sessions in the application's database. Differs from the stock stores in two ways (security.md 3.4): only a hash of
 * the session id is kept, and a session that was ended stays as a tombstone until its absolute end, so that a request
 * still under way cannot bring it back by writing it.
 */
export class SessionStore extends Store {
  readonly #db: Db
  readonly #audit: Pick<Audit, 'record'>
  readonly #log: Log
  readonly #now: Now

  constructor(db: Db, audit: Pick<Audit, 'record'>, log: Log, now: Now) {
    super()
    this.#db = db
    this.#audit = audit
    this.#log = log
    this.#now = now
  }

  override get(id: string, done: (error: unknown, session?: SessionData | null) => void): void {
    answer(done, async () => {
      const live = liveSessions(this.#db, this.#now()).where('id_hash', '=', sessionKey(id))
      const row = await live.select('data').executeTakeFirst()
      return row ? (JSON.parse(row.data) as SessionData) : null
    })
  }

  override set(id: string, session: SessionData, done: Callback = () => {}): void {
    answer(done, async () => {
      const now = this.#now()
      const content = {
        data: JSON.stringify(session),
        member_id: session.memberId ?? null,
        user_agent: session.userAgent ?? null,
        last_seen_at: now.toISOString(),
        expires_at: secondsFrom(now, idleSeconds).toISOString(),
      }
      await this.#db
        .insertInto('sessions')
        .values({
          id_hash: sessionKey(id),
          ...content,
          created_at: now.toISOString(),
          absolute_expires_at: secondsFrom(now, absoluteSeconds).toISOString(),
          ended_at: null,
        })
        .onConflict(conflict => conflict.column('id_hash').doUpdateSet(content).where('sessions.ended_at', 'is', null))
        .execute()
      if (session.memberId !== undefined) await this.#makeRoom(session.memberId, now)
    })
  }

  /** Pages neither wait for this write nor fail with it. */
  override touch(id: string, _session: SessionData, done: Callback = () => {}): void {
    this.#touch(id).catch(error => this.#log.warn({ err: error }, 'the last use of a session was not written'))
    done()
  }

  async #touch(id: string): Promise<void> {
    const now = this.#now()
    const due = await this.#db
      .selectFrom('sessions')
      .select('id_hash')
      .where('id_hash', '=', sessionKey(id))
      .where('ended_at', 'is', null)
      .where('last_seen_at', '<', secondsFrom(now, -touchSeconds).toISOString())
      .executeTakeFirst()
    if (!due) return
    await this.#db
      .updateTable('sessions')
      .set({ last_seen_at: now.toISOString(), expires_at: secondsFrom(now, idleSeconds).toISOString() })
      .where('id_hash', '=', due.id_hash)
      .where('ended_at', 'is', null)
      .execute()
  }

  override destroy(id: string, done: Callback = () => {}): void {
    answer(done, async () => {
      await endSessions(this.#db, [{ id_hash: sessionKey(id) }], this.#now())
    })
  }

  /** Removes sessions past their absolute end, tombstones included. */
  async sweep(): Promise<void> {
    const now = this.#now().toISOString()
    await this.#db.deleteFrom('sessions').where('absolute_expires_at', '<', now).execute()
  }

  /** Login customers chosen through one connection are from now on reached through another, where that opens them. */
  async moveLoginCustomers(tx: Db, fromConnectionId: string, toConnectionId: string): Promise<void> {
    const [from, to] = [fromConnectionId, toConnectionId].map(id => `"connectionId":${JSON.stringify(id)}`)
    await tx
      .updateTable('sessions')
      .set(each => ({ data: each.fn<string>('replace', ['data', each.val(from), each.val(to)]) }))
      .where('ended_at', 'is', null)
      .where('data', 'like', `%${from}%`)
      .execute()
  }

  async #makeRoom(memberId: string, now: Date): Promise<void> {
    const beyond = await liveSessions(this.#db, now)
      .select('id_hash')
      .where('member_id', '=', memberId)
      .orderBy('created_at', 'desc')
      .orderBy('id_hash')
      .limit(100)
      .offset(mostSessions)
      .execute()
    if (beyond.length === 0) return
    await inTransaction(this.#db, async tx => {
      const { email } = await tx
        .selectFrom('members')
        .select('email')
        .where('id', '=', memberId)
        .executeTakeFirstOrThrow()
      for (const session of beyond) {
        // Another process may have ended it.
        if ((await endSessions(tx, [session], now)) === 0) continue
        await this.#audit.record(tx, sweeper, {
          action: 'session.ended',
          target: { kind: 'session', id: session.id_hash, name: email },
          changes: { reason: 'too_many_sessions' },
        })
      }
    })
  }
}

/** A store that cannot answer means 503, never an anonymous visitor. */
function answer<T>(done: (error: unknown, value?: T) => void, work: () => Promise<T>): void {
  work().then(
    value => done(null, value),
    cause => done(new AppError('unavailable', { cause, retryAfterSeconds: 1 })),
  )
}

/** What a session is stored and named under: SHA-256 of its id. */
export function sessionKey(id: string): string {
  return secretHash(id)
}
