import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { generateScenario } from '../../src/sandbox/generate.ts'
import { type GoogleGate, startGoogleGate } from '../accounts/google-gate.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { launchChromium, openPage } from '../support/chromium.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const scenario = generateScenario({ seed: 7, accounts: 10_000, managers: 500 })
const [root, manager] = scenario.accounts.map(account => account.id)

let app: TestApp
let gate: GoogleGate
let chromium: Browser

beforeAll(async () => {
  gate = await startGoogleGate()
  app = await startApp({
    env: { GOOGLE_EMULATOR_HOST: gate.host, ALLOWED_DOMAINS: 'generated.example.com' },
    sandbox: { scenario },
  })
  gate.connectTo(app.google.host)
  chromium = await launchChromium()
})
afterAll(async () => {
  gate?.open()
  await chromium?.close()
  await app?.close()
  await gate?.close()
})

it('a hierarchy of 10,000 accounts arrives under the eyes of a person, who then browses it', async () => {
  const page = await openPage(chromium)
  await page.goto(`${app.url}/auth/start`)
  await page.locator('button[name="person"][value="U1"]').click()
  await page.locator('button[name="decision"][value="allow"]').click()
  await page.waitForURL('**/accounts')

  app.google.control.setLatency(100)
  gate.hold(call => call.customerId !== root)
  const visits = countVisits(page)
  await page.locator(`main tr[data-customer-id="${root}"] form[action="/login-customer"] button`).click()
  await page.waitForURL(`**/accounts/${root}`)
  const bar = page.locator('progress')
  const barValue = async () => Number(await bar.getAttribute('value'))
  expect(await page.locator('main').textContent()).toContain('so far')
  expect(await faults(page)).toEqual([])

  let before = await barValue()
  for (let moves = 0; moves < 3; moves++) {
    await expect
      .poll(() => {
        gate.pass(1)
        return barValue()
      })
      .toBeGreaterThan(before)
    before = await barValue()
  }
  expect(await bar.getAttribute('max')).toBe('500')
  expect(visits).toEqual({ documents: 1, pages: 0, events: 1 })

  gate.open()
  await bar.waitFor({ state: 'detached' })
  expect(visits).toEqual({ documents: 1, pages: 1, events: 1 })
  expect(await page.locator('.sizes').textContent()).toContain('10,000')
  expect(await page.locator('main').textContent()).not.toContain('so far')

  const clients = scenario.links.filter(link => link.manager === manager).length
  const row = page.locator(`main tr[data-customer-id="${manager}"]`)
  await row.locator('a[data-toggle]').click()
  await expect.poll(() => row.getAttribute('aria-expanded')).toBe('true')
  expect(await page.locator('main tr[aria-level="3"]').count()).toBe(clients)
  expect(await faults(page)).toEqual([])

  const last = scenario.accounts.at(-1)
  const box = page.locator('main input[name="q"]')
  await box.fill(last?.name ?? '')
  await expect.poll(() => matchesIn(page)).toBe('1 account matches.')
  expect(await page.locator(`main tr[data-customer-id="${last?.id}"]`).count()).toBe(1)
  await box.fill(last?.id.replace(/(...)(...)(....)/, '$1-$2-$3') ?? '')
  await page.waitForURL(url => url.search.includes('-'))
  expect(await matchesIn(page)).toBe('1 account matches.')
  expect(await page.locator(`main tr[data-customer-id="${last?.id}"]`).count()).toBe(1)

  await box.fill('bakery')
  const pages = page.getByRole('navigation', { name: 'Pages' })
  await pages.waitFor()
  const firstRow = await page.locator('main tbody tr').first().getAttribute('id')
  await pages.locator('a[rel="next"]').click()
  await page.waitForURL('**page=2**')
  expect(await page.locator('main tbody tr').first().getAttribute('id')).not.toBe(firstRow)
  expect(await page.locator('main tbody tr').count()).toBeLessThanOrEqual(500)
  expect(visits.documents).toBe(1)
  expect(visits.events).toBe(1)
})

const matchesIn = (page: Page) => page.locator('.tree-tools strong').textContent()

/** How often the hierarchy's page is asked for from here on: as a document, as a part to be swapped in, its events. */
function countVisits(page: Page) {
  const visits = { documents: 0, pages: 0, events: 0 }
  page.on('request', request => {
    const { pathname } = new URL(request.url())
    if (pathname.endsWith('/events')) visits.events++
    if (pathname.endsWith(`/accounts/${root}`)) visits[request.isNavigationRequest() ? 'documents' : 'pages']++
  })
  return visits
}

async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    return (await axe.run()).violations.map(each => `${each.id}: ${each.nodes[0]?.html}`)
  })
}
