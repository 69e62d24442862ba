import { describe, expect, test } from 'vitest'
import { killRounds } from '../support/kill-rounds.ts'
import { newPostgresDatabase } from '../support/postgres.ts'

/** A few by themselves; many with `npm run kill-harness`. */
const kills = Number(process.env.KILLS ?? 4)
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const engines = [
  { name: 'sqlite', open: async () => undefined },
  { name: 'postgres', open: newPostgresDatabase },
].filter(({ name }) => (process.env.ENGINE ?? name) === name)

describe.each(engines)('a server on $name, killed while people use it', ({ name, open }) => {
  test(`row 63: loses nothing it acknowledged, and goes on with what it began (seed ${seed})`, {
    timeout: 60_000 + kills * 30_000,
  }, async () => {
    const databaseUrl = await open()
    const tell = (line: string) => process.stdout.write(`${name}: ${line}\n`)
    const report = await killRounds({ ...(databaseUrl !== undefined && { databaseUrl }), kills, seed, tell })
    expect(report.kills).toBe(kills)
    tell(JSON.stringify(report))
  })
})
