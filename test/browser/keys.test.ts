import { randomBytes } from 'node:crypto'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sealedCredential } from '../../src/connections/connection-store.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault } from '../../src/vault/vault.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { connectedPage, launchChromium } from '../support/chromium.ts'
import { expectSound } from '../support/sound-page.ts'
import { atOnce, openSqlite, type Sqlite } from '../support/sqlite.ts'

const k1 = `k1:${randomBytes(32).toString('base64url')}`
const k2 = `k2:${randomBytes(32).toString('base64url')}`
const values = 6_000

let app: TestApp
let chromium: Browser

beforeAll(async () => {
  app = await startApp({ env: { TOKEN_KEYS: k1 } })
  chromium = await launchChromium()
})
afterAll(async () => {
  await chromium?.close()
  await app?.close()
})

async function signedIn(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  return connectedPage(chromium, app.url, 'ADMIN', options)
}

/** Somebody else's paused connections, enough of them that sealing them anew takes a while. */
async function insertMany(): Promise<void> {
  const vault = createVault(parseTokenKeys(k1).ring)
  const database = openSqlite(app.databaseFile)
  const admin = database.prepare('select * from members limit 1').get() as Record<string, unknown>
  insertAll(database, 'members', [
    { ...admin, id: 'other', sub: 'other', email: 'other@northlight.example.com', role: 'member' },
  ])
  const template = database.prepare('select * from connections limit 1').get() as Record<string, unknown>
  const rows = await Promise.all(
    Array.from({ length: values }, async (_, index) => {
      const own = { id: `many-${index}`, sub: `many-${index}`, owner_id: 'other', status: 'paused', access_token: null }
      const row = { ...template, ...own }
      return { ...row, credential: await vault.seal('1//x', sealedCredential.contextOf(row)) }
    }),
  )
  insertAll(database, 'connections', rows)
  database.close()
}

function insertAll(database: Sqlite, table: string, rows: Record<string, unknown>[]): void {
  const names = Object.keys(rows[0] ?? {})
  const insert = database.prepare(
    `insert into ${table} (${names.join(', ')}) values (${names.map(name => `@${name}`).join(', ')})`,
  )
  atOnce(database, () => {
    for (const row of rows) insert.run(row)
  })
}

const inRow = (page: Page, kid: string) => page.locator(`tr[data-kid="${kid}"]`)

it('an admin changes the key in the browser and follows how far it is; the page is sound in each state', async () => {
  const page = await signedIn()
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    if (/Content Security Policy|Refused/i.test(message.text())) complaints.push(message.text())
  })
  await insertMany()
  await app.restart({ TOKEN_KEYS: `${k2},${k1}` })
  await page.goto(`${app.url}/keys`)
  expect(await inRow(page, 'k1').textContent()).toContain('6,001 credentials')
  await expectSound(page)

  await page.getByRole('button', { name: 'Re-seal everything with k2' }).click()
  await page.waitForURL('**/keys')
  // However far it is by now, the page comes to the end by itself.
  await page.getByText('Everything that can be opened is sealed with k2.').waitFor()
  expect(await inRow(page, 'k2').textContent()).toContain('6,001 credentials')

  await page.getByRole('button', { name: 'Retire key k1' }).click()
  await page.getByText('Key k1 is retired.').waitFor()
  expect(await inRow(page, 'k1').textContent()).toContain('Retired')
  await expectSound(page)

  await page.getByRole('link', { name: 'Verify all' }).click()
  await page.waitForURL('**/keys/verification')
  expect(await page.locator('main').textContent()).toContain('none failed')
  await expectSound(page)
  expect(complaints).toEqual([])
  await page.context().close()
})

it('the same without scripts: the page of a rotation under way loads itself again', async () => {
  const page = await signedIn({ javaScriptEnabled: false })
  await app.restart({ TOKEN_KEYS: `k3:${randomBytes(32).toString('base64url')},${k2},${k1}` })
  await page.goto(`${app.url}/keys`)
  await page.getByRole('button', { name: 'Re-seal everything with k3' }).click()
  await page.getByText('Everything that can be opened is sealed with k3.').waitFor()
  expect(await inRow(page, 'k3').textContent()).toContain('6,001 credentials')
  await page.context().close()
})
