import { statSync } from 'node:fs'
import { Kysely, Migrator, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { migrations } from './migrations.ts'
import type { Schema } from './schema.ts'
import { sqliteDialect } from './sqlite.ts'

export type Db = Kysely<Schema>

/** The database cannot be worked with; the message is a sentence for whoever runs the installation. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
}

/**
 * Opens `sqlite:PATH` (or `sqlite::memory:`) or `postgres://…` and brings the schema up to date, once, whoever starts
 * first. The caller ends it with `db.destroy()`. Rejects with DatabaseError where it does not answer, or was written by
 * a newer release.
 */
export async function openDatabase(url: string): Promise<Db> {
  const db = new Kysely<Schema>({ dialect: url.startsWith('sqlite:') ? sqliteDialect(url.slice(7)) : postgres(url) })
  try {
    await migrate(db)
    return db
  } catch (error) {
    await db.destroy()
    throw explained(error)
  }
}

/** Tells this database from a copy of it: a copied file has another inode, a restored PostgreSQL database another OID. */
export async function databaseIdentity(db: Db, url: string): Promise<string> {
  if (url.startsWith('sqlite:')) {
    const path = url.slice(7)
    if (path === ':memory:') return path
    const { dev, ino } = statSync(path)
    return `${dev}/${ino}`
  }
  const { rows } = await sql<{ identity: string }>`
    select oid::text || '/' || datname as identity from pg_database where datname = current_database()`.execute(db)
  return rows[0]?.identity ?? ''
}

/** The cause is left out of what PostgreSQL says: it may name the password's user and host. */
function explained(error: unknown): unknown {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (/previously executed migration \S+ is missing/.test(String(message))) {
    return new DatabaseError(
      'This database was written by a newer release of Ads Keyring. Start that release, or restore a backup made with this one.',
    )
  }
  if (
    /^(ECONN|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ETIMEDOUT|57P03|28|3D000)/.test(String(code)) ||
    /timeout exceeded/.test(String(message))
  ) {
    return new DatabaseError(
      `The database of DATABASE_URL cannot be reached or does not let us in (${code ?? 'no answer'}). Start it, or correct DATABASE_URL.`,
    )
  }
  return error
}

function postgres(url: string): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 2_000,
    statement_timeout: 5_000,
    idle_in_transaction_session_timeout: 10_000,
  })
  // A connection that ends by itself (the server restarts) fails the query under way and is replaced for the next one.
  // Told to nobody, the error would end the process; and it carries the password, so it is not logged.
  const toldByTheQuery = () => undefined
  pool.on('error', toldByTheQuery)
  pool.on('connect', client => client.on('error', toldByTheQuery))
  return new PostgresDialect({ pool })
}

const withoutTrail = new WeakSet<Db>()

/** Whether this database was brought up just now from a release that kept no audit trail. */
export function predatesTheTrail(db: Db): boolean {
  return withoutTrail.has(db)
}

/** Where two start at once, the second waits for the first and finds it done. */
async function migrate(db: Db, attempts = 5): Promise<void> {
  if (await isUpToDate(db)) return
  const { error, results = [] } = await new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest()
  const run = results.map(({ migrationName }) => migrationName)
  if (!error && run[0] === '002-life-of-a-credential') withoutTrail.add(db)
  if (error && attempts === 1) throw error
  if (error) await migrate(db, attempts - 1)
}

/** Only reads, so that whoever holds the write lock keeps no command from starting. */
async function isUpToDate(db: Db): Promise<boolean> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === 'kysely_migration')) return false
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  return JSON.stringify(rows.map(({ name }) => name)) === JSON.stringify(Object.keys(migrations))
}
