import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Db, openDatabase } from '../../src/db/database.ts'
import { newPostgresDatabase } from './postgres.ts'

export interface Engine {
  name: string
  /** A new, empty database with the schema. */
  open(): Promise<Db>
}

/** What the store tests run on. */
export const engines: Engine[] = [
  { name: 'SQLite', open: () => openDatabase(`sqlite:${join(mkdtempSync(join(tmpdir(), 'keyring-')), 'test.db')}`) },
  { name: 'PostgreSQL', open: async () => openDatabase(await newPostgresDatabase()) },
]
