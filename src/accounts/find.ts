import type { CustomerId } from '../customer-id.ts'
import { isAppError } from '../errors.ts'
import type { AccessTokenSource, GoogleAds } from '../google/ads.ts'
import { toProblem } from '../google/ads-errors.ts'
import { withinTime } from '../within-time.ts'
import {
  type AccessFinding,
  type AccessPicture,
  type AccessRoot,
  type AccessRoute,
  candidates,
  type EffectiveAccess,
  effectiveAccess,
  isKnownRole,
  isRefused,
  readAccess,
  roleRank,
  storedAccess,
  withVerdicts,
} from './access.ts'
import type { Account, BranchProblem, DirectAccount, HierarchyAccount, Problem } from './account.ts'
import { compareAccounts } from './account-order.ts'
import type { Accounts, AccountsConnection } from './accounts.ts'
import { type AccountAdmins, createAdmins } from './find-admins.ts'
import { conclude, type FindCode, findRank, opensIt } from './find-conclusion.ts'
import { createManagerLinks, type LinkSearch } from './find-links.ts'
import { accountGraph } from './graph.ts'
import { nothingKnown } from './nothing-known.ts'
import type { Probe, Probes } from './probe.ts'

/** A connection to be asked; whether the member may use it has been checked. */
export interface FindConnection extends AccountsConnection {
  status: 'active' | 'needs_reconnect' | 'paused' | 'revoked'
}

/** One login customer of a connection: whether it leads to the account, what was looked at, what Google answered. */
export interface FindRoot {
  account: DirectAccount
  /** Null where it does not lead there, as far as what was read goes. */
  route: AccessRoute | null
  /** What was read below it; null when nothing was. */
  searched: Searched | null
  gaps: AccessFinding[]
  /** Null where nobody asked, or the answer is not there yet. */
  verdict: Probe | null
  asked: boolean
}

export interface Searched {
  /** ISO 8601, UTC. */
  fetchedAt: string
  accounts: number
  complete: boolean
  loading: boolean
  /** Managers whose clients could not be read. */
  failed: (BranchProblem & { name: string | null })[]
}

/** Why one connection does, or does not, open an account, with all evidence there is. */
export interface FindAnswer {
  connectionId: string
  code: FindCode
  /** What Google said, where that decided. */
  problem: Problem | null
  /** Everything known of the account through this connection; null where nothing is. */
  account: (Account & { hidden: boolean }) | null
  /** Null when the direct accounts could not be read. */
  access: EffectiveAccess | null
  roots: FindRoot[]
  /** What the accounts on the shortest paths are called. */
  names: ReadonlyMap<CustomerId, string | null>
  /** The verdict without any login customer. */
  withoutHeader: Probe | null
  links: LinkSearch | null
  /** Who may change a role that is too low, or depends on the way. */
  admins: AccountAdmins[]
  /** Something had not answered when the time was up; it goes on being read. */
  late: boolean
}

export interface Found {
  customerId: CustomerId
  /** The most hopeful first. */
  answers: FindAnswer[]
  /** ISO 8601, UTC. */
  at: string
}

export interface NameMatch {
  account: HierarchyAccount
  connectionIds: string[]
}

export interface NamesFound {
  matches: NameMatch[]
  total: number
  /** What was looked at, by connection; the roots are empty where nothing could be read. */
  searched: { connectionId: string; roots: { account: DirectAccount; searched: Searched | null }[]; late: boolean }[]
}

/** Finds out why accounts can, or cannot, be seen. What is stored is used first; Google is asked little, and says the rest. */
export interface Finder {
  /** One broken connection spoils no other: its failure is its answer. Each of two phases takes `waitMs` at most. */
  find(connections: readonly FindConnection[], customerId: CustomerId, options: FindOptions): Promise<Found>
  /** Accounts whose name (or part of an id) fits, among everything read below the connections. */
  named(connections: readonly FindConnection[], text: string, options: FindOptions): Promise<NamesFound>
  /** Makes the next question a live one: verdicts are forgotten, direct accounts and failed branches read anew. */
  askAgain(connections: readonly FindConnection[], customerId: CustomerId | null, options: FindOptions): Promise<void>
}

export interface FindOptions {
  waitMs: number
}

export interface FinderOptions {
  accounts: Pick<Accounts, 'direct' | 'storedDirect' | 'storedHierarchy' | 'hierarchy'>
  probes: Probes
  ads: Pick<GoogleAds, 'search'>
  tokenFor: (connectionId: string) => AccessTokenSource
  now: () => Date
}

/** What is known of one connection before Google is asked live. */
interface Reading {
  connection: FindConnection
  picture: AccessPicture | null
  access: EffectiveAccess | null
  problem: Problem | null
  late: boolean
}

interface Live {
  verdicts: Probe[]
  /** Login customers of the questions, answered or not; null without one. */
  asked: (CustomerId | null)[]
  links: LinkSearch | null
  /** Login customers that could lead there and were not asked. */
  left: number
}

const rootsAsked = 8
const namesListed = 100

export function createFinder({ accounts, probes, ads, tokenFor, now }: FinderOptions): Finder {
  const links = createManagerLinks({ ads, tokenFor, now })
  const admins = createAdmins({ ads, tokenFor, now })

  return {
    async find(connections, customerId, { waitMs }) {
      const readings = await Promise.all(connections.map(connection => read(connection, customerId, waitMs)))
      const until = performance.now() + waitMs
      const first = await Promise.all(readings.map(reading => askWays(reading, customerId, until)))
      // Where one connection opens it, asking through all the others would only cost quota.
      const opened = first.some(({ verdicts }) => verdicts.some(verdict => verdict.ok))
      const answers = await Promise.all(
        readings.map(async (reading, at) => {
          const known = first[at] ?? nothingAsked
          const live = opened ? known : await askWidely(reading, known, { customerId, until })
          return answer(reading, live, { customerId, until })
        }),
      )
      answers.sort((a, b) => findRank(a.code) - findRank(b.code) || bestRole(a) - bestRole(b))
      return { customerId, answers, at: now().toISOString() }
    },

    async named(connections, text, { waitMs }) {
      const readings = await Promise.all(connections.map(connection => read(connection, null, waitMs)))
      const found = new Map<CustomerId, NameMatch>()
      for (const { connection, picture } of readings) {
        for (const account of picture ? accountsNamed(picture, text) : []) {
          const known = found.get(account.customerId) ?? { account, connectionIds: [] }
          if (!known.connectionIds.includes(connection.id)) known.connectionIds.push(connection.id)
          found.set(account.customerId, known)
        }
      }
      const matches = [...found.values()].sort((a, b) => compareAccounts(a.account, b.account))
      return {
        matches: matches.slice(0, namesListed),
        total: matches.length,
        searched: readings.map(({ connection, picture, late }) => ({
          connectionId: connection.id,
          roots: (picture?.roots ?? []).map(root => ({ account: root.account, searched: searchedBelow(root) })),
          late,
        })),
      }
    },

    async askAgain(connections, customerId, { waitMs }) {
      await Promise.all(
        connections.map(async connection => {
          if (customerId) probes.forget(connection, customerId)
          if (customerId) links.forget(connection.id, customerId)
          if (connection.status === 'active') await withinTime(readAnew(connection, waitMs), waitMs)
        }),
      )
    },
  }

  async function read(connection: FindConnection, customerId: CustomerId | null, waitMs: number): Promise<Reading> {
    const reading =
      connection.status === 'active' ? readAccess(accounts, connection, { waitMs }) : storedAccess(accounts, connection)
    try {
      const picture = await withinTime(reading, waitMs + 500)
      const access = picture && customerId ? effectiveAccess(picture, customerId) : null
      return { connection, picture, access, problem: null, late: picture === null }
    } catch (error) {
      if (!isAppError(error)) throw error
      return { connection, picture: null, access: null, problem: toProblem(error), late: false }
    }
  }

  /** Through every login customer that leads there, the strongest role first. */
  async function askWays({ connection, access }: Reading, customerId: CustomerId, until: number): Promise<Live> {
    if (connection.status !== 'active' || !access?.reachable) return nothingAsked
    const usable = candidates(access)
    const ways = [...usable, ...access.routes.filter(route => !usable.includes(route))].map(way => way.loginCustomerId)
    return ask(connection, { customerId, ways, until })
  }

  /** Where nothing leads there: through every login customer that could, and without one; and managers for their links. */
  async function askWidely(
    { connection, picture, access }: Reading,
    known: Live,
    { customerId, until }: { customerId: CustomerId; until: number },
  ): Promise<Live> {
    if (connection.status !== 'active' || !picture || access?.reachable) return known
    const couldLead = picture.roots.filter(({ account }) => account.manager !== false && !isRefused(account))
    const ways = [null, ...couldLead.map(({ account }) => account.customerId)]
    const live = await ask(connection, { customerId, ways, until })
    if (live.verdicts.some(verdict => verdict.ok)) return live
    return { ...live, links: await before(until, links.of(connection.id, picture.roots, customerId)) }
  }

  async function ask(
    connection: FindConnection,
    { customerId, ways, until }: { customerId: CustomerId; ways: (CustomerId | null)[]; until: number },
  ): Promise<Live> {
    const asked = ways.slice(0, rootsAsked)
    const answered = await Promise.all(
      asked.map(loginCustomerId => before(until, probes.ask(connection, { customerId, loginCustomerId }))),
    )
    return { verdicts: answered.filter(each => each !== null), asked, links: null, left: ways.length - asked.length }
  }

  async function answer(
    { connection, picture, access: read, problem, late }: Reading,
    live: Live,
    { customerId, until }: { customerId: CustomerId; until: number },
  ): Promise<FindAnswer> {
    const access = read && withVerdicts(read, live.verdicts)
    const unanswered = live.asked.length - live.verdicts.length
    const roots = (picture?.roots ?? []).map(root => findRoot(root, access, live))
    const { code, problem: why } = conclude({
      usable: connection.status === 'active',
      problem,
      access,
      verdicts: live.verdicts,
      links: live.links,
      askedAll: live.asked.length > 0 && unanswered === 0 && live.left === 0,
      readAll: roots.every(({ searched, account }) => searched?.complete === true || isRefused(account)),
    })
    const verdict = live.verdicts.find(each => each.ok)
    return {
      connectionId: connection.id,
      code,
      problem: why,
      account: picture && describe(customerId, picture, verdict ?? null),
      access,
      roots,
      names: picture ? namesOnPaths(picture, access) : new Map(),
      withoutHeader: live.verdicts.find(each => each.loginCustomerId === null) ?? null,
      links: live.links,
      admins: access && opensIt(code) ? await adminsFor(connection, access, until) : [],
      late: late || unanswered > 0 || roots.some(({ searched }) => searched?.loading === true),
    }
  }

  /** Those of the login customers that give a weaker role than another way does, or one that is weak everywhere. */
  async function adminsFor(
    connection: FindConnection,
    access: EffectiveAccess,
    until: number,
  ): Promise<AccountAdmins[]> {
    const works = access.routes.filter(route => route.tested?.ok)
    const best = Math.min(...works.map(route => roleRank(route.accessRole)))
    const weak = works.filter(({ accessRole }) => roleRank(accessRole) > Math.min(best, roleRank('STANDARD')))
    const places = new Map(weak.slice(0, 2).map(({ loginCustomerId: id }) => [id, id]))
    const [way] = weak.length > 0 ? works : []
    if (way) places.set(access.customerId, access.recommended?.loginCustomerId ?? way.loginCustomerId)
    const asked = [...places].map(([customerId, through]) =>
      before(until, admins.of(connection.id, customerId, through)),
    )
    return (await Promise.all(asked)).filter(each => each !== null)
  }

  async function readAnew(connection: FindConnection, waitMs: number): Promise<void> {
    try {
      const { accounts: direct } = await accounts.direct(connection, { refresh: true })
      await Promise.all(
        direct.map(async ({ customerId }) => {
          const stored = await accounts.storedHierarchy(connection, customerId)
          const failed = stored?.problems.some(problem => problem.retryable)
          if (failed) await accounts.hierarchy(connection, customerId, { retryFailed: true, waitMs })
        }),
      )
    } catch (error) {
      // The next question meets the same failure, and says so beside this connection.
      if (!isAppError(error)) throw error
    }
  }
}

const nothingAsked: Live = { verdicts: [], asked: [], links: null, left: 0 }

/** What the promise gives, or null once `performance.now()` is past `until`. */
function before<T>(until: number, promise: Promise<T>): Promise<T | null> {
  return withinTime(promise, Math.max(0, until - performance.now()))
}

function findRoot(root: AccessRoot, access: EffectiveAccess | null, live: Live): FindRoot {
  const { account, findings } = root
  const ofRoot = (id: CustomerId | null) => id === account.customerId
  return {
    account,
    route: access?.routes.find(route => ofRoot(route.loginCustomerId)) ?? null,
    searched: searchedBelow(root),
    gaps: findings,
    verdict: live.verdicts.find(verdict => ofRoot(verdict.loginCustomerId)) ?? null,
    asked: live.asked.some(ofRoot),
  }
}

function searchedBelow({ hierarchy }: AccessRoot): Searched | null {
  if (!hierarchy) return null
  const { fetchedAt, complete, loading, accounts, problems } = hierarchy
  const graph = accountGraph(hierarchy)
  const failed = problems.map(problem => ({ ...problem, name: graph.get(problem.customerId)?.descriptiveName ?? null }))
  return { fetchedAt, complete, loading, accounts: accounts.length, failed }
}

function namesOnPaths({ roots }: AccessPicture, access: EffectiveAccess | null): Map<CustomerId, string | null> {
  const names = new Map<CustomerId, string | null>()
  for (const { loginCustomerId, paths } of access?.routes ?? []) {
    const root = roots.find(({ account }) => account.customerId === loginCustomerId)
    const graph = root?.hierarchy && accountGraph(root.hierarchy)
    for (const id of paths[0] ?? []) names.set(id, graph?.get(id)?.descriptiveName ?? null)
  }
  return names
}

/** The account itself knows best; what only its managers know (that it is hidden) comes from what was read below them. */
function describe(customerId: CustomerId, { roots }: AccessPicture, verdict: Probe | null): FindAnswer['account'] {
  const below = roots.flatMap(({ hierarchy }) => (hierarchy && accountGraph(hierarchy).get(customerId)) ?? [])
  const itself = roots.find(({ account }) => account.customerId === customerId)?.account
  const known = verdict?.account ?? below.find(each => each.status !== null) ?? itself ?? below[0]
  if (!known) return null
  const { descriptiveName, manager, status, currencyCode, timeZone, testAccount } = known
  const facts = { descriptiveName, manager, status, currencyCode, timeZone, testAccount }
  return { ...nothingKnown(customerId), ...facts, hidden: below.some(each => each.hidden) }
}

function accountsNamed({ roots }: AccessPicture, text: string): HierarchyAccount[] {
  return roots.flatMap(({ account, hierarchy }) => {
    const { accessRole: _role, accessRoleProblem: _why, problem: _problem, ...plain } = account
    const alone = { ...plain, hidden: false, level: 0, parents: [] }
    const { customerId: loginCustomerId } = account
    return accountGraph(hierarchy ?? { loginCustomerId, accounts: [alone] }).search(text)
  })
}

function bestRole({ access }: FindAnswer): number {
  return Math.min(
    ...(access?.routes ?? []).map(({ accessRole }) => (isKnownRole(accessRole) ? roleRank(accessRole) : 9)),
    9,
  )
}
