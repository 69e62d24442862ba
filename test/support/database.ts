import type { TestApp } from './app.ts'
import { postgresRows } from './postgres.ts'
import { openSqlite } from './sqlite.ts'

type Row = Record<string, string | number | null>

/** Whoever can read and write the database, but has no key: what a statement answers, beside the running application. */
export async function asIntruder(app: TestApp, statement: string, values: Row[string][] = []): Promise<Row[]> {
  if (app.databaseFile === '') return postgresRows<Row>(app.databaseUrl, numbered(statement), values)
  const database = openSqlite(app.databaseFile)
  try {
    return database.prepare(statement).all(...values) as Row[]
  } finally {
    database.close()
  }
}

/** What a backup of the database holds, in the order in which rows may be put in. */
export const everything = [
  ...['members', 'connections', 'sessions', 'api_keys', 'links', 'snapshots'],
  ...['vault_secrets', 'audit_entries', 'audit_head', 'security_events', 'deliveries'],
]

export type Copy = Map<string, Row[]>

export async function copyOf(app: TestApp, tables: string[]): Promise<Copy> {
  const copy: Copy = new Map()
  for (const table of tables) copy.set(table, await asIntruder(app, `select * from ${table}`))
  return copy
}

/** Makes these tables what they were. */
export async function putBack(app: TestApp, copy: Copy): Promise<void> {
  for (const table of [...copy.keys()].reverse()) await asIntruder(app, `delete from ${table}`)
  for (const [table, rows] of copy) {
    for (const row of rows) {
      const names = Object.keys(row)
      const statement = `insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`
      await asIntruder(app, statement, Object.values(row))
    }
  }
}

function numbered(statement: string): string {
  let count = 0
  return statement.replaceAll('?', () => `$${++count}`)
}
