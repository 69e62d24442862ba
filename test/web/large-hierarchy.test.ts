import { load } from 'cheerio'
import { afterEach, describe, expect, it } from 'vitest'
import { type GeneratorOptions, generateScenario } from '../../src/sandbox/generate.ts'
import { type AdsCall, type GoogleGate, startGoogleGate } from '../accounts/google-gate.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'

let app: TestApp
let gate: GoogleGate
let browser: BrowserSession

afterEach(async () => {
  gate.open()
  await app.close()
  await gate.close()
})

/** Everything Google answers comes 100 ms late. */
async function start(accounts: GeneratorOptions): Promise<void> {
  gate = await startGoogleGate()
  app = await startApp({
    env: { GOOGLE_EMULATOR_HOST: gate.host, ALLOWED_DOMAINS: 'generated.example.com' },
    sandbox: { scenario: generateScenario(accounts) },
  })
  gate.connectTo(app.google.host)
  browser = await app.connected('U1')
  app.google.control.setLatency(100)
  gate.forget()
}

const root = () => app.google.scenario.accounts[0]?.id ?? ''
const isOfRoot = (call: AdsCall) => call.customerId === root()
const isRootsDirectClients = (call: AdsCall) => isOfRoot(call) && call.query.includes('level <= 1')

async function hierarchyAddress(): Promise<{ page: string; json: string }> {
  const { connections } = JSON.parse((await browser.get('/api/v1/connections')).text)
  const id: string = connections[0].id
  return {
    page: `/connections/${id}/accounts/${root()}`,
    json: `/api/v1/connections/${id}/customers/${root()}/hierarchy`,
  }
}

describe('the accounts of a person with twenty direct ones', () => {
  it('appear after two round trips: the list, then everything about every account at once', async () => {
    await start({ seed: 20, accounts: 200, managers: 10, direct: 19 })
    gate.hold(call => call.operation === 'searchStream')
    const page = browser.get('/accounts')
    await gate.until(40)
    expect(gate.calls).toHaveLength(41)
    expect(gate.answered).toBe(1)
    gate.open()
    const $ = load((await page).text)
    expect($('main tr[data-customer-id]')).toHaveLength(20)
    expect(gate.calls).toHaveLength(41)
  })
})

describe('a hierarchy of 10,000 accounts and 500 managers', () => {
  const size = { seed: 7, accounts: 10_000, managers: 500 }

  it('shows its first level after one round trip, the rest after at most managers + 2 calls', async () => {
    await start(size)
    const address = await hierarchyAddress()
    await browser.get('/accounts')
    gate.forget()

    gate.hold(call => !isRootsDirectClients(call))
    const first = load((await browser.get(address.page)).text)
    const firstLevel = app.google.scenario.links.filter(link => link.manager === root()).map(link => link.client)
    expect(shownIds(first).sort()).toEqual([root(), ...firstLevel].sort())
    expect(first('#hierarchy').attr('data-events')).toBeTruthy()
    expect(Number(first('progress').attr('value'))).toBe(1)
    expect(Number(first('progress').attr('max'))).toBeGreaterThan(1)
    expect(gate.calls.filter(isOfRoot)).toHaveLength(2)

    gate.open()
    const whole = JSON.parse((await browser.get(`${address.json}?wait=120`)).text)
    expect(whole).toMatchObject({ complete: true, problems: [] })
    expect(edgesOf(whole.accounts)).toEqual(
      new Set(app.google.scenario.links.map(({ manager, client }) => `${manager}>${client}`)),
    )
    expect(gate.calls.length).toBeLessThanOrEqual(size.managers + 2)

    gate.forget()
    const done = load((await browser.get(address.page)).text)
    expect(done('progress')).toHaveLength(0)
    expect(done('.sizes').text()).toContain('10,000')
    expect(gate.calls).toEqual([])
  })

  it('knows its size after the second answer, when thirty-two managers are being asked at once', async () => {
    await start(size)
    const address = await hierarchyAddress()
    await browser.get('/accounts')
    gate.hold(call => !isOfRoot(call))
    await browser.get(address.page)
    await gate.until(32)
    const page = load((await browser.get(address.page)).text)
    expect(page('progress').attr()).toMatchObject({ value: '1', max: '500' })
    expect(page('.sizes').text()).toContain('10,000')
  })
})

describe('a hierarchy that is read anew', () => {
  it('shows the earlier picture, and is not complete before the new one is there', async () => {
    await start({ seed: 3, accounts: 40, managers: 4 })
    const { json } = await hierarchyAddress()
    const read = async (query: string) => JSON.parse((await browser.get(`${json}?${query}`)).text)
    const earlier = await read('wait=20')
    expect(earlier).toMatchObject({ complete: true })
    gate.hold(call => call.operation === 'searchStream')
    expect(await read('refresh=1&wait=0')).toEqual({ ...earlier, complete: false })
    gate.open()
    const anew = await read('wait=20')
    expect(anew).toMatchObject({ complete: true, accounts: earlier.accounts })
    expect(anew.fetchedAt > earlier.fetchedAt).toBe(true)
  })
})

const shownIds = ($: ReturnType<typeof load>) =>
  $('main tr[data-customer-id]')
    .toArray()
    .map(row => $(row).attr('data-customer-id') ?? '')

function edgesOf(accounts: { customerId: string; parents: string[] }[]): Set<string> {
  return new Set(accounts.flatMap(({ customerId, parents }) => parents.map(parent => `${parent}>${customerId}`)))
}
