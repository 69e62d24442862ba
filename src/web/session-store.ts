import { createHash } from 'node:crypto'
import { type SessionData, Store } from 'express-session'
import { type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'

const idleSeconds = 3600
const absoluteSeconds = 8 * 3600
const touchSeconds = 60

type Callback<T = void> = (error?: unknown, value?: T) => void

/**
 * Sessions in the application's database. Differs from the stock stores in two ways (security.md 3.4): only a hash of
 * the session id is kept, and a session that was ended stays as a tombstone until its absolute end, so that a request
 * still under way cannot bring it back by writing it.
 */
export class SessionStore extends Store {
  readonly #db: Db
  readonly #now: Now

  constructor(db: Db, now: Now) {
    super()
    this.#db = db
    this.#now = now
  }

  override get(id: string, done: (error: unknown, session?: SessionData | null) => void): void {
    answer(done, async () => {
      const row = await this.#live(id).select('data').executeTakeFirst()
      return row ? (JSON.parse(row.data) as SessionData) : null
    })
  }

  override set(id: string, session: SessionData, done: Callback = () => {}): void {
    answer(done, async () => {
      const now = this.#now()
      const content = {
        data: JSON.stringify(session),
        member_id: session.memberId ?? null,
        last_seen_at: now.toISOString(),
        expires_at: secondsFrom(now, idleSeconds).toISOString(),
      }
      await this.#db
        .insertInto('sessions')
        .values({
          id_hash: hash(id),
          ...content,
          created_at: now.toISOString(),
          absolute_expires_at: secondsFrom(now, absoluteSeconds).toISOString(),
          ended_at: null,
        })
        .onConflict(conflict => conflict.column('id_hash').doUpdateSet(content).where('sessions.ended_at', 'is', null))
        .execute()
    })
  }

  override touch(id: string, _session: SessionData, done: Callback = () => {}): void {
    answer(done, async () => {
      const now = this.#now()
      await this.#db
        .updateTable('sessions')
        .set({ last_seen_at: now.toISOString(), expires_at: secondsFrom(now, idleSeconds).toISOString() })
        .where('id_hash', '=', hash(id))
        .where('ended_at', 'is', null)
        .where('last_seen_at', '<', secondsFrom(now, -touchSeconds).toISOString())
        .execute()
    })
  }

  override destroy(id: string, done: Callback = () => {}): void {
    answer(done, async () => {
      await this.#db
        .updateTable('sessions')
        .set({ ended_at: this.#now().toISOString(), data: '{}' })
        .where('id_hash', '=', hash(id))
        .execute()
    })
  }

  /** Removes sessions past their absolute end, tombstones included. */
  async sweep(): Promise<void> {
    const now = this.#now().toISOString()
    await this.#db.deleteFrom('sessions').where('absolute_expires_at', '<', now).execute()
  }

  #live(id: string) {
    const now = this.#now().toISOString()
    return this.#db
      .selectFrom('sessions')
      .where('id_hash', '=', hash(id))
      .where('ended_at', 'is', null)
      .where('expires_at', '>', now)
      .where('absolute_expires_at', '>', now)
  }
}

/** A store that cannot answer means 503, never an anonymous visitor. */
function answer<T>(done: (error: unknown, value?: T) => void, work: () => Promise<T>): void {
  work().then(
    value => done(null, value),
    cause => done(new AppError('unavailable', { cause })),
  )
}

function hash(id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}
