import type { CustomerId } from '../customer-id.ts'
import { isRetryableProblem, toProblem } from '../google/ads-errors.ts'
import { withinTime } from '../within-time.ts'
import type { AccessRole, DirectAccount, Hierarchy, HierarchyAccount, Problem } from './account.ts'
import { compareAccounts } from './account-order.ts'
import type { Accounts, AccountsConnection } from './accounts.ts'
import { accountGraph } from './graph.ts'
import { isUndecided, type Probe, type Probes } from './probe.ts'

/** What could not be looked at, so that what is missing from an answer is not taken for absent. */
export type AccessFindingCode =
  | 'root_refused' // Google does not open the login customer
  | 'hierarchy_failed' // what hangs below it could not be read at all
  | 'hierarchy_loading' // it is still being read
  | 'hierarchy_not_read' // nobody has asked for it yet, and this question was not worth Google's quota
  | 'hierarchy_incomplete' // some of its branches could not be read
  | 'role_unknown' // the role on it could not be read
  | 'path_unknown' // the account hangs below it, but not known where
  | 'paths_cut' // there are more paths than are listed

export interface AccessFinding {
  code: AccessFindingCode
  /** The login customer it concerns. */
  customerId: CustomerId
  /** What Google said, where that is the reason. */
  problem: Problem | null
}

/** One direct account as a login customer, with all that is known of what hangs below it. */
export interface AccessRoot {
  account: DirectAccount
  /** Null when it could not be read, or not in time. */
  hierarchy: Hierarchy | null
  /** Why the hierarchy is missing, lacks something or cannot be trusted to work. */
  findings: AccessFinding[]
}

/** What access is worked out from: the direct accounts, each with its hierarchy. */
export interface AccessPicture {
  roots: AccessRoot[]
  /** When the roles were read. ISO 8601, UTC. */
  rolesFetchedAt: string
  /** The age of the oldest part. ISO 8601, UTC. */
  fetchedAt: string
}

export interface AccessRoute {
  loginCustomerId: CustomerId
  /** The role held on the login customer; it decides for everything called through it. Null when not known. */
  accessRole: AccessRole | null
  /** From the login customer to the account, both included, shortest first; empty when no path is known. */
  paths: CustomerId[][]
  /** False where Google refuses the login customer itself. */
  usable: boolean
  /** What Google answered when it was tried; null while it was not. */
  tested: Tested | null
}

/** The verdict of a live query of one row. */
export type Tested = Pick<Probe, 'ok' | 'at' | 'problem'>

export interface EffectiveAccess {
  customerId: CustomerId
  reachable: boolean
  direct: boolean
  /** In the order of the direct accounts. */
  routes: AccessRoute[]
  recommended: { loginCustomerId: CustomerId; headerMayBeOmitted: boolean; accessRole: AccessRole | null } | null
  findings: AccessFinding[]
  fetchedAt: string
}

/** All accounts a connection reaches, and through which login customers. */
export interface AccessMatrix {
  /** The direct accounts, in their order. */
  roots: AccessRoot[]
  rows: AccessMatrixRow[]
  findings: AccessFinding[]
  rolesFetchedAt: string
  fetchedAt: string
}

export interface AccessMatrixRow {
  account: HierarchyAccount
  /** Positions in `roots`, ascending. */
  through: number[]
  /** Two login customers give different roles on it. A role that is not known differs from nothing. */
  differs: boolean
}

type AccountsToRead = Pick<Accounts, 'direct' | 'storedHierarchy' | 'hierarchy'>

const pathsListed = 50
const rootsAtOnce = 4
/** A test costs an operation of the day's quota, and whoever is refused four times is not helped by a fifth. */
const testsAtMost = 4
const longestLoadMs = 120_000
/** Strongest first; what is not named here is unknown, and last. */
const strengths: readonly (AccessRole | null)[] = ['ADMIN', 'STANDARD', 'READ_ONLY', 'EMAIL_ONLY']

/**
 * How a connection reaches its accounts, from what is stored; hierarchies that are not stored are read, a few at a time.
 * The answer waits `waitMs` for them at most: what did not arrive is a finding, and goes on arriving for the next
 * question. Rejects as `Accounts.direct` does.
 */
export async function readAccess(
  accounts: AccountsToRead,
  connection: AccountsConnection,
  { waitMs }: { waitMs: number },
): Promise<AccessPicture> {
  const { accounts: direct, fetchedAt } = await accounts.direct(connection)
  const roots = await Promise.all(direct.map(account => knownRoot(accounts, connection, account, fetchedAt)))
  const missing = [...roots.entries()].filter(([, { hierarchy, account }]) => !hierarchy && !isRefused(account))
  const work = async () => {
    for (let next = missing.shift(); next; next = missing.shift()) {
      const [position, { account }] = next
      for await (const root of readRoot(accounts, connection, account)) roots[position] = root
    }
  }
  await withinTime(Promise.all(Array.from({ length: rootsAtOnce }, work)), waitMs)
  return accessPicture([...roots], fetchedAt)
}

/**
 * The same from what is stored alone. A page about one account must not read every other hierarchy of the connection,
 * which can be a day's quota; what was never read is a finding. Rejects as `Accounts.direct` does.
 */
export async function storedAccess(accounts: AccountsToRead, connection: AccountsConnection): Promise<AccessPicture> {
  const { accounts: direct, fetchedAt } = await accounts.direct(connection)
  const roots = await Promise.all(direct.map(account => knownRoot(accounts, connection, account, fetchedAt)))
  const honest = roots.map(root =>
    root.hierarchy || isRefused(root.account)
      ? root
      : { ...root, findings: [...refusal(root.account), finding(root.account.customerId)('hierarchy_not_read')] },
  )
  return accessPicture(honest, fetchedAt)
}

/** The age of the whole is the age of its oldest part. */
export function accessPicture(roots: AccessRoot[], rolesFetchedAt: string): AccessPicture {
  const times = [rolesFetchedAt, ...roots.flatMap(({ hierarchy }) => hierarchy?.fetchedAt ?? [])]
  return { roots, rolesFetchedAt, fetchedAt: times.reduce((oldest, time) => (time < oldest ? time : oldest)) }
}

/** Google's rules, applied: the login customer of a call decides the role, for every account below it. */
export function effectiveAccess({ roots, fetchedAt }: AccessPicture, customerId: CustomerId): EffectiveAccess {
  const routes: AccessRoute[] = []
  const findings: AccessFinding[] = []
  for (const root of roots) {
    const route = routeThrough(root, customerId)
    findings.push(...root.findings)
    if (!route) continue
    routes.push({ ...route, paths: route.paths.slice(0, pathsListed) })
    const about = finding(root.account.customerId)
    if (!isKnownRole(route.accessRole) && !isRefused(root.account))
      findings.push(about('role_unknown', root.account.accessRoleProblem))
    if (route.paths.length === 0) findings.push(about('path_unknown'))
    if (route.paths.length > pathsListed) findings.push(about('paths_cut'))
  }
  const direct = roots.some(({ account }) => account.customerId === customerId)
  const recommended = recommendedOf(customerId, direct, routes)
  return { customerId, reachable: routes.length > 0, direct, routes, recommended, findings, fetchedAt }
}

/**
 * The same, tried: the login customers that lead to the account are asked, the strongest role first, until Google opens
 * it through one. What Google refuses is no longer recommended.
 */
export async function testedAccess(
  probes: Pick<Probes, 'ask'>,
  connection: Pick<AccountsConnection, 'id'>,
  access: EffectiveAccess,
): Promise<EffectiveAccess> {
  const verdicts: Probe[] = []
  for (const { loginCustomerId } of candidates(access).slice(0, testsAtMost)) {
    const verdict = await probes.ask(connection, { customerId: access.customerId, loginCustomerId })
    verdicts.push(verdict)
    if (verdict.ok || isUndecided(verdict)) break
  }
  return withVerdicts(access, verdicts)
}

/** The ways worth trying, best first. */
export function candidates({ customerId, routes }: EffectiveAccess): AccessRoute[] {
  return routes.filter(route => route.usable).sort(byPreference(customerId))
}

/** Access with what Google answered; verdicts about other ways than those there are say nothing here. */
export function withVerdicts(access: EffectiveAccess, verdicts: readonly Probe[]): EffectiveAccess {
  const routes = access.routes.map(route => {
    const verdict = verdicts.find(each => each.loginCustomerId === route.loginCustomerId)
    return verdict ? { ...route, tested: { ok: verdict.ok, at: verdict.at, problem: verdict.problem } } : route
  })
  return { ...access, routes, recommended: recommendedOf(access.customerId, access.direct, routes) }
}

/** True where Google decided, and not in favour. */
export function isRefusal(tested: Tested | null): boolean {
  return tested !== null && !tested.ok && !isUndecided(tested)
}

/** A way that was seen to work comes before every other; one that was refused is none. */
function recommendedOf(customerId: CustomerId, direct: boolean, routes: readonly AccessRoute[]) {
  const prefer = byPreference(customerId)
  const works = ({ tested }: AccessRoute) => Number(tested?.ok === true)
  const [best] = routes
    .filter(({ usable, tested }) => (usable && !isRefusal(tested)) || tested?.ok === true)
    .sort((a, b) => works(b) - works(a) || prefer(a, b))
  if (!best) return null
  const { loginCustomerId, accessRole } = best
  return { loginCustomerId, headerMayBeOmitted: direct && loginCustomerId === customerId, accessRole }
}

/** Every account once, in the order people read accounts, with all login customers that lead to it. */
export function accessMatrix({ roots, rolesFetchedAt, fetchedAt }: AccessPicture): AccessMatrix {
  const found = new Map<CustomerId, { account: HierarchyAccount; through: number[] }>()
  const lists = roots.map(root => root.hierarchy?.accounts ?? [alone(root.account)])
  for (const [position, list] of lists.entries()) {
    for (const account of list) {
      const known = found.get(account.customerId)
      if (known) known.through.push(position)
      else found.set(account.customerId, { account, through: [position] })
    }
  }
  const rows = inReadingOrder(lists).flatMap(account => {
    const row = found.get(account.customerId)
    return row?.account === account ? { ...row, differs: differs(row.through, roots) } : []
  })
  const findings = roots.flatMap(({ account, findings }) =>
    isKnownRole(account.accessRole) || isRefused(account)
      ? findings
      : [...findings, finding(account.customerId)('role_unknown', account.accessRoleProblem)],
  )
  return { roots, rows, findings, rolesFetchedAt, fetchedAt }
}

/** 0 for the strongest role; one that is not known comes last. */
export function roleRank(role: AccessRole | null): number {
  const rank = strengths.indexOf(role)
  return rank === -1 ? strengths.length : rank
}

export function isKnownRole(role: AccessRole | null): boolean {
  return strengths.includes(role)
}

/** A login customer with what is stored, or follows from what it is: clients are leaves, nothing hangs below one. */
async function knownRoot(
  accounts: AccountsToRead,
  connection: AccountsConnection,
  account: DirectAccount,
  fetchedAt: string,
): Promise<AccessRoot> {
  if (isRefused(account)) return rootWith(account, null)
  if (account.manager === false) return rootWith(account, clientAlone(account, fetchedAt))
  return rootWith(account, await accounts.storedHierarchy(connection, account.customerId))
}

/** The login customer as soon as its hierarchy begins to arrive, and again when all of it has. */
async function* readRoot(accounts: AccountsToRead, connection: AccountsConnection, account: DirectAccount) {
  try {
    const first = await accounts.hierarchy(connection, account.customerId)
    yield rootWith(account, first)
    if (!isArriving(first)) return
    yield rootWith(account, await accounts.hierarchy(connection, account.customerId, { waitMs: longestLoadMs }))
  } catch (error) {
    const failed = finding(account.customerId)('hierarchy_failed', toProblem(error))
    yield { account, hierarchy: null, findings: [...refusal(account), failed] }
  }
}

function rootWith(account: DirectAccount, hierarchy: Hierarchy | null): AccessRoot {
  const about = finding(account.customerId)
  const gaps = isRefused(account) ? [] : incompleteness(hierarchy, about)
  return { account, hierarchy, findings: [...refusal(account), ...gaps] }
}

/** Asking below an account that Google does not open, for a reason that stays, brings the same answer. */
export function isRefused({ problem }: DirectAccount): boolean {
  return problem !== null && !isRetryableProblem(problem)
}

function refusal({ customerId, problem }: DirectAccount): AccessFinding[] {
  return problem ? [finding(customerId)('root_refused', problem)] : []
}

function isArriving(hierarchy: Hierarchy): boolean {
  return hierarchy.loading && !hierarchy.complete
}

function incompleteness(hierarchy: Hierarchy | null, about: ReturnType<typeof finding>): AccessFinding[] {
  if (!hierarchy || isArriving(hierarchy)) return [about('hierarchy_loading')]
  const [problem] = hierarchy.problems
  return problem || !hierarchy.complete ? [about('hierarchy_incomplete', problem ?? null)] : []
}

function finding(customerId: CustomerId) {
  return (code: AccessFindingCode, problem: Problem | null = null): AccessFinding => ({ code, customerId, problem })
}

/** The way through one login customer; null when it does not lead to the account, as far as is known. */
function routeThrough({ account, hierarchy }: AccessRoot, customerId: CustomerId): AccessRoute | null {
  const { accessRole, customerId: loginCustomerId } = account
  const route = { loginCustomerId, accessRole, usable: !isRefused(account), tested: null }
  if (loginCustomerId === customerId) return { ...route, paths: [[customerId]] }
  const graph = hierarchy && accountGraph(hierarchy)
  return graph?.get(customerId) ? { ...route, paths: graph.paths(customerId, pathsListed + 1) } : null
}

/** The strongest role; then the account itself, the shortest path, and the id, so that the answer is always the same. */
function byPreference(customerId: CustomerId) {
  const length = ({ paths }: AccessRoute) => paths[0]?.length ?? Number.MAX_SAFE_INTEGER
  return (a: AccessRoute, b: AccessRoute) =>
    roleRank(a.accessRole) - roleRank(b.accessRole) ||
    Number(b.loginCustomerId === customerId) - Number(a.loginCustomerId === customerId) ||
    length(a) - length(b) ||
    (a.loginCustomerId < b.loginCustomerId ? -1 : 1)
}

/** Each list is sorted once, as long as it lives: a page view must not sort 50,000 accounts anew. */
const sorted = new WeakMap<readonly HierarchyAccount[], readonly HierarchyAccount[]>()

/** All lists as one, the small ones merged first. */
function inReadingOrder(lists: readonly (readonly HierarchyAccount[])[]): readonly HierarchyAccount[] {
  const parts = lists.map(list => {
    const known = sorted.get(list) ?? [...list].sort(compareAccounts)
    sorted.set(list, known)
    return known
  })
  return parts.sort((a, b) => a.length - b.length).reduce(merged, [])
}

function merged(few: readonly HierarchyAccount[], many: readonly HierarchyAccount[]): readonly HierarchyAccount[] {
  if (few.length === 0) return many
  const all: HierarchyAccount[] = []
  let next = 0
  for (const account of many) {
    for (let other = few[next]; other && compareAccounts(other, account) < 0; other = few[++next]) all.push(other)
    all.push(account)
  }
  return all.concat(few.slice(next))
}

function differs(through: readonly number[], roots: readonly AccessRoot[]): boolean {
  let first: AccessRole | null = null
  for (const position of through) {
    const role = roots[position]?.account.accessRole ?? null
    if (!isKnownRole(role)) continue
    if (first !== null && role !== first) return true
    first = role
  }
  return false
}

function alone(account: DirectAccount): HierarchyAccount {
  const { accessRole: _role, accessRoleProblem: _why, problem: _problem, ...plain } = account
  return { ...plain, hidden: false, level: 0, parents: [] }
}

function clientAlone(account: DirectAccount, fetchedAt: string): Hierarchy {
  return {
    loginCustomerId: account.customerId,
    complete: true,
    loading: false,
    fetchedAt,
    accounts: [alone(account)],
    problems: [],
    progress: { accounts: 1, managers: 0, managersDone: 0, failed: 0 },
  }
}
