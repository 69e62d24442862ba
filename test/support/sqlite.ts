import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite'

/** Its statements answer rows as objects; `get` undefined where there is none. */
export type Sqlite = DatabaseSyncInstance

/** A SQLite file, opened beside the application that uses it. The caller closes it. */
export function openSqlite(path: string, { readOnly = false } = {}): Sqlite {
  return new DatabaseSync(path, { readOnly, timeout: 5_000 })
}

/** All of `work` or nothing of it. */
export function atOnce(database: Sqlite, work: () => void): void {
  database.exec('begin immediate')
  work()
  database.exec('commit')
}

/** The first column of each row. */
export function firstColumn<T>(database: Sqlite, sql: string): T[] {
  return database
    .prepare(sql)
    .all()
    .map(row => Object.values(row)[0] as T)
}

/** What a query answers, on a connection of its own. */
export function rowsIn<T = Record<string, string>>(path: string, sql: string): T[] {
  const database = openSqlite(path, { readOnly: true })
  try {
    return database.prepare(sql).all() as T[]
  } finally {
    database.close()
  }
}

/** Runs statements that answer nothing, on a connection of its own. */
export function runIn(path: string, sql: string): void {
  const database = openSqlite(path)
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}
