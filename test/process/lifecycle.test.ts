import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { callbackUrl } from '../support/app.ts'
import { BrowserSession } from '../support/browser-session.ts'
import { freePort } from '../support/free-port.ts'
import { type GoogleRelay, startGoogleRelay } from '../support/google-relay.ts'
import { databaseFileOf, type ServerProcess, serverSettings, startServerProcess } from '../support/server-process.ts'
import { openSqlite, type Sqlite } from '../support/sqlite.ts'

let google: Sandbox
let relay: GoogleRelay
let env: Record<string, string>
let running: ServerProcess[]

beforeEach(async () => {
  google = await startSandbox()
  relay = await startGoogleRelay()
  relay.connectTo(google.host)
  running = []
  env = await serverSettings(relay.host)
})
afterEach(async () => {
  relay.open()
  await Promise.all(running.map(server => server.kill('SIGKILL')))
  await relay.close()
  await google.close()
})

async function start(change: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await startServerProcess({ ...env, ...change })
  running.push(server)
  return server
}

async function connected(): Promise<{ person: BrowserSession; id: string }> {
  const person = new BrowserSession(`http://localhost:${env.PORT}`)
  await person.get(await callbackUrl(person, await person.get('/auth/start'), 'U2'))
  return { person, id: JSON.parse((await person.get('/api/v1/connections')).text).connections[0].id }
}

function inDatabase<T>(work: (database: Sqlite) => T): T {
  const database = openSqlite(databaseFileOf(env))
  try {
    return work(database)
  } finally {
    database.close()
  }
}
const row = () => inDatabase(database => database.prepare('select * from connections').get())
/** As if the pause between two attempts, and the lease of the one that died, were over. */
const timeIsOver = () =>
  inDatabase(database =>
    database
      .prepare('update connections set revocation_next_at = ?, refresh_lease_until = ?')
      .run('2020-01-01T00:00:00.000Z', '2020-01-01T00:00:00.000Z'),
  )
const revocations = () => google.requests.filter(request => request.operation === 'revoke')

describe('a revocation', () => {
  it.each([
    ['before Google has seen the request', 'before', [200]],
    ['with Google’s answer on its way', 'answered', [200, 400]],
  ] as const)('row 60: killed %s is finished by the next process', async (_name, when, answers) => {
    const server = await start()
    const { person, id } = await connected()
    relay.hold('/revoke', when)
    const cut = person.post(`/connections/${id}/revoke`).catch(() => null)
    await relay.until(1)
    await server.kill('SIGKILL')
    await cut
    expect(row()).toMatchObject({
      status: 'revoked',
      revoked_at: null,
      access_token: null,
      credential: expect.stringContaining('.'),
      revocation_attempts: 1,
      revocation_next_at: expect.stringMatching(/^20/),
    })
    relay.drop()

    timeIsOver()
    await start()
    await expect.poll(row).toMatchObject({
      status: 'revoked',
      credential: null,
      revoked_at: expect.stringMatching(/^20/),
      revocation_next_at: null,
    })
    expect(revocations().map(request => request.status)).toEqual(answers)
    const done = inDatabase(database =>
      database.prepare("select actor_kind from audit_entries where action = 'connection.revocation_confirmed'").all(),
    )
    expect(done).toEqual([{ actor_kind: 'system' }])
  })

  it('row 60: is asked for once by two processes that start at the same time', async () => {
    google.control.addFault({ match: { operation: 'revoke' }, effect: { kind: 'status', status: 500 } })
    const server = await start()
    const { person, id } = await connected()
    expect((await person.post(`/connections/${id}/revoke`)).status).toBe(303)
    await server.kill('SIGTERM')
    google.control.clearFaults()
    google.control.clearRequests()
    timeIsOver()
    await Promise.all([start(), start({ PORT: String(await freePort()), PUBLIC_URL: `http://localhost:${env.PORT}` })])
    await expect.poll(row).toMatchObject({ credential: null })
    expect(revocations()).toHaveLength(1)
  })
})
