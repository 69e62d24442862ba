import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Hierarchy, HierarchyAccount } from '../../src/accounts/account.ts'
import { accountGraph, passes } from '../../src/accounts/graph.ts'

const root = '1000000000'
const id = (n: number) => String(1_000_000_000 + n)

function account(n: number, parents: number[], extra: Partial<HierarchyAccount> = {}): HierarchyAccount {
  return {
    customerId: id(n),
    descriptiveName: `Account ${n}`,
    manager: false,
    status: 'ENABLED',
    currencyCode: 'EUR',
    timeZone: 'Europe/Berlin',
    testAccount: false,
    hidden: false,
    level: 1,
    parents: parents.map(id),
    ...extra,
  }
}

function hierarchy(...accounts: HierarchyAccount[]): Hierarchy {
  const progress = { accounts: accounts.length, managers: 0, managersDone: 0, failed: 0 }
  return { loginCustomerId: root, complete: true, loading: false, fetchedAt: '', accounts, problems: [], progress }
}

const manager = { manager: true }
const graph = accountGraph(
  hierarchy(
    account(0, [], { ...manager, descriptiveName: 'Root', level: 0 }),
    account(1, [0], { ...manager, descriptiveName: 'West' }),
    account(2, [0], { ...manager, descriptiveName: 'East' }),
    account(3, [2], { ...manager, descriptiveName: 'Far East' }),
    account(10, [0, 1, 3], { descriptiveName: 'Łódź Süd' }),
    account(11, [1], { descriptiveName: null }),
    account(12, [1], { descriptiveName: 'account 9' }),
    account(13, [1], { descriptiveName: 'Account 10' }),
    account(14, [], { descriptiveName: 'Lost' }),
  ),
)

describe('an account graph', () => {
  it('gives the clients of a manager, managers first, then by name, unnamed last', () => {
    expect(graph.children(root).map(child => child.descriptiveName)).toEqual(['East', 'West', 'Łódź Süd'])
    expect(graph.children(id(1)).map(child => child.descriptiveName)).toEqual([
      'account 9',
      'Account 10',
      'Łódź Süd',
      null,
    ])
    expect(graph.children(id(99))).toEqual([])
  })

  it('gives parents and ways from the root, shortest first', () => {
    expect(graph.parents(id(10)).map(parent => parent.customerId)).toEqual([root, id(1), id(3)])
    expect(graph.paths(id(10))).toEqual([
      [root, id(10)],
      [root, id(1), id(10)],
      [root, id(2), id(3), id(10)],
    ])
    expect(graph.paths(id(10), 1)).toHaveLength(1)
    expect(graph.shortestPath(id(3))).toEqual([root, id(2), id(3)])
    expect(graph.paths(root)).toEqual([[root]])
    expect(graph.shortestPath(id(14))).toBeNull()
  })

  it('gives the shorter way first although it comes by the later id', () => {
    const near = account(2, [0], manager)
    const far = account(1, [2], manager)
    const paths = accountGraph(hierarchy(account(0, []), far, near, account(10, [1, 2]))).paths(id(10))
    expect(paths.map(path => path.length)).toEqual([3, 4])
  })

  it('counts what lies below, once however it is reached', () => {
    expect(graph.size(root)).toEqual({ accounts: 7, managers: 3, depth: 2 })
    expect(graph.size(id(1))).toEqual({ accounts: 4, managers: 0, depth: 1 })
    expect(graph.size(id(10))).toEqual({ accounts: 0, managers: 0, depth: 0 })
  })

  it.each([
    ['lodz', [10]],
    ['SUD', [10]],
    ['ACCOUNT', [12, 13]],
    ['100-000-0013', [13]],
    ['customers/1000000013', [13]],
    ['0-0013', [13]],
    ['  ', []],
    ['nothing like it', []],
  ])('finds %j', (text, found) => {
    expect(graph.search(text).map(found => found.customerId)).toEqual(found.map(id))
  })

  it('names the accounts whose managers are unknown', () => {
    expect(graph.orphans().map(orphan => orphan.descriptiveName)).toEqual(['Lost'])
  })

  it('gives at most fifty of very many ways, without trying them all', () => {
    const layers = Array.from({ length: 30 }, (_, layer) => [3 * layer + 1, 3 * layer + 2, 3 * layer + 3])
    const wide = layers.flatMap((layer, at) =>
      layer.map(n => account(n, at === 0 ? [0] : (layers[at - 1] ?? []), manager)),
    )
    const paths = accountGraph(hierarchy(account(0, []), ...wide)).paths(id(90))
    expect(paths).toHaveLength(50)
    expect(new Set(paths.map(String)).size).toBe(50)
    expect(paths.every(path => path.length === 31)).toBe(true)
  })

  it('finds the same ways as trying everything', () => {
    const links = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })), { maxLength: 25 })
    fc.assert(
      fc.property(links, pairs => {
        const parentsOf = (n: number) => [
          ...new Set(pairs.filter(([above, below]) => below === n && above !== n && n !== 0).map(([above]) => above)),
        ]
        const accounts = Array.from({ length: 10 }, (_, n) => account(n, parentsOf(n), manager))
        const every = (n: number, seen: number[]): string[] =>
          n === 0
            ? [[n, ...seen].map(id).join()]
            : parentsOf(n).flatMap(above => (seen.includes(above) || above === n ? [] : every(above, [n, ...seen])))
        const found = accountGraph(hierarchy(...accounts)).paths(id(9), 10_000)
        expect(found.map(String).sort()).toEqual(every(9, []).sort())
        expect(found.map(path => path.length)).toEqual(found.map(path => path.length).sort((a, b) => a - b))
      }),
    )
  })

  it('names the accounts that have clients here', () => {
    expect(graph.managersWithClients().map(each => each.customerId)).toEqual([0, 1, 2, 3].map(id))
  })

  it('counts the whole', () => {
    expect(graph.totals()).toEqual({ accounts: 9, managers: 4, clients: 5, deepest: 1 })
  })

  it('is made once for the same accounts, however the hierarchy around them changes', () => {
    const loaded = hierarchy(account(0, [], manager), account(1, [0]))
    const refreshing: Hierarchy = { ...loaded, loading: true }
    expect(accountGraph(refreshing)).toBe(accountGraph(loaded))
    expect(accountGraph({ ...loaded, accounts: [...loaded.accounts] })).not.toBe(accountGraph(loaded))
  })

  it('stays quick with 100,000 accounts', () => {
    const accounts = Array.from({ length: 100_000 }, (_, n) =>
      account(n, n === 0 ? [] : [Math.floor((n - 1) / 20)], manager),
    )
    const large = accountGraph(hierarchy(...accounts))
    expect(large.size(root).accounts).toBe(99_999)
    expect(large.children(id(7))).toHaveLength(20)
    expect(large.shortestPath(id(99_999))?.length).toBe(5)
    expect(large.search('account 99999')).toHaveLength(1)
  })
})

describe('the filter', () => {
  const test = account(1, [0], { testAccount: true, status: 'CLOSED' })
  const cancelled = account(2, [0], { status: 'CANCELED' })
  const hidden = account(3, [0], { hidden: true, status: null })

  it('lets everything pass unless told otherwise', () => {
    expect([test, cancelled, hidden].every(one => passes(one, {}))).toBe(true)
  })

  it('does not take a test account for closed, as it works although it says so', () => {
    expect(passes(test, { statuses: new Set(['ENABLED']) })).toBe(true)
    expect(passes(test, { statuses: new Set(['CLOSED']) })).toBe(true)
    expect(passes(test, { statuses: new Set(['CANCELED']) })).toBe(false)
    expect(passes(cancelled, { statuses: new Set(['ENABLED']) })).toBe(false)
    expect(passes(hidden, { statuses: new Set(['UNKNOWN']) })).toBe(true)
  })

  it('hides or shows test and hidden accounts', () => {
    expect(passes(test, { test: 'hide' })).toBe(false)
    expect(passes(cancelled, { test: 'only' })).toBe(false)
    expect(passes(test, { test: 'only' })).toBe(true)
    expect(passes(hidden, { hidden: false })).toBe(false)
  })
})
