import type { Browser, Page } from 'playwright-core'
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

async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  return openPage(chromium, options)
}
async function choose(page: Page, label: string): Promise<void> {
  const person = page.locator(`button[name="person"][value="${label}"]`)
  if ((await person.count()) > 0) await person.click()
}
const decide = (page: Page, decision: 'allow' | 'cancel') =>
  page.locator(`button[name="decision"][value="${decision}"]`).click()

async function signIn(label: string, path: string): Promise<Page> {
  const page = await open()
  await page.goto(app.url + path)
  await choose(page, label)
  await decide(page, 'allow')
  await page.waitForURL('**/accounts')
  return page
}

it('an admin sends a reconnect link; the person cancels, agrees, and is signed in nowhere', async () => {
  await (await signIn('U1', '/auth/start')).context().close()
  const admin = await signIn('ADMIN', '/auth/start?intent=sign-in')
  await admin.goto(`${app.url}/connections`)
  await admin.locator('tbody a.name').first().click()
  await expectSound(admin)
  await admin.getByRole('link', { name: 'Send a reconnect link' }).click()
  await expectSound(admin)
  await admin.getByLabel('Works for').selectOption({ label: '7 days' })
  await admin.getByRole('button', { name: 'Make the link' }).click()
  await expectSound(admin)
  const url = (await admin.locator('main pre code').textContent()) ?? ''
  expect(await admin.locator('main .letter').innerText()).toContain(url)

  const guest = await open()
  const referers: string[] = []
  guest.on('request', request => {
    if (!request.url().startsWith(app.url)) referers.push(request.headers().referer ?? '')
  })
  await guest.goto(url)
  await expectSound(guest)
  await guest.getByRole('link', { name: 'Continue to Google' }).click()
  await decide(guest, 'cancel')
  await guest.getByRole('heading', { name: 'You cancelled at Google' }).waitFor()
  await expectSound(guest)
  await guest.getByRole('link', { name: 'Try again' }).click()
  expect(guest.url()).toBe(url)
  await guest.getByRole('link', { name: 'Continue to Google' }).click()
  await decide(guest, 'allow')
  await guest.waitForURL('**/links/done')
  await expectSound(guest)
  expect(await guest.context().cookies(app.url)).toEqual([])
  const secret = url.split('/').at(-1) ?? ''
  expect(referers.join()).not.toContain(secret)
  await guest.goto(url)
  expect(await guest.locator('h1').textContent()).toBe('This link or code cannot be used')
  await guest.goto(`${app.url}/accounts`)
  expect(await guest.locator('main').textContent()).toContain('Sign in to go on')
  await guest.context().close()

  await admin.getByRole('link', { name: 'All your links' }).click()
  expect(await admin.locator('tr[data-link-id] .badge').allTextContents()).toEqual(['Used'])
  await expectSound(admin)
  await admin.context().close()
})

it('a link to connect is made, opened and used without JavaScript', async () => {
  const member = await signIn('U2', '/auth/start')
  await member.goto(`${app.url}/connections`)
  await member.getByRole('link', { name: 'Invite someone to connect' }).click()
  await member.getByLabel('Their Google account').fill('jamie.holiday@mail.example')
  await member.getByRole('button', { name: 'Make the link' }).click()
  const url = (await member.locator('main pre code').textContent()) ?? ''

  const guest = await open({ javaScriptEnabled: false })
  await guest.goto(url)
  expect(await guest.locator('main').textContent()).toContain('jamie.holiday@mail.example')
  await guest.getByRole('link', { name: 'Continue to Google' }).click()
  await choose(guest, 'GMAIL')
  await decide(guest, 'allow')
  await guest.waitForURL('**/links/done')
  await guest.context().close()

  await member.goto(`${app.url}/connections`)
  expect(await member.locator('tbody').textContent()).toContain('jamie.holiday@mail.example')
  await member.context().close()
})

it('a link is withdrawn', async () => {
  const member = await signIn('U3', '/auth/start')
  await member.goto(`${app.url}/links`)
  await expectSound(member)
  await member.getByRole('button', { name: 'Make the link' }).click()
  await member.goto(`${app.url}/links`)
  await member.getByRole('button', { name: /^Withdraw/ }).click()
  await member.getByText('The link is withdrawn').waitFor()
  expect(await member.locator('tr[data-link-id] .badge').allTextContents()).toEqual(['Withdrawn'])
  await expectSound(member)
  await member.context().close()
})
