import type { Now } from '../clock.ts'
import type { Db } from './database.ts'

export interface Tally {
  hits: number
  /** When counting starts again. */
  resetsAt: Date
}

export interface Counters {
  /** Adds one under each key and resolves with the new counts, in the same order. */
  add(wanted: readonly { key: string; windowMs: number }[]): Promise<Tally[]>
  /** Deletes windows that have ended, and the smallest counts beyond 100,000. */
  sweep(): Promise<void>
}

interface Waiting {
  key: string
  windowMs: number
  resolve: (tally: Tally) => void
  reject: (error: unknown) => void
}

const mostRows = 100_000
const mostKeysAtOnce = 1_000
/** The longest window. A count that would end later was started by a wrong clock, and starts again. */
const longestWindowMs = 3_600_000

/**
 * Counts in fixed windows, shared by all instances on one database. Requests that arrive while a statement is running are
 * counted together in the next one, so a flood costs few statements.
 */
export function createCounters(db: Db, now: Now): Counters {
  let waiting: Waiting[] = []
  let writing = false

  return {
    add: wanted =>
      Promise.all(
        wanted.map(
          each =>
            new Promise<Tally>((resolve, reject) => {
              waiting.push({ ...each, resolve, reject })
              if (!writing) void writeAll()
            }),
        ),
      ),

    async sweep() {
      await db.deleteFrom('rate_limits').where('resets_at', '<=', now().toISOString()).execute()
      const surplus = db
        .selectFrom('rate_limits')
        .select('key')
        .orderBy('hits', 'desc')
        .orderBy('key')
        .limit(10 * mostRows)
        .offset(mostRows)
      await db.deleteFrom('rate_limits').where('key', 'in', surplus).execute()
    },
  }

  async function writeAll(): Promise<void> {
    writing = true
    // Counts everything from one turn of the event loop together.
    await Promise.resolve()
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostKeysAtOnce)
      waiting = waiting.slice(mostKeysAtOnce)
      try {
        await write(batch)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    writing = false
  }

  async function write(batch: Waiting[]): Promise<void> {
    const byKey = new Map<string, Waiting[]>()
    for (const each of batch) {
      const those = byKey.get(each.key)
      if (those) those.push(each)
      else byKey.set(each.key, [each])
    }
    const at = now()
    const rows = [...byKey].map(([key, those]) => ({
      key,
      hits: those.length,
      resets_at: new Date(at.getTime() + (those[0]?.windowMs ?? 0)).toISOString(),
    }))
    // The same order everywhere, because PostgreSQL locks one row after the other.
    rows.sort((a, b) => (a.key < b.key ? -1 : 1))
    const written = await db
      .insertInto('rate_limits')
      .values(rows)
      .onConflict(conflict =>
        conflict.column('key').doUpdateSet(each => {
          const over = each.or([
            each('rate_limits.resets_at', '<=', at.toISOString()),
            each('rate_limits.resets_at', '>', new Date(at.getTime() + 2 * longestWindowMs).toISOString()),
          ])
          const { ref } = each
          return {
            hits: each
              .case()
              .when(over)
              .then(ref('excluded.hits'))
              .else(each('rate_limits.hits', '+', ref('excluded.hits')))
              .end(),
            resets_at: each.case().when(over).then(ref('excluded.resets_at')).else(ref('rate_limits.resets_at')).end(),
          }
        }),
      )
      .returning(['key', 'hits', 'resets_at'])
      .execute()
    for (const { key, hits, resets_at } of written) {
      const those = byKey.get(key) ?? []
      those.forEach(({ resolve }, index) => {
        resolve({ hits: hits - those.length + index + 1, resetsAt: new Date(resets_at) })
      })
    }
  }
}
