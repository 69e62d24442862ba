import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createConnectionStore } from '../../src/connections/connection-store.ts'
import { openDatabase } from '../../src/db/database.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault } from '../../src/vault/vault.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'

/** As docs/operations.md has it: a loop over DELETE. */
const connections = 40
const failing = 4

const tokenKeys = `k1:${randomBytes(32).toString('base64url')}`
let app: TestApp
let admin: BrowserSession
let at: number
beforeAll(async () => {
  app = await startApp({ env: { TOKEN_KEYS: tokenKeys } })
  at = Date.now()
  app.now.value = () => new Date(at)
  admin = await app.connected('ADMIN')
  await keep(connections)
})
afterAll(() => app.close())

/** Connections beside the one of the person, each with a refresh token of its own. */
async function keep(count: number): Promise<void> {
  const db = await openDatabase(app.databaseUrl)
  const store = createConnectionStore(db, createVault(parseTokenKeys(tokenKeys).ring))
  const owner = await db.selectFrom('members').selectAll().executeTakeFirstOrThrow()
  for (let each = 0; each < count; each++) {
    const credential = { kind: 'user', refreshToken: `1//token-${each}`, client: null } as const
    const grant = { scopes: ['openid'], accessToken: `ya29.${each}`, refreshTokenExpiresAt: null }
    const person = { sub: `sub-${each}`, email: `person-${each}@northlight.example.com`, name: null, picture: null }
    const held = { ...person, ...grant, credential, accessTokenExpiresAt: new Date(at + 3_600_000) }
    await store.save(db, held, { id: owner.id } as never, new Date(at))
  }
  await db.destroy()
}
interface ConnectionJson {
  id: string
  status: string
  revokedAt: string | null
  revocationNextAt: string | null
}
const list = async (): Promise<ConnectionJson[]> =>
  JSON.parse((await admin.get('/api/v1/connections?manageable=1')).text).connections
const cookie = () => [...admin.cookies()].map(([name, value]) => `${name}=${value}`).join('; ')
const revoke = async (id: string): Promise<Response> =>
  fetch(`${app.url}/api/v1/connections/${id}`, { method: 'DELETE', headers: { cookie: cookie(), origin: app.url } })
const answerTo = async (id: string) => {
  const page = await admin.post(`/api/v1/connections/${id}/access-token`)
  return [page.status, JSON.parse(page.text).code]
}
const later = (minutes: number) => {
  at += minutes * 60_000
}

test('row 61: revoking everything is final here at once, goes on after a stop, and ends with what Google has not confirmed', async () => {
  const all = (await list()).map(({ id }) => id)
  expect(all).toHaveLength(connections + 1)
  app.google.control.addFault({
    match: { operation: 'revoke' },
    times: failing,
    effect: { kind: 'status', status: 503 },
  })

  // Stopped half way, by whatever: a second run takes what is left.
  const statuses: number[] = []
  for (const id of all.slice(0, 15)) statuses.push((await revoke(id)).status)
  for (const id of all.slice(0, 15)) expect(await answerTo(id)).toEqual([409, 'connection_unusable'])
  later(1)
  const left = (await list()).filter(({ status }) => status !== 'revoked').map(({ id }) => id)
  expect(left).toHaveLength(all.length - 15)
  await app.restart()
  for (const id of left) statuses.push((await revoke(id)).status)
  expect(statuses.filter(status => status === 202)).toHaveLength(failing)
  expect(statuses.filter(status => status === 200)).toHaveLength(all.length - failing)

  later(1)
  for (const id of all.slice(-5)) {
    expect(await answerTo(id)).toEqual([409, 'connection_unusable'])
  }
  const now = await list()
  expect(now.every(({ status }) => status === 'revoked')).toBe(true)
  later(5)
  await app.sweep()
  expect((await list()).filter(({ revokedAt }) => revokedAt === null)).toEqual([])
  expect((await list()).filter(({ revocationNextAt }) => revocationNextAt !== null)).toEqual([])
})

test('row 61: the loop of the manual waits where it is told to, so that it goes on after the sixtieth', async () => {
  const manual = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const loop = manual.match(/while read -r id; do\n(.*)\n/)?.[1] ?? ''
  expect(loop).toMatch(/-X DELETE/)
  // curl repeats a 429 after the seconds of its Retry-After.
  expect(loop).toMatch(/--retry \d+/)
  const refused = await Promise.all(Array.from({ length: 61 }, () => revoke('00000000-0000-4000-8000-000000000000')))
  const last = refused.find(({ status }) => status === 429)
  expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0)
})
