import { load } from 'cheerio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { openSqlite, type Sqlite } from '../support/sqlite.ts'

let app: TestApp
let admin: BrowserSession
let member: BrowserSession
let connectionId: string

beforeAll(async () => {
  app = await startApp()
  member = await app.connected('U1')
  admin = app.browser()
  await followConsent(admin, await admin.get('/auth/start?intent=sign-in'), 'ADMIN')
  connectionId = JSON.parse((await member.get('/api/v1/connections')).text).connections[0].id
})
afterAll(() => app.close())

const u1 = 'ines.ferreira@northlight.example.com'
const dagny = 'dagny.holm@northlight.example.com'

interface Entry {
  seq: number
  action: string
  actor: { name: string | null; requestId: string }
  changes: Record<string, string>
}
async function entries(query = ''): Promise<Entry[]> {
  const page = await admin.get(`/audit/export?format=jsonl${query}`)
  expect(page.status).toBe(200)
  return page.text
    .split('\n')
    .slice(0, -2)
    .map(line => JSON.parse(line))
}
const rows = (page: Page) => {
  const $ = load(page.text)
  return $('tr[data-seq]')
    .toArray()
    .map(row => $(row).text().replace(/\s+/g, ' '))
}

/** Puts something into the trail as the application itself would never name it. */
function write(change: (database: Sqlite) => void): void {
  const database = openSqlite(app.databaseFile)
  change(database)
  database.close()
}

describe('the audit page', () => {
  it('tells who did what to what, how and when, newest first, with a way to what still exists', async () => {
    const page = await admin.get('/audit')
    const $ = load(page.text)
    expect(rows(page)[0]).toContain('Read the audit trail')
    expect(rows(page)[0]).toContain(dagny)
    const connected = $('tr[data-seq]').filter((_, row) => $(row).text().includes(`Connected ${u1}`))
    expect(connected.find(`a[href="/connections/${connectionId}"]`).text()).toBe(u1)
    expect(connected.text()).toContain('In the browser')
    expect(connected.text()).toContain('Done')
    expect(connected.text()).toMatch(/\d\d:\d\d:\d\d UTC/)
    const [entry] = await entries('&action=connection.created')
    expect(connected.text()).toContain(entry?.actor.requestId)
  })

  it.each([
    [`person=INES`, u1, dagny],
    [`action=member.signed_in&person=dagny`, 'Signed in', 'Connected'],
    ['target_kind=connection', `Connected ${u1}`, 'Signed in'],
    [`target=INES.ferreira`, `Connected ${u1}`, 'Read the'],
  ])('shows only what the filter %s asks for', async (query, there, gone) => {
    const found = rows(await admin.get(`/audit?${query}&from=&to=`))
    expect(found.length).toBeGreaterThan(0)
    expect(found.join()).toContain(there)
    expect(found.join()).not.toContain(gone)
  })

  it('takes days whole, the last one included', async () => {
    const today = new Date().toISOString().slice(0, 10)
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
    expect(rows(await admin.get(`/audit?from=${today}&to=${today}`)).length).toBeGreaterThan(0)
    const none = await admin.get(`/audit?to=${yesterday}`)
    expect(rows(none)).toEqual([])
    expect(none.text).toContain('No entry matches')
  })

  it.each(['action=nothing.known', 'target_kind=x', 'from=yesterday', 'to=2026-02-31', 'before=x'])(
    'answers %s with 400 rather than with everything',
    async query => {
      expect((await admin.get(`/audit?${query}`)).status).toBe(400)
      expect((await admin.get(`/audit/export?format=csv&${query.replace('before=x', 'format=xml')}`)).status).toBe(400)
    },
  )

  it('pages through all entries without losing or repeating one, also while others are written', async () => {
    for (let index = 0; index < 60; index++) await admin.get(`/audit?person=p${index}`)
    const seen: string[] = []
    let path: string | undefined = '/audit?action=audit.read'
    while (path) {
      const page: Page = await admin.get(path)
      const $ = load(page.text)
      seen.push(...rows(page).flatMap(row => row.match(/Who: p\d+/g) ?? []))
      path = $('a[rel="next"]').attr('href')
      await admin.get(`/audit?person=later${seen.length}`)
    }
    expect(seen).toHaveLength(60)
    expect(new Set(seen).size).toBe(60)
  })

  it('does not exist for anybody but admins, and a refused look is no reading', async () => {
    const before = (await entries('&action=audit.read')).length
    for (const path of ['/audit', '/audit/export?format=csv']) {
      expect((await member.get(path)).status).toBe(404)
      expect((await app.browser().get(path)).status).toBe(401)
    }
    expect((await member.post('/audit/verify')).status).toBe(404)
    expect((await member.get('/audit')).text).not.toContain(dagny)
    expect(await entries('&action=audit.read')).toHaveLength(before)
  })
})

describe('reading the trail', () => {
  it('is written down once for a question, however many pages are turned', async () => {
    const asked = async () => (await entries('&action=audit.read')).filter(entry => entry.changes.person === 'quince')
    await admin.get('/audit?person=quince')
    await admin.get('/audit?person=quince&before=5')
    await admin.get('/audit?person=quince')
    expect(await asked()).toHaveLength(1)
    expect((await asked())[0]).toMatchObject({ actor: { name: dagny }, changes: { person: 'quince' } })
  })

  it('as a file is written down each time, with the question', async () => {
    await entries('&person=medlar')
    await entries('&person=medlar')
    const exported = (await entries('&action=audit.exported')).filter(entry => entry.changes.person === 'medlar')
    expect(exported).toHaveLength(2)
    expect(exported[0]?.changes).toEqual({ format: 'jsonl', person: 'medlar' })
  })

  it.each(['cross-site', 'same-site'])('as a file is nothing a page of another site can cause (%s)', async site => {
    const address = '/audit/export?format=csv&person=loquat'
    const page = await admin.get(address, { 'sec-fetch-site': site })
    expect(page.status).toBe(403)
    expect(await entries('&action=audit.exported&person=loquat')).toEqual([])
    expect((await admin.get(address, { 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  })
})

describe('the exported file', () => {
  it('is JSON lines with everything an entry holds', async () => {
    const [entry] = await entries('&action=connection.created')
    const { text, headers } = await admin.get('/audit/export?format=jsonl')
    expect(JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')).toEqual({ checkpoint: headers.get('audit-checkpoint') })
    expect(entry).toMatchObject({
      action: 'connection.created',
      outcome: 'done',
      actor: { kind: 'member', name: u1, via: 'browser' },
      target: { kind: 'connection', id: connectionId, name: u1 },
      hash: expect.stringMatching(/^[\w-]{43}$/),
    })
  })

  it('is CSV that spreadsheets read as text, whatever names people gave', async () => {
    const names = [
      '=HYPERLINK("http://x";"y")',
      '+1',
      '-1',
      '@SUM(A1)',
      '\tx',
      'a "quoted", name\r\nin two lines',
      '山田',
    ]
    write(database => {
      const insert = database.prepare(
        `insert into audit_entries (seq, at, actor_kind, actor_name, via, action, target_kind, target_id, target_name,
         outcome, changes, hash) values (?, '2020-01-01T00:00:00.000Z', 'member', 'hostile@x', 'browser',
         'api_key.created', 'api_key', 'k', ?, 'done', '{}', 'x')`,
      )
      names.forEach((name, index) => {
        insert.run(1_000_000 + index, name)
      })
    })
    const page = await admin.get('/audit/export?format=csv&person=hostile')
    expect((await admin.get('/audit?person=hostile')).text).not.toContain('<script>alert')
    write(database => database.prepare('delete from audit_entries where seq >= 1000000').run())
    expect(page.headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/)
    expect(page.headers.get('content-disposition')).toMatch(/attachment; filename=audit-\d{4}-\d\d-\d\d\.csv$/)
    const [header, ...records] = parseCsv(page.text)
    const column = header?.indexOf('target') ?? -1
    expect(records.every(record => record.length === header?.length)).toBe(true)
    const checkpoint = records.pop()
    expect(checkpoint?.[header?.indexOf('action') ?? -1]).toBe('audit.checkpoint')
    expect(JSON.parse(checkpoint?.[header?.indexOf('changes') ?? -1] ?? '')).toEqual({
      checkpoint: page.headers.get('audit-checkpoint'),
    })
    expect(records.map(record => record[column]).reverse()).toEqual([
      `'=HYPERLINK("http://x";"y")`,
      "'+1",
      "'-1",
      "'@SUM(A1)",
      "'\tx",
      'a "quoted", name\r\nin two lines',
      '山田',
    ])
  })

  it('begins with the mark by which spreadsheets know UTF-8', async () => {
    const response = await fetch(`${app.url}/audit/export?format=csv`, {
      headers: { cookie: [...admin.cookies()].map(([name, value]) => `${name}=${value}`).join('; ') },
    })
    expect([...new Uint8Array(await response.arrayBuffer()).subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  })
})

/** RFC 4180, read plainly. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [[]]
  for (const [, quoted, plain, end] of text
    .replace(/^\ufeff/, '')
    .matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    records.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === '\r\n') records.push([])
    if (end === '') break
  }
  return records.slice(0, -1)
}

describe('verifying on the page', () => {
  it('says that the chain is intact, and where it breaks', async () => {
    const press_ = async () => {
      expect((await press(admin, await admin.get('/audit'), { text: 'Verify the chain' })).location).toBe('/audit')
      return load((await admin.get('/audit')).text)('.flash').text()
    }
    expect(await press_()).toContain('The chain is intact')
    const change = (from: string, to: string) =>
      write(database =>
        database.prepare('update audit_entries set actor_name = ? where seq = 3 and actor_name = ?').run(to, from),
      )
    const [third] = (await entries()).filter(entry => entry.seq === 3)
    change(third?.actor.name ?? '', 'somebody@else')
    expect(await press_()).toContain('Entry 3 is not what was written there.')
    change('somebody@else', third?.actor.name ?? '')
    expect(await press_()).toContain('The chain is intact')
  })
})

describe('the history on a connection’s page', () => {
  it('shows its owner what happened to it, and admins the way to the whole trail', async () => {
    const own = (await member.get(`/connections/${connectionId}`)).text
    expect(own).toContain('History')
    expect(load(own)('.history').text()).toContain(`Connected ${u1}`)
    expect(own).not.toContain('/audit?target=')
    const all = await admin.get(`/connections/${connectionId}`)
    expect(all.text).toContain(`/audit?target=${connectionId}`)
    expect(rows(await admin.get(`/audit?target=${connectionId}`))[0]).toContain(`Connected ${u1}`)
  })

  it('is not shown to those who may only use it', async () => {
    write(database => database.prepare('update connections set shared = 1').run())
    const other = await app.connected('U2')
    const page = await other.get(`/connections/${connectionId}`)
    expect(page.status).toBe(200)
    expect(load(page.text)('.history')).toHaveLength(0)
  })
})

describe('who acted', () => {
  it('is clear even if an address has passed from one member to another', async () => {
    const page = async () => rows(await admin.get('/audit?action=connection.created')).join()
    expect(await page()).not.toContain('(member ')
    const other = await app.connected('U3')
    const { member: mei } = JSON.parse((await other.get('/api/v1/me')).text)
    const { member: ines } = JSON.parse((await member.get('/api/v1/me')).text)
    const rename = (id: string, email: string) =>
      write(database => database.prepare('update members set email = ? where id = ?').run(email, id))
    rename(ines.id, 'ines.costa@northlight.example.com')
    rename(mei.id, u1)
    expect(await page()).toContain(`${u1} (member ${ines.id.slice(0, 8)})`)
    const history = async () => load((await member.get(`/connections/${connectionId}`)).text)('.history').text()
    expect(await history()).toContain(`${u1} (member ${ines.id.slice(0, 8)})`)
    rename(mei.id, mei.email)
    rename(ines.id, u1)
    expect(await history()).not.toContain('(member ')
  })

  it('is shown as a guest if not a member, and as unverified if Google has not verified the address', async () => {
    for (const verified of [true, false]) {
      const made = await member.post('/links', { connection_id: connectionId, hours: '1' })
      const link = load(made.text)('pre code').text()
      const guest = app.browser()
      const started = await guest.get(`${link}/start`, { 'sec-fetch-site': 'same-origin' })
      if (!verified) app.google.control.failNext({ effect: { kind: 'id_token', set: { email_verified: false } } })
      expect((await followConsent(guest, started, 'U1')).status).toBe(303)
    }
    const shown = rows(await admin.get('/audit?action=link.used'))
    expect(shown[1]).toContain(`${u1} (not a member)`)
    expect(shown[0]).toContain(`${u1} (not a member, address not verified by Google)`)
    expect((await entries('&action=link.used')).map(({ actor }) => actor.name)).toEqual([`unverified:${u1}`, u1])
  })
})
