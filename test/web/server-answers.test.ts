import { EventEmitter } from 'node:events'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { CspEvaluator } from 'csp_evaluator'
import { CspParser } from 'csp_evaluator/dist/parser.js'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import { type Context, createContext } from '../../src/context.ts'
import { createLog } from '../../src/log.ts'
import { arrival, limitConnections, listen, type RunningServer } from '../../src/server.ts'
import { routeTable } from '../../src/web/routes.ts'
import { callbackUrl, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { serverSettings } from '../support/server-process.ts'

let app: TestApp
let dagny: BrowserSession
let cookie: string
beforeAll(async () => {
  app = await startApp()
  dagny = await app.connected('ADMIN')
  cookie = [...dagny.cookies()].map(pair => pair.join('=')).join('; ')
})
afterAll(() => app.close())

interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

/** What comes back on a bare connection for these bytes, read until the server ends it. */
async function raw(bytes: string | Buffer, port = new URL(app.url).port): Promise<Answer> {
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(bytes)
  return read(socket)
}

async function read(socket: Socket): Promise<Answer> {
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  await new Promise<void>(resolve => {
    // The server may cut off what it has not read after its answer.
    socket.on('error', () => resolve())
    socket.on('close', () => resolve())
  })
  const [head = '', body = ''] = Buffer.concat(chunks)
    .toString()
    .split(/\r\n\r\n(.*)/s)
  const [line = '', ...lines] = head.split('\r\n')
  const headers: Record<string, string> = {}
  for (const each of lines) {
    const [name = '', value = ''] = each.split(/: (.*)/)
    const before = headers[name.toLowerCase()]
    headers[name.toLowerCase()] = before === undefined ? value : `${before}\n${value}`
  }
  return { status: Number(line.split(' ')[1]), headers, body }
}

const host = () => `Host: ${new URL(app.url).host}\r\n`
const request = (line: string, headers = '', body = '') =>
  `${line}\r\n${host()}${headers}Connection: close\r\n\r\n${body}`
const post = (path: string, type: string, body: string, more = '') =>
  request(
    `POST ${path} HTTP/1.1`,
    `Cookie: ${cookie}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${more}`,
    body,
  )

const form = 'application/x-www-form-urlencoded'
const always = {
  'content-security-policy': expect.stringMatching(
    /^default-src 'none';style-src 'self';script-src '(none|nonce-[\w+/]{22}==)';img-src 'self' data: https:\/\/\*\.googleusercontent\.com http:\/\/127\.0\.0\.1:\d+;connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'$/,
  ),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
  'permissions-policy':
    'accelerometer=(), bluetooth=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()',
  'cache-control': expect.stringMatching(/^(no-store|public, max-age=0, must-revalidate)$/),
  'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
}
/** What an answer may have beside these. */
const sometimes =
  /^(accept-ranges|allow|clear-site-data|connection|content-disposition|content-length|content-type|date|etag|keep-alive|last-modified|location|ratelimit|ratelimit-policy|retry-after|set-cookie|transfer-encoding|vary|x-accel-buffering)$/

function expectHeaders(headers: Record<string, string>, what: string): void {
  expect(headers, what).toMatchObject(always)
  const unknown = Object.keys(headers).filter(name => !(name in always) && !sometimes.test(name))
  expect(unknown, what).toEqual([])
}

describe('what the server answers by itself', () => {
  const cases: [string, number, () => string][] = [
    ['no HTTP', 400, () => 'hello\r\n\r\n'],
    ['row 10: an address of more than 16 KB', 431, () => request(`GET /${'a'.repeat(17_000)} HTTP/1.1`)],
    ['too many cookies', 431, () => request('GET /api/v1/me HTTP/1.1', `Cookie: ${'a'.repeat(17_000)}\r\n`)],
    ['no Host', 400, () => 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['no Host in HTTP/1.0', 400, () => 'GET /accounts HTTP/1.0\r\n\r\n'],
    ['two Hosts', 400, () => request('GET / HTTP/1.1', 'Host: evil.example\r\n')],
    ['an absolute target', 400, () => request('GET http://evil.example/ HTTP/1.1')],
    ['the target *', 400, () => request('OPTIONS * HTTP/1.1')],
    ['row 73: TRACE', 405, () => request('TRACE / HTTP/1.1', 'X-Secret: canary\r\n')],
    ['PUT', 405, () => request('PUT /api/v1/me HTTP/1.1')],
    ['CONNECT', 405, () => request('CONNECT evil.example:443 HTTP/1.1')],
    ['a space in the name of a header', 400, () => request('GET / HTTP/1.1', 'X y: 1\r\n')],
    [
      'a length and chunks',
      400,
      () => request('POST / HTTP/1.1', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', 'abc'),
    ],
    ['a negative length', 400, () => request('POST / HTTP/1.1', 'Content-Length: -3\r\n')],
  ]

  test.each(cases)('has the headers of every answer: %s', async (what, status, bytes) => {
    const answer = await raw(bytes())
    expect(answer.status, what).toBe(status)
    expectHeaders(answer.headers, what)
    expect(answer.headers.connection).toBe('close')
    expect(answer.body).not.toMatch(/canary|evil|aaaa|Error|node/)
    if (status === 405) expect(answer.headers.allow).toBe('GET, HEAD, POST, DELETE')
  })

  test('is JSON for the API', async () => {
    const answers = [
      await raw(request(`GET /api/v1/${'a'.repeat(17_000)} HTTP/1.1`)),
      await raw(request('PUT /api/v1/me HTTP/1.1')),
      await raw(request('GET /api/v1/me HTTP/1.1', 'Host: evil.example\r\n')),
    ]
    expect(answers.map(({ body }) => JSON.parse(body).code)).toEqual([
      'headers_too_large',
      'method_not_allowed',
      'bad_request',
    ])
    for (const { headers } of answers) expect(headers['content-type']).toBe('application/problem+json; charset=utf-8')
  })

  test('upgrades to nothing, waits for no expectation, and lets probes of HTTP/1.0 ask whether it is alive', async () => {
    const upgrade = 'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'
    expect(
      (await raw(request('GET / HTTP/1.1', upgrade).replace('Connection: close', 'Connection: upgrade, close'))).status,
    ).toBe(200)
    const expecting = await raw(request('GET / HTTP/1.1', 'Expect: the-unexpected\r\n'))
    expect(expecting.status).toBe(200)
    expectHeaders(expecting.headers, 'Expect')
    expect((await raw('GET /healthz HTTP/1.0\r\n\r\n')).body).toBe('ok')
  })
})

describe('row 65: bodies', () => {
  const [key, page] = ['/api/v1/configuration/check', '/login-customer']
  const cases: [string, number, () => string | Buffer][] = [
    ['too large a form', 413, () => post(page, form, `a=${'x'.repeat(100_000)}`)],
    ['too large a JSON', 413, () => post(key, 'application/json', JSON.stringify({ text: 'x'.repeat(40_000) }))],
    [
      'one that says it is larger than it is',
      413,
      () => request(`POST ${page} HTTP/1.1`, `Content-Type: ${form}\r\nContent-Length: 9999999999\r\n`, 'a=b'),
    ],
    [
      'too large in chunks',
      413,
      () =>
        request(
          `POST ${page} HTTP/1.1`,
          `Content-Type: ${form}\r\nTransfer-Encoding: chunked\r\n`,
          `${'19000\r\n'}${'x'.repeat(0x19000)}\r\n0\r\n\r\n`,
        ),
    ],
    ['a form with files', 415, () => post(page, 'multipart/form-data; boundary=x', '--x--')],
    ['plain text as a form', 415, () => post(page, 'text/plain', 'a=b')],
    ['JSON as a form', 415, () => post(page, 'application/json', '{}')],
    ['JSON as plain text', 415, () => post('/api/v1/connections', 'text/plain', '{}')],
    ['a form as JSON', 415, () => post('/api/v1/connections', form, 'a=b')],
    [
      'no type at all',
      415,
      () => request(`POST ${page} HTTP/1.1`, `Cookie: ${cookie}\r\nContent-Length: 3\r\n`, 'a=b'),
    ],
    ['another charset', 415, () => post(page, `${form}; charset=utf-16`, 'a=b')],
    ['a charset in quotes', 415, () => post(key, 'application/json; charset="iso-8859-1"', '{}')],
    ['compressed', 415, () => bomb(page, form)],
    ['compressed JSON', 415, () => bomb(key, 'application/json')],
    ['a compressed security event', 415, () => bomb('/security-events', 'application/secevent+jwt')],
  ]
  const bomb = (path: string, type: string) => {
    const body = gzipSync(Buffer.alloc(1_000_000, 'a'))
    const head = request(
      `POST ${path} HTTP/1.1`,
      `Cookie: ${cookie}\r\nContent-Type: ${type}\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n`,
    )
    return Buffer.concat([Buffer.from(head), body])
  }

  test.each(cases)('row 65: %s', async (what, status, bytes) => {
    const answer = await raw(bytes())
    expect(answer.status).toBe(status)
    expectHeaders(answer.headers, what)
    expect((await dagny.get('/api/v1/me')).status).toBe(200)
  })

  test('row 65: UTF-8 is accepted however it is written', async () => {
    for (const type of [form, `${form};charset=UTF-8`, `${form}; charset="utf-8"`]) {
      expect((await raw(post('/auth/nowhere', type, 'a=b'))).status, type).toBe(404)
    }
  })
})

describe('slow clients', () => {
  let context: Context
  let server: RunningServer
  beforeAll(async () => {
    const config = parseConfig(await serverSettings(app.google.host))
    context = await createContext(config, createLog('silent'))
    const short = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 }
    server = await listen(createApp(context).app, config, short)
  })
  afterAll(async () => {
    await server.close()
    await context.close()
  })

  test('row 69: half a request, an idle connection and a body that never ends are ended with 408', async () => {
    const at = `Host: localhost:${server.port}\r\n`
    const half = [
      `GET / HTTP/1.1\r\n${at}X-a: `,
      `POST /login-customer HTTP/1.1\r\n${at}Content-Type: ${form}\r\nContent-Length: 100\r\n\r\na=`,
      `POST /api/v1/connections HTTP/1.1\r\n${at}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
    ]
    for (const bytes of half) {
      const answer = await raw(bytes, String(server.port))
      expect(answer.status, bytes).toBe(408)
      expectHeaders(answer.headers, bytes)
    }
  })

  test('row 69: 300 of them at once keep nobody else out', async () => {
    const slow = Array.from({ length: 300 }, () => raw('GET / HTTP/1.1\r\nX-a: ', String(server.port)))
    expect((await fetch(`http://localhost:${server.port}/healthz`)).status).toBe(200)
    expect(new Set((await Promise.all(slow)).map(({ status }) => status))).toEqual(new Set([408]))
  })

  test('row 69: one address holds 200 connections, and another still gets in', () => {
    expect(arrival).toEqual({ headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 })
    const events = new EventEmitter()
    limitConnections(events as never)
    let destroyed = 0
    const arrive = (remoteAddress: string) => {
      const socket = Object.assign(new EventEmitter(), { remoteAddress, destroy: () => destroyed++ })
      events.emit('connection', socket)
      return socket
    }
    const [first] = Array.from({ length: 200 }, () => arrive('192.0.2.1'))
    expect(destroyed).toBe(0)
    arrive('::ffff:192.0.2.1').emit('close')
    expect(destroyed).toBe(1)
    arrive('192.0.2.2')
    first?.emit('close')
    arrive('192.0.2.1')
    expect(destroyed).toBe(1)
  })
})

describe('row 70: every answer', () => {
  const table = routeTable(
    { config: { publicUrl: 'http://localhost' } } as unknown as Context,
    new AbortController().signal,
  )

  test('row 70: every route, file, error and redirect has exactly these headers, row 21: and only safe cookies', async () => {
    const id = JSON.parse((await dagny.get('/api/v1/connections')).text).connections[0].id
    const paths = [...new Set(table.map(({ path }) => path.replace(':id', id).replace(/:\w+/g, '1234567890')))]
    const files = [
      '/assets/keyring.css',
      '/assets/keyring.js',
      '/assets/favicon.svg',
      '/assets/nothing.js',
      '/healthz',
      '/readyz',
    ]
    const odd = [
      '/nowhere',
      '/connections/%E0%A4%A',
      '/assets/..%2fpackage.json',
      '/.git/config',
      '/metrics',
      '//x',
      '/a'.repeat(900),
    ]
    for (const path of [...paths, ...files, ...odd]) {
      for (const session of ['', `Cookie: ${cookie}\r\n`]) {
        const signedOut = /sign-out|\/events$/.test(path)
        if (signedOut && session) continue
        const answer = await raw(request(`GET ${path} HTTP/1.1`, session))
        expectHeaders(answer.headers, path)
        for (const line of answer.headers['set-cookie']?.split('\n') ?? []) {
          expect(line, path).toMatch(/^[\w-]+=[^;]*; .*HttpOnly; SameSite=Lax$/)
          expect(line.length, path).toBeLessThan(4_096)
        }
      }
    }
    for (const { path, method } of table.filter(each => each.method !== 'get')) {
      const answer = await raw(request(`${method.toUpperCase()} ${path} HTTP/1.1`))
      expectHeaders(answer.headers, `${method} ${path}`)
    }
  })

  test('row 70: the policy has no weakness csp_evaluator knows', async () => {
    const policy = (await dagny.get('/accounts')).headers.get('content-security-policy') ?? ''
    const https = policy.replace(/ http:\/\/127\.0\.0\.1:\d+/, '')
    expect(new CspEvaluator(new CspParser(https).csp).evaluate()).toEqual([])
  })

  test('row 70: each page names its own scripts with a nonce of its own', async () => {
    const nonces = []
    for (const path of ['/accounts', '/accounts', '/', '/nowhere']) {
      const page = await dagny.get(path)
      const [, nonce] = /'nonce-([^']+)'/.exec(page.headers.get('content-security-policy') ?? '') ?? []
      for (const [tag] of page.text.matchAll(/<script[^>]*>/g))
        expect(tag).toContain(`nonce="${nonce?.replaceAll('+', '&#43;')}"`.replaceAll('&#43;', '+'))
      nonces.push(nonce)
    }
    expect(new Set(nonces).size).toBe(4)
  })

  test('row 43: no answer allows another site to read it or to run it as a script', async () => {
    for (const path of ['/api/v1/me', '/api/v1/connections', '/api/v1/nowhere']) {
      for (const origin of ['https://evil.example', 'null']) {
        const headers = { origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'script' }
        const page = await dagny.get(path, headers)
        expect([...page.headers.keys()].filter(name => name.startsWith('access-control-'))).toEqual([])
        expect(page.headers.get('cross-origin-resource-policy')).toBe('same-origin')
        expect(page.headers.get('content-type')).toMatch(/^application\/(problem\+)?json/)
        expect(page.headers.get('x-content-type-options')).toBe('nosniff')
        expect(page.status).toBe(403)
      }
    }
    const preflight = await raw(
      request('OPTIONS /api/v1/me HTTP/1.1', 'Origin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n'),
    )
    expect(Object.keys(preflight.headers).filter(name => name.startsWith('access-control-'))).toEqual([])
  })

  test('row 73: nothing tells versions, sources or figures', async () => {
    const asked = [
      '/metrics',
      '/.git/HEAD',
      '/.env',
      '/package.json',
      '/assets/keyring.js.map',
      '/debug',
      '/server-status',
      '/assets/',
    ]
    for (const path of asked) expect((await dagny.get(path)).status, path).toBe(404)
    for (const path of ['/healthz', '/readyz', '/', '/setup', '/api/v1/me', '/assets/keyring.js']) {
      const page = await app.browser().get(path)
      for (const name of ['server', 'x-powered-by', 'sourcemap', 'via'])
        expect(page.headers.has(name), path).toBe(false)
      expect(page.text, path).not.toMatch(/sourceMappingURL|Express|node[/ ]?v?\d+\.\d+|0\.1\.0/i)
    }
    expect((await app.browser().get('/healthz')).text).toBe('ok')
  })
})

test('row 66: no cookie, header, address or JSON makes the server fail', async () => {
  const bytes = fc.string({
    unit: fc.integer({ min: 1, max: 255 }).map(code => String.fromCharCode(code)),
    maxLength: 60,
  })
  const pieces = fc.record({
    path: fc.oneof(
      fc.constantFrom('/', '/api/v1/me', '/api/v1/connections', '/accounts', '/oauth2callback?', '/links/'),
      bytes.map(each => `/${each}`),
    ),
    name: fc.constantFrom(
      'Cookie',
      'Authorization',
      'X-Forwarded-For',
      'Accept',
      'Sec-Fetch-Site',
      'Range',
      'If-None-Match',
      'Content-Type',
    ),
    value: bytes,
    body: fc.oneof(bytes, fc.json()),
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'DELETE'),
  })
  await fc.assert(
    fc.asyncProperty(pieces, async ({ path, name, value, body, method }) => {
      const type =
        name === 'Content-Type' ? '' : `Content-Type: ${path.startsWith('/api') ? 'application/json' : form}\r\n`
      const head = request(
        `${method} ${path} HTTP/1.1`,
        `${name}: ${value}\r\n${type}Content-Length: ${Buffer.byteLength(body, 'latin1')}\r\n`,
      )
      const { status } = await raw(Buffer.from(head + body, 'latin1'))
      expect(status).toBeGreaterThanOrEqual(200)
      expect([500, 502]).not.toContain(status)
    }),
    { numRuns: 150 },
  )
  expect((await dagny.get('/api/v1/me')).status).toBe(200)
})

test('row 21: over https every cookie has the prefix and flags that no other site can get around', async () => {
  const own = await startApp({ env: { PUBLIC_URL: 'https://localhost:3000', TRUST_PROXY: '0' } })
  for (const path of [
    '/auth/start',
    '/auth/start?intent=sign-in',
    '/',
    '/accounts',
    '/oauth2callback?state=x&error=y',
  ]) {
    const bytes = `GET ${path} HTTP/1.1\r\nHost: localhost:3000\r\nConnection: close\r\n\r\n`
    const { headers } = await raw(bytes, new URL(own.url).port)
    expect(headers['strict-transport-security']).toBe('max-age=31536000')
    const lines = headers['set-cookie']?.split('\n') ?? []
    if (path.startsWith('/auth')) expect(lines).not.toEqual([])
    for (const line of lines)
      expect(line).toMatch(/^__Host-[\w-]+=[^;]*; (?!.*Domain).*Path=\/; .*HttpOnly; Secure; SameSite=Lax$/)
  }
  await own.close()
})

test('row 22: behind a proxy nobody told us about, sign-ins work: the flags follow PUBLIC_URL alone', async () => {
  const own = await startApp({ env: { PUBLIC_URL: 'https://localhost:3000', TRUST_PROXY: '0' } })
  const ask = (path: string, headers = '') =>
    raw(`GET ${path} HTTP/1.1\r\nHost: localhost:3000\r\n${headers}Connection: close\r\n\r\n`, new URL(own.url).port)
  const started = await ask('/auth/start?intent=sign-in')
  const pending = (started.headers['set-cookie'] ?? '').split(';')[0] ?? ''
  const google = own.browser()
  const page = { ...(await google.get('/setup')), location: started.headers.location ?? '' }
  const back = new URL(await callbackUrl(google, page, 'U1'))
  const ended = await ask(back.pathname + back.search, `Cookie: ${pending}\r\n`)
  expect(ended.status).toBe(303)
  expect(JSON.stringify(ended.headers)).toContain('__Host-sid=')
  await own.close()
})
