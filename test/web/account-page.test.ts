import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'

let app: TestApp
let browser: BrowserSession
let connectionId: string

beforeEach(async () => {
  app = await startApp()
  browser = await app.connected('U2')
  connectionId = JSON.parse((await browser.get('/api/v1/connections')).text).connections[0].id
})
afterEach(() => app.close())

const idOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.id ?? ''
const page = (root: string, ...label: string[]) =>
  browser.get(`/connections/${connectionId}/accounts/${[root, ...label].map(idOf).join('/')}`)
const shown = (html: string) =>
  load(html)('main [data-customer-id]')
    .toArray()
    .map(element => element.attribs['data-customer-id'])

describe('the pages below a login customer', () => {
  it('show a small hierarchy whole at the first visit', async () => {
    expect(new Set(shown((await page('M2')).text))).toEqual(new Set(['M2', 'A1', 'A2', 'A3'].map(idOf)))
  })

  it('say how to call an account that hangs below it', async () => {
    const { text } = await page('M3', 'A1')
    expect(text).toContain(`login-customer-id: ${idOf('M3')}`)
    expect(text).toContain('Read only')
  })

  it.each([
    ['another tree', 'A2'],
    ['another root of the same person', 'M2'],
    ['nowhere this person may look', 'O1'],
  ])('know nothing of an account of %s, and ask Google nothing about it', async (_name, label) => {
    await page('M3')
    app.google.control.clearRequests()
    expect((await page('M3', label)).status).toBe(404)
    expect(app.google.requests).toEqual([])
  })
})

describe('a passing failure', () => {
  const customers = async () =>
    JSON.parse((await browser.get(`/api/v1/connections/${connectionId}/customers`)).text).customers
  const failOnce = () =>
    app.google.control.addFault({
      match: { operation: 'searchStream', customerId: idOf('M3'), queryIncludes: 'FROM customer' },
      effect: {
        kind: 'google_ads_error',
        status: 503,
        family: 'internalError',
        code: 'TRANSIENT_ERROR',
        message: 'again',
      },
    })

  it('takes no name away, and heals when somebody looks a minute later', async () => {
    await customers()
    failOnce()
    await browser.get(`/api/v1/connections/${connectionId}/customers?refresh=1`)
    const broken = (await customers()).find((each: { customerId: string }) => each.customerId === idOf('M3'))
    expect(broken).toMatchObject({ descriptiveName: 'Baltic Performance Partners', currencyCode: 'PLN' })
    expect(broken.problem.message).not.toBe('')
    app.google.control.clearFaults()
    app.now.value = () => new Date(Date.now() + 61_000)
    const healed = (await customers()).find((each: { customerId: string }) => each.customerId === idOf('M3'))
    expect(healed.problem).toBeNull()
  })
})
