import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { followConsent } from '../support/app.ts'
import { BrowserSession } from '../support/browser-session.ts'
import { freePort } from '../support/free-port.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { firstColumn, openSqlite } from '../support/sqlite.ts'
import { startWebhookReceiver, type WebhookReceiver } from './receivers.ts'

let google: Sandbox
let hook: WebhookReceiver
const running: ServerProcess[] = []

afterEach(async () => {
  await Promise.all(running.map(server => server.kill('SIGKILL')))
  await hook.close()
  await google.close()
})

it('a notice outlives the process that made it and the one that died sending it', async () => {
  google = await startSandbox()
  hook = await startWebhookReceiver()
  hook.answer(() => undefined)
  const databaseFile = join(mkdtempSync(join(tmpdir(), 'keyring-')), 'keyring.db')
  const port = String(await freePort())
  const start = async () => {
    const server = await startServerProcess({
      PORT: port,
      GOOGLE_EMULATOR_HOST: google.host,
      GOOGLE_ADS_CLIENT_ID: DEFAULT_CLIENT.clientId,
      GOOGLE_ADS_CLIENT_SECRET: DEFAULT_CLIENT.clientSecret,
      DATABASE_URL: `sqlite:${databaseFile}`,
      TOKEN_KEYS: keys,
      ALLOWED_DOMAINS: 'northlight.example.com',
      WEBHOOK_URL: hook.url,
      WEBHOOK_SECRET: secret,
    })
    running.push(server)
    return server
  }
  const keys = `k1:${randomBytes(32).toString('base64url')}`
  const secret = `whsec_${randomBytes(32).toString('base64')}`

  const first = await start()
  const browser = new BrowserSession(`http://localhost:${port}`)
  await followConsent(browser, await browser.get('/auth/start'), 'U2')
  const [{ id }] = JSON.parse((await browser.get('/api/v1/connections')).text).connections
  google.control.revokeGrant('U2')
  expect((await browser.get(`/api/v1/connections/${id}/customers?refresh=1`)).status).toBe(409)
  await first.kill('SIGKILL')
  expect(hook.received).toEqual([])

  const second = await start()
  await expect.poll(() => hook.received.length).toBe(1)
  await second.kill('SIGKILL')

  const database = openSqlite(databaseFile)
  expect(database.prepare('select attempts, delivered_at, failed_at from deliveries').all()).toEqual([
    { attempts: 1, delivered_at: null, failed_at: null },
  ])
  // The two minutes for which the row was the dead process's pass.
  database.prepare('update deliveries set next_at = ?').run(new Date(Date.now() - 1_000).toISOString())
  hook.answer(res => void res.writeHead(204).end())
  await start()
  const delivered = () => firstColumn(database, 'select delivered_at from deliveries')[0]
  await expect.poll(delivered).not.toBe(null)
  database.close()
  expect(hook.received).toHaveLength(2)
  expect(hook.received[1]?.body).toBe(hook.received[0]?.body)
})
