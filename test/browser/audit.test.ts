import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import { connectedPage, launchChromium } from '../support/chromium.ts'
import { expectSound } from '../support/sound-page.ts'

let app: TestApp
let chromium: Browser

beforeAll(async () => {
  app = await startApp()
  chromium = await launchChromium()
  await app.connected('U1')
})
afterAll(async () => {
  await chromium?.close()
  await app?.close()
})

async function admin(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const page = await connectedPage(chromium, app.url, 'ADMIN', options)
  await page.goto(`${app.url}/audit`)
  return page
}
const whats = (page: Page) => page.locator('tr[data-seq] .sentence').allTextContents()

it('an admin reads, filters, exports and verifies the trail', async () => {
  const page = await admin({ acceptDownloads: true })
  await expectSound(page)
  expect((await whats(page))[0]).toBe('Read the audit trail')

  await page.locator('select[name="action"]').selectOption({ label: 'Connected …' })
  await page.getByLabel('Who, by e-mail').fill('Ines')
  await page.getByRole('textbox', { name: 'From' }).fill(new Date().toISOString().slice(0, 10))
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.waitForURL('**action=connection.created**')
  expect(await whats(page)).toEqual(['Connected ines.ferreira@northlight.example.com'])
  expect(await page.getByLabel('Who, by e-mail').inputValue()).toBe('Ines')
  await expectSound(page)

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: /^Export CSV/ }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^audit-.*\.csv$/)
  const file = readFileSync(await download.path(), 'utf8')
  // The heading, the one entry, and the checkpoint at the end.
  expect(file.trim().split('\r\n')).toHaveLength(3)
  expect(file).toContain('connection.created')

  await page.getByLabel('Who, by e-mail').fill('nobody')
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.getByRole('heading', { name: 'No entry matches' }).waitFor()
  await expectSound(page)
  await page.getByRole('link', { name: 'Clear' }).click()
  await page.waitForURL(`${app.url}/audit`)

  await page.getByRole('button', { name: 'Verify the chain' }).click()
  await page.getByText(/The chain is intact: \d+ entries/).waitFor()
  await expectSound(page)

  await page.getByRole('link', { name: 'ines.ferreira@northlight.example.com' }).first().click()
  await page.waitForURL('**/connections/*')
  await page.getByRole('link', { name: 'Everything about it in the audit trail' }).click()
  await page.waitForURL('**/audit?target=*')
  expect(await whats(page)).toEqual(['Connected ines.ferreira@northlight.example.com'])
  await page.context().close()
})

it('works without JavaScript, page by page', async () => {
  const browser = app.browser()
  const page = await admin({ javaScriptEnabled: false })
  for (const { name, value } of await page.context().cookies()) browser.setCookie(name, value)
  for (let index = 0; index < 51; index++) await browser.get(`/audit?person=p${index}`)
  await page.locator('select[name="action"]').selectOption({ label: 'Read the audit trail' })
  await page.getByRole('button', { name: 'Filter' }).click()
  expect(await whats(page)).toHaveLength(50)
  await page.getByRole('link', { name: 'Older' }).click()
  expect((await whats(page)).length).toBeGreaterThanOrEqual(1)
  await page.getByRole('link', { name: 'Newest' }).click()
  expect(await whats(page)).toHaveLength(50)
  await page.context().close()
})
