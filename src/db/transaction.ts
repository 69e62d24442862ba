import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from './database.ts'
import { isPostgres } from './engine.ts'

const longestMs = 2_000

/**
 * All of `work` or nothing of it, one after the other on both databases: SQLite lets one writer in at a time, and on
 * PostgreSQL each begins by taking the head of the audit trail. So what `work` has read stays true until it ends, as far
 * as other transactions go; a single statement outside of one can still come between. Where the database is held by
 * others it begins again, for two seconds unless told otherwise; so `work` may run more than once and touches nothing
 * but the database.
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

interface Hooks {
  before: (() => Promise<void>)[]
  after: (() => void)[]
}
const hooks = new WeakMap<Db, Hooks>()

/**
 * Runs `before` as the last statements of this transaction, and `after` once it has been committed; neither when it is
 * taken back. `tx` comes from `inTransaction`.
 */
export function atCommit(tx: Db, { before, after }: { before: () => Promise<void>; after: () => void }): void {
  const ofTransaction = hooks.get(tx)
  if (!ofTransaction) throw new Error('this needs a transaction of inTransaction')
  ofTransaction.before.push(before)
  ofTransaction.after.push(after)
}

async function attempt<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  const { before, after }: Hooks = { before: [], after: [] }
  const result = await db.transaction().execute(async tx => {
    hooks.set(tx, { before, after })
    if (isPostgres(tx)) await tx.selectFrom('audit_head').select('id').forUpdate().execute()
    const done = await work(tx)
    for (const last of before) await last()
    return done
  })
  for (const next of after) next()
  return result
}

/** Another process had SQLite's lock for as long as `sqlite.ts` waits; PostgreSQL undid one of two conflicting transactions. */
function isContention(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^(SQLITE_(BUSY|LOCKED)|40001$|40P01$)/.test(code)
}
