import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import { launchChromium, openPage } from '../support/chromium.ts'
import { expectSound } from '../support/sound-page.ts'
import { openSqlite } from '../support/sqlite.ts'

let app: TestApp
let chromium: Browser

beforeAll(async () => {
  app = await startApp()
  chromium = await launchChromium()
})
afterAll(async () => {
  await chromium?.close()
  await app?.close()
})

async function consent(page: Page, label: string): Promise<void> {
  const person = page.locator(`button[name="person"][value="${label}"]`)
  const allow = page.locator('button[name="decision"][value="allow"]')
  await person.or(allow).first().waitFor()
  if (await person.isVisible()) await person.click()
  await allow.click()
  await page.waitForURL('**/accounts')
}

it('a connection dies, is found dead, stays readable, and is reconnected in place', async () => {
  const page = await openPage(chromium)
  await page.goto(`${app.url}/auth/start`)
  await consent(page, 'U2')
  await page.locator('tr[data-customer-id="7315526003"] form[action="/login-customer"] button').click()
  await page.waitForURL('**/accounts/7315526003')
  const hierarchy = page.url()
  const [, connectionUrl = ''] = /^(.*)\/accounts\//.exec(hierarchy) ?? []
  await page.locator('main [data-customer-id] a').last().click()
  const account = page.url()

  await page.goto(connectionUrl)
  expect(await page.locator('[data-health="works"]').count()).toBe(1)
  await expectSound(page)

  app.google.control.revokeGrant('U2')
  await page.getByRole('button', { name: 'Check now' }).click()
  await page.locator('[data-health="expired_or_revoked"]').waitFor()
  await page.getByText('What we know').click()
  await expectSound(page)

  for (const url of [`${app.url}/accounts`, hierarchy, account, `${connectionUrl}/access`, `${app.url}/connections`]) {
    await page.goto(url)
    await expectSound(page)
  }
  await page.goto(hierarchy)
  expect(await page.locator('main [data-customer-id]').count()).toBeGreaterThan(1)
  await page.locator('[data-connection-banner]').getByRole('link', { name: 'Reconnect' }).click()
  await consent(page, 'U2')
  await page.goto(hierarchy)
  expect(await page.locator('[data-connection-banner]').count()).toBe(0)

  app.google.control.switchOn('two-step-not-enrolled')
  await page.goto(connectionUrl)
  await page.locator('.section-tools').getByRole('button', { name: 'Check now' }).click()
  await page.locator('[data-health="second_factor"]').waitFor()
  await expectSound(page)
  app.google.control.clearFaults()
  await page.getByRole('button', { name: 'Check now' }).click()
  await page.locator('[data-health="works"]').waitFor()
  await page.context().close()
})

it('the setup page tells admins what could not be delivered', async () => {
  const database = openSqlite(app.databaseFile)
  database.exec(
    "insert into deliveries values ('m', 'email', 'a@b.example', '{}', '2026-11-23', 8, '2026-11-23', null, '2026-11-24', 'the mail server refused or failed (EAUTH 535)')",
  )
  database.close()
  const page = await openPage(chromium)
  await page.goto(`${app.url}/auth/start`)
  await consent(page, 'ADMIN')
  await page.goto(`${app.url}/setup`)
  expect(await page.locator('[data-notices-trouble]').textContent()).toContain('1 notice could not be delivered')
  await expectSound(page)
  await page.context().close()
})
