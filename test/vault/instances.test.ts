import { randomBytes } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { createContext } from '../../src/context.ts'
import { createLog } from '../../src/log.ts'
import { newPostgresDatabase } from '../support/postgres.ts'
import { serverSettings } from '../support/server-process.ts'
import { openSqlite } from '../support/sqlite.ts'

const secret = () => randomBytes(32).toString('base64url')
const [k1, k2] = [`k1:${secret()}`, `k2:${secret()}`]
const [s1, s2] = [secret(), secret()]

type Change = Record<string, string>

/** Instances on one database, each started with these settings changed. `start` resolves with what a refusal says, else ''. */
async function installation(databaseUrl?: string) {
  const usual: Record<string, string> = {
    ...(await serverSettings('127.0.0.1:9')),
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    PUBLIC_URL: 'https://keyring.example.com',
    TOKEN_KEYS: k1,
    SESSION_SECRETS: s1,
  }
  const clock = { ms: Date.now() }
  const running: { close(): Promise<void>; sweep(): Promise<void> }[] = []
  return {
    usual,
    clock,
    running,
    async start(change: Change = {}): Promise<string> {
      const config = parseConfig({ ...usual, ...change })
      try {
        running.push(await createContext(config, createLog('silent'), () => new Date(clock.ms)))
        return ''
      } catch (error) {
        return (error as Error).message
      }
    },
    close: () => Promise.all(running.map(each => each.close())),
  }
}

describe.each(['SQLite', 'PostgreSQL'])('on %s', engine => {
  const database = () => (engine === 'SQLite' ? Promise.resolve(undefined) : newPostgresDatabase())

  test('row 63d: a second instance with other settings does not start, and is told which', async () => {
    const own = await installation(await database())
    expect(await own.start()).toBe('')
    const refused: [Change, string][] = [
      [{ PUBLIC_URL: 'https://other.example.com' }, 'PUBLIC_URL'],
      [{ GOOGLE_ADS_CLIENT_ID: 'strange-id' }, 'OAuth client (client ID)'],
      [{ GOOGLE_ADS_CLIENT_SECRET: 'strange-secret' }, 'OAuth client secret'],
      [{ GOOGLE_EMULATOR_HOST: '' }, 'GOOGLE_EMULATOR_HOST'],
      [{ SESSION_SECRETS: s2 }, 'SESSION_SECRETS'],
      [{ TOKEN_KEYS: `${k2},${k1}` }, 'TOKEN_KEYS'],
      [{ PUBLIC_URL: 'https://other.example.com', SESSION_SECRETS: s2 }, 'PUBLIC_URL, SESSION_SECRETS'],
    ]
    for (const [change, named] of refused) {
      const message = await own.start(change)
      expect(message).toContain(`uses this database with a different ${named}.\n`)
      expect(message).toContain('stop all instances, then start them with the new setting')
      for (const value of Object.values(change)) if (value !== '') expect(message).not.toContain(value)
    }
    expect(await own.start()).toBe('')
    await own.close()
  })

  test('row 63d: instances restarted one after the other change keys and secrets without a stop', async () => {
    const own = await installation(await database())
    expect(await own.start()).toBe('')
    for (const change of [
      { TOKEN_KEYS: `${k1},${k2}`, SESSION_SECRETS: `${s2},${s1}` },
      { TOKEN_KEYS: `${k2},${k1}`, SESSION_SECRETS: s2 },
    ]) {
      expect(await own.start(change)).toBe('')
      await own.running.shift()?.close()
    }
    await own.close()
  })

  test('row 63d: an instance that was stopped stands in nobody’s way, one that was killed for two minutes', async () => {
    const own = await installation(await database())
    expect(await own.start()).toBe('')
    expect(await own.start()).toBe('')
    const [stopped, killed] = own.running
    await stopped?.close()
    own.running.shift()
    const other = { PUBLIC_URL: 'https://other.example.com' }
    own.clock.ms += 60_000
    await killed?.sweep()
    own.clock.ms += 90_000
    expect(await own.start(other)).toContain('try again in 30 seconds. It was last seen 90 seconds ago')
    own.clock.ms += 30_000
    expect(await own.start(other)).toBe('')
    await own.close()
  })
})

test('row 63d: what the database keeps of the settings are keyed hashes, and a copy of it starts with others', async () => {
  const own = await installation()
  expect(await own.start()).toBe('')
  const file = own.usual.DATABASE_URL?.replace('sqlite:', '') ?? ''
  const database = openSqlite(file)
  const kept = JSON.stringify(database.prepare('select * from instances').all())
  database.close()
  expect(kept).toContain('fingerprint')
  for (const value of [...Object.values(own.usual), k1.slice(3)]) {
    expect(kept).not.toContain(value)
  }
  copyFileSync(file, `${file}.copy`)
  copyFileSync(`${file}-wal`, `${file}.copy-wal`)
  expect(await own.start({ DATABASE_URL: `sqlite:${file}.copy`, PUBLIC_URL: 'http://localhost:3999' })).toBe('')
  await own.close()
})
