import type { AccessRole, BranchProblem, CustomerStatus, Hierarchy, HierarchyAccount } from '../../accounts/account.ts'
import { type AccountGraph, accountGraph, passes } from '../../accounts/graph.ts'
import { nothingKnown } from '../../accounts/nothing-known.ts'
import type { Connection } from '../../connections/connection.ts'
import { type CustomerId, formatCustomerId } from '../../customer-id.ts'
import type { AppError } from '../../errors.ts'
import type { Messages } from '../../messages/en.ts'
import { type AccountMarks, accountMarks, type NameMark, nameMark, type RoleMark, roleMark } from './account-marks.ts'
import { type Finding, presentFinding } from './finding.ts'
import type { Crumb } from './frame.ts'
import { type HierarchyQuery, hierarchyAddress, isFiltered, type Shown, UNPLACED } from './hierarchy-query.ts'
import { integer } from './numbers.ts'
import { type Picture, presentPicture } from './picture.ts'
import type { Drawing } from './picture-layout.ts'
import { type ProblemNote, problemNote } from './problem.ts'
import { routes } from './routes.ts'
import { type Moment, moment } from './times.ts'
import { type TreeRow, treeRows } from './tree-rows.ts'

export interface HierarchyInput {
  t: Messages
  now: Date
  connection: Connection
  hierarchy: Hierarchy
  query: HierarchyQuery
  /** The role on the login customer; it holds for everything below. */
  accessRole: AccessRole | null
  /** The chosen login customer, which may be another one than this page's root. */
  loginCustomer: { connectionId: string; customerId: CustomerId } | null
  /** Why the last refresh failed, while an older picture is shown. */
  error?: AppError | null
  /** Where the picture is asked for. */
  drawing?: Drawing | null
  requestId?: string
}

export interface HierarchyLocals {
  title: string
  crumbs: Crumb[]
  connectionId: string
  googleEmail: string
  root: AccountMarks & { href: string }
  role: RoleMark
  isLoginCustomer: boolean
  selectable: boolean
  sizes: { label: string; value: string }[]
  fetched: Moment
  loading: LoadingMark | null
  finding: Finding | null
  branches: { text: string; retryable: boolean; rows: BranchRow[] } | null
  query: HierarchyQuery
  filtered: boolean
  statusOptions: Option[]
  testOptions: Option[]
  hiddenOptions: Option[]
  views: { label: string; href: string; current: boolean }[]
  clearHref: string
  tree: Tree | null
  picture: Picture | null
}

export interface Option {
  value: string
  label: string
  selected: boolean
}

export interface LoadingMark {
  text: string
  failedText: string | null
  value: number
  max: number
  eventsHref: string
  arrivedHref: string
}

export interface BranchRow {
  customerId: CustomerId
  shownId: string
  name: NameMark
  href: string
  note: ProblemNote
  retryable: boolean
}

export interface Tree {
  rows: TreeLine[]
  /** "3 accounts match"; null without a filter. */
  matches: string | null
  empty: { title: string; text: string } | null
  noMatch: string | null
  expandAllHref: string | null
  collapseAllHref: string | null
  pages: { text: string; previousHref: string | null; nextHref: string | null } | null
  cutText: string | null
}

export interface TreeLine {
  key: string
  level: number
  /** The level for the indentation, which stops growing somewhere. */
  indent: number
  position: number
  setSize: number
  expanded: boolean | null
  toggleHref: string | null
  toggleLabel: string
  matched: boolean
  /** Null on the line that gathers accounts whose manager is unknown. */
  account: (AccountMarks & { href: string; hidden: boolean }) | null
  groupName: string
  groupText: string
  /** Null for clients; a plus says that not every branch below has been read. */
  below: { text: string; meaning: string } | null
  branch: 'failed' | 'loading' | null
  alsoUnder: { name: NameMark; href: string }[]
  alsoMore: string | null
}

export const ROWS_A_PAGE = 500
const MAX_ROWS = 60_000
const DEEPEST_INDENT = 12
/** A hierarchy whose lines fit a screen or two is shown open from the start. */
const OPEN_AT_FIRST = 60
const EXPAND_ALL_MANAGERS = 300
const ALSO_SHOWN = 2

export function presentHierarchy(input: HierarchyInput): HierarchyLocals {
  const { t, now, connection, hierarchy, query, loginCustomer } = input
  const graph = accountGraph(hierarchy)
  const rootAccount = graph.get(graph.root) ?? unreadAccount(hierarchy.loginCustomerId)
  const root = accountMarks(rootAccount, t)
  const address = hierarchyAddress(query)
  const to = (change: Partial<HierarchyQuery>) =>
    routes.hierarchy(connection.id, hierarchy.loginCustomerId, hierarchyAddress({ ...query, ...change }))

  return {
    title: t.hierarchy.title(root.name.text),
    crumbs: [{ label: root.name.text, unnamed: root.name.unnamed, href: null }],
    connectionId: connection.id,
    googleEmail: connection.email,
    root: { ...root, href: routes.account(connection.id, hierarchy.loginCustomerId, hierarchy.loginCustomerId) },
    role: roleMark(input.accessRole, t),
    isLoginCustomer:
      loginCustomer?.connectionId === connection.id && loginCustomer.customerId === hierarchy.loginCustomerId,
    selectable: connection.status === 'active',
    sizes: sizes(graph, t),
    fetched: moment(hierarchy.fetchedAt, now, t),
    loading: hierarchy.loading
      ? loadingMark(hierarchy, t, {
          eventsHref: routes.hierarchyEvents(connection.id, hierarchy.loginCustomerId),
          arrivedHref: routes.hierarchy(connection.id, hierarchy.loginCustomerId, address),
        })
      : null,
    finding: input.error
      ? presentFinding(input.error, {
          t,
          now,
          signedIn: true,
          connectionId: connection.id,
          googleEmail: connection.email,
          loginCustomerId: hierarchy.loginCustomerId,
          ...(input.requestId === undefined ? {} : { requestId: input.requestId }),
        })
      : null,
    branches: branches(input, graph),
    query,
    filtered: isFiltered(query),
    statusOptions: statusOptions(query, t),
    testOptions: shownOptions(query.test, t),
    hiddenOptions: shownOptions(query.hidden, t),
    views: [
      { label: t.hierarchy.tree, href: to({ view: 'tree', at: null, page: 1 }), current: query.view === 'tree' },
      { label: t.hierarchy.picture, href: to({ view: 'picture', page: 1 }), current: query.view === 'picture' },
    ],
    clearHref: to({ q: '', status: 'any', test: 'any', hidden: 'any', page: 1 }),
    tree: query.view === 'tree' ? presentTree(input, graph, to) : null,
    picture:
      query.view === 'picture'
        ? presentPicture({ t, connection, hierarchy, graph, query, drawing: input.drawing ?? null })
        : null,
  }
}

function sizes(graph: AccountGraph, t: Messages): HierarchyLocals['sizes'] {
  const { accounts, managers, clients, deepest } = graph.totals()
  const labels = t.hierarchy.sizes
  return [
    { label: labels.accounts, value: integer(accounts, t) },
    { label: labels.managers, value: integer(managers, t) },
    { label: labels.clients, value: integer(clients, t) },
    { label: labels.depth, value: integer(deepest + 1, t) },
  ]
}

function loadingMark(
  { progress }: Hierarchy,
  t: Messages,
  hrefs: Pick<LoadingMark, 'eventsHref' | 'arrivedHref'>,
): LoadingMark {
  return {
    text: t.hierarchy.progress(progress.accounts, progress.managersDone, progress.managers),
    failedText: progress.failed > 0 ? t.hierarchy.progressFailed(progress.failed) : null,
    value: progress.managersDone,
    max: Math.max(1, progress.managers),
    ...hrefs,
  }
}

function branches({ t, connection, hierarchy }: HierarchyInput, graph: AccountGraph): HierarchyLocals['branches'] {
  if (hierarchy.problems.length === 0) return null
  const row = (problem: BranchProblem): BranchRow => ({
    customerId: problem.customerId,
    shownId: formatCustomerId(problem.customerId),
    name: nameMark(graph.get(problem.customerId)?.descriptiveName ?? null, t),
    href: routes.account(connection.id, hierarchy.loginCustomerId, problem.customerId),
    note: problemNote(problem, t),
    retryable: problem.retryable,
  })
  return {
    text: [
      t.hierarchy.branchesFailed(hierarchy.problems.length),
      ...(hierarchy.loading ? [] : [t.hierarchy.restComplete]),
    ].join(' '),
    retryable: hierarchy.problems.some(problem => problem.retryable),
    rows: hierarchy.problems.map(row),
  }
}

function presentTree(
  input: HierarchyInput,
  graph: AccountGraph,
  to: (change: Partial<HierarchyQuery>) => string,
): Tree {
  const { t, hierarchy, query } = input
  const filtered = isFiltered(query)
  const open = query.open ?? openAtFirst(hierarchy)
  const { rows, cut, matches } = treeRows(graph, {
    matches: filtered ? matching(graph, hierarchy, query) : null,
    isOpen: key => open.has(key),
    limit: MAX_ROWS,
  })
  const page = Math.min(query.page, Math.max(1, Math.ceil(rows.length / ROWS_A_PAGE)))
  const first = (page - 1) * ROWS_A_PAGE
  const line = lineMaker(input, graph, { open, filtered, to })
  const managers = graph.managersWithClients()
  const canExpandAll = !filtered && managers.length > 1 && managers.length <= EXPAND_ALL_MANAGERS
  return {
    rows: rows.slice(first, first + ROWS_A_PAGE).map(line),
    matches: filtered ? t.hierarchy.matches(matches) : null,
    empty: filtered || rows.length !== 1 || hierarchy.loading ? null : emptyText(graph, t),
    noMatch: filtered && matches === 0 ? (hierarchy.loading ? t.hierarchy.noMatchLoading : t.hierarchy.noMatch) : null,
    expandAllHref: canExpandAll
      ? to({ open: new Set([...managers.map(manager => manager.customerId), UNPLACED]), page: 1 })
      : null,
    collapseAllHref: !filtered && managers.length > 1 ? to({ open: new Set(), page: 1 }) : null,
    pages:
      rows.length > ROWS_A_PAGE
        ? {
            text: t.hierarchy.page(
              integer(first + 1, t),
              integer(Math.min(first + ROWS_A_PAGE, rows.length), t),
              integer(rows.length, t),
            ),
            previousHref: page > 1 ? to({ page: page - 1 }) : null,
            nextHref: first + ROWS_A_PAGE < rows.length ? to({ page: page + 1 }) : null,
          }
        : null,
    cutText: cut ? t.hierarchy.pathTooMany(MAX_ROWS) : null,
  }
}

function openAtFirst(hierarchy: Hierarchy): ReadonlySet<string> {
  const unplaced = hierarchy.loading ? [] : [UNPLACED]
  if (hierarchy.loading || hierarchy.accounts.length > OPEN_AT_FIRST) return new Set(unplaced)
  const managers = hierarchy.accounts.filter(account => account.manager === true)
  return new Set([...managers.map(account => account.customerId), ...unplaced])
}

function matching(graph: AccountGraph, hierarchy: Hierarchy, query: HierarchyQuery): HierarchyAccount[] {
  const found = query.q === '' ? hierarchy.accounts : graph.search(query.q)
  const statuses = statusesFor(query.status)
  const test = query.test === 'any' ? 'all' : query.test === 'only' ? 'only' : 'hide'
  return found.filter(
    account =>
      passes(account, { test, hidden: query.hidden !== 'without', ...(statuses && { statuses }) }) &&
      !(query.hidden === 'only' && !account.hidden) &&
      !(query.status === 'inactive' && passes(account, { statuses: new Set(['ENABLED']) })),
  )
}

function statusesFor(status: HierarchyQuery['status']): ReadonlySet<CustomerStatus> | null {
  return status === 'any' || status === 'inactive' ? null : new Set([status])
}

function lineMaker(
  { t, connection, hierarchy }: HierarchyInput,
  graph: AccountGraph,
  state: { open: ReadonlySet<string>; filtered: boolean; to: (change: Partial<HierarchyQuery>) => string },
): (row: TreeRow) => TreeLine {
  const failed = new Set(hierarchy.problems.map(problem => problem.customerId))
  const halfRead = withAllAbove(failed, graph)
  const href = (customerId: CustomerId) => routes.account(connection.id, hierarchy.loginCustomerId, customerId)

  function toggleHref(row: TreeRow): string | null {
    if (row.expanded === null || state.filtered || row.key === hierarchy.loginCustomerId) return null
    const own = row.account?.customerId ?? UNPLACED
    const open = new Set(state.open)
    if (!open.delete(own)) open.add(own)
    return `${state.to({ open })}#row-${row.key}`
  }

  function below(account: HierarchyAccount | null, size: number | null): TreeLine['below'] {
    if (account === null) return { text: integer(graph.orphans().length, t), meaning: '' }
    if (size === null) return null
    const count = integer(size, t)
    if (!hierarchy.loading && !halfRead.has(account.customerId)) return { text: count, meaning: '' }
    if (size === 0) return { text: t.words.unknown, meaning: '' }
    return { text: t.hierarchy.atLeast(count), meaning: t.hierarchy.atLeastLong(count) }
  }

  return row => {
    const { account } = row
    const marks = account && accountMarks(account, t)
    const groupName = hierarchy.loading ? t.hierarchy.unplacedLoading : t.hierarchy.unplaced
    const name = marks?.name.text ?? groupName
    const others = (account?.parents ?? []).filter(parent => parent !== row.under && graph.get(parent) !== undefined)
    const size = account?.manager ? graph.size(account.customerId).accounts : null
    return {
      key: row.key,
      level: row.level,
      indent: Math.min(row.level, DEEPEST_INDENT),
      position: row.position,
      setSize: row.setSize,
      expanded: row.expanded,
      toggleHref: toggleHref(row),
      toggleLabel: row.expanded ? t.hierarchy.collapse(name) : t.hierarchy.expand(name),
      matched: row.matched,
      account: account && marks && { ...marks, hidden: account.hidden, href: href(account.customerId) },
      groupName,
      groupText: hierarchy.loading ? '' : t.hierarchy.unplacedWhy,
      below: below(account, size),
      branch: branchState(account, failed, hierarchy, size),
      alsoUnder: others.slice(0, ALSO_SHOWN).map(parent => ({
        name: nameMark(graph.get(parent)?.descriptiveName ?? null, t),
        href: href(parent),
      })),
      alsoMore: others.length > ALSO_SHOWN ? t.hierarchy.alsoMore(others.length - ALSO_SHOWN) : null,
    }
  }
}

function withAllAbove(accounts: ReadonlySet<CustomerId>, graph: AccountGraph): ReadonlySet<CustomerId> {
  const all = new Set(accounts)
  for (const customerId of all) for (const parent of graph.parents(customerId)) all.add(parent.customerId)
  return all
}

function branchState(
  account: HierarchyAccount | null,
  failed: ReadonlySet<CustomerId>,
  hierarchy: Hierarchy,
  size: number | null,
): TreeLine['branch'] {
  if (account === null) return null
  if (failed.has(account.customerId)) return 'failed'
  return hierarchy.loading && size === 0 ? 'loading' : null
}

function emptyText(graph: AccountGraph, t: Messages): Tree['empty'] {
  return {
    title: t.hierarchy.emptyTitle,
    text: graph.get(graph.root)?.manager === false ? t.hierarchy.emptyClient : t.hierarchy.emptyManager,
  }
}

function statusOptions(query: HierarchyQuery, t: Messages): Option[] {
  const option = (value: HierarchyQuery['status'], label: string): Option => ({
    value: value === 'any' ? '' : value,
    label,
    selected: query.status === value,
  })
  const { statuses } = t.words
  return [
    option('any', t.hierarchy.filters.anyStatus),
    option('ENABLED', statuses.ENABLED),
    option('inactive', t.hierarchy.filters.inactive),
    option('CANCELED', statuses.CANCELED),
    option('SUSPENDED', statuses.SUSPENDED),
    option('CLOSED', statuses.CLOSED),
    option('UNKNOWN', statuses.UNKNOWN),
  ]
}

function shownOptions(current: Shown, t: Messages): Option[] {
  const { any, only, without } = t.hierarchy.filters
  return [
    { value: '', label: any, selected: current === 'any' },
    { value: 'only', label: only, selected: current === 'only' },
    { value: 'without', label: without, selected: current === 'without' },
  ]
}

/** Stands in for an account of which nothing but the id is known. */
export function unreadAccount(customerId: CustomerId): HierarchyAccount {
  return { ...nothingKnown(customerId), hidden: false, level: 0, parents: [] }
}
