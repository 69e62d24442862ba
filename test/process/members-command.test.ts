import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { load } from 'cheerio'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWebhookReceiver, type WebhookReceiver } from '../notices/receivers.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { Authenticator } from '../support/authenticator.ts'
import { addPasskey, challenge, tryToAddPasskey } from '../support/passkeys.ts'
import { rowsIn } from '../support/sqlite.ts'

const settings: Record<string, string> = {
  TOKEN_KEYS: `k1:${randomBytes(32).toString('base64url')}`,
  WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
}
let app: TestApp
let hook: WebhookReceiver
beforeAll(async () => {
  hook = await startWebhookReceiver()
  settings.WEBHOOK_URL = hook.url
  app = await startApp({ env: settings })
})
afterAll(async () => {
  await app.close()
  await hook.close()
})

/** `npm run members -- …` as built, beside the running application. */
function members(...args: string[]) {
  const file = new URL('../../dist/members-command.js', import.meta.url).pathname
  const env = {
    PATH: process.env.PATH ?? '',
    DATABASE_URL: `sqlite:${app.databaseFile}`,
    PUBLIC_URL: app.url,
    GOOGLE_ADS_CLIENT_ID: 'id',
    GOOGLE_ADS_CLIENT_SECRET: 'a-secret',
    ADMIN_EMAILS: 'dagny.holm@northlight.example.com',
    ...settings,
  }
  return new Promise<{ code: unknown; out: string; err: string }>(resolve => {
    execFile(process.execPath, [file, ...args], { env }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    )
  })
}
const read = (sql: string) => rowsIn<Record<string, unknown>>(app.databaseFile, sql)

it('resets the passkeys of the last administrator, on record and with a notice', async () => {
  const dagny = await app.connected('ADMIN')
  await addPasskey(dagny)
  const done = await members('reset-passkeys', 'Dagny.Holm@northlight.example.com')
  expect(done).toMatchObject({ code: 0, err: '', out: expect.stringContaining('1 passkey and all recovery codes of') })
  expect(read('select * from passkeys')).toEqual([])
  expect(read('select * from recovery_codes')).toEqual([])
  expect(read(`select via, target_name from audit_entries where action = 'passkey.reset'`)).toEqual([
    { via: 'command', target_name: 'dagny.holm@northlight.example.com' },
  ])
  const told = read('select payload from deliveries order by created_at').map(row => JSON.parse(String(row.payload)))
  expect(told.map(({ event, member }) => [event, member.email])).toEqual([
    ['passkey.added', 'dagny.holm@northlight.example.com'],
    ['passkey.reset', 'dagny.holm@northlight.example.com'],
  ])
})

it('is told by notices like a used recovery code and a passkey that may have been copied', async () => {
  const mei = await app.connected('U3')
  const key = new Authenticator()
  const page = await tryToAddPasskey(mei, key)
  const form = { confirm_next: '/links', confirm_method: 'get' }
  await mei.post('/confirm', { ...form, confirm_code: load(page.text)('.recovery-codes code').first().text() })
  await mei.post('/confirm', { ...form, confirm_code: 'wrong' })
  const copied = key.get(await challenge(mei), app.url, { counter: 0 })
  await mei.post('/confirm', { ...form, confirm_answer: copied })
  const told = read(`select payload from deliveries where payload like '%mei.lindqvist%'`)
  expect(told.map(row => JSON.parse(String(row.payload)).event).sort()).toEqual([
    'passkey.added',
    'passkey.copied',
    'recovery_code.used',
  ])
})

it('says what it needs', async () => {
  expect(await members()).toMatchObject({ code: 2, err: expect.stringContaining('Usage') })
  expect(await members('reset-passkeys', 'nobody@example.com')).toMatchObject({
    code: 3,
    err: expect.stringContaining('nobody@example.com'),
  })
})
