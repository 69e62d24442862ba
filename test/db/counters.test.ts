import { describe, expect, it } from 'vitest'
import { createCounters } from '../../src/db/counters.ts'
import { engines } from '../support/engines.ts'

const start = Date.parse('2026-11-20T08:00:00.000Z')
const windowMs = 60_000

describe.each(engines)('counters on $name', ({ open }) => {
  async function counters() {
    const db = await open()
    const clock = { ms: start }
    const now = () => new Date(clock.ms)
    const [one, other] = [createCounters(db, now), createCounters(db, now)]
    const hits = async (key: string, from = one) => (await from.add([{ key, windowMs }]))[0]?.hits
    const keys = async () => (await db.selectFrom('rate_limits').select('key').orderBy('key').execute()).map(r => r.key)
    return { db, clock, one, other, hits, keys }
  }

  it('give each of many simultaneous callers its own number, on every instance', async () => {
    const { db, one, other, hits } = await counters()
    const wanted = Array.from({ length: 40 }, (_, index) => hits('a', index % 2 ? one : other))
    const numbers = await Promise.all(wanted)
    expect(numbers.sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
    await db.destroy()
  })

  it('count each key of a request separately and answer in the same order', async () => {
    const { db, one } = await counters()
    await one.add([{ key: 'b', windowMs }])
    const tallies = await one.add([
      { key: 'b', windowMs },
      { key: 'a', windowMs: 10 * windowMs },
    ])
    expect(tallies).toEqual([
      { hits: 2, resetsAt: new Date(start + windowMs) },
      { hits: 1, resetsAt: new Date(start + 10 * windowMs) },
    ])
    await db.destroy()
  })

  it('row 63c: start again when the window ends, and after a clock was far ahead', async () => {
    const { db, clock, hits } = await counters()
    await hits('a')
    clock.ms += windowMs - 1
    expect(await hits('a')).toBe(2)
    clock.ms += 1
    expect(await hits('a')).toBe(1)
    clock.ms = start - 365 * 86_400_000
    expect(await hits('a')).toBe(1)
    expect(await hits('a')).toBe(2)
    await db.destroy()
  })

  it('delete windows that have ended', async () => {
    const { db, clock, one, hits, keys } = await counters()
    await hits('old')
    clock.ms += windowMs
    await hits('new')
    await one.sweep()
    expect(await keys()).toEqual(['new'])
    await db.destroy()
  })

  it('write the counts of many waiting callers with one statement', async () => {
    const { db, one } = await counters()
    const statements: string[] = []
    const counted = createCounters(
      db.withPlugin({
        transformQuery: ({ node }) => {
          statements.push(node.kind)
          return node
        },
        transformResult: async ({ result }) => result,
      }),
      () => new Date(start),
    )
    await Promise.all(Array.from({ length: 200 }, (_, index) => counted.add([{ key: `k${index % 7}`, windowMs }])))
    expect(statements.length).toBeLessThanOrEqual(2)
    await one.sweep()
    await db.destroy()
  })

  it('reject waiting callers when the database fails, and work again afterwards', async () => {
    const { db, hits } = await counters()
    await db.schema.alterTable('rate_limits').renameTo('elsewhere').execute()
    await expect(Promise.all([hits('a'), hits('b')])).rejects.toThrow()
    await db.schema.alterTable('elsewhere').renameTo('rate_limits').execute()
    expect(await hits('a')).toBe(1)
    await db.destroy()
  })
})
