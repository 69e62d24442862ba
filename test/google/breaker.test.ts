import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withBreaker } from '../../src/google/breaker.ts'
import { googleEndpoints } from '../../src/google/endpoints.ts'
import { createHttp, type HttpError } from '../../src/google/http.ts'
import { createLog } from '../../src/log.ts'
import { patienceMs } from '../support/patience.ts'
import { json, type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts'

let google: ScriptedServer
let at: Date
let logged: string
let silent: boolean
let ask: (path: string, token?: string) => Promise<number>

beforeEach(async () => {
  google = await startScriptedServer()
  at = new Date('2026-11-27T10:00:00Z')
  logged = ''
  const endpoints = googleEndpoints(google.host)
  const log = createLog('info', { write: line => (logged += line) })
  const http = withBreaker(createHttp(endpoints.allowedOrigins), { hostOf: endpoints.hostOf, log, now: () => at })
  // Only where no answer comes is the time short, so that a slow machine changes nothing.
  ask = async (path, token) => {
    const url = endpoints.url(`https://${path}`)
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const timeoutMs = silent || token === slow ? 30 : patienceMs
    return (await http({ url, method: 'GET', headers, timeoutMs, maxBytes: 1_000 })).status
  }
})
afterEach(() => google.close())

const failureOf = (asking: Promise<unknown>) =>
  asking.then(
    () => 'answered',
    (error: HttpError) => error.failure,
  )
const later = (seconds: number) => {
  at = new Date(at.getTime() + seconds * 1000)
}
/** Google takes requests and never answers them. */
function fallSilent(): void {
  silent = true
  google.answer(() => {})
}
function answer(how: Parameters<ScriptedServer['answer']>[0] = (_req, res) => json(res, 200, {})): void {
  silent = false
  google.answer(how)
}
const token = 'oauth2.googleapis.com/token'
const slow = 'of-accounts-that-take-google-too-long'

describe('row 59d: a Google that does not answer', () => {
  it('row 59d: costs two timeouts, then nothing until the next try', async () => {
    fallSilent()
    expect([await failureOf(ask(token)), await failureOf(ask(token))]).toEqual(['timeout', 'timeout'])
    const failures = await Promise.all(Array.from({ length: 50 }, () => failureOf(ask(token))))
    expect(new Set(failures)).toEqual(new Set(['silent']))
    expect(google.seen.length).toBeLessThanOrEqual(2)
    await expect(ask(token)).rejects.toMatchObject({ failure: 'silent', retryAfterSeconds: 15 })
    expect(logged.match(/Google does not answer/g)).toHaveLength(1)
  })

  it('row 59d: is tried by one request every 15 seconds, and used again after its first answer', async () => {
    fallSilent()
    await Promise.all([failureOf(ask(token)), failureOf(ask(token))])
    later(15)
    const tried = await Promise.all([failureOf(ask(token)), failureOf(ask(token)), failureOf(ask(token))])
    expect(tried).toEqual(['timeout', 'silent', 'silent'])
    later(14)
    expect(await failureOf(ask(token))).toBe('silent')
    answer()
    later(1)
    expect(await Promise.all([ask(token), failureOf(ask(token))])).toEqual([200, 'silent'])
    expect(await Promise.all(Array.from({ length: 20 }, () => ask(token)))).toEqual(Array(20).fill(200))
    expect(logged).toContain('Google answers again')
  })

  it('row 63c: tries Google at once after a wrong clock is corrected', async () => {
    fallSilent()
    await Promise.all([failureOf(ask(token)), failureOf(ask(token))])
    later(-2 * 24 * 3600)
    answer()
    expect(await ask(token)).toBe(200)
  })

  it('row 59d: does not affect requests to other hosts', async () => {
    fallSilent()
    await Promise.all([failureOf(ask(token)), failureOf(ask(token))])
    expect(await failureOf(ask(token))).toBe('silent')
    answer()
    expect(await failureOf(ask(token))).toBe('silent')
    expect(await ask('googleads.googleapis.com/v25/customers')).toBe(200)
  })

  it('row 59d: is silent for one access token, so that a member with slow accounts ends nobody else’s work', async () => {
    const ads = 'googleads.googleapis.com/v25/customers/1/googleAds:searchStream'
    answer((req, res) => {
      if (req.headers.authorization !== `Bearer ${slow}`) json(res, 200, {})
    })
    for (let time = 0; time < 2; time++) expect(await failureOf(ask(ads, slow))).toBe('timeout')
    expect(await failureOf(ask(ads, slow))).toBe('silent')
    expect([await ask(ads, 'another'), await ask(ads, 'a-third'), await ask(token)]).toEqual([200, 200, 200])
    expect(await failureOf(ask(ads, slow))).toBe('silent')
    expect(logged).not.toContain(slow)
  })

  it('row 59d: is not a Google that refuses, answers badly, or times out occasionally', async () => {
    for (const how of [
      (_req: unknown, res: ServerResponse) => json(res, 503, {}),
      (_req: unknown, res: ServerResponse) => res.destroy(),
      (_req: unknown, res: ServerResponse) => res.writeHead(302, { location: '/' }).end(),
    ]) {
      answer(how)
      for (let time = 0; time < 4; time++) expect(await failureOf(ask(token))).not.toBe('silent')
    }
    for (let time = 0; time < 3; time++) {
      fallSilent()
      expect(await failureOf(ask(token))).toBe('timeout')
      answer()
      expect(await ask(token)).toBe(200)
    }
  })
})
