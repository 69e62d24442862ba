import { load } from 'cheerio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiKeyScope } from '../../src/members/api-keys.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { openSqlite, type Sqlite } from '../support/sqlite.ts'

/** What leaves the vault is written down first, in the name of who took it. */
let app: TestApp
let ines: BrowserSession
let id: string
beforeAll(async () => {
  app = await startApp()
  ines = await app.connected('U1')
  id = JSON.parse((await ines.get('/api/v1/connections')).text).connections[0].id
})
afterAll(() => app.close())

function database<T>(work: (database: Sqlite) => T): T {
  const open = openSqlite(app.databaseFile)
  try {
    return work(open)
  } finally {
    open.close()
  }
}
const last = (action: string) =>
  database(open =>
    open.prepare('select * from audit_entries where action = ? order by seq desc limit 1').get(action),
  ) as Record<string, string> | undefined
const count = () =>
  database(open => open.prepare("select count(*) as n from audit_entries where outcome = 'done'").get()) as {
    n: number
  }

async function keyWith(...scopes: ApiKeyScope[]): Promise<string> {
  const change = { name: [scopes.join(' ')], scopes }
  const page = await press(ines, await ines.get('/self'), { text: 'Make the key' }, change)
  return load(page.text)('[data-fresh="key"]').text()
}
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const revealed = (key: string) => app.browser().get(`/api/v1/connections/${id}/config/python?reveal=1`, bearer(key))
const accessToken = (key: string) => app.browser().post(`/api/v1/connections/${id}/access-token`, {}, bearer(key))

describe('an API key', () => {
  it('reads secrets with the scope that is for it only', async () => {
    const { n } = count()
    const keys = [await keyWith('read'), await keyWith('read', 'token', 'connect', 'manage'), await keyWith('reveal')]
    for (const key of keys) {
      const answer = await revealed(key)
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([403, 'not_allowed'])
    }
    expect(count().n).toBe(n + keys.length)
    const key = await keyWith('read', 'reveal')
    expect((await revealed(key)).text).toMatch(/1\/\/0/)
    expect(last('secret.revealed')).toMatchObject({ target_id: id, via: 'api_key', via_id: key.slice(5, 17) })
  })

  it('takes an access token with the scope that is for it only', async () => {
    expect((await accessToken(await keyWith('read', 'connect', 'manage', 'reveal'))).status).toBe(403)
    expect(last('access_token.issued')).toBeUndefined()
    const key = await keyWith('token')
    expect((await accessToken(key)).status).toBe(200)
    expect(last('access_token.issued')).toMatchObject({ target_id: id, via: 'api_key', via_id: key.slice(5, 17) })
  })
})

it('nothing is handed out that cannot be written down', async () => {
  const key = await keyWith('read', 'reveal', 'token')
  const page = `/connections/${id}/configuration/reveal`
  database(open =>
    open.exec("create trigger full before insert on audit_entries begin select raise(abort, 'no room'); end"),
  )
  const answers = [
    await revealed(key),
    await accessToken(key),
    await ines.post(page, { format: 'python' }),
    await ines.post('/self/api-keys', { id: 'abcdefghijkl', name: 'n', scopes: 'read', days: '1' }),
    await ines.post('/self/import-codes'),
    await ines.post('/links', { hours: '24' }),
  ]
  database(open => open.exec('drop trigger full'))
  for (const { status, text } of answers) {
    expect(status).toBe(500)
    expect(text).not.toMatch(/1\/\/0|ya29|gads_abcdefghijkl|<pre/)
  }
  expect(database(open => open.prepare("select id from api_keys where id = 'abcdefghijkl'").all())).toEqual([])
  expect(database(open => open.prepare('select id from links').all())).toEqual([])
})
