import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import { connectedPage, launchChromium } from '../support/chromium.ts'
import { patienceMs } from '../support/patience.ts'
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

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click()
const later = (minutes: number) => {
  const at = app.now.value().getTime() + minutes * 60_000
  app.now.value = () => new Date(at)
}

/** A device of Chromium's own making, which checks whoever holds it without asking. */
async function withDevice(page: Page): Promise<{ session: CDPSession; id: string }> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return { session, id: authenticatorId }
}

it('a member adds a passkey, and confirms with it without losing what they typed', {
  timeout: patienceMs,
}, async () => {
  const mei = await connectedPage(chromium, app.url, 'U3')
  const device = await withDevice(mei)
  await mei.goto(`${app.url}/self`)
  await expectSound(mei)
  await mei.getByRole('link', { name: 'Add a passkey' }).click()
  await expectSound(mei)
  await mei.getByLabel('Name', { exact: true }).fill('Work laptop')
  await press(mei, 'Create passkey')
  await mei.waitForSelector('.recovery-codes')
  await expectSound(mei)
  const code = (await mei.locator('.recovery-codes code').first().textContent()) ?? ''
  await mei.getByRole('link', { name: 'I’ve saved them' }).click()
  expect(await mei.locator('section[aria-labelledby="passkeys"] .name').allTextContents()).toEqual(['Work laptop'])
  await expectSound(mei)

  // The same device is not added twice.
  await mei.getByRole('link', { name: 'Add a passkey' }).click()
  await press(mei, 'Create passkey')
  await mei.getByText('This device already has a passkey').waitFor()
  await expectSound(mei)

  later(11)
  await mei.goto(`${app.url}/self`)
  await mei.getByLabel('Name', { exact: true }).fill('Nightly report')
  await mei.getByRole('checkbox', { name: /^token/ }).check()
  await press(mei, 'Make the key')
  expect(await mei.locator('.lead').textContent()).toBe('You’re about to make an API key.')
  await expectSound(mei)
  // What Chromium answers to somebody who closes its window; here there is none to close.
  await mei.evaluate(`navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError'))`)
  await mei.keyboard.press('Enter')
  await mei.getByText('No passkey was used').waitFor()
  await expectSound(mei)
  await mei.evaluate('delete navigator.credentials.get')
  await mei.keyboard.press('Enter')
  await mei.waitForSelector('[data-fresh="key"]')
  expect(await mei.locator('[data-fresh="key"]').textContent()).toMatch(/^gads_/)
  expect(await mei.getByText('Nightly report').count()).toBeGreaterThan(0)

  later(11)
  await device.session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: device.id })
  await mei.goto(`${app.url}/links`)
  await mei.locator('main form button[type="submit"]').first().click()
  await mei.getByText('Use a recovery code instead').click()
  await expectSound(mei)
  await mei.getByLabel('Recovery code', { exact: true }).fill(code.toUpperCase())
  await press(mei, 'Confirm with code')
  await mei.getByText('9 codes are left').waitFor()
  expect(mei.url()).toBe(`${app.url}/links`)
})

it('without scripts a recovery code confirms, and the page says that passkeys need them', {
  timeout: patienceMs,
}, async () => {
  const scripted = await connectedPage(chromium, app.url, 'U2')
  await withDevice(scripted)
  await scripted.goto(`${app.url}/self/passkeys/new`)
  await press(scripted, 'Create passkey')
  await scripted.waitForSelector('.recovery-codes')
  const code = (await scripted.locator('.recovery-codes code').first().textContent()) ?? ''

  const plain = await connectedPage(chromium, app.url, 'U2', { javaScriptEnabled: false })
  await plain.goto(`${app.url}/self`)
  await press(plain, 'Make a code')
  expect(await plain.getByText('Passkeys need JavaScript').isVisible()).toBe(true)
  expect(await plain.getByRole('button', { name: 'Confirm with passkey' }).isVisible()).toBe(false)
  await plain.getByText('Use a recovery code instead').click()
  await plain.getByLabel('Recovery code', { exact: true }).fill(code)
  await press(plain, 'Confirm with code')
  expect(await plain.locator('[data-fresh="code"]').textContent()).toContain('--code')
})
