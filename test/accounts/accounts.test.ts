import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Hierarchy } from '../../src/accounts/account.ts'
import { type Accounts, createAccounts } from '../../src/accounts/accounts.ts'
import { type Asked, adsFailure, type Reply, type StandIn, startStandIn, streamed } from '../google/ads-stand-in.ts'
import { memorySnapshots } from './memory-snapshots.ts'
import { answersFrom, plainReading, type World } from './world.ts'

const root = '1000000000'
const branch = '1000000001'
const leaf = '1000000002'
const world: World = {
  accounts: [
    { id: root, manager: true, name: 'Root' },
    { id: branch, manager: true, name: 'Branch' },
    { id: leaf, manager: false, name: 'Leaf' },
  ],
  links: [
    [root, branch],
    [branch, leaf],
  ],
}
const connection = { id: 'c1', email: 'ann@agency.example' }

let standIn: StandIn
let accounts: Accounts
let snapshots: ReturnType<typeof memorySnapshots>
let time: number
/** Answers before the world does; a test replaces it. */
let instead: (asked: Asked) => Reply | undefined | Promise<Reply | undefined>
const warnings: string[] = []

beforeEach(async () => {
  const fromWorld = answersFrom(world)
  instead = () => undefined
  time = Date.parse('2026-11-22T10:00:00Z')
  warnings.length = 0
  snapshots = memorySnapshots()
  standIn = await startStandIn(async asked => (await instead(asked)) ?? usual(asked))
  const usual = (asked: Asked): Reply => {
    if (asked.operation === 'listAccessibleCustomers') return { json: { resourceNames: [`customers/${root}`] } }
    if (asked.query.includes('FROM customer_user_access')) return { json: [{}] }
    if (asked.query.includes('FROM campaign')) return { json: [{}] }
    return fromWorld(asked)
  }
  accounts = make()
})
afterEach(async () => {
  await accounts.close()
  await standIn.close()
})

function make(): Accounts {
  return createAccounts({
    ads: standIn.ads,
    snapshots,
    tokenFor: id => async () => `ya29.${id}`,
    now: () => new Date(time++),
    log: { info: () => {}, warn: (_, message) => warnings.push(message) },
  })
}

/** Holds every hierarchy query but those for the root, or all of them, until released. */
function hold(which: (asked: Asked) => boolean) {
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  instead = async asked => {
    if (asked.query.includes('customer_client') && which(asked)) await held
    return undefined
  }
  return () => release()
}

const belowRoot = (asked: Asked) => asked.customerId !== root
const edges = (hierarchy: Hierarchy) =>
  hierarchy.accounts.map(({ customerId, level, parents }) => ({ customerId, level, parents }))

describe('direct accounts', () => {
  it('are read once for callers at the same time, then from the snapshot until a refresh', async () => {
    const [first, second] = await Promise.all([accounts.direct(connection), accounts.direct(connection)])
    expect(second).toEqual(first)
    expect(standIn.asked).toHaveLength(3)
    expect(await make().direct(connection)).toEqual(first)
    expect(standIn.asked).toHaveLength(3)
    expect(standIn.asked.every(asked => asked.token === 'ya29.c1')).toBe(true)
    const anew = await accounts.direct(connection, { refresh: true })
    expect(anew.fetchedAt > first.fetchedAt).toBe(true)
    expect(standIn.asked).toHaveLength(6)
  })

  it('are read anew when the snapshot is of another version', async () => {
    await snapshots.write('c1', 'direct', '', { version: 0, accounts: [] }, '2026-01-01T00:00:00.000Z')
    expect((await accounts.direct(connection)).accounts).toHaveLength(1)
  })
})

describe('a hierarchy', () => {
  it('is given with its first level, and complete to who waits', async () => {
    const release = hold(belowRoot)
    const early = await accounts.hierarchy(connection, root)
    expect(early).toMatchObject({ loading: true, complete: false })
    const waiting = accounts.hierarchy(connection, root, { waitMs: 10_000 })
    expect(await accounts.hierarchy(connection, root, { waitMs: 0 })).toMatchObject({ loading: true })
    release()
    const done = await waiting
    expect(done).toMatchObject({ loading: false, complete: true })
    expect(edges(done)).toEqual(plainReading(world, root))
    expect(standIn.asked.filter(asked => asked.query.includes('customer_client'))).toHaveLength(3)
  })

  it('is the same read back from the store, by another process and from memory', async () => {
    const loaded = await accounts.hierarchy(connection, root, { waitMs: 10_000 })
    const calls = standIn.asked.length
    expect(await make().hierarchy(connection, root)).toEqual(loaded)
    const parsed = snapshots.parsed
    expect(await accounts.hierarchy(connection, root)).toBe(loaded)
    expect(snapshots.parsed).toBe(parsed + 1) // the direct accounts only
    expect(standIn.asked).toHaveLength(calls)
  })

  it('is forgotten with its snapshot', async () => {
    await accounts.hierarchy(connection, root, { waitMs: 10_000 })
    snapshots.rows.delete(`c1 hierarchy ${root}`)
    const calls = standIn.asked.length
    await accounts.hierarchy(connection, root, { waitMs: 10_000 })
    expect(standIn.asked.length).toBeGreaterThan(calls)
  })

  it('opens only for a login customer the connection opens directly', async () => {
    for (const foreign of [branch, leaf, '9999999999']) {
      await expect(accounts.hierarchy(connection, foreign)).rejects.toMatchObject({ code: 'not_found' })
      await expect(accounts.campaigns(connection, foreign, leaf)).rejects.toMatchObject({ code: 'not_found' })
    }
  })

  it('stays readable as it was while it is refreshed', async () => {
    const old = await accounts.hierarchy(connection, root, { waitMs: 10_000 })
    const release = hold(belowRoot)
    const refreshing = await accounts.hierarchy(connection, root, { refresh: true })
    expect(refreshing).toMatchObject({ loading: true, fetchedAt: old.fetchedAt, progress: { managersDone: 1 } })
    expect(refreshing.accounts).toEqual(old.accounts)
    expect(await accounts.hierarchy(connection, root)).toMatchObject({ loading: true, fetchedAt: old.fetchedAt })
    release()
    const anew = await accounts.hierarchy(connection, root, { waitMs: 10_000 })
    expect(anew.fetchedAt > old.fetchedAt).toBe(true)
    expect(anew.loading).toBe(false)
  })

  it('keeps the old picture when a refresh fails, and tells those who asked for it', async () => {
    const old = await accounts.hierarchy(connection, root, { waitMs: 10_000 })
    const refusal = streamed(adsFailure(403, { authorizationError: 'USER_PERMISSION_DENIED' }))
    instead = asked => (asked.query.includes('customer_client') ? refusal : undefined)
    const failed = { code: 'ads_permission_denied' }
    await expect(accounts.hierarchy(connection, root, { refresh: true })).rejects.toMatchObject(failed)
    const both = [{ refresh: true }, { refresh: true, waitMs: 10_000 }].map(how =>
      accounts.hierarchy(connection, root, how),
    )
    for (const result of await Promise.allSettled(both))
      expect(result).toMatchObject({ status: 'rejected', reason: failed })
    expect(await accounts.hierarchy(connection, root)).toEqual(old)
    expect(warnings).toContain('hierarchy not read')
  })

  it('that fails for a program alone, which waits for the whole of it, leaves no rejection unhandled', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listener)
    try {
      instead = asked => (asked.query.includes('customer_client') ? { status: 503, json: {} } : undefined)
      const refused = { code: 'ads_unavailable' }
      await expect(accounts.hierarchy(connection, root, { waitMs: 10_000 })).rejects.toMatchObject(refused)
      await nextTurn()
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', listener)
    }
  })

  it('that failed in part is kept, and only the failed branch is asked again', async () => {
    const broken = streamed(adsFailure(500, { internalError: 'INTERNAL_ERROR' }))
    instead = asked => (asked.customerId === branch ? broken : undefined)
    const partly = await accounts.hierarchy(connection, root, { waitMs: 10_000 })
    expect(partly).toMatchObject({ complete: false, problems: [{ customerId: branch, retryable: true }] })
    expect(await make().hierarchy(connection, root)).toEqual(partly)
    instead = () => undefined
    const calls = standIn.asked.length
    const whole = await accounts.hierarchy(connection, root, { retryFailed: true, waitMs: 10_000 })
    expect(standIn.asked.slice(calls).map(asked => asked.customerId)).toEqual([branch])
    expect(whole).toMatchObject({ complete: true, fetchedAt: partly.fetchedAt })
    expect(await make().hierarchy(connection, root)).toEqual(whole)
    expect(await accounts.hierarchy(connection, root, { retryFailed: true })).toEqual(whole)
    expect(standIn.asked).toHaveLength(calls + 1)
  })

  it('is watched: at once, on the way and at the end', async () => {
    const release = hold(belowRoot)
    await accounts.hierarchy(connection, root)
    const seen: Hierarchy[] = []
    const end = accounts.watch(connection, root, hierarchy => seen.push(hierarchy))
    expect(seen).toMatchObject([{ loading: true }])
    release()
    await accounts.hierarchy(connection, root, { waitMs: 10_000 })
    expect(seen.at(-1)).toMatchObject({ loading: false, complete: true })
    end()
    const told = seen.length
    await accounts.hierarchy(connection, root, { refresh: true, waitMs: 10_000 })
    expect(seen).toHaveLength(told)
  })

  it('is told to a watcher who comes when everything is done', async () => {
    const done = await accounts.hierarchy(connection, root, { waitMs: 10_000 })
    expect(await new Promise(resolve => accounts.watch(connection, root, resolve))).toEqual(done)
  })

  it('is not disturbed by a watcher that breaks', async () => {
    const release = hold(belowRoot)
    await accounts.hierarchy(connection, root)
    let told = 0
    accounts.watch(connection, root, () => {
      if (told++ > 0) throw new Error('gone')
    })
    release()
    expect(await accounts.hierarchy(connection, root, { waitMs: 10_000 })).toMatchObject({ complete: true })
    expect(warnings).toContain('hierarchy listener failed')
  })

  it('ends with the process', async () => {
    hold(belowRoot)
    await accounts.hierarchy(connection, root)
    const waiting = accounts.hierarchy(connection, root, { waitMs: 10_000 })
    const [result] = await Promise.allSettled([waiting, accounts.close()])
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } })
    await expect(accounts.hierarchy(connection, root)).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('campaigns', () => {
  it('are kept for a quarter of an hour, bigints and all', async () => {
    const row = { campaign: { id: '1', name: 'Brand' }, metrics: { costMicros: '9007199254740993' } }
    instead = asked =>
      asked.query.includes('FROM campaign WHERE segments.date DURING LAST_30_DAYS ORDER')
        ? { json: [{ results: [row] }] }
        : undefined
    const report = await accounts.campaigns(connection, root, leaf)
    expect(report.totals.costMicros).toBe(9007199254740993n)
    const calls = standIn.asked.length
    expect(await make().campaigns(connection, root, leaf)).toEqual(report)
    expect(standIn.asked).toHaveLength(calls)
    time += 15 * 60 * 1000
    await accounts.campaigns(connection, root, leaf)
    expect(standIn.asked.length).toBeGreaterThan(calls)
  })

  it('are not asked for where the account is known to be a manager', async () => {
    await accounts.hierarchy(connection, root, { waitMs: 10_000 })
    const calls = standIn.asked.length
    for (const manager of [root, branch]) {
      const refused = accounts.campaigns(connection, root, manager)
      await expect(refused).rejects.toMatchObject({ code: 'ads_metrics_for_manager' })
    }
    expect(standIn.asked).toHaveLength(calls)
  })
})
