import { connect } from 'node:net'
import { load } from 'cheerio'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Context } from '../../src/context.ts'
import { apiKeyScopes } from '../../src/members/api-keys.ts'
import { agencyScenario } from '../../src/sandbox/scenarios/agency.ts'
import { type Route, routeTable } from '../../src/web/routes.ts'
import { callbackUrl, followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { holds, hostileJson, hostileText, intruders, mark, parameterNames } from '../support/fuzz.ts'
import { patienceMs } from '../support/patience.ts'
import { snapshot } from '../support/snapshot.ts'
import { openSqlite } from '../support/sqlite.ts'

const table = routeTable(
  { config: { publicUrl: 'http://localhost' } } as unknown as Context,
  new AbortController().signal,
)
type Caller = 'admin' | 'member' | 'nobody' | 'key'
/** Those who get past the door come more often. */
function callersOf({ who, key }: Route): Caller[] {
  if (who === 'anyone') return ['admin', 'member', 'nobody', 'key']
  if (who === 'admin') return ['admin', 'admin', 'admin', 'member', 'nobody']
  return ['admin', 'member', 'member', 'member', ...(key ? (['key', 'key', 'key'] as const) : []), 'nobody']
}

let app: TestApp
/** Dagny is an administrator; Ines owns the connection and made the key and the link. */
let dagny: BrowserSession
let ines: BrowserSession
let key: string
/** What the parameters of an address are where somebody means well. */
let inAddress: Record<string, string>
let restore: () => void
/** The limits count by member and address; time and addresses move on instead. */
let time = Date.now()
let signedInAt = time
let requests = 0

beforeAll(async () => {
  const accounts = agencyScenario.accounts.map(account => ({ ...account, name: `${account.name} ${mark}` }))
  app = await startApp({ env: { TRUST_PROXY: '1' }, sandbox: { scenario: { ...agencyScenario, accounts } } })
  app.now.value = () => new Date(time)
  dagny = await app.connected('ADMIN')
  ines = await app.connected('U1')
  const id = JSON.parse((await ines.get('/api/v1/connections')).text).connections[0].id as string
  const { customers } = JSON.parse((await ines.get(`/api/v1/connections/${id}/customers`)).text)
  const root = customers[0].customerId as string
  await ines.get(`/api/v1/connections/${id}/customers/${root}/hierarchy?wait=10`)
  // Google stays out of it: a grant withdrawn there would not come back with the rows.
  app.google.control.addFault({ match: { operation: 'revoke' }, effect: { kind: 'status', status: 503 } })
  const change = { name: ['All'], scopes: [...apiKeyScopes] }
  key = keyOn((await press(ines, await ines.get('/self'), { text: 'Make the key' }, change)).text)
  const made = await ines.post('/links', { hours: '24' })
  inAddress = {
    id,
    secret: /\/links\/([\w-]{43})/.exec(made.text)?.[1] ?? '',
    loginCustomerId: root,
    customerId: root,
    format: 'curl',
    memberId: JSON.parse((await ines.get('/api/v1/me')).text).member.id,
    keyId: key.slice('gads_'.length, 'gads_'.length + 12),
  }
  restore = snapshot(app.databaseFile)
})
afterAll(() => app.close())

const keyOn = (text: string) => load(text)('[data-fresh="key"]').text()

/** Puts everything back, and lets time pass where a limit or the sign-in would otherwise be in the way. */
async function moveOn(method: string): Promise<void> {
  if (method !== 'GET') restore()
  requests += 1
  if (requests % 15 !== 0) return
  time += 61_000
  if (time - signedInAt < 8 * 60_000) return
  signedInAt = time
  for (const [browser, label] of [
    [dagny, 'ADMIN'],
    [ines, 'U1'],
  ] as const) {
    await followConsent(browser, await browser.get('/auth/start?intent=sign-in', from()), label)
  }
  restore = snapshot(app.databaseFile)
}

/** A network of its own for each request. */
const from = () => ({ 'x-forwarded-for': `10.${[16, 8, 0].map(shift => (requests >> shift) & 255).join('.')}` })

function identity(caller: Caller): Record<string, string> {
  if (caller === 'nobody') return {}
  if (caller === 'key') return { authorization: `Bearer ${key}` }
  const browser = caller === 'admin' ? dagny : ines
  return { cookie: [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ') }
}

/** As it goes over the wire: halves of characters cannot. */
const wellFormed = (text: string) => Buffer.from(text).toString()
const encoded = (text: string) => encodeURIComponent(wellFormed(text))

function pathOf(route: Route, change: Record<string, string>): string {
  return route.path.replace(/:(\w+)/g, (_, name: string) => encoded(change[name] ?? inAddress[name] ?? name) || '%20')
}

interface Answer {
  status: number
  headers: Headers
  text: string
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const signal = AbortSignal.timeout(patienceMs / 2)
  const response = await fetch(app.url + url, { redirect: 'manual', signal, ...init })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** What holds for every answer to whatever is asked. */
function expectSound(path: string, { status, headers, text }: Answer, what: string): void {
  expect(status, `${what}: ${text}`).toBeLessThan(500)
  expect(headers.get('x-evil'), what).toBeNull()
  const type = headers.get('content-type') ?? ''
  if (path.startsWith('/api/') && status >= 400) {
    expect(type, what).toBe('application/problem+json; charset=utf-8')
    expect(JSON.parse(text), what).toMatchObject({ status, title: expect.any(String), code: expect.any(String) })
  }
  if (type.startsWith('text/html')) expect(intruders(text), what).toEqual([])
  const location = headers.get('location')
  if (location !== null) {
    const { origin } = new URL(location, app.url)
    const atGoogle = /^http:\/\/[\d.:]+\/accounts\.google\.com\/o\/oauth2\//.test(location)
    expect(atGoogle || origin === app.url, `${what} leads to ${location}`).toBe(true)
  }
}

const names = parameterNames()
/** For some names what a handler takes, so that the other parameters of the same request are read at all. */
const meant = new Map<string, () => string | undefined>([
  ...['connection', 'connection_id'].map(name => [name, () => inAddress.id] as const),
  ...['customer_id', 'login_customer_id', 'at', 'open'].map(name => [name, () => inAddress.customerId] as const),
  ...['refresh', 'reveal', 'suspend', 'choose', 'page', 'limit', 'all'].map(name => [name, () => '1'] as const),
  ...Object.entries({ intent: 'reconnect', format: 'csv', view: 'picture', hours: '24', days: '30', scopes: 'read' })
    .concat(Object.entries({ kid: 'k1', wait: '0', id: 'a'.repeat(12), name: 'A key', target_kind: 'connection' }))
    .concat(Object.entries({ from: '2026-01-01', to: '2026-12-31', q: 'a', text: 'client_id: x' }))
    .map(([name, value]) => [name, () => value] as const),
  ['member_id', () => inAddress.memberId],
])
const parameters = fc
  .array(
    fc.record({
      name: fc.constantFrom(...names),
      value: hostileText,
      hostile: fc.nat({ max: 2 }),
      twice: fc.nat({ max: 9 }),
    }),
    { minLength: 1, maxLength: 24 },
  )
  .map(all => {
    const pairs = all.flatMap(({ name, value, hostile, twice }): [string, string][] => {
      const text = hostile === 2 ? value : (meant.get(name)?.() ?? value)
      return twice === 9
        ? [
            [name, text],
            [name, value],
          ]
        : [[name, text]]
    })
    return pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')
  })
const rest = fc.constantFrom('', '', '', '&', '=', '&%ED%A0%80=%FF', '&%=%', '&a%00b=1', '&a[]=1&a[b][c]=2', '&=x')
const queries = fc.tuple(parameters, rest).map(parts => parts.join('').slice(0, 7_000))

const wellKnown = fc.dictionary(fc.constantFrom(...names, 'clientId', 'clientSecret', 'refreshToken'), hostileJson)
const bodies = fc.oneof(
  { weight: 5, arbitrary: queries.map(body => ({ type: 'application/x-www-form-urlencoded', body })) },
  { weight: 5, arbitrary: wellKnown.map(json => ({ type: 'application/json', body: JSON.stringify(json) })) },
  { weight: 1, arbitrary: hostileJson.map(json => ({ type: 'application/json', body: JSON.stringify(json) ?? '' })) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom(
        ...['text/plain', 'application/json', 'application/secevent+jwt', 'multipart/form-data; boundary=x', 'x/y'],
        ...['application/json; charset=utf-7', 'application/x-www-form-urlencoded; charset=utf-99', ';', 'text/html'],
      ),
      body: hostileText,
    }),
  },
)

const encodings = fc.constantFrom(...Array(12).fill('identity'), 'gzip', 'br', 'deflate', 'x-evil')

describe('whatever stands in the parameters', () => {
  it('is tried under every name a page or a handler uses', () => {
    expect(names.length).toBeLessThan(150)
    expect(names).toEqual(
      expect.arrayContaining(['customer_id', 'scopes', 'minimumSeconds', 'before', 'return_to', 'hours', 'manageable']),
    )
  })

  it.each(table.map(route => [route.method.toUpperCase(), route.path, route] as const))(
    'row 66: %s %s answers in good form',
    async (method, _path, route) => {
      const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
      const change = fc.oneof(
        { weight: 3, arbitrary: fc.constant({}) },
        { weight: 2, arbitrary: fc.dictionary(fc.constantFrom(...inPath, 'nothing'), hostileText) },
      )
      const property = fc.asyncProperty(
        ...([fc.constantFrom(...callersOf(route)), change, queries, bodies, encodings] as const),
        async (caller, changed, query, { type, body }, encoding) => {
          await moveOn(method)
          const path = pathOf(route, changed)
          const answer = await ask(`${path}?${query}`, {
            method,
            headers: {
              ...identity(caller),
              ...from(),
              ...(method === 'POST' && { 'content-type': type, 'content-encoding': encoding }),
            },
            ...(method === 'POST' && { body: wellFormed(body) }),
          })
          expectSound(path, answer, `${method} ${path}?${query} as ${caller}: ${method === 'POST' ? body : ''}`)
        },
      )
      await holds(property, 6)
    },
  )

  it('has changed nothing that all objects share', () => {
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(app.log()).not.toContain('"code":"internal"')
  })
})

/** Sends a request as these very bytes; answers the status the server gave, or 0 where it closed without one. */
function sendRaw(lines: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(app.url).port), 'localhost')
    let answer = ''
    socket.setTimeout(patienceMs / 2, () => socket.destroy(new Error('no answer')))
    socket.on('data', chunk => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve(0) : reject(error)))
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)))
    socket.write(Buffer.from([...lines, 'Connection: close', '', ''].join('\r\n'), 'latin1'))
  })
}
const anyBytes = fc
  .uint8Array({ maxLength: 80 })
  .map(bytes => Buffer.from(bytes).toString('latin1'))
  .filter(text => !/[\r\n]/.test(text))

describe('the callback', () => {
  const exchanges = () => app.google.requests.filter(({ path }) => path.includes('/token')).length

  it('row 66: takes any query, and asks Google for nothing without a sign-in under way', async () => {
    const browser = app.browser()
    const genuine = new URL(await callbackUrl(browser, await browser.get('/auth/start', from()), 'U2'))
    const state = genuine.searchParams.get('state') ?? ''
    const code = genuine.searchParams.get('code') ?? ''
    const almost = fc.constantFrom(state.slice(0, -1), `${state}x`, state.toUpperCase(), `${state}\0`, ` ${state}`)
    const value = fc.oneof(hostileText, almost, fc.constantFrom(code, 'http://evil.example', 'access_denied'))
    const pair = fc.tuple(fc.constantFrom('state', 'code', 'iss', 'error', 'scope', '__proto__', 'state[]'), value)
    const garbage = fc.constantFrom(
      '',
      'tx-aaaaaa=x',
      `tx-${'a'.repeat(6)}=${'e30'.repeat(900)}`,
      'tx-=;tx-__proto__=1',
    )
    const own = [...browser.cookies()].map(([name, cookie]) => `${name}=${cookie}`).join('; ')
    const property = fc.asyncProperty(
      ...([fc.array(pair, { maxLength: 8 }), rest, garbage, fc.boolean()] as const),
      async (pairs, more, cookie, twice) => {
        await moveOn('GET')
        const before = exchanges()
        const query = pairs.map(([name, text]) => `${encoded(name)}=${encoded(text)}`).join('&') + more
        // A state given twice is none, even where both are right.
        const url = `/oauth2callback?${twice ? `state=${state}&state=${state}&code=${encoded(code)}&` : ''}${query}`
        const answer = await ask(url.slice(0, 14_000), { headers: { ...from(), cookie: `${own}; ${cookie}` } })
        expectSound('/oauth2callback', answer, url)
        expect(answer.status, url).toBe(400)
        expect(exchanges(), url).toBe(before)
      },
    )
    await holds(property, 60, [
      [
        [
          ['state', state.slice(0, -1)],
          ['code', code],
        ],
        '',
        '',
        false,
      ],
    ])
    expect((await browser.get(genuine.href, from())).status).toBe(303)
  })

  it('row 66: takes any bytes', async () => {
    const property = fc.asyncProperty(anyBytes, anyBytes, async (query, cookie) => {
      await moveOn('GET')
      const before = exchanges()
      const first = `GET /oauth2callback?state=x&code=${query.replaceAll(' ', '')} HTTP/1.1`
      const host = `Host: ${new URL(app.url).host}`
      const status = await sendRaw([first, host, `X-Forwarded-For: ${from()['x-forwarded-for']}`, `Cookie: ${cookie}`])
      expect([0, 400], JSON.stringify([query, cookie])).toContain(status)
      expect(exchanges()).toBe(before)
    })
    await holds(property, 60)
  })
})

describe('whatever stands in cookies and headers', () => {
  const printable = fc.string({
    unit: fc.constantFrom(
      ...[...Array(223)].map((_, at) => String.fromCharCode(at + 32)).filter(each => each !== '\x7f'),
    ),
    maxLength: 200,
  })

  it('row 66: fails nobody, and signs nobody in', async () => {
    const signed = ines.cookies().get('sid') ?? ''
    const cookies = fc.oneof(
      ...[printable, printable.map(each => `sid=${each}`), printable.map(each => `sid=s%3A${each}`)],
      printable.map(each => `tx-aaaaaa=${each}`),
      fc.constantFrom(
        ...[`sid=${signed.slice(0, -1)}`, `sid=${signed}x`, `SID=${signed}`, `tx-aaaaaa=${signed}`],
        ...['sid=%', 'sid=s:.', 'sid=j:{"a":1}', '$Version=1; sid=s%3Ax.y', '='.repeat(4_000), 'a=b;'.repeat(1_500)],
        `__Host-sid=${signed}`,
      ),
    )
    const authorization = fc.oneof(
      printable,
      ...['Bearer ', 'bearer\t', 'Bearer gads_', 'Basic '].map(kind => printable.map(each => kind + each)),
      fc.constantFrom(
        `Bearer ${key.slice(0, -1)}`,
        `Bearer ${key}x`,
        `Bearer gads_${'a'.repeat(3_000)}`,
        `Token ${key}`,
      ),
    )
    const paths = fc.constantFrom('/accounts', '/api/v1/me', '/', '/audit', '/auth/start', '/links/x', '/nowhere')
    const property = fc.asyncProperty(cookies, authorization, paths, async (cookie, presented, path) => {
      await moveOn('GET')
      const status = await sendRaw([
        ...[`GET ${path} HTTP/1.1`, `Host: ${new URL(app.url).host}`, `Cookie: ${cookie}`],
        ...[`Authorization: ${presented}`, `X-Forwarded-For: ${from()['x-forwarded-for']}`],
      ])
      const honest =
        new Map([
          ['/', 200],
          ['/auth/start', 303],
          ['/links/x', 410],
          ['/nowhere', 404],
        ]).get(path) ?? 401
      // 400 where it is not clear which of two session cookies counts; 431 where headers are too large.
      expect([honest, 400, 431], JSON.stringify([cookie, presented, path])).toContain(status)
    })
    await holds(property, 90)
  })

  it('row 66: changes nothing about who somebody is', async () => {
    const headers = fc.constantFrom(
      ...['Accept', 'Accept-Language', 'Accept-Encoding', 'If-None-Match', 'If-Modified-Since', 'Range', 'Origin'],
      ...['Sec-Fetch-Site', 'Sec-Fetch-Dest', 'Sec-Fetch-Mode', 'Referer', 'User-Agent', 'Upgrade', 'TE', 'Via'],
      ...['X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-For', 'Forwarded', 'X-Original-URL', 'X-Rewrite-URL'],
      ...['X-HTTP-Method-Override', 'X-Request-Id', 'Content-Type', 'Expect', 'Purpose', 'Sec-Purpose', 'DNT'],
    )
    const likely = [
      '*',
      '*/*;q=x',
      'W/"x"',
      'bytes=0-,-1',
      'cross-site',
      'same-site',
      'none',
      'POST',
      '/members',
      'null',
    ]
    const value = fc.oneof(
      printable,
      fc.constantFrom(...likely, '127.0.0.1', '::1, x', '1'.repeat(3_000), '100-continue'),
    )
    const property = fc.asyncProperty(
      fc.uniqueArray(fc.tuple(headers, value), { maxLength: 5, selector: ([name]) => name }),
      fc.constantFrom('/accounts', '/self', '/find?customer_id=1', '/members', '/api/v1/me', '/api/v1/connections'),
      async (more, path) => {
        await moveOn('GET')
        const status = await sendRaw([
          ...[`GET ${path} HTTP/1.1`, `Host: ${new URL(app.url).host}`, `Cookie: ${identity('member').cookie}`],
          ...more.map(([name, text]) => `${name}: ${text}`),
        ])
        // 403 where the headers say that another site asks, 417 for an expectation nobody can meet.
        const allowed = path === '/members' ? [404, 403, 400, 417] : [200, 403, 400, 417, 304]
        expect(allowed, JSON.stringify([more, path])).toContain(status)
      },
    )
    await holds(property, 60)
  })
})

describe('where an answer leads', () => {
  const forms = { connection_id: 'id', customer_id: 'customerId', member_id: 'memberId' } as const

  it.each(table.filter(({ method }) => method === 'post').map(route => [route.path, route] as const))(
    'row 16: POST %s redirects by 303, and names no person and no secret in the address',
    async (_path, route) => {
      for (const caller of ['admin', 'member'] as const) {
        await moveOn('POST')
        const isApi = route.path.startsWith('/api/')
        const meanings = Object.entries(forms).map(([name, meaning]): [string, string] => [
          name,
          inAddress[meaning] ?? '',
        ])
        const fields = [...meanings, ['hours', '24'], ['kid', 'k1'], ['text', 'x'], ['expected', 'a@b.c']] as [
          string,
          string,
        ][]
        const answer = await ask(pathOf(route, {}), {
          method: 'POST',
          headers: { ...identity(caller), ...from(), ...(isApi && { 'content-type': 'application/json' }) },
          body: isApi ? JSON.stringify(Object.fromEntries(fields)) : new URLSearchParams(fields),
        })
        const location = answer.headers.get('location')
        if (location === null) expect([200, 201, 202, 400, 403, 404, 405, 409, 410, 422, 502]).toContain(answer.status)
        else expect(answer.status).toBe(303)
        const { secret = '?', keyId = '?' } = inAddress
        for (const each of ['northlight', secret, keyId, 'code=', 'token']) expect(location ?? '').not.toContain(each)
      }
    },
  )
})

describe('hostile names', () => {
  it('row 64: of accounts, people, connections, keys, links and browsers are text on every page', async () => {
    const database = openSqlite(app.databaseFile)
    for (const [name, columns] of [
      ['members', 'email, name'],
      ['connections', 'email, name, scopes, reason'],
      ['api_keys', 'name'],
      ['links', 'email'],
      ['sessions', 'user_agent'],
    ] as const) {
      const set = columns.split(', ').map(column => `${column} = @mark`)
      database.prepare(`update ${name} set ${set}`).run({ mark })
    }
    for (const name of ['members', 'connections']) {
      database.prepare(`update ${name} set picture = ?`).run('javascript:alert(1)')
    }
    database
      .prepare(
        `insert into passkeys select 'p1', id, 'c', 'k', '0', '', @mark, created_at, null from members where id = @id`,
      )
      .run({ mark, id: inAddress.memberId ?? '' })
    database.close()
    // Entries of the audit trail keep the names of who acted and of what.
    for (const deed of ['pause', 'resume']) await dagny.post(`/connections/${inAddress.id}/${deed}`)
    await dagny.post('/links', { hours: '24', email: mark })

    const shown = new Set<string>()
    for (const query of ['', '?view=picture', '?choose=1&customer_id=a&q=a&reveal=1&format=python']) {
      time += 61_000
      for (const route of table.filter(({ method }) => method === 'get')) {
        for (const caller of query === '' ? (['admin', 'member'] as const) : (['admin'] as const)) {
          const path = pathOf(route, {}) + query
          const answer = await ask(path, { headers: { ...identity(caller), ...from() } })
          expectSound(path, answer, `${path} as ${caller}`)
          if (!answer.headers.get('content-type')?.startsWith('text/html')) continue
          if (load(answer.text)('main').text().includes(mark)) shown.add(route.path)
        }
      }
    }
    expect([...shown]).toEqual(
      expect.arrayContaining([
        ...[
          '/accounts',
          '/connections',
          '/connections/:id',
          '/self',
          '/members',
          '/members/:memberId',
          '/links',
          '/audit',
        ],
        ...['/connections/:id/accounts/:loginCustomerId', '/connections/:id/accounts/:loginCustomerId/:customerId'],
      ]),
    )
  })
})
