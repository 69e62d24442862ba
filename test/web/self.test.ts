import { createHash } from 'node:crypto'
import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { en } from '../../src/messages/en.ts'
import { browserName } from '../../src/web/present/browser.ts'
import { callbackUrl, followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession, Page } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { openSqlite } from '../support/sqlite.ts'

const chromeOnMac =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36'
const firefoxOnWindows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:148.0) Gecko/20100101 Firefox/148.0'

let app: TestApp
let ines: BrowserSession
beforeEach(async () => {
  app = await startApp()
  ines = await app.connected('U1')
})
afterEach(() => app.close())

/** Signs somebody in, in a browser that calls itself so. */
async function signIn(label: string, userAgent: string): Promise<BrowserSession> {
  const browser = app.browser()
  const back = await callbackUrl(browser, await browser.get('/auth/start?intent=sign-in'), label)
  await browser.get(back, { 'user-agent': userAgent })
  return browser
}
const sessionsOn = (page: Page) =>
  load(page.text)('section[aria-labelledby="sessions"] tbody tr')
    .toArray()
    .map(row => load(row)('th').text().trim().replace(/\s+/g, ' '))
const inDatabase = (sql: string) => {
  const database = openSqlite(app.databaseFile, { readOnly: true })
  const rows = database.prepare(sql).all() as Record<string, string>[]
  database.close()
  return rows
}
const lastEntry = () => inDatabase("select * from audit_entries where outcome = 'done' order by seq desc limit 1")[0]

describe('own sessions', () => {
  it('row 26: are listed by browser, the one in use marked', async () => {
    await signIn('U1', firefoxOnWindows)
    const here = await signIn('U1', chromeOnMac)
    const listed = sessionsOn(await here.get('/self'))
    expect(listed).toHaveLength(3)
    expect(listed).toEqual(expect.arrayContaining(['Firefox on Windows', 'Chrome on macOS This one']))
  })

  it('row 26: can be ended one by one, at once and on record', async () => {
    const other = await signIn('U1', firefoxOnWindows)
    const page = await ines.get('/self')
    const button = load(page.text)('button[aria-label="End the session in Firefox on Windows"]')
    expect((await ines.post(button.closest('form').attr('action') ?? '')).location).toBe('/self')
    expect((await other.get('/accounts')).status).toBe(401)
    expect((await ines.get('/accounts')).status).toBe(200)
    expect(lastEntry()).toMatchObject({ action: 'session.ended', actor_name: 'ines.ferreira@northlight.example.com' })
  })

  it('row 26: can be ended all but this one', async () => {
    const others = [await signIn('U1', firefoxOnWindows), await signIn('U1', chromeOnMac)]
    const done = await press(ines, await ines.get('/self'), { text: 'End all others' })
    expect(load((await ines.get(done.location ?? '')).text)('.flash').text()).toContain('2 sessions were ended')
    for (const other of others) expect((await other.get('/accounts')).status).toBe(401)
    expect(sessionsOn(await ines.get('/self'))).toHaveLength(1)
  })

  it('row 26: of somebody else are neither seen nor ended', async () => {
    const mei = await signIn('U3', firefoxOnWindows)
    expect(sessionsOn(await ines.get('/self'))).toHaveLength(1)
    const [theirs] = inDatabase(`select id_hash from sessions where user_agent like '%Firefox%'`)
    expect((await ines.post(`/self/sessions/${theirs?.id_hash}/end`)).status).toBe(404)
    await ines.post('/self/sessions/end-others')
    expect((await mei.get('/accounts')).status).toBe(200)
  })

  it('row 26: are ten at most: the one begun first makes room', async () => {
    const browsers = [ines]
    while (browsers.length < 11) {
      app.now.value = () => new Date(Date.now() + browsers.length * 1000)
      browsers.push(await signIn('U1', chromeOnMac))
    }
    expect((await ines.get('/accounts')).status).toBe(401)
    for (const browser of browsers.slice(1)) expect((await browser.get('/accounts')).status).toBe(200)
  })

  it('are named after what the browser says, whatever it says', async () => {
    const named: [string | null, string][] = [
      [chromeOnMac, 'Chrome on macOS'],
      [`${chromeOnMac} Edg/147.0.0.0`, 'Edge on macOS'],
      [
        'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1',
        'Safari on iPhone',
      ],
      ['Mozilla/5.0 (X11; CrOS x86_64) Chrome/147.0.0.0 Safari/537.36', 'Chrome on ChromeOS'],
      ['curl/8.14.1', 'curl'],
      ['<script>alert(1)</script>', 'Unknown browser'],
      ['', 'Unknown browser'],
      [null, 'Unknown browser'],
    ]
    for (const [userAgent, name] of named) expect(browserName(userAgent, en)).toBe(name)
  })
})

describe('an API key', () => {
  const make = async (change: Record<string, string[]> = {}) =>
    press(ines, await ines.get('/self'), { text: 'Make the key' }, { name: ['Nightly report'], ...change })
  const secretOn = (page: Page) => load(page.text)('[data-fresh="key"]').text()
  const ask = (key: string, path = '/api/v1/me') => app.browser().get(path, { authorization: `Bearer ${key}` })

  it('row 41: is shown once, not stored, and works for what its scopes name', async () => {
    const page = await make({ scopes: ['read', 'token'] })
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const key = secretOn(page)
    expect(key).toMatch(/^gads_[\w-]{12}_[\w-]{43}$/)
    expect(JSON.parse((await ask(key)).text)).toMatchObject({
      member: { email: 'ines.ferreira@northlight.example.com' },
    })
    const secret = key.slice('gads_'.length + 13)
    for (const path of ['/self', '/api/v1/me']) expect((await ines.get(path)).text).not.toContain(secret)
    expect(
      JSON.stringify(['api_keys', 'audit_entries', 'sessions'].map(table => inDatabase(`select * from ${table}`))),
    ).not.toContain(secret)
    expect(app.log()).not.toContain(secret)
    expect(lastEntry()).toMatchObject({ action: 'api_key.created', target_name: 'Nightly report' })
  })

  it('is made once, however often its form is sent', async () => {
    const form = await ines.get('/self')
    const [first, second] = await Promise.all(
      [1, 2].map(() => press(ines, form, { text: 'Make the key' }, { name: ['Twice'] })),
    )
    expect([first?.status, second?.status].sort()).toEqual([200, 409])
    expect(inDatabase('select * from api_keys')).toHaveLength(1)
  })

  it('that is revoked is refused from the next request on, and stays listed', async () => {
    const key = secretOn(await make())
    await press(ines, await ines.get('/self'), { text: 'Revoke' })
    const page = await ask(key)
    expect([page.status, JSON.parse(page.text).code]).toEqual([401, 'api_key_invalid'])
    expect((await ines.get('/self')).text).toContain('1 key that ended')
  })

  it('row 41: that was guessed is refused the same way, whether its id is known or not', async () => {
    const key = secretOn(await make())
    const guesses = [`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`, `gads_${'a'.repeat(12)}_${key.slice(18)}`]
    const answers = await Promise.all([...guesses, `${key}x`, key.slice(0, -1), 'gads_x'].map(each => ask(each)))
    const told = answers.map(({ status, text, headers }) => {
      const { requestId, ...problem } = JSON.parse(text)
      return { status, problem, type: headers.get('content-type'), known: requestId !== undefined }
    })
    expect(told[0]).toMatchObject({ status: 401, problem: { code: 'api_key_invalid' }, known: true })
    for (const each of told) expect(each).toEqual(told[0])
    const hashes = inDatabase('select secret_hash from api_keys').map(row => row.secret_hash)
    expect(hashes).toEqual([createHash('sha256').update(key.slice(18)).digest('base64url')])
  })

  it('that has run out is refused', async () => {
    const key = secretOn(await make({ days: ['1'] }))
    app.now.value = () => new Date(Date.now() + 24.1 * 3600_000)
    expect((await ask(key)).status).toBe(401)
  })

  it('of somebody else cannot be revoked', async () => {
    const key = secretOn(await make())
    const mei = await app.connected('U3')
    expect((await mei.post(`/self/api-keys/${key.slice(5, 17)}/revoke`)).status).toBe(404)
    expect((await ask(key)).status).toBe(200)
  })

  it('is made only by somebody who signed in within the last ten minutes', async () => {
    const form = await ines.get('/self')
    app.now.value = () => new Date(Date.now() + 11 * 60_000)
    const page = await press(ines, form, { text: 'Make the key' }, { name: ['Late'] })
    expect([page.status, page.text.includes('sign_in_again')]).toEqual([403, true])
    expect(inDatabase('select * from api_keys')).toEqual([])
    const asks = load((await ines.get('/self')).text)('a:contains("Sign in again")').attr('href') ?? ''
    await followConsent(ines, await ines.get(asks), 'U1')
    expect(secretOn(await make())).not.toBe('')
  })

  it.each([
    ['without a name', { name: [' '] }, 400],
    ['without a scope', { scopes: [] }, 303],
    ['with an unknown scope', { scopes: ['everything'] }, 400],
    ['for no day', { days: ['0'] }, 400],
    ['for longer than a year', { days: ['366'] }, 400],
    ['under an id of another form', { id: ['../x'] }, 400],
  ])('%s is not made', async (_name, change, status) => {
    expect((await make(change)).status).toBe(status)
    expect(inDatabase('select * from api_keys')).toEqual([])
  })
})

describe('a code for the terminal', () => {
  it('is shown once in a command line, works for fifteen minutes, and belongs to who made it', async () => {
    const page = await press(ines, await ines.get('/self'), { text: 'Make a code' })
    const line = load(page.text)('[data-fresh="code"]').text()
    const [, url, code = ''] = /--keyring (\S+) --code (\S+)$/.exec(line) ?? []
    expect(url).toBe(app.url)
    expect((await ines.get('/self')).text).not.toContain(code)
    const hand = async () => {
      const answer = await fetch(`${app.url}/api/v1/connections`, {
        method: 'POST',
        headers: { authorization: `Bearer ${code}`, 'content-type': 'application/json' },
        body: '{}',
      })
      return answer.status
    }
    expect(await hand()).toBe(400)
    app.now.value = () => new Date(Date.now() + 16 * 60_000)
    expect(await hand()).toBe(410)
  })
})
