import { sql } from 'kysely'
import type { Db } from './database.ts'
import type { Schema } from './schema.ts'

/** A column of text, and the column that names its rows. */
export interface TextColumn {
  table: keyof Schema
  column: string
  key: string
}

/** Whole rows that hold something in this column, in the order of their keys, from the one after `after` on. */
export async function rowsHolding(db: Db, { table, column, key }: TextColumn, after: string, limit: number) {
  const { rows } = await sql<Record<string, unknown>>`
    select * from ${sql.table(table)}
    where ${sql.ref(column)} is not null and ${sql.ref(key)} > ${after}
    order by ${sql.ref(key)} limit ${limit}`.execute(db)
  return rows
}

/** Puts `to` in the place of `from`; false when something else stands there by now. */
export async function replaceText(
  db: Db,
  { table, column, key }: TextColumn,
  row: string,
  { from, to }: { from: string; to: string },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update ${sql.table(table)} set ${sql.ref(column)} = ${to}
    where ${sql.ref(key)} = ${row} and ${sql.ref(column)} = ${from}`.execute(db)
  return numAffectedRows === 1n
}
