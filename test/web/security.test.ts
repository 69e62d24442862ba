import { createHmac, randomBytes } from 'node:crypto'
import { load } from 'cheerio'
import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { type Context, createContext } from '../../src/context.ts'
import { createLog } from '../../src/log.ts'
import { en } from '../../src/messages/en.ts'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { type Route, routeTable } from '../../src/web/routes.ts'
import { startGoogleGate } from '../accounts/google-gate.ts'
import { callbackUrl, followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { firstColumn, openSqlite, type Sqlite } from '../support/sqlite.ts'

const table = routeTable(
  { config: { publicUrl: 'http://localhost' } } as unknown as Context,
  new AbortController().signal,
)
const posts = table.filter(route => route.method === 'post')
const withId = table.filter(route => route.path.includes(':id'))

let app: TestApp
/** Ines owns `id` with the account `root`; Mei is another member, Dagny an administrator. */
let ines: BrowserSession
let mei: BrowserSession
let dagny: BrowserSession
let id: string
let root: string

beforeAll(async () => {
  app = await startApp()
  ines = await app.connected('U1')
  mei = await app.connected('U3')
  dagny = await app.connected('ADMIN')
  for (const each of [ines, mei, dagny]) await each.get('/accounts')
  id = await onlyConnection(ines)
  const { customers } = JSON.parse((await ines.get(`/api/v1/connections/${id}/customers`)).text)
  root = customers[0].customerId
  await ines.get(`/api/v1/connections/${id}/customers/${root}/hierarchy?wait=10`)
})
afterAll(() => app.close())

async function onlyConnection(browser: BrowserSession): Promise<string> {
  return JSON.parse((await browser.get('/api/v1/connections')).text).connections[0].id
}

const fill = (route: Route, values = { id, root }) =>
  route.path.replace(':id', values.id).replace(':loginCustomerId', values.root).replace(':customerId', values.root)
const cookieOf = (browser: BrowserSession) =>
  [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')
const codeOf = (text: string) =>
  /"code":"(\w+)"/.exec(text)?.[1] ??
  load(text)('dd')
    .toArray()
    .map(element => load(element).text())
    .find(each => Object.hasOwn(en.errors, each))

function withDatabase<T>(of: TestApp, work: (database: Sqlite) => T): T {
  const database = openSqlite(of.databaseFile)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

async function withApp<T>(options: Parameters<typeof startApp>[0], work: (own: TestApp) => Promise<T>): Promise<T> {
  const own = await startApp(options)
  try {
    return await work(own)
  } finally {
    await own.close()
  }
}

describe('the headers of every answer', () => {
  const kinds: [string, number, () => supertest.Test][] = [
    ['a page', 200, () => supertest(app.url).get('/')],
    ['a page behind the sign-in', 200, () => supertest(app.url).get('/accounts').set('Cookie', cookieOf(ines))],
    ['a redirect to Google', 303, () => supertest(app.url).get('/auth/start')],
    ['a redirect to our own name', 308, () => supertest(app.url).get('/').set('Host', 'evil.example')],
    ['a write under another name', 421, () => supertest(app.url).post('/auth/sign-out').set('Host', 'evil.example')],
    ['a page nobody is signed in for', 401, () => supertest(app.url).get('/accounts')],
    ['JSON nobody is signed in for', 401, () => supertest(app.url).get('/api/v1/me')],
    ['JSON', 200, () => supertest(app.url).get('/api/v1/me').set('Cookie', cookieOf(ines))],
    ['no such page', 404, () => supertest(app.url).get('/nowhere')],
    ['no such file', 404, () => supertest(app.url).get('/assets/nothing.css')],
    ['a way out of the folder', 404, () => supertest(app.url).get('/assets/..%2f..%2fpackage.json')],
    ['a path that cannot be decoded', 400, () => supertest(app.url).get('/connections/%E0%A4%A')],
    ['a wrong method', 405, () => supertest(app.url).delete('/accounts')],
    ['OPTIONS', 405, () => supertest(app.url).options('/accounts')],
    [
      'a cross-origin write',
      403,
      () => supertest(app.url).post('/login-customer').set('Origin', 'https://evil.example'),
    ],
    ['a broken callback', 400, () => supertest(app.url).get('/oauth2callback?error=x')],
    [
      'too large a form',
      413,
      () =>
        supertest(app.url)
          .post('/login-customer')
          .type('form')
          .send({ a: 'x'.repeat(100_000) }),
    ],
    ['alive', 200, () => supertest(app.url).get('/healthz')],
    ['ready', 200, () => supertest(app.url).get('/readyz')],
    [
      'an event stream',
      200,
      () =>
        supertest(app.url)
          .get(`/api/v1/connections/${id}/customers/${root}/hierarchy/events`)
          .set('Cookie', cookieOf(ines)),
    ],
  ]
  const expected = {
    'cache-control': 'no-store',
    'content-security-policy': [
      "default-src 'none'",
      "style-src 'self'",
      expect.stringMatching(/^script-src 'nonce-[\w+/]{22}=='$/),
      expect.stringMatching(/^img-src 'self' data: https:\/\/\*\.googleusercontent\.com http:\/\/127\.0\.0\.1:\d+$/),
      "connect-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ],
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': expect.stringContaining('camera=()'),
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
  }
  const policies = ({ headers }: supertest.Response) => ({
    ...headers,
    'content-security-policy': headers['content-security-policy']?.split(';'),
  })

  it.each(kinds)('row 52: %s', async (_kind, status, ask) => {
    const answer = await ask()
    expect(answer.status).toBe(status)
    expect(policies(answer)).toMatchObject(expected)
    for (const name of ['x-powered-by', 'access-control-allow-origin', 'strict-transport-security']) {
      expect(answer.headers).not.toHaveProperty(name)
    }
  })

  it('row 50: keep an address with a secret in it from other sites, and the log keeps none', async () => {
    for (const path of [
      '/oauth2callback?code=canary-code&state=canary-state',
      '/accounts?access_token=canary-token',
      '/links/canary-link',
      '/api/v1/me?key=canary-key',
      '/nowhere/canary-path?canary=1',
    ]) {
      const answer = await supertest(app.url).get(path).set('Cookie', cookieOf(ines))
      expect(answer.headers['referrer-policy'], path).toBe('same-origin')
      expect(answer.headers.location ?? '', path).not.toContain('canary')
    }
    expect(app.log()).not.toContain('canary')
  })

  it('row 52: a static file differs in its age only', async () => {
    const answer = await supertest(app.url).get('/assets/keyring.css')
    expect(policies(answer)).toMatchObject({ ...expected, 'cache-control': 'public, max-age=0, must-revalidate' })
  })

  it('over https: HSTS, and cookies no other site or path can set', async () => {
    await withApp({ env: { PUBLIC_URL: 'https://localhost:3000' } }, async own => {
      const ask = (path: string) => supertest(own.url).get(path).set('Host', 'localhost:3000')
      const start = await ask('/auth/start')
      expect(start.headers['strict-transport-security']).toBe('max-age=31536000')
      const [pending = ''] = start.headers['set-cookie'] as unknown as string[]
      expect(pending).toMatch(
        /^__Host-tx-[\w-]{6}=[\w.-]+; Max-Age=86400; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
      )

      const google = own.browser()
      const page = { ...(await google.get('/setup')), location: start.headers.location ?? '' }
      const back = new URL(await callbackUrl(google, page, 'U1'))
      const end = await ask(back.pathname + back.search).set('Cookie', pending.split(';')[0] ?? '')
      expect(end.status).toBe(303)
      const cookies = end.headers['set-cookie'] as unknown as string[]
      expect(cookies.find(each => each.startsWith('__Host-sid='))).toMatch(
        /^__Host-sid=s%3A[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      )
    })
  })
})

describe('what is not there', () => {
  it('row 52: a file below a page of ours is no page of ours, whoever asks', async () => {
    for (const path of [
      '/accounts',
      `/connections/${id}`,
      `/connections/${id}/accounts/${root}`,
      '/self',
      '/find',
      '/keys',
    ]) {
      for (const ending of ['/x.css', '%2fx.css', ';x.css', '.css', '/..%2fx.js']) {
        const answer = await supertest(app.url)
          .get(path + ending)
          .set('Cookie', cookieOf(ines))
        expect([400, 404], `${path}${ending}: ${answer.status}`).toContain(answer.status)
        expect(answer.headers['cache-control']).toBe('no-store')
        expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
      }
    }
  })
})

describe('a fault of ours', () => {
  const faults: [string, string, (own: TestApp, connection: string) => void, number, string][] = [
    [
      'what is stored cannot be read',
      'customers',
      own => sql(own, `update snapshots set value = '{"x'`),
      500,
      'internal',
    ],
    ['a table is gone', 'customers', own => sql(own, 'drop table snapshots'), 500, 'internal'],
    [
      'Google answers with a page of its own',
      'customers?refresh=1',
      own => own.google.control.addFault({ match: { host: 'googleads.googleapis.com' }, effect: { kind: 'html' } }),
      502,
      'ads_unexpected_answer',
    ],
  ]
  const sql = (own: TestApp, text: string) => withDatabase(own, database => database.exec(text))

  it.each(faults)(
    'row 51: is told in our words and by its request id alone where %s',
    async (_what, ask, cause, status, code) => {
      await withApp({}, async own => {
        const browser = await own.connected('U1')
        const connection = await onlyConnection(browser)
        await browser.get('/accounts')
        cause(own, connection)
        const answers = [await browser.get(`/api/v1/connections/${connection}/${ask}`), await browser.get('/accounts')]
        const [problem] = answers
        expect([problem?.status, codeOf(problem?.text ?? '')]).toEqual([status, code])
        for (const { text, headers } of answers) {
          expect(text).not.toMatch(
            /\bat [\w.<]+ \(|node_modules|\.[jt]s:\d|SyntaxError|SqliteError|SQLITE|no such table|JSON\b.*position/,
          )
          expect(text).not.toContain(own.databaseFile)
          if (headers.get('content-type')?.includes('problem'))
            expect(text).toContain(headers.get('x-request-id') ?? '?')
        }
      })
    },
  )
})

describe('a state change caused by another site', () => {
  const foreign: Record<string, string>[] = [
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'none' },
    { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://localhost' },
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://localhost' },
    { Origin: 'http://localhost:3000.evil.example' },
  ]
  const send = (route: Route, headers: Record<string, string>, connectionId = id) =>
    supertest(app.url)
      .post(fill(route, { id: connectionId, root }))
      .set({ Cookie: cookieOf(ines), ...headers })
      .type('form')
      .send({ connection_id: connectionId, customer_id: root })

  it.each(posts.map(route => [route.path, route] as const))('row 34: POST %s is refused', async (_path, route) => {
    for (const headers of foreign) {
      const answer = await send(route, headers)
      expect([answer.status, codeOf(answer.text)], JSON.stringify(headers)).toEqual([403, 'cross_origin'])
    }
    expect((await ines.get('/accounts')).status).toBe(200)
    if (route.path === '/auth/sign-out') return
    for (const headers of [{ Origin: app.url }, { 'Sec-Fetch-Site': 'same-origin', Origin: app.url }]) {
      // Our own form gets past the check; it names no connection that is there, so nothing changes.
      expect(codeOf((await send(route, headers, 'no-such-connection')).text)).not.toBe('cross_origin')
    }
  })

  it('row 34: is refused where it deletes, too', async () => {
    for (const headers of foreign) {
      const answer = await supertest(app.url)
        .delete(`/api/v1/connections/${id}`)
        .set({ Cookie: cookieOf(ines), ...headers })
      expect([answer.status, answer.body.code], JSON.stringify(headers)).toEqual([403, 'cross_origin'])
    }
    expect((await ines.get(`/api/v1/connections/${id}/customers`)).status).toBe(200)
  })

  it('row 34: cannot hide in another method', async () => {
    for (const path of ['/auth/sign-out', '/auth/sign-out?_method=POST']) {
      const page = await ines.get(path, { 'x-http-method-override': 'POST', 'x-method-override': 'POST' })
      expect(page.status).toBe(405)
      expect(page.headers.get('allow')).toBe('POST')
    }
    expect((await supertest(app.url).delete('/find')).headers.allow).toBe('GET, POST')
    expect((await ines.get('/accounts')).status).toBe(200)
  })
})

describe('nobody signed in', () => {
  const spellings: [string, (path: string) => string][] = [
    ['as it is', path => path],
    ['with a slash at the end', path => `${path}/`],
    ['with two slashes', path => `/${path}`],
    ['with a dot', path => `/%2e${path}`],
    ['with a detour', path => `/x/%2e%2e${path}`],
    ['in capitals', path => path.toUpperCase()],
    ['with a parameter', path => `${path};x`],
    ['with an ending', path => `${path}.json`],
    ['with a query', path => `${path}?refresh=1&wait=1`],
  ]
  it.each(table.filter(route => route.who !== 'anyone').map(route => [route.method, route.path, route] as const))(
    'is told nothing by %s %s',
    async (method, _path, route) => {
      app.google.control.clearRequests()
      for (const [name, spell] of spellings) {
        for (const verb of method === 'get' ? (['get', 'head'] as const) : [method]) {
          const answer = await supertest(app.url)[verb](spell(fill(route)))
          if (name === 'as it is') expect(answer.status).toBe(401)
          expect([400, 401, 404, 405], `${verb} ${name}: ${answer.status}`).toContain(answer.status)
          for (const told of ['ines.ferreira', 'data-customer-id', root]) {
            const shown = (answer.text ?? '')
              .replaceAll(encodeURIComponent(fill(route)), '')
              .replaceAll(fill(route), '')
            expect(shown, `${verb} ${name}`).not.toContain(told)
          }
        }
      }
      expect(app.google.requests).toEqual([])
    },
  )
})

describe("another member's connection", () => {
  const unlike = (text: string) =>
    text
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}|nonce="[^"]*"/g, 'ID')
      .replace(/\d{4}-\d\d-\d\d[^<]*|\d\d?:\d\d:\d\d[^<]*/g, 'TIME')
  it.each(withId.map(route => [route.method, route.path, route] as const))(
    'is like none for %s %s',
    async (method, _path, route) => {
      const ask = (path: string) => supertest(app.url)[method](path).set('Cookie', cookieOf(mei))
      const theirs = await ask(fill(route))
      const nobodys = await ask(fill(route, { id: '00000000-0000-4000-8000-000000000000', root }))
      expect(theirs.status).toBe(404)
      expect(unlike(theirs.text)).toBe(unlike(nobodys.text))
    },
  )

  it('cannot be worked through, nor reconnected, by its id', async () => {
    for (const browser of [mei, dagny]) {
      expect((await browser.post('/login-customer', { connection_id: id, customer_id: root })).status).toBe(404)
    }
    expect((await mei.get(`/auth/start?intent=reconnect&connection=${id}`)).status).toBe(404)
  })
})

describe('a session', () => {
  it('row 20: is nobody’s where two are presented: one was put there by somebody else', async () => {
    const mine = `sid=${ines.cookies().get('sid')}`
    for (const Cookie of [`${mine}; ${mine}`, `sid=planted; ${mine}`, `${mine};sid=`]) {
      const answer = await supertest(app.url).get('/accounts').set({ Cookie })
      expect([answer.status, answer.text.includes('Ines')]).toEqual([400, false])
    }
    expect((await supertest(app.url).get('/accounts').set({ Cookie: mine })).status).toBe(200)
  })

  it('row 17: planted in another browser does not become the victim’s session', async () => {
    const attacker = await app.connected('U2')
    const victim = app.browser()
    for (const [name, value] of attacker.cookies()) victim.setCookie(name, value)
    const planted = attacker.cookies().get('sid')
    const end = await followConsent(victim, await victim.get('/auth/start?intent=sign-in'), 'U3')
    expect(end.status).toBe(303)
    expect(victim.cookies().get('sid')).not.toBe(planted)
    expect(JSON.parse((await victim.get('/api/v1/me')).text).member.email).toContain('mei.lindqvist')
    expect((await attacker.get('/accounts')).status).toBe(401)
  })

  it('row 19: of an id nobody gave out, or with a signature that is not ours, is none and leaves nothing behind', async () => {
    const [id = '', signature = ''] = decodeURIComponent(ines.cookies().get('sid') ?? '')
      .slice(2)
      .split('.')
    const sessions = () => withDatabase(app, database => database.prepare('select id_hash from sessions').all())
    const before = sessions()
    const stranger = randomBytes(24).toString('base64url')
    for (const value of [
      `s:${stranger}.${signature}`,
      `s:${stranger}.${createHmac('sha256', 'keyboard cat').update(stranger).digest('base64')}`,
      `s:${id}.${signature.slice(0, -1)}`,
      `s:${id}.`,
      `s:${id}`,
      `s:.${signature}`,
      id,
      '',
    ]) {
      const Cookie = `sid=${encodeURIComponent(value)}`
      for (const path of ['/accounts', '/', '/api/v1/me']) {
        const answer = await supertest(app.url).get(path).set({ Cookie })
        expect([answer.status, answer.text.includes('ines')], value).toEqual([path === '/' ? 200 : 401, false])
        expect(answer.headers).not.toHaveProperty('set-cookie')
      }
    }
    expect(sessions()).toEqual(before)
  })

  it('row 20: comes under one name only, whatever a neighbouring site sets', async () => {
    await withApp({ env: { PUBLIC_URL: 'https://localhost:3000' } }, async own => {
      const ask = (path: string, Cookie: string) => supertest(own.url).get(path).set({ Host: 'localhost:3000', Cookie })
      const start = await ask('/auth/start', '')
      const google = own.browser()
      const page = { ...(await google.get('/setup')), location: start.headers.location ?? '' }
      const back = new URL(await callbackUrl(google, page, 'U1'))
      const [pending = ''] = start.headers['set-cookie'] as unknown as string[]
      const end = await ask(back.pathname + back.search, pending.split(';')[0] ?? '')
      const cookies = end.headers['set-cookie'] as unknown as string[]
      const value = cookies.find(each => each.startsWith('__Host-sid='))?.split(/[=;]/)[1]
      expect((await ask('/accounts', `__Host-sid=${value}`)).status).toBe(200)
      const names = [
        'sid',
        '=__Host-sid',
        '__host-sid',
        '__HOST-SID',
        '__Secure-sid',
        '__Host-sid\xa0',
        '\xa0__Host-sid',
      ]
      for (const name of [
        ...names,
        '%5F_Host-sid',
        '__Host%2Dsid',
        '$Version=1,__Host-sid',
        '__Host-sid[]',
        '"__Host-sid"',
      ])
        expect((await ask('/accounts', `${name}=${value}`)).status, name).toBe(401)
    })
  })

  it('row 23: ends after an hour without use and after eight hours in any case, whatever the browser keeps', async () => {
    await withApp({}, async own => {
      const [idle, busy] = [await own.connected('U1'), await own.connected('U3')]
      const began = Date.now()
      const at = async (minutes: number, browser: BrowserSession) => {
        own.now.value = () => new Date(began + minutes * 60_000)
        return (await browser.get('/api/v1/me')).status
      }
      for (let minutes = 50; minutes < 480; minutes += 50) {
        expect(await at(minutes, busy), `after ${minutes} minutes`).toBe(200)
      }
      expect(await at(481, busy)).toBe(401)
      expect(await at(62, idle)).toBe(401)
    })
  })

  it('row 25: that was signed out is not brought back by what was under way', async () => {
    const gate = await startGoogleGate()
    await withApp({ env: { GOOGLE_EMULATOR_HOST: gate.host } }, async own => {
      gate.connectTo(own.google.host)
      const browser = await own.connected('U1')
      const connection = await onlyConnection(browser)
      own.google.control.addFault({
        match: { host: 'googleads.googleapis.com' },
        effect: { kind: 'status', status: 403 },
      })
      const old = browser.copy()
      gate.hold(() => true)
      const late = old.copy().post(`/connections/${connection}/refresh`)
      await gate.until(1)
      expect((await browser.post('/auth/sign-out')).status).toBe(303)
      gate.open()
      expect((await late).status).toBe(303)
      expect((await old.get('/accounts')).status).toBe(401)
      expect(withDatabase(own, database => database.prepare('select data from sessions').all())).toEqual([
        { data: '{}' },
      ])
    })
    await gate.close()
  })

  it('row 18: of a suspended member ends with the next request, and a role given or taken counts from then', async () => {
    await withApp({}, async own => {
      const browser = await own.connected('U1')
      const other = await own.connected('U3')
      const theirs = await onlyConnection(other)
      const set = (what: string) =>
        withDatabase(own, database => database.exec(`update members set ${what} where email like 'ines%'`))
      set(`role = 'admin'`)
      expect((await browser.get(`/connections/${theirs}`)).status).toBe(200)
      set(`role = 'member'`)
      expect((await browser.get(`/connections/${theirs}`)).status).toBe(404)
      set(`status = 'suspended'`)
      for (const path of ['/accounts', '/api/v1/me', '/api/v1/connections'])
        expect((await browser.get(path)).status).toBe(401)
      expect((await other.get('/accounts')).status).toBe(200)
    })
  })

  it('row 19: outlives the secret that signed it only as long as that is still listed', async () => {
    const [first, second] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
    await withApp({ env: { SESSION_SECRETS: first } }, async own => {
      const browser = await own.connected('U1')
      await own.restart({ SESSION_SECRETS: `${second},${first}` })
      expect((await browser.get('/accounts')).status).toBe(200)
      await own.restart({ SESSION_SECRETS: second })
      expect((await browser.get('/accounts')).status).toBe(401)
    })
  })

  it('row 28: that cannot be read is a failure, not a visitor', async () => {
    await withApp({}, async own => {
      const browser = await own.connected('U1')
      withDatabase(own, database => database.exec('alter table sessions rename to elsewhere'))
      for (const path of ['/accounts', '/api/v1/me', '/auth/start']) {
        const page = await browser.get(path)
        expect([page.status, codeOf(page.text)], path).toEqual([503, 'unavailable'])
        expect(page.headers.get('retry-after'), path).toBe('1')
        expect(page.headers.getSetCookie()).toEqual([])
      }
      expect((await browser.post('/auth/sign-out')).status).toBe(503)
      withDatabase(own, database => database.exec('alter table elsewhere rename to sessions'))
      expect((await browser.get('/accounts')).status).toBe(200)
    })
  })
})

describe('sign-ins under way', () => {
  it('row 6: do not share codes, even in one browser', async () => {
    const browser = app.browser()
    const one = new URL(await callbackUrl(browser, await browser.get('/auth/start?intent=sign-in'), 'U1'))
    const two = new URL(await callbackUrl(browser, await browser.get('/auth/start'), 'U3'))
    const [first, second] = [one.searchParams.get('code') ?? '', two.searchParams.get('code') ?? '']
    one.searchParams.set('code', second)
    two.searchParams.set('code', first)
    for (const url of [one, two]) {
      const page = await browser.get(url.href)
      expect([page.status, codeOf(page.text)]).toEqual([400, 'oauth_code_rejected'])
    }
    expect((await browser.get('/accounts')).status).toBe(401)
  })

  it('row 67: and visits store no session before somebody signs in', async () => {
    await withApp({}, async own => {
      await Promise.all(['/', '/setup', '/accounts', '/auth/start', '/nowhere'].map(path => own.browser().get(path)))
      expect(withDatabase(own, database => database.prepare('select * from sessions').all())).toEqual([])
    })
  })
})

describe('the credentials', () => {
  const refreshes = (own: TestApp) =>
    own.google.requests.filter(request => request.grantType === 'refresh_token').length
  const statuses = (own: TestApp) =>
    withDatabase(own, database => firstColumn(database, 'select status from connections order by email'))
  const forgetAccessTokens = (own: TestApp) =>
    withDatabase(own, database =>
      database.exec('update connections set access_token = null, access_token_expires_at = null'),
    )

  it('row 44: exchanged between rows open in neither, and nothing is sent to Google', async () => {
    await withApp({}, async own => {
      const people = [await own.connected('U1'), await own.connected('U3')]
      withDatabase(own, database => {
        const [one, two] = database.prepare('select id, credential from connections').all() as {
          id: string
          credential: string
        }[]
        const put = database.prepare('update connections set credential = ? where id = ?')
        put.run(two?.credential, one?.id)
        put.run(one?.credential, two?.id)
      })
      forgetAccessTokens(own)
      own.google.control.clearRequests()
      for (const person of people) {
        const answer = await person.get(`/api/v1/connections/${await onlyConnection(person)}/customers?refresh=1`)
        expect([answer.status, codeOf(answer.text)]).toEqual([500, 'vault_open_failed'])
      }
      expect(own.google.requests).toEqual([])
      expect(statuses(own)).toEqual(['active', 'active'])
    })
  })

  it('row 59b: are refreshed once, whichever of two servers on one database is asked', async () => {
    const env = {
      TOKEN_KEYS: `k1:${randomBytes(32).toString('base64url')}`,
      SESSION_SECRETS: randomBytes(32).toString('base64url'),
    }
    await withApp({ env }, async own => {
      const connection = {
        id: await onlyConnection(await own.connected('U1')),
        email: 'ines.ferreira@northlight.example.com',
      }
      const config = parseConfig({
        ...env,
        GOOGLE_EMULATOR_HOST: own.google.host,
        GOOGLE_ADS_CLIENT_ID: DEFAULT_CLIENT.clientId,
        GOOGLE_ADS_CLIENT_SECRET: DEFAULT_CLIENT.clientSecret,
        DATABASE_URL: `sqlite:${own.databaseFile}`,
        ALLOWED_DOMAINS: 'northlight.example.com',
        PUBLIC_URL: own.url,
      })
      const servers = await Promise.all([1, 2, 3].map(() => createContext(config, createLog('silent'))))
      forgetAccessTokens(own)
      own.google.control.clearRequests()
      own.google.control.setLatency(150)
      const answers = await Promise.all(servers.map(server => server.accounts.direct(connection, { refresh: true })))
      await Promise.all(servers.map(server => server.close()))
      for (const answer of answers) expect(answer.accounts.length).toBeGreaterThan(0)
      expect(refreshes(own)).toBe(1)
    })
  })

  it('row 59: die by Google’s word about them only, not by a secret wrong on our side', async () => {
    await withApp({}, async own => {
      const browser = await own.connected('U1')
      await own.connected('U3')
      const path = `/api/v1/connections/${await onlyConnection(browser)}/customers?refresh=1`
      const outcomeOf = async (status: number, error: string) => {
        forgetAccessTokens(own)
        await own.restart()
        own.google.control.failNext({
          match: { operation: 'token.refresh' },
          effect: { kind: 'oauth_error', status, error, error_description: 'Bad Request' },
        })
        const answer = await browser.get(path)
        return [answer.status, codeOf(answer.text), ...statuses(own)]
      }
      expect(await outcomeOf(401, 'invalid_client')).toEqual([502, 'oauth_client_rejected', 'active', 'active'])
      expect(await outcomeOf(401, 'unauthorized_client')).toEqual([502, 'oauth_client_rejected', 'active', 'active'])
      expect(await outcomeOf(400, 'invalid_grant')).toEqual([409, 'needs_reconnect', 'needs_reconnect', 'active'])
    })
  })

  it('row 59c: given anew while the old one is being refused stay good', async () => {
    await withApp({}, async own => {
      const browser = await own.connected('U1')
      const connection = await onlyConnection(browser)
      const back = await callbackUrl(
        browser,
        await browser.get(`/auth/start?intent=reconnect&connection=${connection}`),
        'U1',
      )
      forgetAccessTokens(own)
      const match = { operation: 'token.refresh' } as const
      own.google.control.addFault({ match, effect: { kind: 'slow', ms: 400 } })
      own.google.control.addFault({
        match,
        effect: { kind: 'oauth_error', status: 400, error: 'invalid_grant', error_description: 'Bad Request' },
      })
      const refused = browser.get(`/api/v1/connections/${connection}/customers?refresh=1`)
      await new Promise(resolve => setTimeout(resolve, 100))
      expect((await browser.get(back)).status).toBe(303)
      await refused
      expect(statuses(own)).toEqual(['active'])
      expect((await browser.get(`/api/v1/connections/${connection}/customers?refresh=1`)).status).toBe(200)
    })
  })
})

it('stopping ends open event streams in order, rather than cutting them off', async () => {
  const own = await startApp()
  const browser = await own.connected('ADMIN')
  const connection = await onlyConnection(browser)
  const { customers } = JSON.parse((await browser.get(`/api/v1/connections/${connection}/customers`)).text)
  const manager = customers.find((each: { manager: boolean }) => each.manager).customerId
  const { id } = own.google.scenario.accounts.find(account => account.label === 'O2') ?? { id: '' }
  own.google.control.addFault({ match: { operation: 'searchStream', customerId: id }, effect: { kind: 'hang' } })
  const stream = await fetch(`${own.url}/api/v1/connections/${connection}/customers/${manager}/hierarchy/events`, {
    headers: { cookie: cookieOf(browser) },
  })
  await own.close()
  // A stream that were cut off after the grace period would reject here.
  const told = await stream.text()
  expect(told).toContain('event: progress')
  expect(told).not.toContain('event: complete')
})
