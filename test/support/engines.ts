import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Db, openDatabase } from '../../src/db/database.ts'
import type { Schema } from '../../src/db/schema.ts'
import { newPostgresDatabase } from './postgres.ts'

export interface Engine {
  name: string
  /** A database with the schema and nothing in it; the one opened before is no longer used. */
  open(): Promise<Db>
}

/** What the store tests run on. */
export const engines: Engine[] = [
  { name: 'SQLite', open: () => openDatabase(`sqlite:${join(mkdtempSync(join(tmpdir(), 'keyring-')), 'test.db')}`) },
  { name: 'PostgreSQL', open: emptyPostgres },
]

/** Who is referred to comes after who refers. */
const tables: (keyof Schema)[] = [
  ...(['passkeys', 'passkey_challenges', 'recovery_codes'] as const),
  ...(['snapshots', 'connections', 'sessions', 'used_states', 'api_keys', 'links', 'members'] as const),
  ...(['deliveries', 'security_events', 'vault_keys', 'vault_secrets', 'audit_entries'] as const),
  ...(['rate_limits', 'instances'] as const),
]
let postgres: Promise<string> | undefined

/** One for each test file, emptied each time: making one takes longer than most tests. */
async function emptyPostgres(): Promise<Db> {
  postgres ??= newPostgresDatabase()
  const db = await openDatabase(await postgres)
  for (const table of tables) await db.deleteFrom(table).execute()
  await db.updateTable('audit_head').set({ seq: 0, hash: '' }).execute()
  return db
}
