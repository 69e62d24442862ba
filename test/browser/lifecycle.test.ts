import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import { connectedPage, launchChromium } from '../support/chromium.ts'
import { expectSound } from '../support/sound-page.ts'

let app: TestApp
let chromium: Browser

beforeAll(async () => {
  chromium = await launchChromium()
})
afterAll(() => chromium?.close())
beforeEach(async () => {
  app = await startApp()
})
afterEach(() => app.close())

const tomasz = 'tomasz.wojcik@northlight.example.com'

const signedIn = (label: string, javaScriptEnabled: boolean) =>
  connectedPage(chromium, app.url, label, { javaScriptEnabled })

it('a person pauses, resumes and revokes a connection, every state in words and icons', async () => {
  const page = await signedIn('U2', true)
  await page.goto(`${app.url}/connections`)
  await page.getByRole('link', { name: tomasz, exact: true }).click()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('Nothing uses it until it is resumed.').waitFor()
  await expectSound(page)
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByText('is active again.').waitFor()

  await page.getByRole('link', { name: 'Revoke…' }).click()
  await page.getByRole('heading', { name: `Revoke ${tomasz}` }).waitFor()
  await expectSound(page)
  app.google.control.addFault({ match: { operation: 'revoke' }, effect: { kind: 'status', status: 500 } })
  await page.getByRole('button', { name: `Revoke ${tomasz}` }).click()
  await page.getByRole('heading', { name: 'Revoked here, not yet confirmed by Google' }).waitFor()
  await expectSound(page)
  await page.goto(`${app.url}/connections`)
  await page.getByText('Revocation pending').waitFor()
  await expectSound(page)

  await page.getByRole('link', { name: tomasz, exact: true }).click()
  app.google.control.clearFaults()
  await page.getByRole('button', { name: 'Try now' }).click()
  await page.getByRole('heading', { name: 'This connection is revoked' }).waitFor()
  await expectSound(page)
})

it('an admin takes care of somebody who leaves, without JavaScript', async () => {
  await app.connected('U2')
  const page = await signedIn('ADMIN', false)
  await page.goto(`${app.url}/connections`)
  await page.getByRole('link', { name: tomasz, exact: true }).click()
  await page.getByRole('link', { name: `${tomasz} leaves` }).click()
  await page.getByLabel(`What becomes of ${tomasz}`).selectOption({ label: 'Revoke' })
  await page.getByLabel('Also suspend').check()
  await page.getByRole('button', { name: 'See what that means' }).click()
  expect(await page.locator('main ol').textContent()).toContain(`${tomasz} is revoked.`)
  await page.getByRole('button', { name: `Do this for ${tomasz}` }).click()
  await page.getByText('2 steps done.').waitFor()
  expect(await page.locator('main').textContent()).toContain(`${tomasz} is suspended already.`)
})

it('the pages for a leaver are sound', async () => {
  await app.connected('U2')
  const page = await signedIn('ADMIN', true)
  await page.goto(`${app.url}/connections`)
  await page.getByRole('link', { name: tomasz, exact: true }).click()
  await page.getByRole('link', { name: `${tomasz} leaves` }).click()
  await page.getByRole('heading', { name: `When ${tomasz} leaves` }).waitFor()
  await expectSound(page)
  await page.getByRole('button', { name: 'Revoke all…' }).click()
  await page.getByRole('heading', { name: 'What will happen' }).waitFor()
  await expectSound(page)
})
