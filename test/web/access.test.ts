import { readFileSync } from 'node:fs'
import { load } from 'cheerio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessMatrix, accessPicture } from '../../src/accounts/access.ts'
import type { Connection } from '../../src/connections/connection.ts'
import { en } from '../../src/messages/en.ts'
import { presentAccess, readAccessQuery } from '../../src/web/present/access.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'

interface Tables {
  accounts: Record<string, unknown>
  links: [string, string][]
  tables: {
    directAndIndirectAccess: { user: string; direct: string[]; indirect: string[] }[]
    loginCustomerIdAndCallableAccounts: { user: string; loginCustomerId: string; callable: string[] }[]
    effectiveAccess: { user: string; loginCustomerId: string; role: string; on: string[] }[]
    headerMayBeOmitted: { user: string; account: string }[]
  }
}
interface AccessJson {
  customerId: string
  reachable: boolean
  direct: boolean
  routes: {
    loginCustomerId: string
    accessRole: string | null
    paths: string[][]
    tested: { ok: boolean; at: string; problem: { code: string; message: string; requestId: string } | null } | null
  }[]
  recommended: { loginCustomerId: string; headerMayBeOmitted: boolean; accessRole: string | null } | null
  findings: { code: string; customerId: string; message: string }[]
}

const { links, tables, accounts } = JSON.parse(
  readFileSync(new URL('../fixtures/access-model.json', import.meta.url), 'utf8'),
) as Tables
const people = ['U1', 'U2', 'U3']
const labels = Object.keys(accounts)

let app: TestApp
const browsers = new Map<string, { browser: BrowserSession; connectionId: string }>()

beforeAll(async () => {
  app = await startApp()
  for (const label of people) {
    const browser = await app.connected(label)
    const { connections } = JSON.parse((await browser.get('/api/v1/connections')).text)
    browsers.set(label, { browser, connectionId: connections[0].id })
  }
  const admin = await app.connected('ADMIN')
  await admin.post('/service-accounts', { key: JSON.stringify(app.google.serviceAccountKeyFile('SA1')) })
  const { connections } = JSON.parse((await admin.get('/api/v1/connections')).text)
  const robot = connections.find((each: { kind: string }) => each.kind === 'service_account')
  browsers.set('SA1', { browser: admin, connectionId: robot.id })
})
afterAll(() => app.close())

const as = (label: string) => browsers.get(label) as { browser: BrowserSession; connectionId: string }
const idOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.id ?? ''
const labelOf = (id: string) => app.google.scenario.accounts.find(account => account.id === id)?.label ?? id

async function accessOf(user: string, label: string): Promise<AccessJson> {
  const { browser, connectionId } = as(user)
  const page = await browser.get(`/api/v1/connections/${connectionId}/access/${idOf(label)}`)
  expect(page.status, page.text.slice(0, 300)).toBe(200)
  return JSON.parse(page.text)
}

const allOf = async (user: string) =>
  Promise.all(labels.map(async label => ({ label, access: await accessOf(user, label) })))

async function pageOf(user: string, query = '') {
  const { browser, connectionId } = as(user)
  const page = await browser.get(`/connections/${connectionId}/access${query}`)
  expect(page.status).toBe(200)
  return load(page.text)
}

type Loaded = ReturnType<typeof load>
const idsIn = ($: Loaded) =>
  $('tr[data-customer-id]')
    .toArray()
    .map(row => labelOf(row.attribs['data-customer-id'] ?? ''))
const textOf = ($: Loaded, selector: string) => $(selector).text().replace(/\s+/g, ' ').trim()

describe("the tables of Google's access model", () => {
  it.each(tables.directAndIndirectAccess)('direct and indirect access of $user', async row => {
    const all = await allOf(row.user)
    const of = (direct: boolean) =>
      all.filter(({ access }) => access.reachable && access.direct === direct).map(({ label }) => label)
    expect(of(true).sort()).toEqual([...row.direct].sort())
    expect(of(false).sort()).toEqual([...row.indirect].sort())
  })

  it.each(tables.loginCustomerIdAndCallableAccounts)(
    'accounts callable by $user through $loginCustomerId, each by the paths there are',
    async ({ user, loginCustomerId, callable }) => {
      const through = (await allOf(user)).flatMap(({ label, access }) => {
        const route = access.routes.find(each => each.loginCustomerId === idOf(loginCustomerId))
        return route ? [{ label, paths: route.paths }] : []
      })
      expect(through.map(each => each.label).sort()).toEqual([...callable].sort())
      for (const { label, paths } of through) {
        expect(paths.length).toBeGreaterThan(0)
        for (const path of paths.map(ids => ids.map(labelOf))) {
          expect([path[0], path.at(-1)]).toEqual([loginCustomerId, label])
          path.slice(1).forEach((below, at) => {
            expect(links).toContainEqual([path[at], below])
          })
        }
      }
    },
  )

  it.each(tables.effectiveAccess)('effective access of $user through $loginCustomerId', async row => {
    const on = (await allOf(row.user)).filter(({ access }) =>
      access.routes.some(route => route.loginCustomerId === idOf(row.loginCustomerId) && route.accessRole === row.role),
    )
    expect(on.map(({ label }) => label).sort()).toEqual([...row.on].sort())
  })

  it.each(tables.headerMayBeOmitted)('$user may leave out the header for $account', async row => {
    expect((await accessOf(row.user, row.account)).recommended).toEqual({
      loginCustomerId: idOf(row.account),
      headerMayBeOmitted: true,
      accessRole: 'STANDARD',
    })
  })
})

describe('the access of one account as JSON', () => {
  it('is as designed, whatever the notation of the id', async () => {
    const [M2, M3, A1] = ['M2', 'M3', 'A1'].map(idOf) as [string, string, string]
    const expected: AccessJson = {
      customerId: A1,
      reachable: true,
      direct: false,
      routes: expect.arrayContaining([
        {
          loginCustomerId: M2,
          accessRole: 'STANDARD',
          paths: [[M2, A1]],
          tested: { ok: true, at: expect.stringMatching(/^\d{4}-.*Z$/), problem: null },
        },
        { loginCustomerId: M3, accessRole: 'READ_ONLY', paths: [[M3, A1]], tested: null },
      ]),
      recommended: { loginCustomerId: M2, headerMayBeOmitted: false, accessRole: 'STANDARD' },
      findings: [],
    }
    const { browser, connectionId } = as('U2')
    const dashed = A1.replace(/^(...)(...)/, '$1-$2-')
    for (const notation of [A1, dashed, encodeURIComponent(`customers/${A1}`)]) {
      const { text } = await browser.get(`/api/v1/connections/${connectionId}/access/${notation}`)
      expect(JSON.parse(text)).toEqual(expected)
    }
  })

  it('says plainly that an account is not reachable', async () => {
    expect(await accessOf('U3', 'A1')).toEqual({
      customerId: idOf('A1'),
      reachable: false,
      direct: false,
      routes: [],
      recommended: null,
      findings: [],
    })
  })

  it('says that what it shows is of before, where the connection is paused', async () => {
    const { browser, connectionId } = as('U3')
    await browser.post(`/connections/${connectionId}/pause`)
    const access = await accessOf('U3', 'A4')
    await browser.post(`/connections/${connectionId}/resume`)
    expect(access.findings).toContainEqual({
      code: 'connection_paused',
      customerId: idOf('A4'),
      message: expect.stringContaining('paused'),
    })
  })

  it('knows no connection of somebody else, and no id that is none', async () => {
    const { browser, connectionId } = as('U1')
    for (const path of [`${as('U2').connectionId}/access/${idOf('A1')}`, `nope/access/${idOf('A1')}`]) {
      const page = await browser.get(`/api/v1/connections/${path}`)
      expect([page.status, JSON.parse(page.text).code]).toEqual([404, 'not_found'])
    }
    expect((await browser.get(`/api/v1/connections/${connectionId}/access/12345`)).status).toBe(404)
  })
})

describe('the access page of a connection', () => {
  it('shows accounts by login customers, each with its role', async () => {
    const $ = await pageOf('U2')
    expect(idsIn($).sort()).toEqual(['A1', 'A2', 'A3', 'A4', 'M2', 'M3'])
    const columns = $('th[data-login-customer-id]')
      .toArray()
      .map(th => labelOf(th.attribs['data-login-customer-id'] ?? ''))
    expect([...columns].sort()).toEqual(['M2', 'M3'])
    const cell = (label: string, column: string) =>
      $(`tr[data-customer-id="${idOf(label)}"] td`)
        .eq(1 + columns.indexOf(column))
        .text()
        .replace(/\s+/g, ' ')
        .trim()
    expect(cell('A1', 'M2')).toBe('Standard')
    expect(cell('A1', 'M3')).toBe('Read only')
    expect(cell('A4', 'M2')).toBe('–')
    expect(cell('M2', 'M2')).toBe('Standard Direct access')
    expect($('time').length).toBeGreaterThan(2)
    expect($('#gaps').length).toBe(0)
  })

  it('keeps the accounts whose role depends on the login customer, and those that fit a text', async () => {
    expect(idsIn(await pageOf('U2', '?differs=1'))).toEqual(['A1'])
    expect(idsIn(await pageOf('U2', `?q=${idOf('A4')}`))).toEqual(['A4'])
    const none = await pageOf('U1', '?differs=1')
    expect(idsIn(none)).toEqual([])
    expect(textOf(none, '.empty')).toContain('No account differs')
  })

  it('sorts by link, both ways', async () => {
    const up = await pageOf('U2', '?sort=id')
    expect(idsIn(up).map(idOf)).toEqual(idsIn(up).map(idOf).sort())
    const link = up('th[aria-sort="ascending"] a').attr('href') ?? ''
    const down = await pageOf('U2', link.slice(link.indexOf('?')))
    expect(idsIn(down)).toEqual(idsIn(up).reverse())
    expect(down('th[aria-sort="descending"]').length).toBe(1)
    const byM3 = idsIn(await pageOf('U2', `?sort=${idOf('M3')}`))
    expect(byM3.slice(0, 3).sort()).toEqual(['A1', 'A4', 'M3'])
    expect(
      idsIn(await pageOf('U2', `?sort=-${idOf('M3')}`))
        .slice(0, 3)
        .sort(),
    ).toEqual(['A1', 'A4', 'M3'])
    expect(idsIn(await pageOf('U2', '?sort=%3Cscript%3E&page=-1')).length).toBe(6)
  })

  it('has a column for accounts that are their own login customer', async () => {
    const $ = await pageOf('U3')
    expect(textOf($, 'thead')).toContain('Itself')
    expect(textOf($, `tr[data-customer-id="${idOf('A4')}"] td:last-child`)).toBe('Standard Direct access')
  })

  it('is linked from the connection, and does not exist for others', async () => {
    const { browser, connectionId } = as('U1')
    expect((await browser.get(`/connections/${connectionId}`)).text).toContain(`/connections/${connectionId}/access`)
    expect((await browser.get(`/connections/${as('U2').connectionId}/access`)).status).toBe(404)
  })
})

describe('the page of an account', () => {
  async function accountPage(user: string, root: string, label: string) {
    const { browser, connectionId } = as(user)
    const page = await browser.get(`/connections/${connectionId}/accounts/${idOf(root)}/${idOf(label)}`)
    expect(page.status, page.text.slice(0, 500)).toBe(200)
    return load(page.text)
  }
  const section = '[aria-labelledby="other-roots"]'
  const nameOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.name ?? ''

  it('names the other login customers, the strongest role, and switches in one click', async () => {
    const weak = await accountPage('U2', 'M3', 'A1')
    const sentence = `Through ${nameOf('M2')} you are Standard, through ${nameOf('M3')} only Read only. Use ${nameOf('M2')}.`
    expect(textOf(weak, section)).toContain(sentence)
    expect(textOf(weak, section)).toContain('Tested: Google opens the account through it.')
    expect(weak(`${section} tr[data-login-customer-id]`).length).toBe(1)
    const href = weak(`${section} a.button`).attr('href') ?? ''
    expect(href).toBe(`/connections/${as('U2').connectionId}/accounts/${idOf('M2')}/${idOf('A1')}`)
    const strong = load((await as('U2').browser.get(href)).text)
    expect(textOf(strong, section)).toContain('You are looking through the login customer with the strongest role.')
  })

  it('says where no other login customer leads', async () => {
    expect(textOf(await accountPage('U1', 'M1', 'A1'), section)).toContain('No other login customer')
  })
})

describe('a login customer that Google refuses', () => {
  it('is not recommended, neither in the JSON nor on the page, and its verdict is shown', async () => {
    const own = await startApp()
    try {
      const browser = await own.connected('U2')
      const { connections } = JSON.parse((await browser.get('/api/v1/connections')).text)
      const [M2, M3, A1] = ['M2', 'M3', 'A1'].map(idOf)
      await browser.get(`/api/v1/connections/${connections[0].id}/access/${idOf('A2')}`)
      own.google.control.addFault({
        match: { host: 'googleads.googleapis.com', customerId: A1, loginCustomerId: M2 },
        effect: { kind: 'google_ads_error', family: 'authorizationError', code: 'USER_PERMISSION_DENIED' },
      })
      const { text } = await browser.get(`/api/v1/connections/${connections[0].id}/access/${A1}`)
      const { recommended, routes } = JSON.parse(text) as AccessJson
      expect(recommended).toEqual({ loginCustomerId: M3, headerMayBeOmitted: false, accessRole: 'READ_ONLY' })
      const refused = routes.find(route => route.loginCustomerId === M2)?.tested
      expect(refused).toMatchObject({ ok: false, problem: { code: 'USER_PERMISSION_DENIED' } })
      expect(refused?.problem?.requestId).toBeTruthy()
      const $ = load((await browser.get(`/connections/${connections[0].id}/accounts/${M3}/${A1}`)).text)
      const section = textOf($, '[aria-labelledby="other-roots"]')
      expect(section).toContain('Google opens it through Baltic Performance Partners only, where you are Read only.')
      expect(section).toContain('USER_PERMISSION_DENIED')
      expect(section).not.toContain('Use Northlight Retail Group')
    } finally {
      await own.close()
    }
  })
})

describe('what could not be looked at', () => {
  it('is named on the page and in the JSON, and nothing is said about what it hides', async () => {
    const own = await startApp()
    try {
      const browser = await own.connected('U2')
      const { connections } = JSON.parse((await browser.get('/api/v1/connections')).text)
      await browser.get(`/api/v1/connections/${connections[0].id}/customers`)
      own.google.control.addFault({
        match: { host: 'googleads.googleapis.com', customerId: idOf('M3') },
        effect: {
          kind: 'google_ads_error',
          status: 403,
          family: 'authorizationError',
          code: 'USER_PERMISSION_DENIED',
          message: 'Not this way.',
        },
        times: 100,
      })
      const path = `/api/v1/connections/${connections[0].id}/access`
      const a4 = JSON.parse((await browser.get(`${path}/${idOf('A4')}`)).text) as AccessJson
      expect(a4).toMatchObject({ reachable: false, findings: [{ code: 'hierarchy_failed', customerId: idOf('M3') }] })
      expect(a4.findings[0]?.message).toContain('could not be read. This Google account may not open it this way.')
      const $ = load((await browser.get(`/connections/${connections[0].id}/access`)).text)
      expect(textOf($, '#gaps')).toContain(a4.findings[0]?.message)
      expect(textOf($, `tr[data-customer-id="${idOf('A1')}"]`)).toContain('Not known')
      expect(textOf($, `tr[data-customer-id="${idOf('M3')}"]`)).toContain('Read only Direct access')
    } finally {
      await own.close()
    }
  })
})

describe('a connection with very many accounts', () => {
  const count = 50_000
  const plain = { status: 'ENABLED' as const, currencyCode: 'EUR', timeZone: 'Europe/Berlin', testAccount: false }
  const root = { ...plain, customerId: '1000000000', descriptiveName: 'Root', manager: true }
  const below = Array.from({ length: count - 1 }, (_, n) => {
    const customerId = String(1_000_000_001 + n)
    const name = `Client ${(n * 7919) % count}`
    return {
      ...plain,
      customerId,
      descriptiveName: name,
      manager: false,
      hidden: false,
      level: 1,
      parents: [root.customerId],
    }
  })
  const fetchedAt = '2026-11-22T10:00:00.000Z'
  const hierarchy = {
    loginCustomerId: root.customerId,
    complete: true,
    loading: false,
    fetchedAt,
    accounts: [{ ...root, hidden: false, level: 0, parents: [] }, ...below],
    problems: [],
    progress: { accounts: count, managers: 1, managersDone: 1, failed: 0 },
  }
  const account = { ...root, accessRole: 'ADMIN' as const, accessRoleProblem: null, problem: null }
  const picture = accessPicture([{ account, hierarchy, findings: [] }], fetchedAt)
  const present = (query: Record<string, string>) =>
    presentAccess({
      t: en,
      now: new Date('2026-11-22T12:00:00.000Z'),
      connection: { id: 'c1', email: 'ann@agency.example' } as Connection,
      matrix: accessMatrix(picture),
      query: readAccessQuery(query),
    })

  it('is shown five hundred at a time, with a way on and back', () => {
    const first = present({})
    expect(first.rows).toHaveLength(500)
    expect(first).toMatchObject({ countText: '1–500 of 50,000', previousHref: null })
    expect(first.nextHref).toBe('/connections/c1/access?page=2')
    const last = present({ page: '999', sort: '-id' })
    expect(last.rows.at(-1)?.account.customerId).toBe(root.customerId)
    expect(last).toMatchObject({ nextHref: null, previousHref: '/connections/c1/access?sort=-id&page=99' })
    expect(first.fetched.ago).toBe('2 hours ago')
  })
})
