import type { Db } from '../db/database.ts'
import type { AuditEntriesTable } from '../db/schema.ts'
import { type StampedTable, stampedTables, stampsAfter, writeStamp } from '../db/stamped-rows.ts'
import type { Chain } from './chain.ts'

/** A row that carries a stamp: `SEQ.MAC`, the number of the last entry about it, bound to the row. */
export interface StampedRow {
  table: StampedTable
  id: string
}

const tableOfKind: Record<string, StampedTable | undefined> = {
  member: 'members',
  connection: 'connections',
  api_key: 'api_keys',
  link: 'links',
}

type Who = Pick<AuditEntriesTable, 'actor_kind' | 'actor_id' | 'target_kind' | 'target_id'>

/** The rows an entry is about: what it was done to, and the member who did it. */
export function rowsOf({ actor_kind, actor_id, target_kind, target_id }: Who): StampedRow[] {
  const table = tableOfKind[target_kind ?? '']
  const target: StampedRow[] = table !== undefined && target_id !== null ? [{ table, id: target_id }] : []
  const actor: StampedRow[] = actor_kind === 'member' && actor_id !== null ? [{ table: 'members', id: actor_id }] : []
  return [...target, ...actor]
}

export function nameOf({ table, id }: StampedRow): string {
  return `${table} ${id}`
}

/** One statement; a row that is gone gets none. */
export async function stamp(tx: Db, chain: Chain, row: StampedRow, seq: number): Promise<void> {
  await writeStamp(tx, row.table, row.id, stampText(chain, row, seq))
}

/** Every row there is, for an entry that is about all of them. */
export async function stampAll(tx: Db, chain: Chain, seq: number): Promise<void> {
  for await (const { row } of allRows(tx)) await stamp(tx, chain, row, seq)
}

/** Every row with the number its stamp holds; null where there is none, or one that was not made here for this row. */
export async function* stampedRows(db: Db, chain: Chain): AsyncGenerator<{ row: StampedRow; seq: number | null }> {
  for await (const { row, text } of allRows(db)) {
    const seq = Number(text?.split('.')[0])
    yield { row, seq: text !== null && text === stampText(chain, row, seq) ? seq : null }
  }
}

/** Whether any row carries a stamp. */
export async function anyStamp(db: Db): Promise<boolean> {
  for await (const { text } of allRows(db)) if (text !== null) return true
  return false
}

async function* allRows(db: Db): AsyncGenerator<{ row: StampedRow; text: string | null }> {
  const batch = 1_000
  for (const table of stampedTables) {
    for (let after = ''; ; ) {
      const rows = await stampsAfter(db, table, after, batch)
      for (const { id, audit_stamp } of rows) yield { row: { table, id }, text: audit_stamp }
      if (rows.length < batch) break
      after = rows.at(-1)?.id ?? ''
    }
  }
}

function stampText(chain: Chain, { table, id }: StampedRow, seq: number): string {
  return `${seq}.${chain.stampOf(table, id, seq)}`
}
