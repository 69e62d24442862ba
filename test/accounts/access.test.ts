import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AccessRoot,
  accessMatrix,
  accessPicture,
  effectiveAccess,
  readAccess,
  roleRank,
} from '../../src/accounts/access.ts'
import type { AccessRole, DirectAccount, Hierarchy, HierarchyAccount, Problem } from '../../src/accounts/account.ts'
import { AppError } from '../../src/errors.ts'

const id = (n: number) => String(1_000_000_000 + n)
const fetchedAt = '2026-11-22T10:00:00.000Z'

function plain(n: number, manager: boolean | null = true) {
  return {
    customerId: id(n),
    descriptiveName: `Account ${n}`,
    manager,
    status: 'ENABLED' as const,
    currencyCode: 'EUR',
    timeZone: 'Europe/Berlin',
    testAccount: false,
  }
}

function direct(n: number, accessRole: AccessRole | null, extra: Partial<DirectAccount> = {}): DirectAccount {
  const accessRoleProblem = accessRole === null ? why('role_not_listed') : null
  return { ...plain(n), accessRole, accessRoleProblem, problem: null, ...extra }
}

function why(code: string): Problem {
  return { code, message: 'Because.', requestId: 'r1' }
}

function hierarchy(root: number, accounts: [number, number[]][], extra: Partial<Hierarchy> = {}): Hierarchy {
  return {
    loginCustomerId: id(root),
    complete: true,
    loading: false,
    fetchedAt,
    accounts: accounts.map(([n, parents]): HierarchyAccount => {
      return { ...plain(n), hidden: false, level: n === root ? 0 : 1, parents: parents.map(id) }
    }),
    problems: [],
    progress: { accounts: accounts.length, managers: 0, managersDone: 0, failed: 0 },
    ...extra,
  }
}

const root = (account: DirectAccount, of: Hierarchy | null): AccessRoot => ({ account, hierarchy: of, findings: [] })
const access = (roots: AccessRoot[], n: number) => effectiveAccess(accessPicture(roots, fetchedAt), id(n))

/** A random graph as Google would hold it: links from lower to higher numbers, so that it has no circles. */
const worlds = fc.record({
  links: fc
    .array(fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 })), { maxLength: 16 })
    .map(pairs => [
      ...new Map(pairs.map(([a, b]) => [`${a},${b}`, [Math.min(a, b), Math.max(a, b)] as const])).values(),
    ])
    .map(pairs => [...new Map(pairs.filter(([a, b]) => a !== b).map(pair => [pair.join(), pair])).values()]),
  grants: fc.uniqueArray(
    fc.tuple(
      fc.nat({ max: 7 }),
      fc.constantFrom<AccessRole | null>('ADMIN', 'STANDARD', 'READ_ONLY', 'EMAIL_ONLY', 'UNKNOWN', null),
    ),
    { selector: ([n]) => n, maxLength: 5 },
  ),
})
type World = { links: (readonly [number, number])[]; grants: [number, AccessRole | null][] }

/** Every way down from one account to another, by trying all. */
function ways({ links }: World, from: number, to: number): number[][] {
  if (from === to) return [[to]]
  return links
    .filter(([above]) => above === from)
    .flatMap(([, below]) => ways({ links, grants: [] }, below, to).map(way => [from, ...way]))
}

/** What the connection would be given by Google's answers in that world. */
function roots(world: World): AccessRoot[] {
  return world.grants.map(([n, role]) => {
    const inside = Array.from({ length: 8 }, (_, at) => at).filter(at => ways(world, n, at).length > 0)
    const accounts = inside.map((at): [number, number[]] => [
      at,
      world.links.filter(([above, below]) => below === at && inside.includes(above)).map(([above]) => above),
    ])
    return root(direct(n, role), hierarchy(n, accounts))
  })
}

describe('effective access', () => {
  it('follows the rules on random graphs', () => {
    const words = ['ADMIN', 'STANDARD', 'READ_ONLY', 'EMAIL_ONLY']
    fc.assert(
      fc.property(worlds, fc.nat({ max: 7 }), (world: World, wanted) => {
        const found = access(roots(world), wanted)
        const leading = world.grants.filter(([n]) => ways(world, n, wanted).length > 0)
        expect(found.reachable).toBe(leading.length > 0)
        expect(found.direct).toBe(world.grants.some(([n]) => n === wanted))
        expect(
          found.routes.map(route => [route.loginCustomerId, route.accessRole, route.paths.map(String).sort()]),
        ).toEqual(
          leading.map(([n, role]) => [
            id(n),
            role,
            ways(world, n, wanted)
              .map(way => way.map(id).join())
              .sort(),
          ]),
        )
        const known = leading.filter(([, role]) => role !== null && words.includes(role))
        const strongest = words.find(word => known.some(([, role]) => role === word))
        const strong = strongest ? leading.filter(([, role]) => role === strongest) : leading
        const shortest = (n: number) => Math.min(...ways(world, n, wanted).map(way => way.length))
        const least = Math.min(...strong.map(([n]) => shortest(n)))
        // The way from the account to itself is the only one of length one, and the shortest there is.
        const best = strong.filter(([n]) => shortest(n) === least).sort(([a], [b]) => a - b)[0]
        expect(found.recommended).toEqual(
          best ? { loginCustomerId: id(best[0]), headerMayBeOmitted: best[0] === wanted, accessRole: best[1] } : null,
        )
        expect(found.findings.map(each => each.customerId)).toEqual(
          leading.filter(each => !known.includes(each)).map(([n]) => id(n)),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  it('shows in the matrix what it says of each account', () => {
    fc.assert(
      fc.property(worlds, (world: World) => {
        const all = roots(world)
        const matrix = accessMatrix(accessPicture(all, fetchedAt))
        const names = new Intl.Collator('en', { numeric: true })
        const shown = matrix.rows.map(row => row.account.descriptiveName ?? '')
        expect(shown).toEqual([...shown].sort(names.compare))
        const reached = Array.from({ length: 8 }, (_, n) => access(all, n)).filter(each => each.reachable)
        expect(matrix.rows.map(row => row.account.customerId).sort()).toEqual(reached.map(each => each.customerId))
        for (const { account, through, differs } of matrix.rows) {
          const single = reached.find(each => each.customerId === account.customerId)
          expect(through.map(at => all[at]?.account.customerId)).toEqual(
            single?.routes.map(route => route.loginCustomerId),
          )
          const known = new Set(single?.routes.map(route => route.accessRole).filter(role => roleRank(role) < 4))
          expect(differs).toBe(known.size > 1)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('lists fifty paths and says that there are more', () => {
    const layers = Array.from({ length: 4 }, (_, layer) => [1, 2, 3].map(n => 3 * layer + n))
    const accounts = layers.flatMap((layer, at) =>
      layer.map((n): [number, number[]] => [n, at === 0 ? [0] : (layers[at - 1] ?? [])]),
    )
    const found = access([root(direct(0, 'ADMIN'), hierarchy(0, [[0, []], ...accounts, [13, layers[3] ?? []]]))], 13)
    expect(found.routes[0]?.paths).toHaveLength(50)
    expect(found.findings).toEqual([{ code: 'paths_cut', customerId: id(0), problem: null }])
  })

  it('says where the account is known to hang below a login customer, but not how', () => {
    const found = access(
      [
        root(
          direct(0, 'ADMIN'),
          hierarchy(0, [
            [0, []],
            [1, []],
          ]),
        ),
      ],
      1,
    )
    expect(found).toMatchObject({ reachable: true, routes: [{ paths: [] }], findings: [{ code: 'path_unknown' }] })
  })

  it('recommends no login customer that Google refuses', () => {
    const refused = direct(1, 'ADMIN', { problem: why('CUSTOMER_NOT_ENABLED') })
    const found = access(
      [
        root(refused, null),
        root(
          direct(0, 'READ_ONLY'),
          hierarchy(0, [
            [0, []],
            [1, [0]],
          ]),
        ),
      ],
      1,
    )
    expect(found.routes).toHaveLength(2)
    expect(found.recommended).toEqual({ loginCustomerId: id(0), headerMayBeOmitted: false, accessRole: 'READ_ONLY' })
    expect(access([root(refused, null)], 1)).toMatchObject({ reachable: true, direct: true, recommended: null })
  })
})

describe('reading access', () => {
  const stored: Record<string, Hierarchy> = { [id(8)]: hierarchy(8, [[8, []]]) }
  const connection = { id: 'c1', email: 'ann@agency.example' }
  const read = (of: DirectAccount[], answer: (customerId: string) => Promise<Hierarchy>, waitMs = 5_000) =>
    readAccess(
      {
        direct: async () => ({ accounts: of, fetchedAt }),
        storedHierarchy: async (_, at) => stored[at] ?? null,
        hierarchy: (_, at) => answer(at),
      },
      connection,
      {
        waitMs,
      },
    )

  it('asks for no more than four hierarchies at a time, and for none that is stored or a client alone', async () => {
    let now = 0
    let most = 0
    const asked: string[] = []
    const all = Array.from({ length: 12 }, (_, n) => direct(n, 'ADMIN', n === 3 ? { manager: false } : {}))
    const picture = await read(all, async at => {
      asked.push(at)
      most = Math.max(most, ++now)
      await new Promise(resolve => setTimeout(resolve, 2))
      now--
      return hierarchy(Number(at) - 1_000_000_000, [[Number(at) - 1_000_000_000, []]])
    })
    expect(most).toBe(4)
    expect(asked.sort()).toEqual([0, 1, 2, 4, 5, 6, 7, 9, 10, 11].map(id).sort())
    expect(picture.roots.map(each => each.account.customerId)).toEqual(all.map(each => each.customerId))
    expect(effectiveAccess(picture, id(3))).toMatchObject({ recommended: { headerMayBeOmitted: true } })
  })

  it('names what could not be looked at, and keeps the rest', async () => {
    const old = '2026-11-20T10:00:00.000Z'
    const branch = { ...why('INTERNAL_ERROR'), customerId: id(9), retryable: true }
    const answers: Record<string, () => Promise<Hierarchy>> = {
      [id(0)]: async () => hierarchy(0, [[0, []]], { fetchedAt: old }),
      [id(1)]: async () => Promise.reject(new AppError('google_unreachable')),
      [id(2)]: () => new Promise(() => {}),
      [id(3)]: async () => hierarchy(3, [[3, []]], { complete: false, problems: [branch] }),
      [id(4)]: async () => hierarchy(4, [[4, []]], { complete: false, loading: true }),
    }
    const refused = direct(5, null, { problem: why('CUSTOMER_NOT_ENABLED') })
    const passing = direct(0, 'ADMIN', { problem: why('INTERNAL_ERROR') })
    const of = [passing, ...[1, 2, 3, 4].map(n => direct(n, 'ADMIN')), refused]
    const picture = await read(of, at => (answers[at] as () => Promise<Hierarchy>)(), 60)
    expect(picture.fetchedAt).toBe(old)
    expect(effectiveAccess(picture, id(7)).findings.map(({ code, customerId }) => [code, customerId])).toEqual([
      ['root_refused', id(0)],
      ['hierarchy_failed', id(1)],
      ['hierarchy_loading', id(2)],
      ['hierarchy_incomplete', id(3)],
      ['hierarchy_loading', id(4)],
      ['root_refused', id(5)],
    ])
    expect(effectiveAccess(picture, id(0)).recommended).toMatchObject({ loginCustomerId: id(0) })
    expect(accessMatrix(picture).rows).toHaveLength(6)
  })

  it('waits for the rest of a hierarchy that has begun to arrive', async () => {
    let asked = 0
    const picture = await read([direct(0, 'ADMIN')], async () =>
      ++asked === 1
        ? hierarchy(0, [[0, []]], { complete: false, loading: true })
        : hierarchy(0, [
            [0, []],
            [1, [0]],
          ]),
    )
    expect(effectiveAccess(picture, id(1))).toMatchObject({ reachable: true, findings: [] })
  })
})
