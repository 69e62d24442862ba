import { load } from 'cheerio'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { callbackUrl } from '../support/app.ts'
import { BrowserSession } from '../support/browser-session.ts'
import { type GoogleRelay, startGoogleRelay } from '../support/google-relay.ts'
import { databaseFileOf, type ServerProcess, serverSettings, startServerProcess } from '../support/server-process.ts'
import { openSqlite } from '../support/sqlite.ts'

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

async function start(): Promise<ServerProcess> {
  const server = await startServerProcess(env)
  running.push(server)
  return server
}
const browser = () => new BrowserSession(`http://localhost:${env.PORT}`)
function row(sql: string): Record<string, unknown> {
  const database = openSqlite(databaseFileOf(env), { readOnly: true })
  const found = database.prepare(sql).get() as Record<string, unknown>
  database.close()
  return found
}

it('a server killed while a person reconnects leaves the connection as it was, and the link to be used again', async () => {
  const server = await start()
  const owner = browser()
  await owner.get(await callbackUrl(owner, await owner.get('/auth/start'), 'U1'))
  const { id } = JSON.parse((await owner.get('/api/v1/connections')).text).connections[0]
  const made = await owner.post('/links', { connection_id: id, hours: '24' })
  const link = new URL(load(made.text)('pre code').text()).pathname
  const before = row('select credential, version, status from connections')

  const guest = browser()
  const callback = await callbackUrl(guest, await guest.get(`${link}/start`), 'U1')
  relay.hold('listAccessibleCustomers', 'answered')
  const cut = guest.get(callback).catch(() => null)
  await relay.until(1)
  await server.kill('SIGKILL')
  expect(await cut).toBeNull()
  relay.drop()

  await start()
  expect(row('select credential, version, status from connections')).toEqual(before)
  const again = await guest.get(callback)
  expect(again.status).toBe(400)
  expect(load(again.text)('main .actions a').attr('href')).toBe(link)
  const end = await guest.get(await callbackUrl(guest, await guest.get(`${link}/start`), 'U1'))
  expect(end.location).toBe('/links/done')
  expect(row('select version, status from connections')).toEqual({
    version: Number(before.version) + 1,
    status: 'active',
  })
})
