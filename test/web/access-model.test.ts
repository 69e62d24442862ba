import { readFileSync } from 'node:fs'
import { load } from 'cheerio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'

interface Tables {
  links: [string, string][]
  grants: Record<string, { account: string; role: string }[]>
  tables: {
    directAndIndirectAccess: { user: string; direct: string[]; indirect: string[] }[]
    loginCustomerIdAndCallableAccounts: { user: string; loginCustomerId: string; callable: string[] }[]
  }
}
const model = JSON.parse(readFileSync(new URL('../fixtures/access-model.json', import.meta.url), 'utf8')) as Tables
const people = ['U1', 'U2', 'U3']
const everyone = [...people, 'SA1']

let app: TestApp
const browsers = new Map<string, { browser: BrowserSession; connectionId: string }>()

beforeAll(async () => {
  app = await startApp()
  for (const label of people) {
    const browser = await app.connected(label)
    const { connections } = await getJson<{ connections: { id: string }[] }>(browser, '/api/v1/connections')
    browsers.set(label, { browser, connectionId: connections[0]?.id ?? '' })
  }
  const admin = await app.connected('ADMIN')
  await admin.post('/service-accounts', { key: JSON.stringify(app.google.serviceAccountKeyFile('SA1')) })
  const { connections } = await getJson<{ connections: { id: string; kind: string }[] }>(admin, '/api/v1/connections')
  const own = connections.find(each => each.kind === 'service_account')
  browsers.set('SA1', { browser: admin, connectionId: own?.id ?? '' })
})
afterAll(() => app.close())

async function getJson<T>(browser: BrowserSession, path: string): Promise<T> {
  const page = await browser.get(path)
  expect(page.status, page.text.slice(0, 300)).toBe(200)
  return JSON.parse(page.text) as T
}

const idOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.id ?? ''
const labelOf = (id: string) => app.google.scenario.accounts.find(account => account.id === id)?.label ?? id
const as = (label: string) => browsers.get(label) as { browser: BrowserSession; connectionId: string }

interface HierarchyJson {
  complete: boolean
  accounts: { customerId: string; parents: string[]; level: number }[]
}
const hierarchyOf = (label: string, root: string) =>
  getJson<HierarchyJson>(
    as(label).browser,
    `/api/v1/connections/${as(label).connectionId}/customers/${idOf(root)}/hierarchy?wait=10`,
  )

describe("the tables of Google's access model", () => {
  it.each(model.tables.directAndIndirectAccess.filter(row => everyone.includes(row.user)))(
    'direct and indirect access of $user',
    async ({ user, direct, indirect }) => {
      const { customers } = await getJson<{ customers: { customerId: string; accessRole: string }[] }>(
        as(user).browser,
        `/api/v1/connections/${as(user).connectionId}/customers`,
      )
      expect(customers.map(each => labelOf(each.customerId)).sort()).toEqual(direct)
      for (const { account, role } of model.grants[user] ?? []) {
        expect(customers.find(each => each.customerId === idOf(account))?.accessRole).toBe(role)
      }
      const below = new Set<string>()
      for (const root of direct) {
        for (const { customerId } of (await hierarchyOf(user, root)).accounts) below.add(labelOf(customerId))
      }
      for (const root of direct) below.delete(root)
      expect([...below].sort()).toEqual([...indirect].sort())
    },
  )

  it.each(model.tables.loginCustomerIdAndCallableAccounts.filter(row => everyone.includes(row.user)))(
    'accounts callable by $user through $loginCustomerId, and who manages whom among them',
    async ({ user, loginCustomerId, callable }) => {
      const hierarchy = await hierarchyOf(user, loginCustomerId)
      expect(hierarchy.complete).toBe(true)
      expect(hierarchy.accounts.map(each => labelOf(each.customerId)).sort()).toEqual([...callable].sort())
      const edges = hierarchy.accounts.flatMap(each =>
        each.parents.map(parent => [labelOf(parent), labelOf(each.customerId)]),
      )
      const expected = model.links.filter(
        ([manager, client]) => callable.includes(manager) && callable.includes(client),
      )
      expect(edges.map(String).sort()).toEqual(expected.map(String).sort())

      const page = await as(user).browser.get(
        `/connections/${as(user).connectionId}/accounts/${idOf(loginCustomerId)}?open=${callable.map(idOf).join(',')}`,
      )
      const shown = load(page.text)('[data-customer-id]').toArray()
      expect(new Set(shown.map(element => labelOf(element.attribs['data-customer-id'] ?? '')))).toEqual(
        new Set(callable),
      )
    },
  )

  it('an account that a person does not open directly is no login customer for them', async () => {
    const { browser, connectionId } = as('U1')
    expect((await browser.get(`/connections/${connectionId}/accounts/${idOf('M2')}`)).status).toBe(404)
    const picked = await browser.post('/login-customer', { connection_id: connectionId, customer_id: idOf('M2') })
    expect(picked.status).toBe(404)
  })
})
