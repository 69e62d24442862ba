import type { DirectAccount, DirectAccounts } from '../../accounts/account.ts'
import { compareAccounts } from '../../accounts/account-order.ts'
import type { Connection } from '../../connections/connection.ts'
import type { CustomerId } from '../../customer-id.ts'
import type { AppError } from '../../errors.ts'
import type { Member } from '../../members/member.ts'
import type { Messages } from '../../messages/en.ts'
import { type AccountMarks, accountMarks, type Badge, type RoleMark, roleMark } from './account-marks.ts'
import { connectionBadge } from './connection-badge.ts'
import { type Finding, presentFinding } from './finding.ts'
import { type ConnectionBanner, connectionBanner } from './health.ts'
import { nameMatcher } from './name-matcher.ts'
import { type PersonChip, personChip } from './person.ts'
import { type ProblemNote, problemNote } from './problem.ts'
import { routes } from './routes.ts'
import { type Moment, moment } from './times.ts'

export interface ConnectionAccounts {
  connection: Connection
  picture?: string | null
  /** What was read last, however old; null when nothing has been read yet. */
  direct: DirectAccounts | null
  /** Why the list as a whole could not be read just now. */
  error: AppError | null
}

export interface AccountsInput {
  t: Messages
  now: Date
  member: Pick<Member, 'id' | 'role'>
  connections: ConnectionAccounts[]
  loginCustomer: { connectionId: string; customerId: CustomerId } | null
  q: string
  requestId?: string
}

export interface AccountsLocals {
  title: string
  q: string
  sections: AccountsSection[]
  shown: number
  total: number
  filterable: boolean
}

export interface AccountsSection {
  connectionId: string
  chip: PersonChip
  badge: Badge
  usable: boolean
  /** Why it is not used, or not what it should be. */
  banner: ConnectionBanner | null
  fetched: Moment | null
  stale: boolean
  /** Read, and Google listed nothing at all. */
  none: boolean
  finding: Finding | null
  rows: AccountRow[]
  count: number
}

export interface AccountRow extends AccountMarks {
  role: RoleMark
  roleProblem: ProblemNote | null
  problem: ProblemNote | null
  current: boolean
  /** What was read of it, and below it, can be looked at. */
  readable: boolean
  selectable: boolean
  href: string
}

/** An account list older than this is marked as possibly out of date. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000

export function presentAccounts(input: AccountsInput): AccountsLocals {
  const sections = input.connections.map(entry => section(entry, input))
  return {
    title: input.t.accounts.title,
    q: input.q,
    sections,
    shown: sections.reduce((sum, { rows }) => sum + rows.length, 0),
    total: sections.reduce((sum, { count }) => sum + count, 0),
    filterable: sections.some(({ count }) => count > 0),
  }
}

function section(entry: ConnectionAccounts, input: AccountsInput): AccountsSection {
  const { t, now } = input
  const { connection, direct, error } = entry
  const usable = connection.status === 'active'
  const matches = nameMatcher(input.q)
  const accounts = direct?.accounts ?? []
  const all = accounts.filter(account => matches(account.descriptiveName, account.customerId))
  return {
    connectionId: connection.id,
    chip: personChip(connection.email, connection.name, entry.picture ?? null),
    badge: connectionBadge(connection.status, t),
    usable,
    banner: connectionBanner({ t, now, member: input.member, connection }, direct?.fetchedAt ?? null),
    fetched: direct && moment(direct.fetchedAt, now, t),
    stale: direct !== null && (!usable || now.getTime() - Date.parse(direct.fetchedAt) > STALE_AFTER_MS),
    none: direct !== null && accounts.length === 0 && error === null,
    finding:
      error &&
      presentFinding(error, {
        t,
        now,
        signedIn: true,
        connectionId: connection.id,
        googleEmail: connection.email,
        ...(input.requestId === undefined ? {} : { requestId: input.requestId }),
      }),
    rows: all.sort(readableFirst).map(account => row(account, connection, input)),
    count: accounts.length,
  }
}

function row(account: DirectAccount, connection: Connection, { t, loginCustomer }: AccountsInput): AccountRow {
  return {
    ...accountMarks(account, t),
    ...(account.problem && account.descriptiveName === null && { name: { text: t.words.nameUnknown, unnamed: true } }),
    role: roleMark(account.accessRole, t),
    roleProblem: account.accessRoleProblem && problemNote(account.accessRoleProblem, t),
    problem: account.problem && problemNote(account.problem, t),
    current: loginCustomer?.connectionId === connection.id && loginCustomer.customerId === account.customerId,
    readable: account.problem === null,
    selectable: account.problem === null && connection.status === 'active',
    href: routes.hierarchy(connection.id, account.customerId),
  }
}

function readableFirst(a: DirectAccount, b: DirectAccount): number {
  return Number(a.problem !== null) - Number(b.problem !== null) || compareAccounts(a, b)
}
