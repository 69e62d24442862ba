import {
  type AccessFinding,
  type AccessMatrix,
  type AccessMatrixRow,
  type AccessRoot,
  type AccessRoute,
  type EffectiveAccess,
  isKnownRole,
  isRefusal,
  roleRank,
  type Tested,
} from '../../accounts/access.ts'
import type { AccessRole } from '../../accounts/account.ts'
import { isUndecided } from '../../accounts/probe.ts'
import type { Connection } from '../../connections/connection.ts'
import { type CustomerId, formatCustomerId } from '../../customer-id.ts'
import type { Messages } from '../../messages/en.ts'
import { type AccountMarks, accountMarks, type RoleMark, roleMark } from './account-marks.ts'
import { nameMatcher } from './name-matcher.ts'
import { integer } from './numbers.ts'
import { problemNote } from './problem.ts'
import { type AccessAddress, routes } from './routes.ts'
import { type Moment, moment } from './times.ts'

export const ACCESS_ROWS = 500

/** What the page was asked to show. */
export interface AccessQuery {
  q: string
  differs: boolean
  /** `name`, `id`, `itself`, or the login customer whose roles sort the rows. */
  sort: string
  descending: boolean
  page: number
}

export interface AccessLocals {
  title: string
  connectionId: string
  googleEmail: string
  fetched: Moment
  rolesFetched: Moment
  q: string
  differs: boolean
  filtered: boolean
  sortOptions: { value: string; label: string; selected: boolean }[]
  nameColumn: SortMark
  idColumn: SortMark
  columns: (SortMark & {
    customerId: CustomerId
    shownId: string
    name: string
    label: string
    fetched: Moment | null
  })[]
  itselfColumn: SortMark | null
  rows: AccessRowMark[]
  noneText: string
  countText: string
  previousHref: string | null
  nextHref: string | null
  gaps: { title: string; sentences: string[] } | null
}

interface SortMark {
  href: string
  sorted: 'ascending' | 'descending' | 'none'
}

export interface AccessRowMark {
  account: AccountMarks
  href: string
  differs: boolean
  cells: CellMark[]
  itself: CellMark | null
}

/** `unread`: what hangs below this login customer is not wholly known, so nothing is said about the account. */
export interface CellMark {
  state: 'role' | 'none' | 'unread'
  role: RoleMark
  href: string | null
  direct: boolean
}

/** Reads the query of the address. Whatever cannot be read stands at its default; nothing here fails. */
export function readAccessQuery(query: Readonly<Record<string, unknown>>): AccessQuery {
  const text = (name: string) => (typeof query[name] === 'string' ? query[name] : '')
  const [, minus, sort] = /^(-?)(name|id|itself|\d{10})$/.exec(text('sort')) ?? []
  const page = Number(text('page'))
  return {
    q: text('q').trim().slice(0, 200),
    differs: text('differs') === '1',
    sort: sort ?? 'name',
    descending: minus === '-',
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  }
}

export function presentAccess(input: {
  t: Messages
  now: Date
  connection: Connection
  matrix: AccessMatrix
  query: AccessQuery
}): AccessLocals {
  const { t, now, connection, matrix, query } = input
  const names = rootNames(matrix.roots)
  const columns = [...matrix.roots.entries()].filter(([, root]) => isColumn(root))
  const hasItself = columns.length < matrix.roots.length
  const matches = nameMatcher(query.q)
  const rows = inOrder(
    matrix.rows.filter(
      row => (!query.differs || row.differs) && matches(row.account.descriptiveName, row.account.customerId),
    ),
    query,
    matrix.roots,
  )
  const pages = Math.max(1, Math.ceil(rows.length / ACCESS_ROWS))
  const page = Math.min(query.page, pages)
  const start = (page - 1) * ACCESS_ROWS
  const shown = rows.slice(start, start + ACCESS_ROWS)
  const address = (change: Partial<AccessQuery>) =>
    routes.access(connection.id, accessAddress({ ...query, page: 1, ...change }))
  const sortMark = (sort: string): SortMark => {
    const current = query.sort === sort
    return {
      href: address({ sort, descending: current && !query.descending }),
      sorted: current ? (query.descending ? 'descending' : 'ascending') : 'none',
    }
  }
  return {
    title: t.access.title(connection.email),
    connectionId: connection.id,
    googleEmail: connection.email,
    fetched: moment(matrix.fetchedAt, now, t),
    rolesFetched: moment(matrix.rolesFetchedAt, now, t),
    q: query.q,
    differs: query.differs,
    filtered: query.q !== '' || query.differs,
    sortOptions: sortOptions(
      [
        ['name', t.access.sorts.name],
        ['id', t.access.sorts.id],
        ...columns.map(([, { account }]): [string, string] => [
          account.customerId,
          t.access.sortRoot(names.get(account.customerId) ?? account.customerId),
        ]),
        ...(hasItself ? [['itself', t.access.sortItself] as [string, string]] : []),
      ],
      query,
      t,
    ),
    nameColumn: sortMark('name'),
    idColumn: sortMark('id'),
    columns: columns.map(([, { account, hierarchy }]) => {
      const name = names.get(account.customerId) ?? account.customerId
      return {
        ...sortMark(account.customerId),
        customerId: account.customerId,
        shownId: formatCustomerId(account.customerId),
        name,
        label: t.access.through(name),
        fetched: hierarchy && moment(hierarchy.fetchedAt, now, t),
      }
    }),
    itselfColumn: hasItself ? sortMark('itself') : null,
    rows: shown.map(row => rowMark(row, { t, connection, matrix, columns: columns.map(([position]) => position) })),
    noneText: query.differs && query.q === '' ? t.access.noneDiffers : query.q ? t.access.none : t.access.empty,
    countText:
      pages === 1
        ? t.words.accounts(rows.length)
        : t.access.rows(integer(start + 1, t), integer(start + shown.length, t), integer(rows.length, t)),
    previousHref: page > 1 ? address({ page: page - 1 }) : null,
    nextHref: page < pages ? address({ page: page + 1 }) : null,
    gaps: gapsOf(matrix.findings, names, t),
  }
}

/** What the page of one account says about the ways to it. */
export interface OtherRootsLocals {
  sentence: string
  recommendation: string | null
  /** Whether the recommendation was tried, and what came of it. */
  tested: { badge: TestedMark; sentence: string } | null
  /** The login customer to change to; null where the one in use is as good. */
  useHref: string | null
  useLabel: string | null
  ways: WayMark[]
  gaps: string[]
  fetched: Moment
  allHref: string
}

export interface WayMark {
  loginCustomerId: CustomerId
  shownId: string
  name: string
  itself: boolean
  strongest: boolean
  role: RoleMark
  reason: string | null
  tested: TestedMark | null
  href: string
}

/** Google's live verdict: icon, word and tone together, with what support asks for. */
export interface TestedMark {
  word: string
  tone: 'good' | 'bad' | 'warn'
  icon: string
  code: string | null
  requestId: string | null
  sentence: string | null
  at: Moment
}

export function testedMark({ ok, at, problem }: Tested, now: Date, t: Messages): TestedMark {
  const look = ok
    ? { word: t.access.tested.ok, tone: 'good' as const, icon: 'check' }
    : isUndecided({ problem })
      ? { word: t.access.tested.failed, tone: 'warn' as const, icon: 'warning' }
      : { word: t.access.tested.refused, tone: 'bad' as const, icon: 'cross' }
  const note = problem && problemNote(problem, t)
  return {
    ...look,
    code: note?.code ?? null,
    requestId: note?.requestId ?? null,
    sentence: note?.sentence ?? null,
    at: moment(at, now, t),
  }
}

export function presentOtherRoots(input: {
  t: Messages
  now: Date
  connection: Connection
  access: EffectiveAccess
  roots: readonly AccessRoot[]
  loginCustomerId: CustomerId
}): OtherRootsLocals {
  const { t, now, connection, access, roots, loginCustomerId } = input
  const { customerId, recommended } = access
  const names = rootNames(roots)
  const nameOf = (id: CustomerId) => names.get(id) ?? formatCustomerId(id)
  const href = (root: CustomerId) => routes.account(connection.id, root, customerId)
  const others = access.routes.filter(route => route.loginCustomerId !== loginCustomerId)
  const current = access.routes.find(route => route.loginCustomerId === loginCustomerId)
  const better =
    recommended &&
    recommended.loginCustomerId !== loginCustomerId &&
    (isRefusal(current?.tested ?? null) || roleRank(recommended.accessRole) < roleRank(current?.accessRole ?? null))
      ? recommended
      : null
  const gaps = access.findings.filter(each => each.code !== 'role_unknown')
  const unsure = gaps.some(each => each.customerId !== loginCustomerId)
  return {
    sentence:
      others.length > 0
        ? comparison(access, nameOf, t)
        : unsure
          ? t.access.account.onlyWaySoFar
          : t.access.account.onlyWay,
    recommendation: others.length === 0 || !recommended ? null : recommendation(access, better, t, nameOf),
    tested: others.length === 0 ? null : testedRecommendation(access, now, t),
    useHref: better && href(better.loginCustomerId),
    useLabel: better && nameOf(better.loginCustomerId),
    ways: others.map(route => ({
      loginCustomerId: route.loginCustomerId,
      shownId: formatCustomerId(route.loginCustomerId),
      name: nameOf(route.loginCustomerId),
      itself: route.loginCustomerId === customerId,
      strongest: route.loginCustomerId === recommended?.loginCustomerId && better !== null,
      role: roleMark(route.accessRole, t),
      reason: reasonOf(route, access.findings, t),
      tested: route.tested && testedMark(route.tested, now, t),
      href: href(route.loginCustomerId),
    })),
    gaps: gaps.map(each => findingSentence(each, names, t)),
    fetched: moment(access.fetchedAt, now, t),
    allHref: routes.access(connection.id),
  }
}

/** What a login customer is called: its name, or its id where it has none. */
export function rootNames(roots: readonly AccessRoot[]): ReadonlyMap<CustomerId, string> {
  return new Map(
    roots.map(({ account }) => [
      account.customerId,
      account.descriptiveName?.trim() || formatCustomerId(account.customerId),
    ]),
  )
}

export function findingSentence(
  { code, customerId, problem }: AccessFinding,
  names: ReadonlyMap<CustomerId, string>,
  t: Messages,
): string {
  const why = problem ? problemNote(problem, t).sentence : ''
  return t.access.findings[code](names.get(customerId) ?? formatCustomerId(customerId), why).trim()
}

function comparison(access: EffectiveAccess, nameOf: (id: CustomerId) => string, t: Messages): string {
  const roleWord = (role: AccessRole | null) => roleMark(role, t).word
  const open = access.routes.filter(route => !isRefusal(route.tested))
  const best = open.find(route => route.loginCustomerId === access.recommended?.loginCustomerId)
  if (open.length === 0) return t.access.account.noneOpens
  if (!best || !isKnownRole(best.accessRole)) return t.access.account.noneKnown
  const weaker = open.filter(
    ({ accessRole }) => isKnownRole(accessRole) && roleRank(accessRole) > roleRank(best.accessRole),
  )
  const unknown = open.filter(route => !isKnownRole(route.accessRole))
  const name = nameOf(best.loginCustomerId)
  const role = roleWord(best.accessRole)
  if (open.length === 1) return t.access.account.onlyOneOpens(name, role)
  if (weaker.length > 0) {
    return t.access.account.compare(
      name,
      role,
      weaker.map(each => ({ name: nameOf(each.loginCustomerId), role: roleWord(each.accessRole) })),
    )
  }
  if (unknown.length > 0) {
    return t.access.account.compareUnknown(
      name,
      role,
      unknown.map(each => nameOf(each.loginCustomerId)),
    )
  }
  return t.access.account.allSame(role)
}

function recommendation(
  { customerId, recommended }: EffectiveAccess,
  better: EffectiveAccess['recommended'],
  t: Messages,
  nameOf: (id: CustomerId) => string,
): string | null {
  if (!recommended) return null
  const omitted = recommended.headerMayBeOmitted ? ` ${t.access.account.headerOmitted}` : ''
  if (better) return t.access.account.useThis(nameOf(better.loginCustomerId)) + omitted
  if (recommended.loginCustomerId === customerId && omitted) return t.access.account.directAsGood
  return t.access.account.alreadyBest
}

function testedRecommendation({ routes, recommended }: EffectiveAccess, now: Date, t: Messages) {
  const tested = routes.find(route => route.loginCustomerId === recommended?.loginCustomerId)?.tested
  if (!tested) return null
  const badge = testedMark(tested, now, t)
  return { badge, sentence: tested.ok ? t.access.tested.works : t.access.tested.undecided }
}

function reasonOf(route: AccessRoute, findings: readonly AccessFinding[], t: Messages): string | null {
  const unknown = findings.find(each => each.code === 'role_unknown' && each.customerId === route.loginCustomerId)
  return unknown?.problem ? problemNote(unknown.problem, t).sentence : null
}

interface RowSetting {
  t: Messages
  connection: Connection
  matrix: AccessMatrix
  columns: readonly number[]
}

function rowMark({ account, through, differs }: AccessMatrixRow, setting: RowSetting): AccessRowMark {
  const { t, connection, matrix, columns } = setting
  const { customerId } = account
  const cell = (position: number): CellMark | null => {
    const root = matrix.roots[position]
    if (!root) return null
    const reached = through.includes(position)
    const whole = root.hierarchy !== null && root.findings.length === 0
    return {
      state: reached ? 'role' : whole ? 'none' : 'unread',
      role: roleMark(reached ? root.account.accessRole : null, t),
      href: reached ? routes.account(connection.id, root.account.customerId, customerId) : null,
      direct: root.account.customerId === customerId,
    }
  }
  const own = through.find(
    position => matrix.roots[position]?.account.customerId === customerId && !columns.includes(position),
  )
  const best = [...through].sort((a, b) => rankAt(a, matrix.roots) - rankAt(b, matrix.roots))[0] ?? 0
  return {
    account: accountMarks(account, t),
    href: routes.account(connection.id, matrix.roots[best]?.account.customerId ?? customerId, customerId),
    differs,
    cells: columns.flatMap(position => cell(position) ?? []),
    itself: own === undefined ? null : cell(own),
  }
}

function rankAt(position: number, roots: readonly AccessRoot[]): number {
  return roleRank(roots[position]?.account.accessRole ?? null)
}

/** The rows come by name; what is equal otherwise stays that way. */
function inOrder(
  rows: AccessMatrixRow[],
  { sort, descending }: AccessQuery,
  roots: readonly AccessRoot[],
): AccessMatrixRow[] {
  const direction = descending ? -1 : 1
  if (sort === 'name') return descending ? rows.reverse() : rows
  if (sort === 'id') return rows.sort((a, b) => direction * (a.account.customerId < b.account.customerId ? -1 : 1))
  const column = roots.findIndex(root => root.account.customerId === sort)
  const rank = ({ account, through }: AccessMatrixRow) => {
    const position = sort === 'itself' ? through.find(at => isOwn(at, account.customerId, roots)) : column
    return position !== undefined && through.includes(position) ? rankAt(position, roots) : Number.MAX_SAFE_INTEGER
  }
  const unreached = (row: AccessMatrixRow) => Number(rank(row) === Number.MAX_SAFE_INTEGER)
  return rows.sort((a, b) => unreached(a) - unreached(b) || direction * (rank(a) - rank(b)))
}

/** A login customer below which something can hang. The others lead to themselves only, and share one column. */
function isColumn({ account, findings }: AccessRoot): boolean {
  return account.manager ?? !findings.some(each => each.code === 'root_refused')
}

function isOwn(position: number, customerId: CustomerId, roots: readonly AccessRoot[]): boolean {
  const root = roots[position]
  return root?.account.customerId === customerId && !isColumn(root)
}

function sortOptions(sorts: [string, string][], query: AccessQuery, t: Messages): AccessLocals['sortOptions'] {
  return sorts.flatMap(([sort, label]) => [
    { value: sort, label, selected: query.sort === sort && !query.descending },
    { value: `-${sort}`, label: t.access.sortDown(label), selected: query.sort === sort && query.descending },
  ])
}

function accessAddress({ q, differs, sort, descending, page }: AccessQuery): AccessAddress {
  const order = `${descending ? '-' : ''}${sort}`
  return {
    q: q || undefined,
    differs: differs ? '1' : undefined,
    sort: order === 'name' ? undefined : order,
    page: page === 1 ? undefined : String(page),
  }
}

function gapsOf(findings: readonly AccessFinding[], names: ReadonlyMap<CustomerId, string>, t: Messages) {
  if (findings.length === 0) return null
  return {
    title: t.access.gaps(findings.length),
    sentences: findings.map(each => findingSentence(each, names, t)),
  }
}
