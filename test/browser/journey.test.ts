import type { Browser, BrowserContext, Page } from 'playwright-core'
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
afterEach(() => expect(complaints, 'what the browser complained of').toEqual([]))
afterAll(async () => {
  await chromium?.close()
  await app?.close()
})

async function open(
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ context: BrowserContext; page: Page }> {
  const page = await openPage(chromium, options)
  complaints = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    if (message.type() === 'error' && /Content Security Policy|Refused/i.test(message.text()))
      complaints.push(message.text())
  })
  return { context: page.context(), page }
}

async function connect(page: Page, label: string): Promise<void> {
  await page.locator(`button[name="person"][value="${label}"]`).click()
  await page.locator('button[name="decision"][value="allow"]').click()
  await page.waitForURL('**/accounts')
}

const idOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.id ?? ''
const shown = (page: Page) =>
  page
    .locator('main [data-customer-id]')
    .evaluateAll(all => [...new Set(all.map(each => each.getAttribute('data-customer-id')))])

it('row 71: a person connects, picks a login customer, browses, opens an account, and signs out', async () => {
  const { context, page } = await open()
  await page.goto(app.url)
  await expectSound(page)
  await page.getByRole('link', { name: 'Connect Google Ads' }).first().click()
  await connect(page, 'U2')
  expect((await shown(page)).sort()).toEqual([idOf('M2'), idOf('M3')].sort())
  await expectSound(page)

  await page.locator(`tr[data-customer-id="${idOf('M3')}"] form[action="/login-customer"] button`).click()
  await page.waitForURL(`**/accounts/${idOf('M3')}`)
  await expect.poll(() => shown(page)).toEqual(expect.arrayContaining([idOf('M3'), idOf('A1'), idOf('A4')]))
  expect(await page.locator('main').textContent()).toContain('Read only')
  await expectSound(page)

  await page.getByRole('link', { name: 'Picture' }).click()
  await page.waitForURL('**view=picture**')
  expect(await page.locator('main svg [data-customer-id]').count()).toBe(3)
  await expectSound(page)

  await page.getByRole('link', { name: 'Tree' }).click()
  await page.waitForURL(url => !url.search.includes('picture'))
  await page
    .locator(`[data-customer-id="${idOf('A4')}"] a`)
    .first()
    .click()
  await page.waitForURL(`**/${idOf('A4')}`)
  const account = await page.locator('main').textContent()
  expect(account).toContain(`login-customer-id: ${idOf('M3')}`)
  expect(account).toContain('PLN')
  expect(account).toMatch(/Impressions/)
  await expectSound(page)

  await page.goto(`${page.url().replace(idOf('A4'), idOf('M3'))}`)
  expect(await page.locator('main').textContent()).toMatch(/manager/i)
  await expectSound(page)
  for (const path of ['/connections', '/setup', '/nowhere', '/oauth2callback?state=x&code=y']) {
    await page.goto(app.url + path)
    await expectSound(page)
  }
  await page.goto(`${app.url}/connections`)
  await page.locator('main a[href^="/connections/"]').first().click()
  await expectSound(page)

  await page.locator('header details summary').click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${app.url}/`)
  await page.goBack()
  expect(await page.locator('[data-customer-id]').count()).toBe(0)
  await context.close()
})

it('row 71: a second Google account stands beside the first, each with its own accounts', async () => {
  const { context, page } = await open()
  await page.goto(`${app.url}/auth/start`)
  await connect(page, 'U1')
  await page.getByRole('link', { name: /Connect another Google account/ }).click()
  await connect(page, 'GMAIL')
  const text = await page.locator('main').textContent()
  expect(text).toContain('ines.ferreira@northlight.example.com')
  expect(text).toContain('jamie.holiday@mail.example')
  expect(await shown(page)).toEqual(expect.arrayContaining([idOf('M1'), idOf('O18'), idOf('O25')]))
  await expectSound(page)
  await context.close()
})

it('the login customer is switched by keyboard alone', async () => {
  const { context, page } = await open()
  await page.goto(`${app.url}/auth/start`)
  await connect(page, 'U2')
  await page.keyboard.press('Control+k')
  const dialog = page.locator('dialog[open]')
  await dialog.waitFor()
  await page.keyboard.type('Baltic')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/accounts/${idOf('M3')}`)
  expect(await page.getByRole('navigation', { name: 'Where you are' }).textContent()).toContain(
    'Baltic Performance Partners',
  )
  await context.close()
})

it('the tree answers to the keys of a treegrid', async () => {
  const { context, page } = await open()
  await page.goto(`${app.url}/auth/start`)
  await connect(page, 'ADMIN')
  await page.locator(`tr[data-customer-id="${idOf('O1')}"] form[action="/login-customer"] button`).click()
  await page.waitForURL(`**/accounts/${idOf('O1')}`)
  const row = (label: string) => page.locator(`main tr[data-customer-id="${idOf(label)}"]`).first()
  await row('O2').focus()
  const before = await row('O2').getAttribute('aria-expanded')
  await page.keyboard.press(before === 'true' ? 'ArrowLeft' : 'ArrowRight')
  await expect.poll(() => row('O2').getAttribute('aria-expanded')).toBe(before === 'true' ? 'false' : 'true')
  await expectSound(page)
  await context.close()
})

it('row 35: everything works without JavaScript, each form being our own', async () => {
  const { context, page } = await open({ javaScriptEnabled: false })
  await page.goto(app.url)
  await page.getByRole('link', { name: 'Connect Google Ads' }).first().click()
  await connect(page, 'ADMIN')
  await page.locator(`tr[data-customer-id="${idOf('O1')}"] form[action="/login-customer"] button`).click()
  await page.waitForURL(`**/accounts/${idOf('O1')}`)
  await page.locator('main input[name="q"]').fill('8800150009')
  await page.getByRole('button', { name: 'Filter' }).click()
  expect(await page.locator(`main [data-customer-id="${idOf('O9')}"]`).count()).toBeGreaterThanOrEqual(2)
  await page
    .locator(`main [data-customer-id="${idOf('O9')}"] a`)
    .first()
    .click()
  await page.waitForURL(`**/${idOf('O9')}`)
  await page.locator('header details summary').click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${app.url}/`)
  await context.close()
})
