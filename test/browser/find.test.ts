import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import { launchChromium, openPage } from '../support/chromium.ts'
import { expectSound } from '../support/sound-page.ts'

let app: TestApp
let chromium: Browser
let complaints: string[] = []

beforeAll(async () => {
  app = await startApp()
  chromium = await launchChromium()
})
afterEach(async () => {
  app.google.control.clearFaults()
  app.google.control.setProject('ads-keyring-sandbox', { adsAccessLevel: 'standard' })
  for (const context of chromium.contexts()) await context.close()
})
afterAll(async () => {
  await chromium?.close()
  await app?.close()
})

const idOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.id ?? ''
const shown = (label: string) => idOf(label).replace(/^(...)(...)/, '$1-$2-')
const nameOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.name ?? ''
const emailOf = (label: string) => app.google.scenario.people.find(person => person.label === label)?.email ?? ''

/** A browser in which the person has connected, with the finder opened from the top bar. */
async function finderOf(label: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const page = await openPage(chromium, options)
  complaints = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    if (message.type() === 'error' && /Content Security Policy|Refused/i.test(message.text()))
      complaints.push(message.text())
  })
  await page.goto(`${app.url}/auth/start`)
  await page.locator(`button[name="person"][value="${label}"]`).click()
  await page.locator('button[name="decision"][value="allow"]').click()
  await page.waitForURL('**/accounts')
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Find' }).click()
  await page.waitForURL('**/find')
  return page
}

/** Types and presses Enter, as people do; what was typed stands in the address afterwards. */
async function look(page: Page, text: string, expected?: string): Promise<string> {
  if (expected !== undefined) await page.getByLabel(/Google account that should/).fill(expected)
  const field = page.getByLabel('Customer ID or name')
  await field.fill(text)
  await field.press('Enter')
  await page.waitForURL('**/find?**')
  return answer(page)
}

async function answer(page: Page): Promise<string> {
  const texts = await page.locator('.find-banner').allTextContents()
  return texts.join(' ').replace(/\s+/g, ' ')
}

const verdict = async (page: Page, label: string) =>
  ((await page.locator(`tr[data-login-customer-id="${idOf(label)}"]`).textContent()) ?? '').replace(/\s+/g, ' ')

const message = (page: Page) => page.getByRole('textbox', { name: /A message for/ }).inputValue()

/** Sound, and nothing blocked by the Content Security Policy. */
async function isSound(page: Page): Promise<void> {
  await expectSound(page)
  expect(complaints).toEqual([])
}

function refuse(match: object, code: string, family = 'authorizationError') {
  app.google.control.addFault({
    match: { host: 'googleads.googleapis.com', ...match },
    effect: { kind: 'google_ads_error', family, code },
  })
}

it('situation 1: the login customer in use does not lead there; the one that does is a button away', async () => {
  const page = await finderOf('U2')
  await page.goto(`${app.url}/accounts`)
  await page.locator(`tr[data-customer-id="${idOf('M2')}"] form[action="/login-customer"] button`).click()
  await page.waitForURL(`**/accounts/${idOf('M2')}`)
  await page.getByRole('link', { name: 'Find out why' }).click()
  expect(await look(page, shown('A4'))).toContain(
    `You looked through ${nameOf('M2')}, and no path leads there from it.`,
  )
  expect(await verdict(page, 'M3')).toMatch(/Sklep Rowerowy Kolarz.*Opens/)
  expect(await verdict(page, 'M2')).toMatch(/Not below it.*Not asked/)
  expect(await page.locator('main').textContent()).toContain(`login-customer-id: ${idOf('M3')}`)
  await isSound(page)
  await page
    .getByRole('button', { name: `Use ${shown('M3')}` })
    .first()
    .click()
  await page.waitForURL(`**/accounts/${idOf('M3')}`)
  expect(await page.getByRole('navigation', { name: 'Where you are' }).textContent()).toContain(nameOf('M3'))
})

it('situation 2 and the first documented reason: only the manager is listed, the account hangs below it', async () => {
  const page = await finderOf('U1')
  await isSound(page)
  const text = await look(page, shown('A2'))
  expect(text).toContain(`${emailOf('U1')} opens it through ${nameOf('M1')}`)
  expect(text).toContain('Google lists only the accounts')
  expect(text).toContain('A new consent changes nothing here.')
  expect(await verdict(page, 'M1')).toContain([nameOf('M1'), nameOf('M2'), nameOf('A2')].join(' '))
  await isSound(page)
})

it('situation 6 and the second documented reason: another Google account than the expected one was asked', async () => {
  const page = await finderOf('U3')
  const text = await look(page, shown('A1'), emailOf('U1'))
  expect(text).toContain(`${emailOf('U1')} is not connected here`)
  expect(await page.getByRole('region', { name: 'Google account asked' }).textContent()).toMatch(
    /mei\.lindqvist@.*Mei Lindqvist.*Expected.*ines\.ferreira@.*They differ/s,
  )
  expect(await message(page)).toContain(`${app.url}/auth/start?intent=connect&login_hint=`)
  await isSound(page)
  await page.getByRole('link', { name: `Connect ${emailOf('U1')}` }).click()
  await page.waitForURL(url => url.origin !== app.url)
  expect(page.url()).toContain('accounts.google.com')
})

it('situation 6: the Google account opens no Google Ads account at all', async () => {
  const page = await finderOf('U1')
  await look(page, shown('A1'))
  refuse({}, 'NOT_ADS_USER', 'authenticationError')
  const text = await look(page, shown('A3'))
  expect(text).toContain(`${emailOf('U1')} opens no Google Ads account at all`)
  expect(text).toContain('NOT_ADS_USER')
  expect(await page.getByRole('link', { name: 'Choose another Google account' }).count()).toBe(1)
  await isSound(page)
})

it('situation 7: a production account, but the project may use test accounts only', async () => {
  const page = await finderOf('ADMIN')
  await look(page, shown('O8'))
  app.google.control.setProject('ads-keyring-sandbox', { adsAccessLevel: 'test' })
  const text = await look(page, shown('O25'))
  expect(text).toContain('This installation may use test accounts only')
  expect(text).toContain('Reconnecting does not help.')
  expect(text).toContain('Whoever runs this installation.')
  expect(await verdict(page, 'O1')).toContain('CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION')
  expect(await message(page)).toContain(shown('O25'))
  expect(await page.getByRole('link', { name: /Reconnect/ }).count()).toBe(0)
  await isSound(page)
})

it('situation 10: the account is there, but cancelled, and whoever can bring it back gets a message', async () => {
  const page = await finderOf('ADMIN')
  const text = await look(page, nameOf('O5'))
  expect(await page.locator('main').textContent()).toContain(`is the one account that fits “${nameOf('O5')}”`)
  expect(text).toContain('This account was cancelled')
  expect(text).toContain('Cancelled')
  expect(await verdict(page, 'O1')).toContain('CUSTOMER_NOT_ENABLED')
  expect(await message(page)).toContain('please bring it back')
  await isSound(page)
})

it('situation 13: a manager demands 2-Step Verification; only the person can help, then checks again', async () => {
  const page = await finderOf('U2')
  await look(page, shown('M3'))
  refuse({ customerId: idOf('A2') }, 'TWO_STEP_VERIFICATION_NOT_ENROLLED', 'authenticationError')
  const text = await look(page, shown('A2'))
  expect(text).toContain(`${emailOf('U2')} must turn on 2-Step Verification`)
  expect(text).toContain(`${emailOf('U2')} alone. A colleague cannot do it for them.`)
  expect(text).toContain('TWO_STEP_VERIFICATION_NOT_ENROLLED')
  await isSound(page)
  app.google.control.clearFaults()
  await page.getByRole('button', { name: 'Check again' }).click()
  await expect.poll(() => answer(page)).toContain('opens it through')
})

it('situation 15: the role depends on the way; the stronger one is a button away, by keyboard alone', async () => {
  const page = await finderOf('ODD')
  await page.goto(`${app.url}/accounts`)
  await page.locator(`tr[data-customer-id="${idOf('O4')}"] form[action="/login-customer"] button`).click()
  await page.waitForURL(`**/accounts/${idOf('O4')}`)
  await page.goto(`${app.url}/find`)
  expect(await page.evaluate('document.activeElement.id')).toBe('find-account')
  await page.keyboard.type(shown('O8'))
  await page.keyboard.press('Enter')
  await page.waitForURL('**/find?**')
  const text = await answer(page)
  expect(text).toContain(`Through ${nameOf('O4')} you act as Read only; through the account itself you are Admin.`)
  expect(text).toContain(`Who can change roles on ${nameOf('O4')}: ${emailOf('ADMIN')}.`)
  expect(await page.locator('main').textContent()).toContain('It may be left out')
  await isSound(page)
  await page.locator('.find-banner button', { hasText: `Use ${shown('O8')}` }).focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/accounts/${idOf('O8')}`)
})

it('the third documented reason: no access; the message names whom to invite and which manager to link', async () => {
  const page = await finderOf('U1', { permissions: ['clipboard-read', 'clipboard-write'] })
  const text = await look(page, shown('A4'))
  expect(text).toContain(`${emailOf('U1')} has no access`)
  expect(text).toContain('USER_PERMISSION_DENIED')
  const sent = await message(page)
  for (const part of [shown('A4'), emailOf('U1'), nameOf('M1'), shown('M1')]) expect(sent).toContain(part)
  await page.getByRole('button', { name: 'Copy the message' }).click()
  await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe(sent)
  await isSound(page)
})

it('a link that waits for an answer is found at its manager', async () => {
  const page = await finderOf('ADMIN')
  expect(await look(page, shown('O18'))).toContain(`The link to ${nameOf('O1')} waits for an answer`)
  expect(await page.locator('main').textContent()).toContain('asked for a link, which waits for an answer')
  await isSound(page)
})

it('a name that fits several accounts chooses none; without JavaScript, too', async () => {
  const page = await finderOf('ADMIN', { javaScriptEnabled: false })
  await page.getByLabel('Customer ID or name').fill('northlight')
  await page.getByRole('button', { name: 'Find' }).click()
  await page.waitForURL('**/find?**')
  expect(await page.locator('main tr[data-customer-id]').count()).toBe(4)
  expect(await page.locator('.find-banner').count()).toBe(0)
  await page
    .locator(`tr[data-customer-id="${idOf('O3')}"]`)
    .getByRole('link', { name: /Look into/ })
    .click()
  await page.waitForURL(`**customer_id=${idOf('O3')}**`)
  expect(await answer(page)).toContain('opens it through')
  await page.getByRole('button', { name: 'Check again' }).click()
  expect(await answer(page)).toContain('opens it through')
})

it('one connection that fails is named beside the other, and a list of names is sound', async () => {
  const page = await finderOf('U1')
  await page.goto(`${app.url}/auth/start`)
  await page.locator('button[name="person"][value="GMAIL"]').click()
  await page.locator('button[name="decision"][value="allow"]').click()
  await page.waitForURL('**/accounts')
  await page.goto(`${app.url}/find`)
  app.google.control.revokeGrant('U1')
  app.google.control.expireAccessTokens('U1')
  expect(await look(page, shown('A3'))).toContain(`${emailOf('U1')} must be reconnected`)
  await isSound(page)
  expect(await look(page, shown('O25'))).toContain(`${emailOf('GMAIL')} opens it directly`)
  expect(await page.locator('.find-section').count()).toBe(2)
  await isSound(page)
  await look(page, 'o')
  await isSound(page)
})
