import { sql } from 'kysely'
import type { Db } from './database.ts'

/** Tables whose rows carry an `audit_stamp`; `id` names a row in each. */
export const stampedTables = ['members', 'connections', 'api_keys', 'links'] as const
export type StampedTable = (typeof stampedTables)[number]

/** In the order of their ids, from the one after `after` on. */
export async function stampsAfter(db: Db, table: StampedTable, after: string, limit: number) {
  const { rows } = await sql<{ id: string; audit_stamp: string | null }>`
    select id, audit_stamp from ${sql.table(table)} where id > ${after} order by id limit ${limit}`.execute(db)
  return rows
}

export async function writeStamp(db: Db, table: StampedTable, id: string, stamp: string): Promise<void> {
  await sql`update ${sql.table(table)} set audit_stamp = ${stamp} where id = ${id}`.execute(db)
}
