import type { Db } from '../db/database.ts'
import type { Schema } from '../db/schema.ts'
import { rowsHolding, type TextColumn } from '../db/text-columns.ts'
import type { SealContext, Vault } from './vault.ts'

/** A column that holds sealed values; each is declared beside the code that seals it. */
export interface SealedColumn extends TextColumn {
  /** `table.column`. */
  name: string
  /** One value and several, as sentences for administrators call them. */
  holds: [one: string, several: string]
  /**
   * `lasting`: nothing replaces it, so its key must be there. `passing`: made anew by itself, no loss. `own`: bound to
   * one key for good, so it is never sealed with another.
   */
  life: 'lasting' | 'passing' | 'own'
  contextOf(row: Record<string, unknown>): SealContext
}

export function sealedColumn<T extends keyof Schema>(declared: {
  table: T
  column: keyof Schema[T] & string
  key: keyof Schema[T] & string
  holds: SealedColumn['holds']
  life: SealedColumn['life']
  contextOf(row: Schema[T]): SealContext
}): SealedColumn {
  return {
    ...declared,
    name: `${declared.table}.${declared.column}`,
    contextOf: row => declared.contextOf(row as unknown as Schema[T]),
  }
}

export interface SealedValue {
  column: SealedColumn
  /** The key of its row. */
  row: string
  sealed: string
  context: SealContext
  /** The id of the key that sealed it; null when it is damaged beyond that. */
  kid: string | null
}

/** Every sealed value of these columns, in batches that never span two columns. */
export async function* sealedValues(
  db: Db,
  vault: Vault,
  columns: readonly SealedColumn[],
  batchSize: number,
): AsyncGenerator<SealedValue[]> {
  for (const column of columns) {
    for (let after = ''; ; ) {
      const rows = await rowsHolding(db, column, after, batchSize)
      const values = rows.map(row => {
        const sealed = String(row[column.column])
        return {
          column,
          row: String(row[column.key]),
          sealed,
          context: column.contextOf(row),
          kid: vault.keyId(sealed),
        }
      })
      const last = values.at(-1)
      if (!last) break
      yield values
      if (values.length < batchSize) break
      after = last.row
    }
  }
}

/** How many values each key sealed, by column name. What names no key counts under ''. */
export async function countByKey(
  db: Db,
  vault: Vault,
  columns: readonly SealedColumn[],
): Promise<Map<string, Map<string, number>>> {
  const counts = new Map<string, Map<string, number>>()
  for await (const batch of sealedValues(db, vault, columns, 1_000)) {
    for (const { kid, column } of batch) {
      const ofKey = counts.get(kid ?? '') ?? new Map<string, number>()
      ofKey.set(column.name, (ofKey.get(column.name) ?? 0) + 1)
      counts.set(kid ?? '', ofKey)
    }
  }
  return counts
}
