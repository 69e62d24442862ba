import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import { connectedPage, launchChromium } from '../support/chromium.ts'
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

const admin = (options: Parameters<Browser['newContext']>[0] = {}) => connectedPage(chromium, app.url, 'ADMIN', options)

const keyText = () => JSON.stringify(app.google.serviceAccountKeyFile('SA1'))

it('an administrator adds a service account by its file, and finds it beside the others', async () => {
  const page = await admin()
  await page.goto(`${app.url}/connections`)
  await page.getByRole('link', { name: 'Add a service account' }).click()
  await expectSound(page)
  const file = join(mkdtempSync(join(tmpdir(), 'key-')), 'key.json')
  writeFileSync(file, keyText())
  await page.locator('input[type="file"]').setInputFiles(file)
  await page.waitForFunction('document.querySelector("#key").value.includes("private_key")')
  await page.getByRole('button', { name: 'Add' }).first().click()
  await page.waitForURL('**/accounts')
  await page.goto(`${app.url}/connections`)
  await page.getByRole('link', { name: 'reporting@ads-keyring-sandbox.iam.example.com', exact: true }).click()
  await expectSound(page)
  await page.getByRole('link', { name: 'Configuration', exact: true }).click()
  await page.getByRole('link', { name: 'Python', exact: true }).click()
  expect(await page.locator('pre code').first().textContent()).toContain('json_key_file_path')
})

it('one that nobody invited yet is told with the address to invite, to be copied, without scripts too', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await admin({ javaScriptEnabled })
    app.google.control.switchOn('not-ads-user', 'SA1')
    await page.goto(`${app.url}/service-accounts`)
    await page.locator('#key').fill(keyText())
    await page.locator('form.key-form button[type="submit"]').click()
    await page.getByText('opens no Google Ads account').first().waitFor()
    expect(await page.locator('.copy-line code').textContent()).toBe('reporting@ads-keyring-sandbox.iam.example.com')
    if (javaScriptEnabled) await expectSound(page)
    expect(await page.content()).not.toContain('PRIVATE KEY')
    app.google.control.switchOff('not-ads-user')
  }
})

it('what is no key, and a key that was deleted, are told apart', async () => {
  const page = await admin()
  const submit = async (text: string) => {
    await page.goto(`${app.url}/service-accounts`)
    await page.locator('#key').fill(text)
    await page.locator('form.key-form button[type="submit"]').click()
    await page.locator('article.page-finding').waitFor()
    await expectSound(page)
    return page.locator('h1').textContent()
  }
  const notAKey = await submit('{"installed": {}}')
  app.google.control.failNext({
    match: { operation: 'token.jwt' },
    effect: {
      kind: 'status',
      status: 400,
      body: '{"error":"invalid_grant","error_description":"Invalid JWT Signature."}',
      headers: { 'content-type': 'application/json' },
    },
  })
  const deleted = await submit(keyText())
  expect(notAKey).not.toBe(deleted)
})
