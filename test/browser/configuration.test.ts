import { readFileSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import { launchChromium, openPage } from '../support/chromium.ts'
import { expectSound } from '../support/sound-page.ts'

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

const idOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.id ?? ''

/** A browser in which U2 has connected, on the configuration page of that connection. */
async function open(
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const page = await openPage(chromium, options)
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    if (/Content Security Policy|Refused/i.test(message.text())) complaints.push(message.text())
  })
  await page.goto(`${app.url}/auth/start`)
  await page.locator('button[name="person"][value="U2"]').click()
  await page.locator('button[name="decision"][value="allow"]').click()
  await page.waitForURL('**/accounts')
  await page.goto(`${app.url}/connections`)
  await page.locator('main tbody a.name').first().click()
  await page.getByRole('link', { name: 'Configuration', exact: true }).click()
  await page.waitForURL('**/configuration')
  return { context: page.context(), page, complaints }
}

const current = (page: Page) => page.locator('.tabs [aria-current]').textContent()

it('the tabs are reached by keyboard, an access token first, and each page is sound', async () => {
  const { context, page, complaints } = await open()
  expect(await current(page)).toBe('Access token')
  expect(await page.locator('.code-file').textContent()).toContain('/access-token')
  await expectSound(page)
  const names = await page.locator('.tabs a').allTextContents()
  for (const [index, name] of names.entries()) {
    await page
      .locator('.tabs a')
      .nth(Math.max(0, index - 1))
      .focus()
    if (index > 0) await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe(name)
    await page.keyboard.press('Enter')
    await expect.poll(() => current(page)).toBe(name)
    expect(await page.locator('.code-file code').first().textContent()).toMatch(/INSERT_\w+_HERE/)
  }
  for (const format of ['dotnet', 'curl']) {
    await page.goto(`${page.url().split('?')[0]}?format=${format}`)
    await expectSound(page)
  }
  expect(complaints).toEqual([])
  await context.close()
})

it('a file is copied and downloaded as it is shown, for the login customer that was picked', async () => {
  const { context, page } = await open({ permissions: ['clipboard-read', 'clipboard-write'], acceptDownloads: true })
  await page.getByRole('link', { name: 'Python' }).click()
  await page.locator('select[name="login_customer_id"]').selectOption(idOf('M3'))
  await page.getByRole('button', { name: 'Show' }).click()
  await page.waitForURL(url => url.search.includes(idOf('M3')))
  const shown = await page.locator('.code-file code').textContent()
  expect(shown).toContain(`login_customer_id: "${idOf('M3')}"`)
  await page.getByRole('button', { name: 'Copy google-ads.yaml' }).click()
  await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe(shown)
  await expect.poll(() => page.locator('#announcer').textContent()).toBe('Copied')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download google-ads.yaml' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('google-ads.yaml')
  expect(readFileSync((await download.path()) ?? '', 'utf8')).toBe(shown)
  await context.close()
})

it.each([true, false])('a pasted file is checked and its lines are found (JavaScript: %s)', async scripted => {
  const { context, page, complaints } = await open({ javaScriptEnabled: scripted })
  await page.getByRole('link', { name: 'Python' }).click()
  await expect.poll(() => current(page)).toBe('Python')
  const text = (await page.locator('.code-file code').textContent()) ?? ''
  await page.getByRole('link', { name: /Check the file you have/ }).click()
  await page.waitForURL('**/configuration/check')
  if (scripted) await expectSound(page)
  await page
    .getByLabel('Configuration')
    .fill(text.replace('refresh_token', 'refesh_token').concat('login_customer_id: 123-456-7890\n'))
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  const row = page.locator('.check-table tr', { hasText: 'refesh_token' })
  await row.first().waitFor()
  expect(await row.first().textContent()).toContain('Misspelt')
  expect(await page.getByRole('status').first().textContent()).toContain('Read as Python.')
  const link = page.locator('.check-table a').last()
  await link.click()
  expect(new URL(page.url()).hash).toBe(await link.getAttribute('href'))
  expect(await page.locator('li:target').textContent()).toContain('login_customer_id')
  expect(await page.getByLabel('Configuration').inputValue()).toBe('')
  if (scripted) await expectSound(page)
  expect(complaints).toEqual([])
  await context.close()
})
