import fc from 'fast-check'
import { afterEach, expect, it } from 'vitest'
import { type HierarchyLoad, loadHierarchy, retryFailedBranches } from '../../src/accounts/hierarchy-load.ts'
import { adsFailure, type Reply, type StandIn, startStandIn, streamed, token } from '../google/ads-stand-in.ts'
import { answersFrom, type Manners, plainReading, type World } from './world.ts'

let standIn: StandIn
afterEach(() => standIn?.close())

const root = '1000000000'
const id = (n: number) => String(1_000_000_000 + n)
const now = () => new Date('2026-11-22T10:00:00Z')

function load(extra: { concurrency?: number } = {}): HierarchyLoad {
  return loadHierarchy({ ads: standIn.ads, token, loginCustomerId: root, now, ...extra })
}

async function loaded(world: World, manners?: Manners) {
  standIn = await startStandIn(answersFrom(world, manners))
  const started = load()
  await started.done
  return started.current()
}

function edges(hierarchy: { accounts: { customerId: string; level: number; parents: string[] }[] }) {
  return hierarchy.accounts.map(({ customerId, level, parents }) => ({ customerId, level, parents }))
}

/** Root 0 over managers 1 and 2; 2 over 1's neighbour 3; clients 10 to 14, one shared by two managers. */
const world: World = {
  accounts: [
    { id: id(0), manager: true, name: 'Root' },
    { id: id(1), manager: true, name: 'North' },
    { id: id(2), manager: true, name: 'South' },
    { id: id(3), manager: true, name: 'Deep' },
    { id: id(10), manager: false, name: 'Alpha' },
    { id: id(11), manager: false },
    { id: id(12), manager: false, name: 'Shared', currency: 'USD' },
    { id: id(13), manager: false, name: 'Below deep' },
  ],
  links: [
    [id(0), id(1)],
    [id(0), id(2)],
    [id(2), id(3)],
    [id(1), id(10)],
    [id(1), id(11), true],
    [id(1), id(12)],
    [id(3), id(12)],
    [id(3), id(13)],
  ],
}
const managers = world.accounts.filter(account => account.manager).length

const cancelled = streamed(adsFailure(403, { authorizationError: 'CUSTOMER_NOT_ENABLED' }))
const broken = streamed(adsFailure(500, { internalError: 'INTERNAL_ERROR' }))
const denied = streamed(adsFailure(403, { authorizationError: 'USER_PERMISSION_DENIED' }))

function refusing(customerId: string, reply: Reply, ...kinds: string[]): Manners {
  return { refuse: (asked, kind) => (asked.customerId === customerId && kinds.includes(kind) ? reply : undefined) }
}

it('finds every account with all its parents, whatever the order of the rows', async () => {
  const hierarchy = await loaded(world)
  expect(edges(hierarchy)).toEqual(plainReading(world, root))
  expect(hierarchy).toMatchObject({
    complete: true,
    loading: false,
    fetchedAt: '2026-11-22T10:00:00.000Z',
    problems: [],
  })
  expect(hierarchy.progress).toEqual({ accounts: 8, managers, managersDone: managers, failed: 0 })
  expect(hierarchy.accounts[0]).toMatchObject({ customerId: root, descriptiveName: 'Root', level: 0, parents: [] })
  expect(standIn.asked).toHaveLength(managers + 1)
  expect(standIn.asked.every(asked => asked.loginCustomerId === root)).toBe(true)
})

it('is right for any graph, asking each manager once', async () => {
  const graphs = fc.integer({ min: 1, max: 40 }).chain(size =>
    fc.record({
      manager: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
      links: fc.array(fc.tuple(fc.nat({ max: size - 1 }), fc.nat({ max: size - 1 })), { maxLength: 3 * size }),
      seed: fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      withoutSelf: fc.boolean(),
    }),
  )
  await fc.assert(
    fc.asyncProperty(graphs, async ({ manager, links, seed, withoutSelf }) => {
      const isManager = (n: number) => n === 0 || manager[n] === true
      const downwards = links.filter(([above, below]) => above < below && isManager(above))
      const any: World = {
        accounts: manager.map((_, n) => ({ id: id(n), manager: isManager(n), name: `Account ${n}` })),
        links: [...new Set(downwards.map(([above, below]) => `${above} ${below}`))].map(link => {
          const [above, below] = link.split(' ')
          return [id(Number(above)), id(Number(below))]
        }),
      }
      const hierarchy = await loaded(any, { random: () => seed.next().value ?? 0, withoutSelf })
      expect(edges(hierarchy)).toEqual(plainReading(any, root))
      const below = hierarchy.accounts.filter(account => account.manager && account.customerId !== root).length
      expect(standIn.asked.length).toBeLessThanOrEqual(below + 1 + 2)
      const levelled = standIn.asked.filter(asked => asked.query.includes('level <= 1')).map(asked => asked.customerId)
      expect(new Set(levelled).size).toBe(levelled.length)
      await standIn.close()
    }),
    { numRuns: 60 },
  )
})

it('shows the root and its clients before the rest is there', async () => {
  const answer = answersFrom(world)
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  standIn = await startStandIn(async asked => {
    if (asked.customerId !== root || !asked.query.includes('level <= 1')) await held
    return answer(asked)
  })
  const started = load()
  await started.firstLevel
  const early = started.current()
  expect(early).toMatchObject({ loading: true, complete: false })
  expect(early.accounts.map(account => account.customerId)).toEqual([id(0), id(1), id(2)])
  release()
  await started.done
  expect(edges(started.current())).toEqual(plainReading(world, root))
})

it('tells its progress after each answer, up to the end', async () => {
  standIn = await startStandIn(answersFrom(world))
  const started = load({ concurrency: 1 })
  const counts: number[] = []
  started.onProgress(progress => counts.push(progress.managersDone))
  await started.done
  expect(counts.at(-1)).toBe(managers)
  expect(counts).toEqual([...counts].sort((a, b) => a - b))
})

it('marks a branch that fails, keeps the rest, and asks only that branch again', async () => {
  const hierarchy = await loaded(world, refusing(id(2), broken, 'directClients'))
  expect(hierarchy.problems).toEqual([
    {
      customerId: id(2),
      code: 'INTERNAL_ERROR',
      message: 'Said by Google.',
      requestId: 'from-failure',
      retryable: true,
    },
  ])
  expect(hierarchy).toMatchObject({
    complete: false,
    loading: false,
    progress: { managersDone: managers - 1, failed: 1 },
  })
  expect(hierarchy.accounts).toHaveLength(world.accounts.length)
  expect(hierarchy.accounts.find(account => account.customerId === id(3))?.parents).toEqual([])
  await standIn.close()

  standIn = await startStandIn(answersFrom(world))
  const retry = retryFailedBranches({ ads: standIn.ads, token, loginCustomerId: root, now }, hierarchy)
  await retry.firstLevel
  await retry.done
  expect(standIn.asked.map(asked => asked.customerId)).toEqual([id(2)])
  expect(edges(retry.current())).toEqual(plainReading(world, root))
  expect(retry.current()).toMatchObject({ complete: true, problems: [], fetchedAt: hierarchy.fetchedAt })
})

it('goes on below a branch that a retry has opened', async () => {
  const bothFail: Manners = {
    refuse: (asked, kind) => (kind === 'descendants' || asked.customerId === id(2) ? broken : undefined),
  }
  const hierarchy = await loaded(world, bothFail)
  expect(hierarchy.accounts.map(account => account.customerId)).not.toContain(id(3))
  await standIn.close()
  standIn = await startStandIn(answersFrom(world))
  const retry = retryFailedBranches({ ads: standIn.ads, token, loginCustomerId: root, now }, hierarchy)
  await retry.done
  expect(standIn.asked.map(asked => asked.customerId)).toEqual([id(2), id(3)])
  expect(edges(retry.current())).toEqual(plainReading(world, root))
})

it('is complete although a cancelled manager below refuses for good', async () => {
  const hierarchy = await loaded(world, refusing(id(3), cancelled, 'directClients'))
  expect(hierarchy).toMatchObject({ complete: true, progress: { managers, managersDone: managers, failed: 1 } })
  expect(hierarchy.problems).toMatchObject([{ customerId: id(3), code: 'CUSTOMER_NOT_ENABLED', retryable: false }])
})

it('finds everything level by level when the list of all descendants fails', async () => {
  const hierarchy = await loaded(world, refusing(root, broken, 'descendants'))
  expect(edges(hierarchy)).toEqual(plainReading(world, root))
  expect(hierarchy.complete).toBe(true)
})

it('still knows the first level when only the question for the root itself fails', async () => {
  const hierarchy = await loaded(world, refusing(root, broken, 'directClients'))
  expect(edges(hierarchy)).toEqual(plainReading(world, root))
  expect(hierarchy).toMatchObject({ complete: false, problems: [{ customerId: root, retryable: true }] })
})

it('fails as a whole, with the root’s own error, when nothing can be read', async () => {
  standIn = await startStandIn(() => denied)
  const started = load()
  await expect(started.firstLevel).rejects.toMatchObject({ code: 'ads_permission_denied' })
  await expect(started.done).rejects.toMatchObject({ code: 'ads_permission_denied' })
  expect(started.current()).toMatchObject({ loading: false, complete: false, problems: [{ customerId: root }] })
})

const leaf: World = { accounts: [{ id: root, manager: false, name: 'Alone' }], links: [] }

it.each([{ withoutSelf: false }, { withoutSelf: true }])('takes a client as a hierarchy of one: %o', async manners => {
  const hierarchy = await loaded(leaf, manners)
  expect(hierarchy.accounts).toEqual([
    expect.objectContaining({ customerId: root, descriptiveName: 'Alone', manager: false, level: 0, parents: [] }),
  ])
  expect(hierarchy).toMatchObject({ complete: true, progress: { accounts: 1, managers: 0, managersDone: 0 } })
})

it('asks once about a root known to be a client', async () => {
  standIn = await startStandIn(answersFrom(leaf))
  const known = { customerId: root, descriptiveName: 'Old name', manager: false, status: null, currencyCode: null }
  const account = { ...known, timeZone: null, testAccount: null }
  const started = loadHierarchy({ ads: standIn.ads, token, loginCustomerId: root, now, root: account })
  await started.done
  expect(started.current().accounts).toMatchObject([{ descriptiveName: 'Alone' }])
  expect(standIn.asked).toHaveLength(1)
})

it('takes no edge from rows it did not ask for', async () => {
  const answer = answersFrom(world)
  standIn = await startStandIn(asked => answer({ ...asked, query: asked.query.replace(/ WHERE .*/, '') }))
  const started = load()
  await started.done
  expect(edges(started.current())).toEqual(plainReading(world, root))
})

it('cuts circles and links to oneself', async () => {
  const circular: World = {
    accounts: world.accounts,
    links: [...world.links, [id(3), id(2)], [id(2), id(2)], [id(3), id(0)]],
  }
  const hierarchy = await loaded(circular)
  expect(edges(hierarchy)).toEqual(plainReading(world, root))
})

it('does not ask hundreds of managers in vain once every call is refused', async () => {
  const wide: World = {
    accounts: [
      { id: root, manager: true },
      ...Array.from({ length: 300 }, (_, n) => ({ id: id(n + 1), manager: true })),
    ],
    links: Array.from({ length: 300 }, (_, n) => [root, id(n + 1)]),
  }
  const spent = streamed(
    adsFailure(429, { quotaError: 'RESOURCE_EXHAUSTED' }, { details: { quotaErrorDetails: { retryDelay: '40591s' } } }),
  )
  const hierarchy = await loaded(wide, { refuse: asked => (asked.customerId === root ? undefined : spent) })
  expect(hierarchy.problems).toHaveLength(300)
  expect(hierarchy.problems.every(problem => problem.retryable && problem.code === 'RESOURCE_EXHAUSTED')).toBe(true)
  expect(standIn.asked.length).toBeLessThan(80)
})

it('stops when told to', async () => {
  standIn = await startStandIn(() => new Promise<Reply>(() => {}))
  const started = load()
  started.stop()
  await expect(started.done).rejects.toMatchObject({ code: 'unavailable' })
})

it('reads 10,000 accounts under 500 managers', async () => {
  const many = Array.from({ length: 10_000 }, (_, n) => n)
  const large: World = {
    accounts: many.map(n => ({ id: id(n), manager: n < 500, name: `Account ${n}` })),
    links: many.slice(1).map(n => [id(n < 500 ? Math.floor((n - 1) / 8) : n % 500), id(n)]),
  }
  const hierarchy = await loaded(large, { rowsPerBatch: 10_000 })
  expect(hierarchy.accounts).toHaveLength(10_000)
  const parents = new Map(large.links.map(([manager, client]) => [client, manager]))
  const wrong = hierarchy.accounts.filter(account => account.parents.join() !== (parents.get(account.customerId) ?? ''))
  expect(wrong).toEqual([])
  expect(standIn.asked.length).toBe(501)
})
