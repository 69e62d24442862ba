import { load } from 'cheerio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Context } from '../../src/context.ts'
import { type Route, routeTable } from '../../src/web/routes.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { openSqlite } from '../support/sqlite.ts'

const table = routeTable(
  { config: { publicUrl: 'http://localhost' } } as unknown as Context,
  new AbortController().signal,
)
const reads = table.filter(({ method }) => method === 'get')

let app: TestApp
let admin: BrowserSession
/** What stands in the addresses: the admin's own connection and what belongs to it. */
let inAddress: Record<string, string>

beforeAll(async () => {
  app = await startApp()
  admin = await app.connected('ADMIN')
  const { member } = JSON.parse((await admin.get('/api/v1/me')).text)
  const { connections } = JSON.parse((await admin.get('/api/v1/connections')).text)
  const id = connections[0].id
  const { customers } = JSON.parse((await admin.get(`/api/v1/connections/${id}/customers`)).text)
  const root = customers[0].customerId
  const made = await admin.post('/links', { hours: '24' })
  const secret = /\/links\/([\w-]{43})/.exec(made.text)?.[1] ?? ''
  inAddress = { id, secret, loginCustomerId: root, customerId: root, format: 'curl', memberId: member.id }
})
afterAll(() => app.close())

const pathOf = ({ path }: Route) => path.replace(/:(\w+)/g, (_, name: string) => inAddress[name] ?? name)

/** What the trail says was done, refusals aside. */
function deeds(): number {
  const database = openSqlite(app.databaseFile, { readOnly: true })
  const row = database.prepare("select count(*) n from audit_entries where outcome = 'done'").get() as { n: number }
  database.close()
  return row.n
}

const navigation = { 'sec-fetch-dest': 'document' }

describe.each(['cross-site', 'same-site'])('a page of another site (%s)', site => {
  it.each(reads.map(route => [route.path, route] as const))(
    'row 34: records nothing in the reader’s name by a link to %s',
    async (_path, route) => {
      const before = deeds()
      for (const query of ['?format=csv', '?reveal=1&refresh=1']) {
        await admin.get(pathOf(route) + query, { 'sec-fetch-site': site, ...navigation })
      }
      expect(deeds()).toBe(before)
    },
  )

  it.each(reads.map(route => [route.path, route] as const))(
    'row 34: cannot load %s into itself',
    async (_path, route) => {
      for (const destination of ['image', 'empty', 'iframe']) {
        const headers = { 'sec-fetch-site': site, 'sec-fetch-dest': destination }
        const answer = await admin.get(pathOf(route), headers)
        expect([answer.status, answer.location], destination).toEqual([403, null])
      }
    },
  )

  it('may link to a page that records nothing', async () => {
    for (const path of ['/setup', '/accounts', '/connections', '/find']) {
      expect((await admin.get(path, { 'sec-fetch-site': site, ...navigation })).status).toBe(200)
    }
  })

  it('cannot open the audit trail, but the reader can, from the page that refuses it', async () => {
    const refused = await admin.get('/audit?person=medlar', { 'sec-fetch-site': site, ...navigation })
    expect(refused.status).toBe(403)
    expect(refused.text).toContain('You followed a link from another site.')
    const [open] = load(refused.text)('main a.button-primary').toArray()
    expect(open?.attribs.href).toBe('/audit?person=medlar')
    for (const from of ['same-origin', 'none']) {
      expect((await admin.get('/audit', { 'sec-fetch-site': from, ...navigation })).status).toBe(200)
    }
  })
})
