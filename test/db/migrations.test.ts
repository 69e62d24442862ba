import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Dialect, Kysely, Migrator, PostgresDialect } from 'kysely'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { createAudit } from '../../src/audit/audit.ts'
import { openDatabase } from '../../src/db/database.ts'
import { migrations } from '../../src/db/migrations.ts'
import type { Schema } from '../../src/db/schema.ts'
import { sqliteDialect } from '../../src/db/sqlite.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault } from '../../src/vault/vault.ts'
import { newPostgresDatabase, postgresRows } from '../support/postgres.ts'

const engines: { name: string; newUrl: () => Promise<string>; dialect: (url: string) => Dialect }[] = [
  {
    name: 'SQLite',
    newUrl: async () => `sqlite:${join(mkdtempSync(join(tmpdir(), 'keyring-')), 'test.db')}`,
    dialect: url => sqliteDialect(url.slice('sqlite:'.length)),
  },
  {
    name: 'PostgreSQL',
    newUrl: newPostgresDatabase,
    dialect: url => new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }),
  },
]

const at = '2026-11-20T08:00:00.000Z'
const member = {
  id: 'm1',
  sub: '1',
  email: 'ann@here.example',
  name: 'Ann',
  picture: null,
  role: 'admin',
  status: 'active',
  admitted_by: 'domain:here.example',
  created_at: at,
  signed_in_at: at,
}
const connection = {
  id: 'c1',
  kind: 'user',
  sub: '2',
  email: 'ads@here.example',
  name: null,
  picture: null,
  owner_id: 'm1',
  shared: 1,
  status: 'active',
  reason: null,
  scopes: 'openid',
  credential: 'sealed',
  version: 3,
  access_token: null,
  access_token_expires_at: null,
  refresh_lease: null,
  refresh_lease_until: null,
  refresh_token_expires_at: null,
  created_at: at,
  connected_at: at,
  last_refreshed_at: null,
  last_used_at: null,
}
const snapshot = { connection_id: 'c1', kind: 'customers', key: '', fetched_at: at, value: '[]' }
const vaultKey = { kid: 'k1', check_value: 'sealed', created_at: at }

describe.each(engines)('the schema on $name', ({ newUrl, dialect }) => {
  it('comes about in an empty database, also when two processes start on it at once', async () => {
    const url = await newUrl()
    const both = await Promise.all([openDatabase(url), openDatabase(url)])
    const tables = await both[0].introspection.getTables()
    expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['members', 'security_events']))
    expect(await both[1].selectFrom('audit_head').selectAll().execute()).toEqual([{ id: 1, seq: 0, hash: '' }])
    for (const db of both) await db.destroy()
  })

  async function firstVersion(url: string): Promise<Kysely<Schema>> {
    const db = new Kysely<Schema>({ dialect: dialect(url) })
    const { '001-initial': initial } = migrations
    const provider = { getMigrations: async () => (initial ? { '001-initial': initial } : {}) }
    const { error } = await new Migrator({ db, provider }).migrateToLatest()
    expect(error).toBeUndefined()
    return db
  }

  it('grows over a database of the first version, and every row stays', async () => {
    const url = await newUrl()
    const old = await firstVersion(url)
    await old.insertInto('members').values(member).execute()
    await old
      .insertInto('connections')
      .values(connection as never)
      .execute()
    await old.insertInto('snapshots').values(snapshot).execute()
    await old
      .insertInto('vault_keys')
      .values(vaultKey as never)
      .execute()
    await old.destroy()

    const db = await openDatabase(url)
    expect(await db.selectFrom('members').selectAll().execute()).toEqual([{ ...member, audit_stamp: null }])
    const [kept] = await db.selectFrom('connections').selectAll().execute()
    expect(kept).toMatchObject({ ...connection, status_since: null, revoked_at: null, revocation_attempts: 0 })
    expect(await db.selectFrom('snapshots').selectAll().execute()).toEqual([snapshot])
    expect(await db.selectFrom('vault_keys').selectAll().execute()).toEqual([{ ...vaultKey, retired_at: null }])
    await expect(db.deleteFrom('members').execute()).rejects.toThrow(/foreign key/i)
    // It had no audit trail: that begins now, and says so. Only now; later it would have been wiped.
    const vault = createVault(parseTokenKeys(`k1:${randomBytes(32).toString('base64url')}`).ring)
    const audit = await createAudit(db, vault, () => new Date(at))
    expect(await audit.verify()).toMatchObject({ intact: true, entries: 1, begun: { at, reason: null } })
    await db.destroy()
    const again = await openDatabase(url)
    for (const table of ['audit_entries', 'audit_head', 'vault_secrets'] as const) {
      await again.deleteFrom(table).execute()
    }
    await expect(createAudit(again, vault, () => new Date(at))).rejects.toMatchObject({ lost: 'secret' })
    await again.destroy()
  })

  it('is as it was after a step that failed halfway, and can be tried again', async () => {
    const url = await newUrl()
    const old = await firstVersion(url)
    await old.schema.createTable('links').addColumn('in_the_way', 'text').execute()
    await expect(openDatabase(url)).rejects.toThrow(/links/)
    await old.schema.dropTable('links').execute()
    await old.destroy()
    const db = await openDatabase(url)
    expect(await db.selectFrom('links').selectAll().execute()).toEqual([])
    await db.destroy()
  })
})

it('on PostgreSQL, all text compares by its bytes', async () => {
  const url = await newPostgresDatabase()
  await (await openDatabase(url)).destroy()
  const statement = `select table_name, column_name from information_schema.columns
    where table_schema = 'public' and table_name not like 'kysely%' and data_type <> 'integer'
    and (data_type <> 'text' or collation_name is distinct from 'C')`
  expect(await postgresRows(url, statement)).toEqual([])
})
