import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Accounts, createAccounts } from '../../src/accounts/accounts.ts'
import { accountGraph } from '../../src/accounts/graph.ts'
import { createGoogleAds } from '../../src/google/ads.ts'
import { googleEndpoints } from '../../src/google/endpoints.ts'
import { createHttp } from '../../src/google/http.ts'
import { generateScenario } from '../../src/sandbox/generate.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import type { Scenario } from '../../src/sandbox/scenario.ts'
import { DEFAULT_CLIENT, DEFAULT_PROJECT } from '../../src/sandbox/scenarios/default-client.ts'
import { memorySnapshots } from './memory-snapshots.ts'

/** Google's own example of its access model, against the local Google. */
const model: {
  links: [string, string][]
  tables: {
    directAndIndirectAccess: { user: string; direct: string[]; indirect: string[] }[]
    loginCustomerIdAndCallableAccounts: { user: string; loginCustomerId: string; callable: string[] }[]
    effectiveAccess: { user: string; loginCustomerId: string; role: string; on: string[] }[]
  }
} = JSON.parse(readFileSync(new URL('../fixtures/access-model.json', import.meta.url), 'utf8'))

let google: Sandbox
let accounts: Accounts

async function open(scenario?: Scenario) {
  google = await startSandbox(scenario && { scenario })
  const endpoints = googleEndpoints(google.host)
  accounts = createAccounts({
    ads: createGoogleAds({
      http: createHttp(endpoints.allowedOrigins),
      endpoints,
      apiVersion: 'v25',
      developerToken: null,
    }),
    snapshots: memorySnapshots(),
    tokenFor: person => async () => tokenOf(person),
    now: () => new Date(),
    log: { info: () => {}, warn: () => {} },
  })
}

async function shut() {
  await accounts.close()
  await google.close()
}

/** As if the person had consented: the sign-in has tests of its own. */
function tokenOf(person: string): string {
  const scopes = ['https://www.googleapis.com/auth/adwords']
  const { grants } = google.control.world
  grants.addConsent(person, DEFAULT_PROJECT, scopes)
  const grant = { person, project: DEFAULT_PROJECT, clientId: DEFAULT_CLIENT.clientId, scopes, offline: true }
  return grants.issueAccessToken(grant).token
}

function connectionOf(person: string) {
  return { id: person, email: google.scenario.people.find(one => one.label === person)?.email ?? '' }
}

function idOf(label: string): string {
  const account = google.scenario.accounts.find(one => one.label === label)
  if (!account) throw new Error(`no account ${label}`)
  return account.id
}

const ids = (labels: string[]) => labels.map(idOf).sort()

describe('the documented access model', () => {
  beforeAll(() => open())
  afterAll(shut)

  it.each(model.tables.directAndIndirectAccess)(
    '$user reaches $direct directly and $indirect through them',
    async row => {
      const connection = connectionOf(row.user)
      const direct = await accounts.direct(connection)
      expect(direct.accounts.map(account => account.customerId).sort()).toEqual(ids(row.direct))
      const below = new Set<string>()
      for (const { customerId } of direct.accounts) {
        const hierarchy = await accounts.hierarchy(connection, customerId, { waitMs: 10_000 })
        for (const account of hierarchy.accounts) below.add(account.customerId)
      }
      for (const id of ids(row.direct)) below.delete(id)
      expect([...below].sort()).toEqual(ids(row.indirect))
    },
  )

  it.each(model.tables.loginCustomerIdAndCallableAccounts)(
    '$user calls $callable through $loginCustomerId',
    async row => {
      const hierarchy = await accounts.hierarchy(connectionOf(row.user), idOf(row.loginCustomerId), { waitMs: 10_000 })
      expect(hierarchy).toMatchObject({ complete: true, problems: [] })
      expect(hierarchy.accounts.map(account => account.customerId).sort()).toEqual(ids(row.callable))
      for (const account of hierarchy.accounts) {
        const parents = model.links.filter(([manager, client]) => {
          return idOf(client) === account.customerId && row.callable.includes(manager) && client !== row.loginCustomerId
        })
        expect(account.parents).toEqual(ids(parents.map(([manager]) => manager)))
      }
    },
  )

  it.each(model.tables.effectiveAccess)('$user holds $role on $loginCustomerId', async row => {
    const { accounts: direct } = await accounts.direct(connectionOf(row.user))
    const root = direct.find(account => account.customerId === idOf(row.loginCustomerId))
    expect(root).toMatchObject({ accessRole: row.role, accessRoleProblem: null, problem: null })
  })

  it('has no accounts for somebody without Google Ads', async () => {
    await expect(accounts.direct(connectionOf('NOADS'))).rejects.toMatchObject({ code: 'ads_not_ads_user' })
  })

  it('shows a cancelled account beside those that work', async () => {
    const { accounts: direct } = await accounts.direct(connectionOf('ODD'))
    const refused = direct.filter(account => account.problem)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(direct.length)
    expect(refused.every(account => account.problem?.code === 'CUSTOMER_NOT_ENABLED' && account.status === null)).toBe(
      true,
    )
  })

  it('reports thirty days of a client and none of a manager', async () => {
    const connection = connectionOf('U1')
    const report = await accounts.campaigns(connection, idOf('M1'), idOf('A3'))
    expect(report).toMatchObject({ currencyCode: 'USD', timeZone: 'America/New_York' })
    expect(report.days).toHaveLength(30)
    const micros = (rows: { costMicros: bigint }[]) => rows.reduce((sum, row) => sum + row.costMicros, 0n)
    expect(report.totals.costMicros).toBeGreaterThan(0n)
    expect(micros(report.days)).toBe(report.totals.costMicros)
    expect(micros(report.campaigns)).toBe(report.totals.costMicros)
    const refused = accounts.campaigns(connection, idOf('M1'), idOf('M2'))
    await expect(refused).rejects.toMatchObject({ code: 'ads_metrics_for_manager' })
  })
})

describe('a large generated hierarchy', () => {
  beforeAll(() => open(generateScenario({ seed: 7, accounts: 3000, managers: 150 })))
  afterAll(shut)

  it('is read edge by edge with one call a manager and one more', async () => {
    const connection = connectionOf('U1')
    const { accounts: direct } = await accounts.direct(connection)
    const root = direct[0]?.customerId ?? ''
    const before = google.requests.length
    const hierarchy = await accounts.hierarchy(connection, root, { waitMs: 25_000 })
    expect(google.requests.length - before).toBeLessThanOrEqual(150 + 2)
    expect(hierarchy).toMatchObject({ complete: true, progress: { accounts: 3000, managers: 150, managersDone: 150 } })
    const links = hierarchy.accounts.flatMap(account =>
      account.parents.map(parent => `${parent} ${account.customerId}`),
    )
    expect(links.sort()).toEqual(google.scenario.links.map(link => `${link.manager} ${link.client}`).sort())
    expect(accountGraph(hierarchy).size(root)).toMatchObject({ accounts: 2999, managers: 149 })
  })
})
