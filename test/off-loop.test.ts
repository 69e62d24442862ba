import { afterEach, describe, expect, test } from 'vitest'
import { createOffLoop, type OffLoop, type OffLoopLimits, type Task } from '../src/off-loop.ts'

const limits: OffLoopLimits = { threads: 2, waiting: 1, ofOne: 3, deadlineMs: 60_000 }
let offLoop: OffLoop

afterEach(() => offLoop.close())

/** A task that is written here; threads load JavaScript only. */
function taskOf<Args extends unknown[], Result>(source: string): Task<Args, Result> {
  return { module: `data:text/javascript,${encodeURIComponent(`export const run = ${source}`)}`, name: 'run' }
}

const double = taskOf<[number], number>('number => 2 * number')
const forever = taskOf<[], never>('() => { for (;;); }')

describe('work off the event loop', () => {
  test('returns what the function returns', async () => {
    offLoop = createOffLoop(limits)
    expect(await offLoop.run('ines', double, 21)).toBe(42)
  })

  test('row 58: a task past its deadline is ended and gives no result', async () => {
    offLoop = createOffLoop({ ...limits, threads: 1, deadlineMs: 100 })
    expect(await offLoop.run('ines', forever)).toBeNull()
    expect(await offLoop.run('ines', double, 1)).toBe(2)
  })

  test('row 58: a task that uses too much memory is ended, and the process goes on', async () => {
    offLoop = createOffLoop(limits)
    const hoard = taskOf<[], number>(
      '() => { const all = []; for (;;) all.push(Array.from({ length: 10_000 }, Math.random)); }',
    )
    expect(await offLoop.run('ines', hoard)).toBeNull()
    expect(await offLoop.run('ines', double, 1)).toBe(2)
  })

  test('other tasks finish while one hangs, and the event loop keeps running', async () => {
    offLoop = createOffLoop(limits)
    const hung = expect(offLoop.run('ines', forever)).rejects.toMatchObject({ code: 'unavailable' })
    for (const number of [1, 2, 3]) expect(await offLoop.run('ines', double, number)).toBe(2 * number)
    await offLoop.close()
    await hung
  })

  test('with all threads busy and the queue full, the next task is refused and told when to try again', async () => {
    offLoop = createOffLoop(limits)
    const hung = Promise.allSettled([
      offLoop.run('ines', forever),
      offLoop.run('ines', forever),
      offLoop.run('ines', double, 1),
    ])
    await expect(offLoop.run('mei', double, 1)).rejects.toMatchObject({ code: 'busy', retryAfterSeconds: 60 })
    await offLoop.close()
    for (const result of await hung) expect(result).toMatchObject({ reason: { code: 'unavailable' } })
  })

  test('row 58: one person, however much they ask at once, leaves room for the others', async () => {
    offLoop = createOffLoop({ ...limits, waiting: 16, ofOne: 2 })
    const hung = Promise.allSettled([offLoop.run('ines', forever), offLoop.run('ines', double, 1)])
    await expect(offLoop.run('ines', double, 1)).rejects.toMatchObject({ code: 'busy' })
    expect(await offLoop.run('mei', double, 21)).toBe(42)
    expect(await offLoop.run('ines', double, 1)).toBe(2)
    await offLoop.close()
    expect(await hung).toMatchObject([{ reason: { code: 'unavailable' } }, { value: 2 }])
  })

  test('nothing starts once the process stops', async () => {
    offLoop = createOffLoop(limits)
    await offLoop.close()
    await expect(offLoop.run('ines', double, 1)).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('a failure names only its kind, because its message may quote pasted text', async () => {
    offLoop = createOffLoop(limits)
    const quoting = taskOf<[string], never>('text => { throw new SyntaxError(text) }')
    await expect(offLoop.run('ines', quoting, 'GOCSPX-secret')).rejects.toThrow(
      /^run failed in its thread: SyntaxError$/,
    )
  })

  test('threads see no settings of the process', async () => {
    offLoop = createOffLoop(limits)
    expect(await offLoop.run('ines', taskOf<[], string[]>('() => Object.keys(process.env)'))).toEqual([])
  })
})
