import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { holdWriters, postgresRows } from '../support/postgres.ts'

let app: TestApp
let browser: BrowserSession
let id: string
/** A connection that stands in the way. */
let blocker: pg.Client
beforeAll(async () => {
  app = await startApp({ database: 'postgres' })
  browser = await app.connected('U1')
  id = JSON.parse((await browser.get('/api/v1/connections')).text).connections[0].id
  await app.restart({ DATABASE_URL: `${app.databaseUrl}?statement_timeout=300` })
})
beforeEach(async () => {
  blocker = new pg.Client(app.databaseUrl)
  await blocker.connect()
})
afterEach(() => blocker.end())
afterAll(() => app.close())

const lock = async (table: string) => {
  await blocker.query('begin')
  await blocker.query(`lock table ${table} in access exclusive mode`)
}
const release = () => blocker.query('rollback')
/** Ends every connection of the application, or those that wait for a lock; how many there were. */
const terminate = async (which = '') => {
  const statement = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid not in (pg_backend_pid(), $1) ${which}`
  const [mine] = (await blocker.query('select pg_backend_pid() as pid')).rows as [{ pid: number }]
  return (await postgresRows(app.databaseUrl, statement, [mine.pid])).length
}
const list = () => browser.get('/api/v1/connections')
const refused = ({ status, headers }: Page) => ({ status, retryAfter: headers.get('retry-after') })
const later = { status: 503, retryAfter: '1' }

describe('a PostgreSQL that cannot answer', () => {
  it.each(['sessions', 'connections'])('row 62c: in time about %s is said to be busy, and asked again', async table => {
    await lock(table)
    expect(refused(await list())).toEqual(later)
    expect(refused(await browser.get('/connections'))).toEqual(later)
    await release()
    expect((await list()).status).toBe(200)
  })

  it('row 62c: because it ended the connections that nobody uses is asked through new ones', async () => {
    await Promise.all([list(), list(), list()])
    expect(await terminate()).toBeGreaterThan(0)
    await expect.poll(async () => (await list()).status).toBe(200)
    expect((await browser.get('/readyz')).status).toBe(200)
  })

  it('row 62c: because it ended the connection under a request says so, and nothing of the change is kept', async () => {
    const writers = await holdWriters(app.databaseUrl)
    const pausing = browser.post(`/connections/${id}/pause`)
    await writers.until(1)
    expect(await terminate("and wait_event_type = 'Lock'")).toBe(1)
    expect(refused(await pausing)).toEqual(later)
    await writers.open()
    expect(JSON.parse((await list()).text).connections).toMatchObject([{ id, status: 'active' }])
    expect((await browser.post(`/connections/${id}/pause`)).status).toBe(303)
    expect(JSON.parse((await list()).text).connections).toMatchObject([{ id, status: 'paused' }])
  })
})
