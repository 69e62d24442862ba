import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { createAudit } from '../../src/audit/audit.ts'
import { type Db, openDatabase } from '../../src/db/database.ts'
import { isPostgres } from '../../src/db/engine.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { sealedColumns } from '../../src/sealed-columns.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createRotation } from '../../src/vault/rotation.ts'
import { createVault } from '../../src/vault/vault.ts'
import { startWebhookReceiver } from '../notices/receivers.ts'
import { callbackUrl } from './app.ts'
import { BrowserSession, type Page } from './browser-session.ts'
import { type ServerProcess, serverSettings, startServerProcess } from './server-process.ts'

export interface KillReport {
  kills: number
  /** Of these, before the server was ready. */
  duringStart: number
  /** Changes the server said it had made, by name. */
  acknowledged: Record<string, number>
  /** Notices that arrived at the webhook. */
  notices: number
}

type Status = 'none' | 'active' | 'paused' | 'needs_reconnect' | 'revoked'

/** A person who uses the server, and what their connection may be now: one status, or two while an answer is missing. */
interface Person {
  label: string
  browser: BrowserSession
  email: string
  id: string
  may: Set<Status>
  /** They withdrew the grant at Google since they last connected. */
  lost: boolean
  /** API keys the server said it had made or revoked; `null` where an answer is missing. */
  keys: Map<string, 'live' | 'revoked' | null>
}

const labels = ['U1', 'U2', 'U3', 'ADMIN']
const leaseMs = 30_000

/**
 * Kills a real server at random moments while people use it, looks at what it left, and starts it again. What it
 * acknowledged has to be there, and what it began has to go on. Throws on the first difference, naming the round.
 */
export async function killRounds({
  databaseUrl,
  kills,
  seed,
  tell = () => {},
}: {
  databaseUrl?: string
  kills: number
  seed: number
  tell?: (line: string) => void
}): Promise<KillReport> {
  const random = numbersFrom(seed)
  const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T
  const google = await startSandbox()
  const hook = await startWebhookReceiver()
  const env: Record<string, string> = {
    ...(await serverSettings(google.host)),
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    ADMIN_EMAILS: 'dagny.holm@northlight.example.com',
    TRUST_PROXY: '1',
    WEBHOOK_URL: hook.url,
    WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
  }
  const report: KillReport = { kills: 0, duringStart: 0, acknowledged: {}, notices: 0 }
  const acknowledge = (what: string) => {
    report.acknowledged[what] = (report.acknowledged[what] ?? 0) + 1
  }
  const people: Person[] = labels.map(label => ({
    label,
    browser: new BrowserSession(`http://localhost:${env.PORT}`),
    email: google.scenario.people.find(person => person.label === label)?.email ?? '',
    id: '',
    may: new Set<Status>(['none']),
    lost: false,
    keys: new Map(),
  }))
  let server = null as ServerProcess | null

  try {
    for (let round = 1; round <= kills; round++) {
      if (round % 5 === 0) env.TOKEN_KEYS = `k${round}:${randomBytes(32).toString('base64url')},${env.TOKEN_KEYS}`
      if (round % 3 === 0) await killWhileStarting()
      else await killAtWork()
      report.kills = round
      await inspect(Date.now()).catch(cause => {
        throw new Error(`after kill ${round} of seed ${seed}: ${cause.message}`, { cause })
      })
      if (round % 25 === 0) tell(`${round} kills: ${JSON.stringify(report.acknowledged)}`)
    }
    await finish()
    report.notices = new Set(hook.received.map(({ headers }) => headers['webhook-id'])).size
    return report
  } finally {
    await server?.kill('SIGKILL')
    await hook.close()
    await google.close()
  }

  async function killWhileStarting(): Promise<void> {
    const starting = startServerProcess(env, child => {
      void delay(random() * 1_500).then(() => child.kill('SIGKILL'))
    })
    const started = await starting.catch(() => null)
    if (started === null) report.duringStart += 1
    await started?.exited
  }

  async function killAtWork(): Promise<void> {
    const running = await startServerProcess(env)
    server = running
    const dead = new AbortController()
    let working: Promise<unknown> = Promise.resolve()
    // After so many things were done or refused, however long they take here, and then in the middle of the next.
    let left = Math.floor(random() * 24)
    const enough = new Promise<void>(resolve => {
      const work = people.map(person => use(person, dead.signal, () => left-- <= 0 && resolve()))
      working = Promise.all(work)
    })
    await enough
    await delay(random() * 60)
    await running.kill('SIGKILL')
    dead.abort()
    await working
  }

  /** One thing after the other, until the server is gone. */
  async function use(person: Person, dead: AbortSignal, done: () => void): Promise<void> {
    while (!dead.aborted) {
      try {
        await oneThing(person)
        done()
      } catch (error) {
        // The server was killed before it had answered; what it was asked for may have happened or not.
        if (!(error instanceof TypeError)) throw error
        await delay(5)
      }
    }
  }

  async function oneThing(person: Person): Promise<void> {
    const at = `/connections/${person.id}`
    const signedIn = (await person.browser.get('/api/v1/me')).status === 200
    if (!signedIn || random() < 0.3) return connect(person)
    const [status] = person.may
    if (random() < 0.1) return changeKeys(person)
    if (person.label === 'ADMIN' && random() < 0.3) return rotate(person)
    switch (status) {
      case 'active':
        return pick([
          () => change(person, 'pause', 'paused'),
          () => change(person, 'revoke', 'revoked'),
          () => lose(person),
          () => read(person, `/api/v1${at}/customers?refresh=1`),
          () => read(person, '/accounts'),
          () => token(person),
        ])()
      case 'paused':
        return change(person, 'resume', 'active')
      default:
        return connect(person)
    }
  }

  async function connect(person: Person): Promise<void> {
    const start = await person.browser.get('/auth/start', { 'x-forwarded-for': address() })
    if (start.status !== 303) return
    const url = await callbackUrl(person.browser, start, person.label)
    // A paused connection stays paused through a new consent.
    const after: Status = person.may.has('paused') ? 'paused' : 'active'
    await expecting(person, after, 'connect', () => person.browser.get(url, { 'x-forwarded-for': address() }))
    if (person.may.size === 1) person.lost = false
    if (person.id !== '') return
    const { connections } = JSON.parse((await person.browser.get('/api/v1/connections')).text)
    person.id = connections.find((each: { email: string }) => each.email === person.email)?.id ?? ''
  }

  function change(person: Person, verb: string, after: Status): Promise<void> {
    return expecting(person, after, verb, () => person.browser.post(`/connections/${person.id}/${verb}`))
  }

  /** The person withdraws the grant at Google, and the next check notices: the owner is told. */
  async function lose(person: Person): Promise<void> {
    google.control.revokeGrant(person.label)
    person.lost = true
    await expecting(person, 'needs_reconnect', 'lose', () => person.browser.post(`/connections/${person.id}/check`))
  }

  async function expecting(person: Person, after: Status, what: string, ask: () => Promise<Page>): Promise<void> {
    const before = new Set(person.may)
    person.may.add(after)
    const { status } = await ask()
    if (status === 303) {
      person.may = new Set([after])
      acknowledge(what)
    } else if (status < 500) person.may = before
  }

  async function read(person: Person, path: string): Promise<void> {
    if ((await person.browser.get(path)).status === 200) acknowledge('read')
  }

  async function token(person: Person): Promise<void> {
    const { status } = await person.browser.post(`/api/v1/connections/${person.id}/access-token`)
    if (status === 200) acknowledge('token')
  }

  async function changeKeys({ browser, keys }: Person): Promise<void> {
    const [live] = [...keys].find(([, state]) => state === 'live') ?? []
    if (live !== undefined && random() < 0.5) {
      keys.set(live, null)
      if ((await browser.post(`/self/api-keys/${live}/revoke`)).status !== 303) return
      keys.set(live, 'revoked')
      return acknowledge('revoke key')
    }
    const id = Array.from({ length: 12 }, () => pick([...'abcdefghijklmnopqrstuvwxyz'])).join('')
    keys.set(id, null)
    const { status } = await browser.post('/self/api-keys', { id, name: 'n', scopes: ['read'], days: '1' })
    if (status !== 200) return
    keys.set(id, 'live')
    acknowledge('make key')
  }

  async function rotate({ browser }: Person): Promise<void> {
    if ((await browser.post('/keys/rotate')).status === 303) acknowledge('rotate')
  }

  /** Everything that has to hold at any moment, with nobody writing. */
  async function inspect(killedAt: number): Promise<void> {
    const db = await openDatabase(env.DATABASE_URL ?? '')
    try {
      const vault = createVault(parseTokenKeys(env.TOKEN_KEYS ?? '').ring)
      if (!isPostgres(db)) await equal('integrity', sql<object>`pragma integrity_check`.execute(db), ['ok'])
      const { intact } = await (await createAudit(db, vault, () => new Date())).verify()
      check(intact, 'the audit trail is not intact')
      const now = () => new Date()
      check(
        (await createRotation({ db, vault, columns: sealedColumns, now }).verify()).sound,
        'a sealed value is unreadable',
      )
      const connections = await db.selectFrom('connections').selectAll().execute()
      // As if the two minutes for which a killed instance holds its settings were over: keys are changed below.
      await db.deleteFrom('instances').execute()
      for (const person of people) {
        const row = connections.find(({ email }) => email === person.email)
        const status = (row?.status ?? 'none') as Status
        check(person.may.has(status), `${person.label} is ${status}, not ${[...person.may].join(' or ')}`)
        person.may = new Set([status])
        if (row) person.id = row.id
        await inspectKeys(db, person)
      }
      for (const row of connections) {
        const lease = Date.parse(row.refresh_lease_until ?? '') || 0
        check(row.refresh_lease === null || lease <= killedAt + leaseMs, `a lease of ${row.email} lasts too long`)
        const pending = row.status === 'revoked' && row.credential !== null
        check(!pending || row.revocation_next_at !== null, `the revocation of ${row.email} stands still`)
        if (row.status !== 'active' || row.credential === null) continue
        const refreshToken = await vault.open(row.credential, {
          purpose: 'refresh-token',
          context: `connections/${row.id}/credential/${row.version}`,
        })
        const { label, lost } = people.find(({ email }) => email === row.email) as Person
        const live = google.control.world.grants.liveRefreshTokens(label)
        check(lost || live.some(({ token }) => token === refreshToken), `the credential of ${label} is not Google's`)
      }
    } finally {
      await db.destroy()
    }
  }

  async function inspectKeys(db: Db, person: Person): Promise<void> {
    for (const [id, expected] of person.keys) {
      const row = await db.selectFrom('api_keys').select('revoked_at').where('id', '=', id).executeTakeFirst()
      const state = row === undefined ? null : row.revoked_at === null ? 'live' : 'revoked'
      check(expected === null || state === expected, `the API key ${id} is ${state}, not ${expected}`)
      if (state === null) person.keys.delete(id)
      else person.keys.set(id, state)
    }
  }

  /** With time, what was pending is done; then one key alone opens everything, and the commands say so. */
  async function finish(): Promise<void> {
    const past = '2020-01-01T00:00:00.000Z'
    const db = await openDatabase(env.DATABASE_URL ?? '')
    try {
      const pending = () =>
        db.selectFrom('connections').select('id').where('revocation_next_at', 'is not', null).execute()
      const untold = () =>
        db
          .selectFrom('deliveries')
          .select('id')
          .where('delivered_at', 'is', null)
          .where('failed_at', 'is', null)
          .execute()
      await db
        .updateTable('connections')
        .set({ revocation_next_at: past })
        .where('revocation_next_at', 'is not', null)
        .execute()
      await db
        .updateTable('connections')
        .set({ refresh_lease_until: past })
        .where('refresh_lease', 'is not', null)
        .execute()
      await db.updateTable('deliveries').set({ next_at: past }).where('delivered_at', 'is', null).execute()
      server = await startServerProcess(env)
      while ((await pending()).length + (await untold()).length > 0) await delay(50)
      const told = await db.selectFrom('deliveries').select('id').where('delivered_at', 'is not', null).execute()
      const arrived = new Set(hook.received.map(({ headers }) => headers['webhook-id']))
      check(
        told.every(({ id }) => arrived.has(id)),
        'a notice counts as delivered and never arrived',
      )
    } finally {
      await db.destroy()
    }
    check((await command('keys.js', 'rotate')) === 0, 'keys rotate failed')
    env.TOKEN_KEYS = (env.TOKEN_KEYS ?? '').split(',')[0] ?? ''
    check((await command('keys.js', 'verify')) === 0, 'keys verify failed')
    check((await command('audit-command.js', 'verify')) === 0, 'audit verify failed')
  }

  async function command(name: string, ...args: string[]): Promise<number> {
    const child = spawn(process.execPath, [new URL(`../../dist/${name}`, import.meta.url).pathname, ...args], {
      env: { PATH: process.env.PATH ?? '', DATABASE_URL: env.DATABASE_URL, TOKEN_KEYS: env.TOKEN_KEYS },
      stdio: 'ignore',
    })
    const [code] = await once(child, 'exit')
    return code
  }

  function address(): string {
    return `10.${[0, 0, 0].map(() => Math.floor(random() * 256)).join('.')}`
  }
}

async function equal(what: string, asked: Promise<{ rows: object[] }>, expected: unknown[]): Promise<void> {
  const found = (await asked).rows.flatMap(row => Object.values(row))
  check(JSON.stringify(found) === JSON.stringify(expected), `${what}: ${JSON.stringify(found)}`)
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

/** The same numbers between 0 and 1 for the same seed (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
