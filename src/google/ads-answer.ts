import { setImmediate as letOthersRun } from 'node:timers/promises'
import type { ZodType } from 'zod'

/** Rows checked between two breathing spaces of the event loop: a 100,000-row answer must not stall other requests. */
const rowsAtATime = 1_000

/**
 * The rows of a searchStream answer: an array of batches, each with `results` or, when it has none, without
 * (google-wire-facts B.4). A bare object, as `search` sends, is read as one batch.
 * Returns null when the body is nothing of the kind or a row is not what the query asked for.
 */
export async function readRows<T>(body: unknown, row: ZodType<T>): Promise<T[] | null> {
  const rows: T[] = []
  for (const batch of Array.isArray(body) ? body : [body]) {
    const results = resultsOf(batch)
    if (!results) return null
    for (const [index, result] of results.entries()) {
      const read = row.safeParse(result)
      if (!read.success) return null
      rows.push(read.data)
      if (index % rowsAtATime === rowsAtATime - 1) await letOthersRun()
    }
  }
  return rows
}

function resultsOf(batch: unknown): unknown[] | null {
  if (typeof batch !== 'object' || batch === null || Array.isArray(batch)) return null
  const results = 'results' in batch ? batch.results : []
  return Array.isArray(results) ? results : null
}
