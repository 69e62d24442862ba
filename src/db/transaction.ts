import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from './database.ts'
import { isPostgres } from './engine.ts'

const longestMs = 2_000

/**
 * All of `work` or nothing of it, one after the other on both databases: SQLite lets one writer in at a time, and on
 * PostgreSQL each begins by taking the head of the audit trail. So what `work` has read stays true until it ends, as far
 * as other transactions go; a single statement outside of one can still come between. Where another process holds the
 * database at this moment it begins anew, for two seconds at most unless told otherwise; so `work` may run more than
 * once and touches nothing but the database.
 */
export async function inTransaction<T>(db: Db, work: (tx: Db) => Promise<T>, patienceMs = longestMs): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (let pause = 20; ; pause = Math.min(pause * 2, 1_000)) {
    try {
      return await attempt(db, work)
    } catch (error) {
      if (!isContention(error) || performance.now() + pause > deadline) throw error
      await delay(pause * (0.5 + Math.random() / 2))
    }
  }
}

/** SQLite takes a transaction back by itself where the disk is full; then taking it back fails, and hides the reason. */
async function attempt<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  let reason: unknown
  try {
    return await db.transaction().execute(async tx => {
      try {
        if (isPostgres(tx)) await tx.selectFrom('audit_head').select('id').forUpdate().execute()
        return await work(tx)
      } catch (error) {
        reason = error
        throw error
      }
    })
  } catch (error) {
    throw reason ?? error
  }
}

/** SQLite locked by another process; PostgreSQL undoing one of two transactions that stand in each other's way. */
function isContention(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^(SQLITE_(BUSY|LOCKED)|40001$|40P01$)/.test(code)
}
