import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type Db, openDatabase } from '../../src/db/database.ts'

export interface Engine {
  name: string
  /** A new, empty database with the schema. */
  open(): Promise<Db>
}

const postgresUrl = process.env.TEST_POSTGRES_URL

/** What the store tests run on: SQLite always, PostgreSQL where TEST_POSTGRES_URL names a server. */
export const engines: Engine[] = [
  { name: 'SQLite', open: () => openDatabase(`sqlite:${join(mkdtempSync(join(tmpdir(), 'keyring-')), 'test.db')}`) },
  ...(postgresUrl === undefined ? [] : [{ name: 'PostgreSQL', open: () => openNewPostgres(postgresUrl) }]),
]

async function openNewPostgres(serverUrl: string): Promise<Db> {
  const name = `keyring_test_${Math.random().toString(36).slice(2)}`
  const client = new pg.Client(serverUrl)
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return openDatabase(url.href)
}
