import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sealedAccessToken, sealedCredential } from '../../src/connections/connection-store.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault } from '../../src/vault/vault.ts'
import { callbackUrl } from '../support/app.ts'
import { BrowserSession } from '../support/browser-session.ts'
import { type ServerProcess, serverSettings, startServerProcess } from '../support/server-process.ts'
import { atOnce, openSqlite, type Sqlite } from '../support/sqlite.ts'

const newKey = (kid: string) => `${kid}:${randomBytes(32).toString('base64url')}`

let google: Sandbox
let env: Record<string, string>
let running: ServerProcess[]
let k1: string
let k2: string

beforeEach(async () => {
  google = await startSandbox()
  running = []
  k1 = newKey('k1')
  k2 = newKey('k2')
  env = { ...(await serverSettings(google.host)), TOKEN_KEYS: k1 }
})
afterEach(async () => {
  await Promise.all(running.map(server => server.kill('SIGKILL')))
  await google.close()
})

async function start(tokenKeys: string): Promise<ServerProcess> {
  const server = await startServerProcess({ ...env, TOKEN_KEYS: tokenKeys })
  running.push(server)
  return server
}

/** Runs the built command as `npm run keys -- …` does; `ended` settles with the exit code, null after a signal. */
function keys(tokenKeys: string, ...args: string[]) {
  const child = spawn(process.execPath, [new URL('../../dist/keys.js', import.meta.url).pathname, ...args], {
    env: { PATH: process.env.PATH ?? '', DATABASE_URL: env.DATABASE_URL, TOKEN_KEYS: tokenKeys },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += chunk
    })
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  return { child, output: () => output, ended }
}

function withDatabase<T>(work: (database: Sqlite) => T): T {
  const database = openSqlite((env.DATABASE_URL ?? '').replace('sqlite:', ''))
  try {
    return work(database)
  } finally {
    database.close()
  }
}

async function connect(label: string): Promise<BrowserSession> {
  const person = new BrowserSession(`http://localhost:${env.PORT}`)
  const page = await person.get(await callbackUrl(person, await person.get('/auth/start'), label))
  expect(page.status).toBe(303)
  return person
}

/** Copies of the one connection there is, each really sealed for its own row. */
async function insertConnections(count: number): Promise<void> {
  const vault = createVault(parseTokenKeys(k1).ring)
  const template = withDatabase(
    database => database.prepare('select * from connections limit 1').get() as Record<string, unknown>,
  )
  const rows: Record<string, unknown>[] = []
  for (let index = 0; index < count; index++) {
    const row = { ...template, id: `many-${index}`, sub: `many-${index}` }
    rows.push({
      ...row,
      credential: await vault.seal(`1//token-${index}`, sealedCredential.contextOf(row)),
      access_token: await vault.seal(`ya29.token-${index}`, sealedAccessToken.contextOf(row)),
    })
  }
  withDatabase(database => {
    const names = Object.keys(template)
    const insert = database.prepare(
      `insert into connections (${names.join(', ')}) values (${names.map(name => `@${name}`).join(', ')})`,
    )
    atOnce(database, () => {
      for (const row of rows) insert.run(row)
    })
  })
}

/** How many of the inserted credentials open, with these keys, as what they were. */
async function intact(tokenKeys: string): Promise<number> {
  const vault = createVault(parseTokenKeys(tokenKeys).ring)
  const rows = withDatabase(
    database =>
      database.prepare("select * from connections where id like 'many-%'").all() as {
        id: string
        credential: string
      }[],
  )
  let opened = 0
  for (const row of rows) {
    const text = await vault.open(row.credential, sealedCredential.contextOf({ ...row }))
    if (text === `1//token-${row.id.slice(5)}`) opened++
  }
  return opened
}

describe('npm run keys', () => {
  it('row 48b: rotate, killed again and again, has lost nothing, and the next run finishes', async () => {
    const server = await start(k1)
    await connect('U1')
    await insertConnections(2_000)
    await server.kill('SIGTERM')
    await (await start(`${k2},${k1}`)).kill('SIGTERM')

    for (let round = 0; round < 3; round++) {
      const run = keys(`${k2},${k1}`, 'rotate')
      run.child.stdout.on('data', () => {
        if (/[1-9]\d* of \d+ sealed anew/.test(run.output())) run.child.kill('SIGKILL')
      })
      expect((await run.ended).code).toBeNull()
      expect(await intact(`${k2},${k1}`)).toBe(2_000)
      const check = await keys(`${k2},${k1}`, 'verify').ended
      expect(check.output, `round ${round}`).toMatch(/key k1: \d+ opened, 0 failed/)
      expect(check).toMatchObject({ code: 0, output: expect.stringMatching(/key k2: \d{3,} opened, 0 failed/) })
    }
    const inUse = await keys(`${k2},${k1}`, 'retire', 'k1').ended
    expect(inUse).toMatchObject({ code: 6, output: expect.stringMatching(/connections\.\w+: \d+/) })

    const last = await keys(`${k2},${k1}`, 'rotate').ended
    expect(last).toMatchObject({ code: 0, output: expect.stringContaining('npm run keys -- retire k1') })
    expect(await keys(`${k2},${k1}`, 'retire', 'k1').ended).toMatchObject({ code: 0 })
    expect(await intact(k2)).toBe(2_000)
    expect(await keys(k2, 'verify').ended).toMatchObject({ code: 0, output: expect.stringContaining('none failed') })
    await start(k2)
    const trail = withDatabase(database =>
      database.prepare("select via, changes from audit_entries where action = 'key.rotated' order by seq").all(),
    ) as { via: string; changes: string }[]
    expect(trail.map(({ changes }) => JSON.parse(changes).step)).toEqual([...Array(4).fill('begun'), 'finished'])
    expect(new Set(trail.map(({ via }) => via))).toEqual(new Set(['command']))
  })

  it('row 48b: rotate beside a server under load fails nobody and loses nothing', async () => {
    const first = await start(k1)
    const ines = await connect('U1')
    const tomasz = await connect('U2')
    await insertConnections(1_500)
    await first.kill('SIGTERM')
    await start(`${k2},${k1}`)
    const idOf = async (person: BrowserSession) =>
      JSON.parse((await person.get('/api/v1/connections')).text).connections[0].id
    const [id, reconnected] = await Promise.all([idOf(ines), idOf(tomasz)])

    const answers: number[] = []
    let reconnects = 0
    let over = false
    // Fewer than the limits on sign-ins and refreshes allow in a minute, however long the rotation takes.
    const goesOn = (round: number) => round < 2 || (!over && round < 25)
    const refreshing = async () => {
      for (let round = 0; goesOn(round); round++) {
        google.control.expireAccessTokens()
        answers.push((await ines.get(`/api/v1/connections/${id}/customers?refresh=1`)).status)
      }
    }
    const reconnecting = async () => {
      for (let round = 0; goesOn(round); round++) {
        const began = await tomasz.get(`/auth/start?intent=reconnect&connection=${reconnected}`)
        answers.push((await tomasz.get(await callbackUrl(tomasz, began, 'U2'))).status === 303 ? 200 : 0)
        reconnects++
      }
    }
    const load = [refreshing(), reconnecting()]
    const rotated = await keys(`${k2},${k1}`, 'rotate').ended
    over = true
    await Promise.all(load)

    expect(rotated).toMatchObject({ code: 0 })
    expect(reconnects).toBeGreaterThan(1)
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(await intact(k2)).toBe(1_500)
    expect(await keys(`${k2},${k1}`, 'retire', 'k1').ended).toMatchObject({ code: 0 })
    const check = await keys(k2, 'verify').ended
    expect(check).toMatchObject({ code: 0, output: expect.not.stringContaining('k1') })
    for (const [person, theirs] of [
      [ines, id],
      [tomasz, reconnected],
    ]) {
      google.control.expireAccessTokens()
      expect((await person.get(`/api/v1/connections/${theirs}/customers?refresh=1`)).status).toBe(200)
    }
  })

  it('waits while another process holds the database', async () => {
    const server = await start(k1)
    await connect('U1')
    await server.kill('SIGTERM')
    await (await start(`${k2},${k1}`)).kill('SIGTERM')
    const holder = openSqlite((env.DATABASE_URL ?? '').replace('sqlite:', ''))
    holder.exec('begin immediate')
    const run = keys(`${k2},${k1}`, 'rotate')
    await expect.poll(run.output).toContain('0 of')
    // Reading goes on meanwhile, and nothing has been changed.
    const listed = await keys(`${k2},${k1}`, 'list').ended
    expect(listed).toMatchObject({ code: 0, output: expect.stringMatching(/k1 .*1 credential/) })
    expect(run.child.exitCode).toBeNull()
    holder.exec('rollback')
    holder.close()
    expect(await run.ended).toMatchObject({ code: 0, output: expect.stringContaining('sealed with k2 now') })
  })

  it('says what is wrong with its settings, its arguments and the keys, each with its own exit code', async () => {
    expect(await keys(k1, 'list').ended).toMatchObject({ code: 3, output: expect.stringContaining('no database at') })
    expect(await keys('', 'list').ended).toMatchObject({ code: 3, output: expect.stringContaining('TOKEN_KEYS') })
    expect(await keys(k1, 'frobnicate').ended).toMatchObject({ code: 2 })
    expect(await keys(k1, 'retire').ended).toMatchObject({ code: 2 })
    expect(await keys(k1, 'rotate', 'k1').ended).toMatchObject({ code: 2 })

    const server = await start(k1)
    await connect('U1')
    expect(await keys(`${k2},${k1}`, 'rotate').ended).toMatchObject({
      code: 6,
      output: expect.stringContaining('No server has started with k2'),
    })
    expect(await keys(newKey('k1'), 'rotate').ended).toMatchObject({
      code: 4,
      output: expect.stringContaining('key k1 is not the key of that name'),
    })
    const missing = await keys(k2, 'verify').ended
    expect(missing).toMatchObject({ code: 5, output: expect.stringMatching(/key k1 \(not in TOKEN_KEYS\): 0 opened/) })
    expect(await keys(k2, 'list').ended).toMatchObject({ code: 0, output: expect.stringMatching(/k1 +Missing/) })
    expect(await keys(k1, 'list').ended).toMatchObject({ code: 0, output: expect.stringMatching(/k1 +Seals.*1 cred/) })
    expect(server.output()).not.toContain(k1.slice(3))
  })

  it('add prints an entry for TOKEN_KEYS alone where programs read, and needs no database', async () => {
    const run = keys('', 'add')
    let entry = ''
    run.child.stdout.on('data', chunk => {
      entry += chunk
    })
    expect(await run.ended).toMatchObject({ code: 0, output: expect.stringContaining('Back this up now') })
    expect(parseTokenKeys(entry.trim())).toMatchObject({ problems: [] })
    await start(`${entry.trim()}`)
  })
})
