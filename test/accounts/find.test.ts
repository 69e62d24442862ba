import { describe, expect, it } from 'vitest'
import type { AccessRole, DirectAccount, Hierarchy, HierarchyAccount } from '../../src/accounts/account.ts'
import { createFinder, type FindConnection, type FinderOptions } from '../../src/accounts/find.ts'
import type { findCodes } from '../../src/accounts/find-conclusion.ts'
import { createProbes } from '../../src/accounts/probe.ts'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import type { AdsSearch } from '../../src/google/ads.ts'

const id = (n: number) => String(1_000_000_000 + n)
const wanted = id(500)
const fetchedAt = '2026-11-22T10:00:00.000Z'
const waitMs = 5_000
const plain = { status: 'ENABLED' as const, currencyCode: 'EUR', timeZone: 'Europe/Berlin', testAccount: false }

function direct(n: number, change: Partial<DirectAccount> = {}): DirectAccount {
  const customerId = id(n)
  const names = { customerId, descriptiveName: `Account ${n}`, manager: true }
  return { ...plain, ...names, accessRole: 'STANDARD', accessRoleProblem: null, problem: null, ...change }
}

/** What hangs below a login customer: each with its managers. */
function below(root: number, accounts: [number, number[]][] = [], change: Partial<Hierarchy> = {}): Hierarchy {
  const of = (n: number, parents: number[]): HierarchyAccount => ({
    ...plain,
    customerId: id(n),
    descriptiveName: `Account ${n}`,
    manager: n < 500,
    hidden: false,
    level: n === root ? 0 : parents.includes(root) ? 1 : 2,
    parents: parents.map(id),
  })
  return {
    loginCustomerId: id(root),
    complete: true,
    loading: false,
    fetchedAt,
    accounts: [of(root, []), ...accounts.map(([n, parents]) => of(n, parents))],
    problems: [],
    progress: { accounts: 1, managers: 1, managersDone: 1, failed: 0 },
    ...change,
  }
}

interface Known {
  direct: DirectAccount[] | Error | Promise<never>
  hierarchies?: Hierarchy[]
}

type Asked = { connectionId: string; customerId: string; login: string | null; about: 'row' | 'links' | 'people' }
type Google = (asked: Asked) => unknown[] | Promise<unknown[]>

const refusal = (code: ErrorCode, name: string) =>
  new AppError(code, { google: { code: name, message: 'Because.', requestId: 'r1', status: 403 } })
const denied = refusal('ads_permission_denied', 'USER_PERMISSION_DENIED')
const itsRow = { customerId: wanted, descriptiveName: 'Fjord', manager: false, ...plain }
const refuseAll: Google = ({ about }) => {
  if (about === 'links') return []
  throw denied
}

/** A finder over what is known of each connection, and Google as far as it is asked. */
function world(known: Record<string, Known>, google: Google = refuseAll) {
  const asked: Asked[] = []
  const calls: string[] = []
  const of = ({ id: connection }: { id: string }) => known[connection] as Known
  const ads: FinderOptions['ads'] = {
    async search({ customerId, loginCustomerId, query, token, row }: AdsSearch<unknown>) {
      const about = / FROM customer_client_link /.test(query)
        ? 'links'
        : / FROM customer$/.test(query)
          ? 'row'
          : 'people'
      const question = { connectionId: await token(), customerId, login: loginCustomerId, about } as const
      asked.push(question)
      const rows = await google(question)
      return about === 'links' ? rows.map(each => row.parse({ customerClientLink: each })) : rows
    },
  } as FinderOptions['ads']
  const tokenFor = (connection: string) => async () => connection
  const now = () => new Date(fetchedAt)
  const finder = createFinder({
    ads,
    tokenFor,
    now,
    probes: createProbes({ ads, tokenFor, now }),
    accounts: {
      async direct(connection, { refresh = false } = {}) {
        if (refresh) calls.push(`direct ${connection.id}`)
        const accounts = await of(connection).direct
        if (accounts instanceof Error) throw accounts
        return { accounts, fetchedAt }
      },
      storedDirect: async () => null,
      storedHierarchy: async (connection, root) =>
        of(connection).hierarchies?.find(each => each.loginCustomerId === root) ?? null,
      async hierarchy(connection, root, options) {
        calls.push(`hierarchy ${connection.id} ${root}${options?.retryFailed ? ' failed branches' : ''}`)
        return below(Number(root) - 1_000_000_000)
      },
    },
  })
  const connections = Object.keys(known).map(
    (each): FindConnection => ({ id: each, email: `${each}@agency.example`, status: 'active' }),
  )
  const find = async (which = connections) => (await finder.find(which, wanted, { waitMs })).answers
  return { finder, connections, asked, calls, find, rows: () => asked.filter(({ about }) => about === 'row') }
}

const throughOne: Known = { direct: [direct(1)], hierarchies: [below(1, [[500, [1]]])] }

describe('what Google answers decides', () => {
  const answered: [ErrorCode, string, (typeof findCodes)[number]][] = [
    ['ads_permission_denied', 'USER_PERMISSION_DENIED', 'path_refused'],
    ['ads_login_customer_mismatch', 'INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION', 'path_refused'],
    ['ads_customer_not_enabled', 'CUSTOMER_NOT_ENABLED', 'not_enabled'],
    ['ads_action_not_permitted', 'ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT', 'not_enabled'],
    ['ads_action_not_permitted', 'ACTION_NOT_PERMITTED', 'role_too_low'],
    ['ads_second_factor_required', 'TWO_STEP_VERIFICATION_NOT_ENROLLED', 'second_factor'],
    ['ads_second_factor_required', 'ADVANCED_PROTECTION_NOT_ENROLLED', 'second_factor'],
    ['ads_project_not_approved', 'CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION', 'project_not_approved'],
    ['ads_project_not_approved', 'DEVELOPER_TOKEN_NOT_APPROVED', 'project_not_approved'],
    ['ads_project_refused', 'PROJECT_DISABLED', 'installation'],
    ['ads_api_not_enabled', 'SERVICE_DISABLED', 'installation'],
    ['ads_not_ads_user', 'NOT_ADS_USER', 'not_ads_user'],
    ['ads_wrong_account_type', 'ACCESS_DENIED_FOR_ACCOUNT_TYPE', 'wrong_account_type'],
    ['ads_unavailable', 'TRANSIENT_ERROR', 'not_answered'],
    ['ads_quota_exhausted', 'RESOURCE_EXHAUSTED', 'not_answered'],
    ['ads_refused', 'SOMETHING_NEW', 'refused'],
    ['needs_reconnect', 'invalid_grant', 'connection_led_there'],
  ]
  it.each(answered)('%s (%s) is %s', async (code, name, expected) => {
    const { find } = world({ c1: throughOne }, () => {
      throw refusal(code, name)
    })
    const [answer] = await find()
    expect(answer).toMatchObject({ code: expected, problem: { message: 'Because.', requestId: 'r1' } })
    expect(answer?.access).toMatchObject({ reachable: true, direct: false })
  })

  it('the account opens through a login customer above it, or directly', async () => {
    const [through] = await world({ c1: throughOne }, () => [itsRow]).find()
    expect(through).toMatchObject({ code: 'reachable', account: { descriptiveName: 'Fjord' }, problem: null })
    const [itself] = await world({ c1: { direct: [direct(500, { manager: false })] } }, () => [itsRow]).find()
    expect(itself).toMatchObject({ code: 'direct', access: { recommended: { headerMayBeOmitted: true } } })
  })

  it('an account that was linked since is found although nothing lists it', async () => {
    const { find } = world({ c1: { direct: [direct(1)], hierarchies: [below(1)] } }, ({ login }) => {
      if (login === id(1)) return [itsRow]
      throw denied
    })
    const [answer] = await find()
    expect(answer).toMatchObject({ code: 'unlisted', account: { descriptiveName: 'Fjord' }, links: null })
    expect(answer?.roots[0]).toMatchObject({ route: null, verdict: { ok: true } })
  })

  it('a verdict that explains counts more than a plain refusal', async () => {
    const { find } = world(
      { c1: { direct: [direct(1), direct(2)], hierarchies: [below(1), below(2)] } },
      ({ login }) => {
        if (login === id(2)) throw refusal('ads_second_factor_required', 'TWO_STEP_VERIFICATION_NOT_ENROLLED')
        throw denied
      },
    )
    expect((await find())[0]).toMatchObject({ code: 'second_factor' })
  })

  it('an account that is refused directly, but opens from above, is not opened directly', async () => {
    const known = { direct: [direct(1), direct(500, { manager: false })], hierarchies: [below(1, [[500, [1]]])] }
    const { find } = world({ c1: known }, ({ login }) => {
      if (login === id(1)) return [itsRow]
      throw denied
    })
    expect((await find())[0]).toMatchObject({ code: 'reachable', access: { recommended: { loginCustomerId: id(1) } } })
  })

  it('of two explanations the one that says more counts, whichever came first', async () => {
    const both = { direct: [direct(1), direct(2)], hierarchies: [below(1, [[500, [1]]]), below(2, [[500, [2]]])] }
    for (const cancelled of [id(1), id(2)]) {
      const { find } = world({ c1: both }, ({ login }) => {
        if (login === cancelled) throw refusal('ads_customer_not_enabled', 'CUSTOMER_NOT_ENABLED')
        throw refusal('ads_unavailable', 'TRANSIENT_ERROR')
      })
      expect((await find())[0]).toMatchObject({ code: 'not_enabled' })
    }
  })

  it('one cancelled login customer above hides no working one', async () => {
    const problem = { code: 'CUSTOMER_NOT_ENABLED', message: '', requestId: null }
    const both = [below(1, [[500, [1]]]), below(2, [[500, [2]]])]
    const { find } = world({ c1: { direct: [direct(1, { problem }), direct(2)], hierarchies: both } }, ({ login }) => {
      if (login === id(2)) return [itsRow]
      throw refusal('ads_customer_not_enabled', 'CUSTOMER_NOT_ENABLED')
    })
    expect((await find())[0]).toMatchObject({ code: 'reachable', access: { recommended: { loginCustomerId: id(2) } } })
  })
})

describe('an account that is nowhere', () => {
  const roots = [
    direct(1),
    direct(2),
    direct(600, { manager: false }),
    direct(3, { problem: { code: 'CUSTOMER_NOT_ENABLED', message: '', requestId: null } }),
  ]
  const nowhere: Known = { direct: roots, hierarchies: [below(1), below(2)] }

  it('is asked for without a login customer and through every manager, and through nothing that cannot lead there', async () => {
    const { find, rows } = world({ c1: nowhere })
    const [answer] = await find()
    expect(rows().map(({ login }) => login)).toEqual([null, id(1), id(2)])
    expect(answer).toMatchObject({ code: 'no_access', withoutHeader: { ok: false }, late: false })
  })

  it('is not said to be out of reach while Google was not asked everywhere', async () => {
    const many = Array.from({ length: 12 }, (_, n) => n + 1)
    const { find, rows } = world({ c1: { direct: many.map(n => direct(n)), hierarchies: many.map(n => below(n)) } })
    expect(await find()).toMatchObject([{ code: 'not_all_searched' }])
    expect(rows()).toHaveLength(8)
  })

  it('is not said to be out of reach where Google gives no verdict', async () => {
    const { find } = world({ c1: nowhere }, ({ login }) => {
      throw login === id(2) ? refusal('ads_unavailable', 'TRANSIENT_ERROR') : denied
    })
    expect(await find()).toMatchObject([{ code: 'not_answered' }])
  })

  const linked = ['ACTIVE', 'PENDING', 'REFUSED', 'INACTIVE', 'CANCELED'] as const
  const codes = ['link_active', 'link_pending', 'link_refused', 'link_ended', 'link_ended']
  it.each(linked.map((status, at) => [status, codes[at]]))('with a link that is %s is %s', async (status, code) => {
    const { find, asked } = world({ c1: { direct: [direct(1)], hierarchies: [below(1, [[2, [1]]])] } }, question => {
      if (question.about === 'links') return question.customerId === id(2) ? [{ status, hidden: false }] : []
      throw denied
    })
    const [answer] = await find()
    expect(answer).toMatchObject({ code, links: { asked: 2, notAsked: 0, failed: [] } })
    expect(answer?.links?.links).toEqual([
      { status, hidden: false, managerId: id(2), managerName: 'Account 2', loginCustomerId: id(1) },
    ])
    expect(asked.filter(({ about }) => about === 'links').map(({ login }) => login)).toEqual([id(1), id(1)])
  })

  it('is told by the most telling link, each manager asked once and from nearby', async () => {
    const deep = below(1, [
      [3, [1]],
      [2, [3]],
    ])
    const { find, asked } = world(
      { c1: { direct: [direct(2), direct(1)], hierarchies: [deep, below(2)] } },
      question => {
        if (question.about !== 'links') throw denied
        if (question.customerId === id(1)) return [{ status: 'REFUSED', hidden: false }]
        return question.customerId === id(3) ? [{ status: 'PENDING', hidden: false }] : []
      },
    )
    expect((await find())[0]).toMatchObject({ code: 'link_pending' })
    const links = asked.filter(({ about }) => about === 'links')
    expect(links.map(({ customerId, login }) => [customerId, login]).sort()).toEqual([
      [id(1), id(1)],
      [id(2), id(2)],
      [id(3), id(1)],
    ])
  })

  it('is asked about at ten managers at most, and a manager that fails spoils nothing', async () => {
    const managers = Array.from({ length: 30 }, (_, n): [number, number[]] => [n + 2, [1]])
    const { find, asked } = world({ c1: { direct: [direct(1)], hierarchies: [below(1, managers)] } }, question => {
      if (question.about === 'links' && question.customerId !== id(1)) return []
      throw denied
    })
    const [answer] = await find()
    expect(asked.filter(({ about }) => about === 'links')).toHaveLength(10)
    expect(answer?.links).toMatchObject({ asked: 9, notAsked: 21, failed: [{ managerId: id(1) }] })
  })
})

describe('several connections', () => {
  it('cost nothing beyond the one that opens it', async () => {
    const { find, asked } = world(
      { c1: { direct: [direct(2)], hierarchies: [below(2)] }, c2: throughOne },
      ({ about }) => (about === 'row' ? [itsRow] : []),
    )
    expect((await find()).map(({ connectionId, code }) => [connectionId, code])).toEqual([
      ['c2', 'reachable'],
      ['c1', 'not_here'],
    ])
    expect(asked).toEqual([{ connectionId: 'c2', customerId: wanted, login: id(1), about: 'row' }])
  })

  it('stand in the order of the roles they give', async () => {
    const weak = { ...throughOne, direct: [direct(1, { accessRole: 'READ_ONLY' })] }
    const { find } = world({ c1: weak, c2: throughOne }, ({ about }) => (about === 'row' ? [itsRow] : []))
    expect((await find()).map(({ connectionId }) => connectionId)).toEqual(['c2', 'c1'])
  })

  it('do not suffer from a broken one, which keeps what was read before', async () => {
    const dead = { direct: new AppError('needs_reconnect') }
    const { find, connections } = world({ c1: dead, c2: throughOne, c3: throughOne }, () => [itsRow])
    const answers = await find(connections.map(each => (each.id === 'c3' ? { ...each, status: 'paused' } : each)))
    expect(answers.map(({ connectionId, code }) => [connectionId, code])).toEqual([
      ['c2', 'reachable'],
      ['c3', 'connection_led_there'],
      ['c1', 'connection_broken'],
    ])
    expect(answers[2]).toMatchObject({ access: null, problem: { code: 'needs_reconnect' } })
  })

  it('are answered in time although Google keeps one waiting', async () => {
    const { finder, connections } = world({ c1: throughOne, c2: throughOne }, ({ connectionId }) =>
      connectionId === 'c1' ? new Promise(() => undefined) : [itsRow],
    )
    const { answers } = await finder.find(connections, wanted, { waitMs: 50 })
    expect(answers).toMatchObject([
      { connectionId: 'c2', code: 'reachable', late: false },
      { connectionId: 'c1', code: 'not_answered', late: true, roots: [{ verdict: null, asked: true }] },
    ])
  })

  it('are answered in time although one cannot even be read, and another keeps many questions waiting', async () => {
    const many = Array.from({ length: 8 }, (_, n) => n + 1)
    const slow = { direct: many.map(n => direct(n)), hierarchies: many.map(n => below(n, [[500, [n]]])) }
    const unread = { direct: new Promise<never>(() => undefined) }
    const { finder, connections } = world({ c1: slow, c2: unread, c3: throughOne }, ({ connectionId }) =>
      connectionId === 'c1' ? new Promise(() => undefined) : [itsRow],
    )
    const { answers } = await finder.find(connections, wanted, { waitMs: 50 })
    expect(answers).toMatchObject([
      { connectionId: 'c3', code: 'reachable', late: false },
      { connectionId: 'c1', code: 'not_answered', late: true },
      { connectionId: 'c2', code: 'not_answered', late: true, access: null },
    ])
  })

  it('do not hide a fault of ours', async () => {
    const { find } = world({ c1: { direct: new TypeError('ours') } })
    await expect(find()).rejects.toThrow('ours')
  })
})

describe('who may change a role', () => {
  const ways = (first: AccessRole, second: AccessRole): Known => ({
    direct: [direct(1, { accessRole: first }), direct(2, { accessRole: second })],
    hierarchies: [below(1, [[500, [1]]]), below(2, [[500, [2]]])],
  })
  const google: Google = ({ about }) =>
    about === 'row'
      ? [itsRow]
      : [
          { emailAddress: 'boss@agency.example', accessRole: 'ADMIN' },
          { emailAddress: 'someone@agency.example', accessRole: 'STANDARD' },
        ]

  it('is read where the role depends on the way', async () => {
    const { find, asked } = world({ c1: ways('READ_ONLY', 'STANDARD') }, google)
    const [answer] = await find()
    expect(answer?.admins).toEqual([
      { customerId: id(1), emails: ['boss@agency.example'], problem: null },
      { customerId: wanted, emails: ['boss@agency.example'], problem: null },
    ])
    const people = asked.filter(({ about }) => about === 'people')
    expect(people.map(({ customerId, login }) => [customerId, login])).toEqual([
      [id(1), id(1)],
      [wanted, id(2)],
    ])
  })

  it('is not asked where the role is good everywhere', async () => {
    const { find, asked } = world({ c1: ways('STANDARD', 'STANDARD') }, google)
    expect((await find())[0]?.admins).toEqual([])
    expect(asked.filter(({ about }) => about === 'people')).toEqual([])
  })
})

describe('checking again', () => {
  it('asks Google anew, reads direct accounts and failed branches, and leaves broken connections alone', async () => {
    const failed = { customerId: id(2), code: 'TRANSIENT_ERROR', message: '', requestId: null, retryable: true }
    const partly = below(1, [[500, [1]]], { complete: false, problems: [failed] })
    const known = { direct: [direct(1), direct(3)], hierarchies: [partly, below(3)] }
    const { finder, find, rows, calls, connections } = world({ c1: known, c2: known }, () => [itsRow])
    await find()
    await find()
    const before = rows().length
    const which = connections.map(each => (each.id === 'c2' ? { ...each, status: 'revoked' as const } : each))
    await finder.askAgain(which, wanted, { waitMs })
    expect(calls).toEqual(['direct c1', `hierarchy c1 ${id(1)} failed branches`])
    await find()
    expect(before).toBe(2)
    expect(rows()).toHaveLength(4)
  })

  it('asks managers anew', async () => {
    const { finder, find, asked, connections } = world({ c1: { direct: [direct(1)], hierarchies: [below(1)] } })
    await find()
    await find()
    await finder.askAgain(connections, wanted, { waitMs })
    await find()
    expect(asked.filter(({ about }) => about === 'links')).toHaveLength(2)
  })

  it('survives a connection that fails', async () => {
    const { finder, connections } = world({ c1: { direct: new AppError('needs_reconnect') } })
    await expect(finder.askAgain(connections, wanted, { waitMs })).resolves.toBeUndefined()
  })
})

describe('a name', () => {
  it('finds accounts below all connections, each once, with what was looked at', async () => {
    const { finder, connections } = world({
      c1: {
        direct: [direct(1)],
        hierarchies: [
          below(1, [
            [500, [1]],
            [501, [1]],
          ]),
        ],
      },
      c2: { direct: [direct(2), direct(500, { manager: false })], hierarchies: [below(2, [[500, [2]]])] },
      c3: { direct: new AppError('needs_reconnect') },
    })
    const found = await finder.named(connections, 'ACCOUNT 50', { waitMs })
    expect(found.total).toBe(2)
    expect(found.matches.map(({ account, connectionIds }) => [account.customerId, connectionIds])).toEqual([
      [id(500), ['c1', 'c2']],
      [id(501), ['c1']],
    ])
    expect(found.searched.map(({ connectionId, roots }) => [connectionId, roots.length])).toEqual([
      ['c1', 1],
      ['c2', 2],
      ['c3', 0],
    ])
  })

  it('reads what was never read, and lists a hundred', async () => {
    const many = Array.from({ length: 130 }, (_, n): [number, number[]] => [n + 500, [1]])
    const { finder, connections, calls } = world({
      c1: { direct: [direct(1), direct(2)], hierarchies: [below(1, many)] },
    })
    const found = await finder.named(connections, 'account', { waitMs })
    expect([found.matches.length, found.total]).toEqual([100, 132])
    expect(calls).toEqual([`hierarchy c1 ${id(2)}`])
  })
})
