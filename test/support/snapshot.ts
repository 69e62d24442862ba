import { atOnce, openSqlite } from './sqlite.ts'

const tables = ['members', 'connections', 'sessions', 'api_keys', 'passkeys', 'links', 'snapshots']

/** Remembers everything a request may change, and answers what puts it back. */
export function snapshot(databaseFile: string): () => void {
  const before = openSqlite(databaseFile, { readOnly: true })
  const kept = tables.map(name => ({ name, rows: before.prepare(`select * from ${name}`).all() }))
  before.close()
  return () => {
    const database = openSqlite(databaseFile)
    database.prepare('pragma foreign_keys = off').all()
    atOnce(database, () => {
      for (const { name, rows } of kept) {
        database.exec(`delete from ${name}`)
        for (const row of rows as Record<string, string>[]) {
          const columns = Object.keys(row)
          const values = columns.map(column => `@${column}`)
          database.prepare(`insert into ${name} (${columns}) values (${values})`).run(row)
        }
      }
    })
    database.close()
  }
}
