import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseCustomerId } from '../../src/customer-id.ts'
import { createGoogleAds } from '../../src/google/ads.ts'
import { withBreaker } from '../../src/google/breaker.ts'
import { type GoogleEndpoints, googleEndpoints } from '../../src/google/endpoints.ts'
import { createHttp, type Http, type HttpRequest } from '../../src/google/http.ts'
import { createGoogleOAuth } from '../../src/google/oauth.ts'
import { createSecurityEventVerifier } from '../../src/google/security-events.ts'
import { createSecurityStream } from '../../src/google/security-stream.ts'
import { createLog } from '../../src/log.ts'
import { generateSigningKey } from '../../src/sandbox/oauth/signing-keys.ts'
import { signSecurityEvent } from '../../src/sandbox/risc/security-event.ts'
import { freePort } from '../support/free-port.ts'
import { patienceMs } from '../support/patience.ts'
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts'

/** A Google on loopback that sends one fault to whoever asks. */
interface Wire {
  /** `host:port` */
  host: string
  /** Path of each request that arrived. */
  seen: string[]
  /** Resolves with the bytes it put on the wire, as far as the sockets took them. */
  close(): Promise<number>
}

type Send = (req: IncomingMessage & { echo: string }, res: ServerResponse) => void

let wire: Wire
let send: Send
/** Where a redirect leads; nobody may come. */
let thief: ScriptedServer
let closedPort: number
let bomb: Buffer

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const signer = generateSigningKey()
const secrets = {
  code: '4/0AbCdEfGhIjKlMnOp',
  verifier: 'verifier-of-this-sign-in',
  clientSecret: 'the-client-secret',
  refreshToken: 'the-refresh-token',
  accessToken: 'the-access-token',
  developerToken: 'the-developer-token',
  keyPart: privateKey.split('\n')[3] ?? '',
  assertion: 'eyJ',
}
const key = { clientEmail: 'robot@p.iam.example.com', privateKeyId: 'k1', privateKey, projectId: null }
const idToken = signSecurityEvent({ type: 'verification', clientIds: ['the-client'], key: signer, nowMs: Date.now() })

beforeAll(async () => {
  thief = await startScriptedServer()
  closedPort = await freePort()
  bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024))
})
afterAll(() => thief.close())
// One for each test: what an earlier one gave up may still arrive.
beforeEach(async () => {
  wire = await startWire()
})
afterEach(() => wire.close())

async function startWire(): Promise<Wire> {
  const seen: string[] = []
  let bytes = 0
  const server = createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    seen.push(req.url ?? '')
    res.on('error', () => {})
    send(Object.assign(req, { echo: `${body} ${req.headers.authorization} ${req.headers['developer-token']}` }), res)
  })
  server.on('connection', socket => socket.on('close', () => (bytes += socket.bytesWritten)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
      return bytes
    },
  }
}

interface Parts {
  http: Http
  endpoints: GoogleEndpoints
}
interface Operation {
  ask(parts: Parts): Promise<unknown>
  /** Requests where no usable answer came but another try may bring one: what only reads may be repeated. */
  mostAttempts: 1 | 3
  /** The whole list of what it may say, in place of `google_unreachable`. */
  codes?: string[]
  /** What it takes a `{}` for, where that is no failure. */
  emptyIs?: unknown
}

const noWait = async () => {}
const oauth = (parts: Parts) =>
  createGoogleOAuth({
    client: {
      clientId: 'the-client',
      clientSecret: secrets.clientSecret,
      source: 'environment',
      registeredRedirectUris: null,
    },
    redirectUri: 'http://localhost:3000/oauth2callback',
    now: () => new Date(),
    pause: noWait,
    ...parts,
  })
const ads = (parts: Parts) =>
  createGoogleAds({ apiVersion: 'v25', developerToken: secrets.developerToken, pause: noWait, ...parts })
const stream = (parts: Parts) => createSecurityStream(key, { now: () => new Date(), ...parts })
const token = async () => secrets.accessToken
const customerId = parseCustomerId('1234567890')
if (!customerId) throw new Error('no customer id')
const search = { token, customerId, loginCustomerId: null, query: 'select customer.id from customer', row: z.unknown() }
const unclear = ['google_unreachable', 'ads_unexpected_answer']

/** The Google Ads API says more exactly what it was. */
const ofAds = [...unclear, 'ads_unavailable', 'ads_rate_limited', 'ads_quota_exhausted']
const operations: Record<string, Operation> = {
  'code exchange': { ask: parts => oauth(parts).exchangeCode(secrets.code, secrets.verifier), mostAttempts: 1 },
  refresh: { ask: parts => oauth(parts).refresh(secrets.refreshToken), mostAttempts: 3 },
  'service-account token': { ask: parts => oauth(parts).serviceAccountToken(key), mostAttempts: 3 },
  revoke: { ask: parts => oauth(parts).revoke(secrets.refreshToken), mostAttempts: 1, emptyIs: undefined },
  keys: {
    ask: parts => oauth(parts).verifyIdToken({ idToken, nonce: 'n', accessToken: secrets.accessToken }),
    mostAttempts: 1,
  },
  'events: configuration': {
    ask: parts => createSecurityEventVerifier('the-client', parts.http, parts.endpoints, () => new Date())(idToken),
    mostAttempts: 1,
  },
  listAccessibleCustomers: {
    ask: parts => ads(parts).listAccessibleCustomers(token),
    mostAttempts: 3,
    codes: ofAds,
    emptyIs: [],
  },
  searchStream: { ask: parts => ads(parts).search(search), mostAttempts: 3, codes: ofAds, emptyIs: [] },
  'events: stream': { ask: parts => stream(parts).read(), mostAttempts: 1, codes: unclear },
  'events: register': {
    ask: parts => stream(parts).register('https://here.example/security-events'),
    mostAttempts: 1,
    codes: unclear,
    emptyIs: undefined,
  },
}

interface Fault {
  send: Send
  /** Whether what may be repeated is repeated. */
  repeated: { oauth: boolean; ads: boolean }
  /** Only where no end comes is the time short, so that a slow machine changes nothing. */
  deadlineMs?: number
  /** The wire is not reached at all. */
  endpoints?: () => Parts['endpoints']
  /** No answer of this kind is a failure everywhere. */
  empty?: boolean
  retryAfterSeconds?: number
  /** The reason google/http.ts gives. */
  failure?: string
}

const always = { oauth: true, ads: true }
const never = { oauth: false, ads: false }
const page = (req: { echo: string }) => `<!doctype html><title>Sorry</title>${req.echo}`
const jsonType = { 'content-type': 'application/json; charset=utf-8' }
const plain =
  (status: number, headers: Record<string, string> = {}): Send =>
  (req, res) =>
    void res.writeHead(status, { ...jsonType, ...headers }).end(JSON.stringify({ echo: req.echo }))
const toThief =
  (status: number): Send =>
  (_req, res) =>
    void res.writeHead(status, { location: `http://${thief.host}/` }).end()
const elsewhere = (origin: string): GoogleEndpoints => ({
  url: url => url.replace(/^https:\/\//, `${origin}/`),
  hostOf: url => new URL(url).pathname.split('/')[1] ?? '',
  allowedOrigins: new Set([origin]),
})
const nothing: Send = () => {}

const faults: Record<string, Fault> = {
  'refuses to be reached': {
    send: nothing,
    repeated: always,
    endpoints: () => elsewhere(`http://127.0.0.1:${closedPort}`),
    failure: 'unreachable',
  },
  'has no address': {
    send: nothing,
    repeated: always,
    endpoints: () => elsewhere('http://google.invalid'),
    failure: 'unreachable',
  },
  'speaks no TLS where it should': {
    send: nothing,
    repeated: always,
    endpoints: () => elsewhere(`https://${wire.host}`),
    failure: 'unreachable',
  },
  'resets before it answers': {
    send: req => void req.socket.resetAndDestroy(),
    repeated: always,
    failure: 'unreachable',
  },
  'resets in the body': {
    send: (req, res) => void res.writeHead(200, jsonType).write('{"access', () => req.socket.resetAndDestroy()),
    repeated: always,
    failure: 'cut_off',
  },
  'never answers': { send: nothing, repeated: { oauth: true, ads: false }, deadlineMs: 25, failure: 'timeout' },
  'drips its answer without end': {
    send: (_req, res) => {
      res.writeHead(200, jsonType).write('{')
      const dripping = setInterval(() => res.write(' '), 5)
      res.on('close', () => clearInterval(dripping))
    },
    repeated: { oauth: true, ads: false },
    deadlineMs: 60,
    failure: 'timeout',
  },
  'sends interim answers without end': {
    send: (_req, res) => {
      const flood = setInterval(() => res.writeProcessing(), 2)
      res.on('close', () => clearInterval(flood))
    },
    repeated: { oauth: true, ads: false },
    deadlineMs: 60,
    failure: 'timeout',
  },
  'stops in the middle': {
    send: (_req, res) =>
      void res.writeHead(200, { ...jsonType, 'content-length': '100' }).write('{"access_', () => res.destroy()),
    repeated: always,
    failure: 'cut_off',
  },
  'cuts its JSON': {
    send: (_req, res) => void res.writeHead(200, jsonType).end('{"access_token":"at"'),
    repeated: { oauth: true, ads: false },
  },
  'sends a page with status 200': {
    send: (req, res) => void res.writeHead(200, { 'content-type': 'text/html' }).end(page(req)),
    repeated: { oauth: true, ads: false },
  },
  'sends a page and calls it JSON': {
    send: (req, res) => void res.writeHead(200, jsonType).end(page(req)),
    repeated: { oauth: true, ads: false },
  },
  'sends an empty object': {
    send: (_req, res) => void res.writeHead(200, jsonType).end('{}'),
    repeated: { oauth: true, ads: false },
    empty: true,
  },
  'sends far too much': {
    send: (_req, res) => {
      res.writeHead(200, jsonType).write('{"more":"')
      const chunk = 'x'.repeat(65_536)
      let left = 1_000
      const more = () => {
        while (!res.destroyed && left-- > 0) if (!res.write(chunk)) return void res.once('drain', more)
        res.end()
      }
      more()
    },
    repeated: { oauth: true, ads: false },
    failure: 'too_large',
  },
  'sends 32 MB packed into 32 KB': {
    send: (_req, res) => void res.writeHead(200, { ...jsonType, 'content-encoding': 'gzip' }).end(bomb),
    repeated: { oauth: true, ads: false },
    failure: 'too_large',
  },
  'redirects with 302': {
    send: toThief(302),
    repeated: { oauth: true, ads: false },
    failure: 'redirect_refused',
  },
  'redirects with 307': {
    send: toThief(307),
    repeated: { oauth: true, ads: false },
    failure: 'redirect_refused',
  },
  'wants five seconds (429)': { send: plain(429, { 'retry-after': '5' }), repeated: always, retryAfterSeconds: 5 },
  'wants three hours (429)': {
    send: plain(429, { 'retry-after': '10800' }),
    repeated: never,
    retryAfterSeconds: 10_800,
  },
  'has a fault of its own (500)': { send: plain(500), repeated: always },
  'is busy (503) and says until when': {
    send: plain(503, { 'retry-after': '2' }),
    repeated: always,
    retryAfterSeconds: 2,
  },
}

/** All operations at once against one fault, each with an Http that notes what goes out. */
async function against(fault: Fault, operation: Operation) {
  const sent: HttpRequest[] = []
  const endpoints = fault.endpoints?.() ?? googleEndpoints(wire.host)
  const out = createHttp(endpoints.allowedOrigins)
  const http: Http = request => {
    sent.push(request)
    return out({
      ...request,
      timeoutMs: fault.deadlineMs ?? patienceMs,
      maxBytes: Math.min(request.maxBytes, 1_000_000),
    })
  }
  const result = await operation.ask({ http, endpoints }).then(
    value => ({ value }),
    (error: unknown) => ({ error }),
  )
  return { sent, result }
}

describe('rows 57 and 58: every call to Google', () => {
  it.each(Object.entries(faults))('row 58: takes no harm from a Google that %s', async (_, fault) => {
    send = fault.send
    let attempts = 0
    const bound = { oauth: 65_536, ads: 256 * 1024 * 1024 }
    await Promise.all(
      Object.entries(operations).map(async ([name, operation]) => {
        const { sent, result } = await against(fault, operation)
        attempts += sent.length
        const api = operation.codes === ofAds ? 'ads' : 'oauth'
        for (const { timeoutMs, maxBytes } of sent) {
          expect(timeoutMs, name).toBeLessThanOrEqual(api === 'ads' ? 60_000 : 10_000)
          expect(maxBytes, name).toBe(bound[api])
        }
        if (fault.empty && 'emptyIs' in operation) return expect(result, name).toEqual({ value: operation.emptyIs })
        expect(sent, name).toHaveLength(fault.repeated[api] ? operation.mostAttempts : 1)
        if (!('error' in result)) return expect.fail(`${name} came to ${inspect(result)}`)
        const { error } = result
        expect(error, name).toMatchObject({ name: 'AppError' })
        expect(operation.codes ?? ['google_unreachable'], name).toContain((error as { code: string }).code)
        if (fault.failure) expect(error, name).toMatchObject({ cause: { failure: fault.failure } })
        if (fault.retryAfterSeconds && /exchange|refresh|token|revoke|search|list|stream|register/.test(name)) {
          expect(error, name).toMatchObject({ retryAfterSeconds: fault.retryAfterSeconds })
        }
        const all = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })
        for (const [what, secret] of Object.entries(secrets)) expect(all, `${what} in ${name}`).not.toContain(secret)
      }),
    )
    // A short time may be over before the request is out.
    if (fault.deadlineMs) expect(wire.seen.length).toBeLessThanOrEqual(attempts)
    else expect(wire.seen).toHaveLength(fault.endpoints ? 0 : attempts)
    expect(thief.seen).toEqual([])
  })

  it('row 58: no more is read of an answer without end than what Google’s answers need', async () => {
    send = faults['sends far too much']?.send ?? nothing
    const { 'code exchange': exchange, revoke } = operations
    for (const operation of [exchange, revoke]) {
      if (operation) await against({ send, repeated: never }, operation)
    }
    expect(wire.seen).toHaveLength(2)
    // 64 MB each were on offer. What the sockets of this machine hold back comes on top of the 64 KB.
    expect(await wire.close()).toBeLessThan(2 * 16 * 1024 * 1024)
  })

  it('row 58: whoever asks about a person at Google learns nothing from a broken answer, and tries once', async () => {
    for (const [name, fault] of Object.entries(faults)) {
      if (fault.endpoints) continue
      send = fault.send
      const asked = await against(fault, { ask: parts => oauth(parts).profileOf(secrets.accessToken), mostAttempts: 1 })
      expect(asked, name).toMatchObject({ result: { value: null }, sent: [{ maxBytes: 65_536 }] })
    }
  })

  it('row 59: a refresh is not repeated once Google has not answered others', async () => {
    send = nothing
    const endpoints = googleEndpoints(wire.host)
    const out = createHttp(endpoints.allowedOrigins)
    const http = withBreaker(request => out({ ...request, timeoutMs: 25 }), {
      hostOf: endpoints.hostOf,
      log: createLog('fatal'),
      now: () => new Date('2026-11-27T10:00:00Z'),
    })
    const error = await oauth({ http, endpoints })
      .refresh(secrets.refreshToken)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'google_unreachable', retryAfterSeconds: 15 })
    expect(wire.seen).toHaveLength(2)
  })
})
