import { randomBytes } from 'node:crypto'
import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { en } from '../../src/messages/en.ts'
import { sealedColumns } from '../../src/sealed-columns.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { firstColumn, openSqlite, type Sqlite } from '../support/sqlite.ts'

const secretOf = (entry: string) => entry.split(':')[1] ?? ''
const k1 = `k1:${randomBytes(32).toString('base64url')}`
const k2 = `k2:${randomBytes(32).toString('base64url')}`

let app: TestApp
let dagny: BrowserSession

beforeEach(async () => {
  app = await startApp({ env: { TOKEN_KEYS: k1, SESSION_SECRETS: '' } })
  dagny = await app.connected('ADMIN')
})
afterEach(() => app.close())

function withDatabase<T>(work: (database: Sqlite) => T): T {
  const database = openSqlite(app.databaseFile)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

const restartWith = (...keys: string[]) => app.restart({ TOKEN_KEYS: keys.join(',') })
const main = (page: Page) => load(page.text)('main').text().replace(/\s+/g, ' ')
const rowOf = (page: Page, kid: string) => load(page.text)(`tr[data-kid="${kid}"]`).text().replace(/\s+/g, ' ')
const keysPage = () => dagny.get('/keys')
const connectionOf = async (browser: BrowserSession) =>
  JSON.parse((await browser.get('/api/v1/connections')).text).connections[0]
const askGoogle = async (browser: BrowserSession) =>
  browser.get(`/api/v1/connections/${(await connectionOf(browser)).id}/customers?refresh=1`)
const trail = () =>
  withDatabase(database =>
    database
      .prepare("select action, actor_name, changes from audit_entries where action like 'key.%' order by seq")
      .all(),
  )

describe('what the application keeps', () => {
  it('sealed is in the list of what is verified and sealed anew, column by column', async () => {
    await app.connected('U1')
    await app.browser().get('/auth/start')
    await dagny.post('/service-accounts', { key: JSON.stringify(app.google.serviceAccountKeyFile('SA1')) })
    const found = withDatabase(database => {
      const tables = firstColumn<string>(database, "select name from sqlite_master where type = 'table'")
      return tables.flatMap(table =>
        (database.prepare(`select * from "${table}"`).all() as Record<string, unknown>[]).flatMap(row =>
          Object.entries(row).flatMap(([column, value]) => (looksSealed(value) ? [`${table}.${column}`] : [])),
        ),
      )
    })
    expect(new Set(found)).toEqual(new Set(sealedColumns.map(({ name }) => name)))
    const verified = await dagny.get('/keys/verification')
    expect(main(verified)).toContain(en.keys.verification.sound(found.length))
  })
})

/** Whether a value holds a compact JWE (RFC 7516), alone or inside something. */
function looksSealed(value: unknown): boolean {
  return /\beyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+/.test(String(value))
}

describe('the page of the keys', () => {
  it('shows admins what each key is needed for, never the key, and does not exist for others', async () => {
    const page = await keysPage()
    expect(rowOf(page, 'k1')).toContain('Seals')
    expect(rowOf(page, 'k1')).toContain('1 credential')
    expect(page.text).not.toContain(secretOf(k1))
    expect(main(page)).toContain('npm run keys -- add')
    const ines = await app.connected('U1')
    for (const path of ['/keys', '/keys/verification']) expect((await ines.get(path)).status).toBe(404)
    for (const path of ['/keys/rotate', '/keys/retire']) expect((await ines.post(path, { kid: 'k1' })).status).toBe(404)
  })

  it('leads from one key to the next: re-seal, retire, take out, and every credential works', async () => {
    const before = await connectionOf(dagny)
    await restartWith(k2, k1)
    const both = await keysPage()
    expect(rowOf(both, 'k1')).toContain('Opens')
    expect((await press(dagny, both, { text: 'Re-seal everything with k2' })).location).toBe('/keys')
    const resealed = await keysPage()
    expect(main(resealed)).toContain('values sealed with k2 now.')
    expect(rowOf(resealed, 'k1')).toContain('Nothing')
    expect(rowOf(resealed, 'k2')).toContain('1 credential')

    expect((await press(dagny, resealed, { text: 'Retire' })).location).toBe('/keys')
    const retired = await keysPage()
    expect(rowOf(retired, 'k1')).toMatch(/Retired.*Can be taken out of TOKEN_KEYS/)
    expect(trail()).toMatchObject([
      { action: 'key.rotated', actor_name: before.email, changes: expect.stringContaining('begun') },
      { action: 'key.rotated', actor_name: before.email, changes: expect.stringContaining('"key":["k1","k2"]') },
      { action: 'key.retired', actor_name: before.email },
    ])

    await restartWith(k2)
    app.google.control.expireAccessTokens()
    const again = await app.connected('ADMIN')
    expect((await askGoogle(again)).status).toBe(200)
    expect(await connectionOf(again)).toMatchObject({ id: before.id, status: 'active' })
    expect(rowOf(await again.get('/keys'), 'k1')).toContain('Retired')
  })

  it('refuses to retire a key in use and says what uses it', async () => {
    await restartWith(k2, k1)
    const refused = await dagny.post('/keys/retire', { kid: 'k1' })
    expect(refused.status).toBe(409)
    expect(main(refused)).toContain('connections.credential: 1')
    expect((await dagny.post('/keys/retire', { kid: 'k2' })).status).toBe(409)
    expect((await dagny.post('/keys/retire', { kid: '<b>x' })).status).toBe(404)
    expect((await dagny.post('/keys/retire')).status).toBe(400)
    expect(rowOf(await keysPage(), 'k1')).toContain('Opens')
    expect(trail()).toEqual([])
  })

  it('asks who has not been at Google for ten minutes to sign in again before anything changes', async () => {
    await restartWith(k2, k1)
    app.now.value = () => new Date(Date.now() + 11 * 60_000)
    expect((await keysPage()).status).toBe(200)
    for (const path of ['/keys/rotate', '/keys/retire']) {
      const page = await dagny.post(path, { kid: 'k1' })
      expect([page.status, main(page)]).toEqual([403, expect.stringContaining('sign_in_again')])
    }
    expect(trail()).toEqual([])
  })

  it('says which value does not open, and that nothing has expired', async () => {
    const { id } = await connectionOf(dagny)
    withDatabase(database =>
      database
        .prepare('update connections set credential = replace(credential, substr(credential, -8), ?)')
        .run('AAAAAAAA'),
    )
    const page = main(await dagny.get('/keys/verification'))
    expect(page).toContain(`connections.credential ${id}`)
    expect(page).toContain('Google has withdrawn nothing')
    await restartWith(k2, k1)
    await press(dagny, await keysPage(), { text: 'Re-seal everything with k2' })
    const left = await keysPage()
    expect(main(left)).toContain('1 value could not be re-sealed')
    expect(rowOf(left, 'k1')).toContain('1 credential')
  })
})

describe('a credential that does not open', () => {
  it('is told as a fault of the installation and never marks the connection as dead', async () => {
    withDatabase(database =>
      database
        .prepare('update connections set credential = replace(credential, substr(credential, -8), ?)')
        .run('AAAAAAAA'),
    )
    app.google.control.expireAccessTokens()
    const refreshed = await askGoogle(dagny)
    expect(refreshed.status).toBe(500)
    expect(JSON.parse(refreshed.text)).toMatchObject({ code: 'vault_open_failed' })
    const { id, status, reason } = await connectionOf(dagny)
    expect({ status, reason }).toEqual({ status: 'active', reason: null })
    const { customers = [] } = JSON.parse((await dagny.get(`/api/v1/connections/${id}/customers`)).text)
    for (const { problem } of customers) expect(problem?.code).not.toBe('needs_reconnect')
    await dagny.post(`/connections/${id}/refresh`)
    const page = main(await dagny.get('/accounts'))
    expect(page).toContain(en.errors.vault_open_failed.title)
    expect(page).not.toMatch(/expired or (been )?(revoked|withdrawn)|Needs reconnecting/i)
    expect((await connectionOf(dagny)).status).toBe('active')
  })

  it('row 48: keeps the application from starting when its key is missing, and a retired key from sealing', async () => {
    await expect(restartWith(k2)).rejects.toThrow(
      'key k1 is missing; 1 stored credential and 2 secrets of the installation cannot be opened without it.',
    )
    await restartWith(k2, k1)
    await press(dagny, await keysPage(), { text: 'Re-seal everything with k2' })
    await press(dagny, await keysPage(), { text: 'Retire' })
    await expect(restartWith(k1, k2)).rejects.toThrow('key k1 was retired')
    await restartWith(k2)
  })
})

describe('the server', () => {
  it('row 48: is not ready while the first of its keys is one that was retired elsewhere', async () => {
    expect((await dagny.get('/readyz')).status).toBe(200)
    withDatabase(database => database.prepare('update vault_keys set retired_at = ?').run('2026-11-23T12:00:00Z'))
    app.now.value = () => new Date(Date.now() + 11_000)
    expect((await dagny.get('/readyz')).status).toBe(503)
    expect(app.log()).toContain('key k1 was retired')
  })
})

describe('the sessions', () => {
  it('outlive a new first key, and end with the key that signed them', async () => {
    const signedIn = async () => (await dagny.get('/api/v1/me')).status
    await restartWith(k2, k1)
    expect(await signedIn()).toBe(200)
    await press(dagny, await keysPage(), { text: 'Re-seal everything with k2' })
    const newcomer = await app.connected('U1')
    await restartWith(k2)
    expect(await signedIn()).toBe(401)
    expect((await newcomer.get('/api/v1/me')).status).toBe(200)
    app.google.control.expireAccessTokens()
    expect((await askGoogle(newcomer)).status).toBe(200)
  })

  it('outlive a new first entry of SESSION_SECRETS as well', async () => {
    const [older, newer] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
    await app.restart({ TOKEN_KEYS: k1, SESSION_SECRETS: older })
    const ines = await app.connected('U1')
    await app.restart({ TOKEN_KEYS: k1, SESSION_SECRETS: `${newer},${older}` })
    expect((await ines.get('/api/v1/me')).status).toBe(200)
    await app.restart({ TOKEN_KEYS: k1, SESSION_SECRETS: newer })
    expect((await ines.get('/api/v1/me')).status).toBe(401)
  })
})
