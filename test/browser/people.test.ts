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
})
afterAll(async () => {
  await chromium?.close()
  await app?.close()
})

const signedIn = (label: string, options: Parameters<Browser['newContext']>[0] = {}) =>
  connectedPage(chromium, app.url, label, options)
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click()
async function openMenu(page: Page, entry: string): Promise<void> {
  await page.locator('header details summary').click()
  await page.locator('.menu-panel').getByRole('link', { name: entry, exact: true }).click()
}

it('an administrator finds a member, suspends them, and lifts it again', async () => {
  const ines = await signedIn('U1')
  const dagny = await signedIn('ADMIN')
  await openMenu(dagny, 'Members')
  await expectSound(dagny)
  await dagny.getByRole('link', { name: 'Open ines.ferreira@northlight.example.com' }).click()
  await expectSound(dagny)

  await press(dagny, 'Suspend')
  expect(await dagny.locator('h1 + .badge').textContent()).toBe('Suspended')
  await expectSound(dagny)
  await ines.reload()
  expect(await ines.locator('h1').textContent()).toBe('Sign in to go on')
  await press(dagny, 'Lift the suspension')
  await press(dagny, 'Make administrator')
  expect(await dagny.locator('.flash').textContent()).toContain('is an administrator now')
  await expectSound(dagny)
  await openMenu(dagny, 'Members')
  await dagny.getByRole('link', { name: 'Open dagny.holm@northlight.example.com' }).click()
  await expectSound(dagny)
})

it.each([
  ['with scripts', true],
  ['without scripts', false],
])('a member makes a key and a code, and ends another session, %s', async (_name, scripts) => {
  const elsewhere = await signedIn('U3')
  const mei = await signedIn('U3', { javaScriptEnabled: scripts })
  const sound = () => (scripts ? expectSound(mei) : Promise.resolve())
  await openMenu(mei, 'You')
  await sound()
  await mei.getByLabel('Name', { exact: true }).fill('Nightly report')
  await mei.getByRole('checkbox', { name: /^token/ }).check()
  await press(mei, 'Make the key')
  const key = await mei.locator('[data-fresh="key"]').textContent()
  expect(key).toMatch(/^gads_/)
  await sound()
  const answer = await fetch(`${app.url}/api/v1/me`, { headers: { authorization: `Bearer ${key}` } })
  expect(answer.status).toBe(200)

  await press(mei, 'Make a code')
  expect(await mei.locator('[data-fresh="code"]').textContent()).toContain('--code')
  await sound()
  await press(mei, 'Revoke the key Nightly report')
  expect(await mei.locator('.flash').textContent()).toContain('The key was revoked')
  await press(mei, 'End all others')
  await elsewhere.reload()
  expect(await elsewhere.locator('h1').textContent()).toBe('Sign in to go on')
  await sound()
})

it('after ten minutes the page asks for a sign-in before it offers a key', async () => {
  const page = await signedIn('U2')
  app.now.value = () => new Date(Date.now() + 11 * 60_000)
  await page.goto(`${app.url}/self`)
  expect(await page.getByLabel('Name', { exact: true }).count()).toBe(0)
  await expectSound(page)
  await page.getByRole('link', { name: 'Sign in again' }).click()
  await page.locator('button[name="person"][value="U2"]').click()
  await page.waitForURL('**/self')
  await page.getByLabel('Name', { exact: true }).waitFor()
})
