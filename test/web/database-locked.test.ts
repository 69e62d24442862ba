import { load } from 'cheerio'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { holdDatabase } from '../support/hold-database.ts'

let app: TestApp
let tomasz: BrowserSession
let id: string
let key: string
beforeAll(async () => {
  app = await startApp()
  tomasz = await app.connected('U2')
  id = JSON.parse((await tomasz.get('/api/v1/connections')).text).connections[0].id
  const page = await press(
    tomasz,
    await tomasz.get('/self'),
    { text: 'Make the key' },
    { name: ['n'], scopes: ['read'] },
  )
  key = load(page.text)('[data-fresh="key"]').text()
})
afterAll(() => app.close())

const list = async () => JSON.parse((await tomasz.get('/api/v1/connections')).text).connections
const summary = ({ status, headers }: Page) => ({ status, retryAfter: headers.get('retry-after') })

const paths = () => ['/healthz', '/accounts', '/connections', `/connections/${id}`, '/api/v1/me', '/api/v1/connections']

describe('while another process holds the write lock of SQLite', () => {
  test('row 62: reads go on, writes get 503 and never run, and everything works as soon as the lock is gone', async () => {
    for (const path of paths()) await tomasz.get(path)
    // Long enough ago that what is only noted in passing (last seen, last used) is due again.
    app.now.value = () => new Date(Date.now() + 5 * 60_000)
    const held = await holdDatabase(app.databaseFile)
    const reads: Page[] = []
    const writes: Promise<Page>[] = []
    const overtaken: boolean[] = []
    const readBeside = async (read: () => Promise<Page>) => {
      let answered = false
      writes.push(...Array.from({ length: 5 }, () => tomasz.post(`/connections/${id}/pause`)))
      void Promise.race(writes.slice(-5)).then(() => {
        answered = true
      })
      reads.push(await read())
      overtaken.push(!answered)
    }
    for (const path of paths()) await readBeside(() => tomasz.get(path))
    await readBeside(() => app.browser().get('/api/v1/connections', { authorization: `Bearer ${key}` }))
    const refused = await Promise.all(writes)
    await held.release()

    expect(reads.map(({ status }) => status)).toEqual(reads.map(() => 200))
    expect(refused.map(summary)).toEqual(refused.map(() => ({ status: 503, retryAfter: '1' })))
    // On a machine that is slow enough a read may come later; if reads waited their turn, none would come before.
    expect(overtaken, 'a read came before the writes asked for earlier').toContain(true)

    expect(await list()).toMatchObject([{ id, status: 'active' }])
    expect((await tomasz.post(`/connections/${id}/pause`)).status).toBe(303)
    expect(await list()).toMatchObject([{ id, status: 'paused' }])
    expect((await tomasz.post(`/connections/${id}/resume`)).status).toBe(303)
  })
})
