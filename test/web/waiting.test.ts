import { load } from 'cheerio'
import type { Request, Response } from 'express'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOpenPlaces } from '../../src/web/open-places.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { type GoogleRelay, startGoogleRelay } from '../support/google-relay.ts'

/** Who waits for Google gets what they may still have by the time it is there. */
let app: TestApp
let relay: GoogleRelay
let admin: BrowserSession
let ines: BrowserSession
let tomasz: BrowserSession
let inesConnection: string
let root: string
let memberId: string

beforeAll(async () => {
  relay = await startGoogleRelay()
  app = await startApp({ env: { GOOGLE_EMULATOR_HOST: relay.host } })
  relay.connectTo(app.google.host)
  admin = await app.connected('ADMIN')
  ines = await app.connected('U1')
  inesConnection = JSON.parse((await ines.get('/api/v1/connections')).text).connections[0].id
  const { customers } = JSON.parse((await ines.get(`/api/v1/connections/${inesConnection}/customers`)).text)
  root = customers.find((each: { manager: boolean }) => each.manager).customerId
  expect((await ines.get(`${hierarchy()}?wait=60`)).status).toBe(200)
})
beforeEach(async () => {
  tomasz = await app.connected('U2')
  memberId = JSON.parse((await tomasz.get('/api/v1/me')).text).member.id
  await admin.post(`/connections/${inesConnection}/share`)
})
afterEach(async () => {
  relay.open()
  await admin.post(`/members/${memberId}/resume`)
  await admin.post(`/connections/${inesConnection}/resume`)
})
afterAll(async () => {
  await app.close()
  await relay.close()
})

const hierarchy = () => `/api/v1/connections/${inesConnection}/customers/${root}/hierarchy`

async function newKey(): Promise<string> {
  const name = String(Math.random())
  const page = await press(
    tomasz,
    await tomasz.get('/self'),
    { text: 'Make the key' },
    { name: [name], scopes: ['read'] },
  )
  return load(page.text)('[data-fresh="key"]').text()
}

function asked(path: string, key: string | null, signal?: AbortSignal): Promise<globalThis.Response> {
  const cookie = [...tomasz.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers: Record<string, string> = key === null ? { cookie } : { authorization: `Bearer ${key}` }
  return fetch(app.url + path, { headers, ...(signal && { signal }) })
}

/** An event stream, and what came of it so far. */
async function stream(key: string | null, signal?: AbortSignal) {
  const response = await asked(`${hierarchy()}/events`, key, signal)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const rest = async () => {
    let text = ''
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: '' }
      if (done) return text
      text += value
    }
  }
  return {
    status: response.status,
    headers: response.headers,
    first: async () => (await reader?.read())?.value ?? '',
    rest,
  }
}

type Take = (key: string) => Promise<{ status: number }>
const revokeKey: Take = key => tomasz.post(`/self/api-keys/${key.slice(5, 17)}/revoke`)
const endSession: Take = async () => admin.post(`/members/${memberId}/end-sessions`)

describe('a right that is taken away during a long wait', () => {
  it.each<[string, number, 'key' | 'session', Take]>([
    ['the member is suspended', 401, 'key', () => admin.post(`/members/${memberId}/suspend`)],
    ['the key is revoked', 401, 'key', revokeKey],
    ['the session is ended', 401, 'session', endSession],
    ['the connection is no longer shared', 404, 'session', () => admin.post(`/connections/${inesConnection}/unshare`)],
    ['the connection is paused', 409, 'key', () => admin.post(`/connections/${inesConnection}/pause`)],
  ])('ends the wait and the events once %s', async (_, status, by, take) => {
    const key = await newKey()
    const held = by === 'key' ? key : null
    relay.hold('googleAds:search', 'before')
    const answer = asked(`${hierarchy()}?refresh=1&wait=60`, held)
    await relay.until(1)
    const events = await stream(held)
    expect(await events.first()).toMatch(/^event: progress\n/)
    expect((await take(key)).status).toBe(303)
    relay.open()
    const given = await answer
    expect(given.status).toBe(status)
    expect(await given.text()).not.toContain('descriptiveName')
    // Between the first event and the end of the right another count may have been on its way.
    expect(await events.rest()).not.toContain('complete\n')
  })

  it('withholds what Google answered from a member who is suspended by then', async () => {
    relay.hold('listAccessibleCustomers', 'answered')
    const answer = asked(`/api/v1/connections/${inesConnection}/customers?refresh=1`, null)
    await relay.until(1)
    expect((await admin.post(`/members/${memberId}/suspend`)).status).toBe(303)
    relay.open()
    const given = await answer
    expect(given.status).toBe(401)
    expect(await given.text()).not.toContain('descriptiveName')
  })
})

describe('what is held open', () => {
  it('is ten streams or waits of one member, with whatever keys; one more is told when to come again', async () => {
    const keys = [await newKey(), await newKey(), null]
    relay.hold('googleAds:search', 'before')
    const refreshing = ines.get(`${hierarchy()}?refresh=1&wait=60`)
    await relay.until(1)
    const leaving = new AbortController()
    const open = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        stream(keys[index % 3] ?? null, index === 0 ? leaving.signal : undefined),
      ),
    )
    expect(open.map(each => each.status)).toEqual(Array(10).fill(200))
    for (const path of [`${hierarchy()}/events`, `${hierarchy()}?wait=60`]) {
      const refused = await asked(path, keys[0] ?? null)
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10'])
    }
    expect((await asked(hierarchy(), keys[0] ?? null)).status, 'without waiting').toBe(200)
    relay.open()
    expect((await refreshing).status).toBe(200)
    const texts = await Promise.all(open.map(each => each.rest()))
    for (const text of texts) expect(text).toContain('event: complete\n')
    expect((await stream(keys[0] ?? null)).status, 'when they have ended').toBe(200)
  })

  it('is bounded for all members together, and given back when an answer ends', () => {
    const places = createOpenPlaces(2, 3)
    const take = (id: string) => {
      let close = () => {}
      const res = { locals: { member: { id } }, once: (_: string, done: () => void) => (close = done) }
      let error: unknown
      places({} as Request, res as unknown as Response, given => {
        error = given
      })
      return { close: () => close(), error }
    }
    const [one, , three] = [take('a'), take('a'), take('b')]
    expect(one.error).toBeUndefined()
    expect(take('a').error).toMatchObject({ code: 'too_many_requests', retryAfterSeconds: 10 })
    expect(take('c').error).toMatchObject({ code: 'too_many_requests' })
    one.close()
    expect(take('c').error).toBeUndefined()
    three.close()
    expect(take('a').error).toBeUndefined()
  })
})
