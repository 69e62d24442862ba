import type { AccessRole, CampaignReport, Hierarchy } from '../../accounts/account.ts'
import { type AccountGraph, accountGraph } from '../../accounts/graph.ts'
import type { Connection } from '../../connections/connection.ts'
import { type CustomerId, formatCustomerId } from '../../customer-id.ts'
import type { AppError } from '../../errors.ts'
import type { Messages } from '../../messages/en.ts'
import { type AccountMarks, accountMarks, type NameMark, nameMark, type RoleMark, roleMark } from './account-marks.ts'
import { type CampaignsMark, presentCampaigns } from './campaigns.ts'
import { type Finding, type FindingContext, presentFinding } from './finding.ts'
import type { Crumb } from './frame.ts'
import { unreadAccount } from './hierarchy.ts'
import { PICTURE_LIMIT } from './picture.ts'
import { routes } from './routes.ts'
import { type Moment, moment } from './times.ts'

export interface AccountInput {
  t: Messages
  now: Date
  connection: Connection
  /** The hierarchy under the login customer; it may still be loading, or lack the account. */
  hierarchy: Hierarchy
  customerId: CustomerId
  /** The role on the login customer. */
  accessRole: AccessRole | null
  /** True when this Google account was invited to the account itself, so that the header may be left out. */
  direct: boolean
  loginCustomer: { connectionId: string; customerId: CustomerId } | null
  report: CampaignReport | null
  /** Why the campaigns could not be read. */
  reportError?: AppError | null
  /** Why the account itself could not be read. */
  error?: AppError | null
  requestId?: string
}

export interface AccountLocals {
  title: string
  crumbs: Crumb[]
  connectionId: string
  loginCustomerId: CustomerId
  googleEmail: string
  account: AccountMarks
  hidden: boolean
  testText: string
  role: RoleMark
  roleText: string
  isLoginCustomer: boolean
  rootName: string
  rootSelectable: boolean
  paths: Step[][]
  pathText: string | null
  pathsMore: string | null
  /** Null while it is not known that the login customer leads to the account. */
  header: string | null
  headerText: string
  fetched: Moment
  statusText: string | null
  below: { text: string; browseHref: string; drawHref: string | null } | null
  finding: Finding | null
  campaigns: CampaignsMark | null
  campaignsFinding: Finding | null
  campaignsMissing: boolean
}

export interface Step {
  customerId: CustomerId
  shownId: string
  name: NameMark
  manager: boolean
  href: string | null
}

const PATHS_SHOWN = 5

export function presentAccount(input: AccountInput): AccountLocals {
  const { t, now, connection, hierarchy, customerId } = input
  const { loginCustomerId } = hierarchy
  const graph = accountGraph(hierarchy)
  const found = graph.get(customerId)
  const account = found ?? unreadAccount(customerId)
  const marks = accountMarks(account, t)
  const root = nameMark(graph.get(graph.root)?.descriptiveName ?? null, t)
  const rootName = root.unnamed ? formatCustomerId(loginCustomerId) : root.text
  const steps = paths(input, graph)
  const context: FindingContext = {
    t,
    now,
    signedIn: true,
    connectionId: connection.id,
    googleEmail: connection.email,
    loginCustomerId,
    customerId,
    path: routes.account(connection.id, loginCustomerId, customerId),
    ...(input.requestId === undefined ? {} : { requestId: input.requestId }),
  }
  const mayHaveMetrics = !input.error && account.manager !== true
  return {
    title: found ? marks.name.text : marks.shownId,
    crumbs: crumbs(input, marks, rootName, steps[0]),
    connectionId: connection.id,
    loginCustomerId,
    googleEmail: connection.email,
    account: marks,
    hidden: account.hidden,
    testText: account.testAccount === null ? t.words.notSaid : account.testAccount ? t.account.yes : t.account.no,
    role: roleMark(found ? input.accessRole : null, t),
    roleText: t.account.roleThrough(rootName),
    isLoginCustomer:
      input.loginCustomer?.connectionId === connection.id && input.loginCustomer.customerId === loginCustomerId,
    rootName,
    rootSelectable: connection.status === 'active',
    paths: steps.slice(0, PATHS_SHOWN),
    pathText: pathText(input, found !== undefined, steps.length),
    pathsMore: steps.length > PATHS_SHOWN ? t.account.pathsMore(steps.length - PATHS_SHOWN) : null,
    header: found ? `login-customer-id: ${loginCustomerId}` : null,
    headerText: headerText(input, found !== undefined),
    fetched: moment(hierarchy.fetchedAt, now, t),
    statusText: marks.status && account.status !== 'ENABLED' ? marks.status.meaning : null,
    below: account.manager ? below(input, graph) : null,
    finding: input.error ? presentFinding(input.error, context) : null,
    campaigns: mayHaveMetrics && input.report ? presentCampaigns(input.report, now, t) : null,
    campaignsFinding: mayHaveMetrics && input.reportError ? presentFinding(input.reportError, context) : null,
    campaignsMissing: mayHaveMetrics && found !== undefined && !input.report && !input.reportError,
  }
}

function headerText({ t, connection, direct, hierarchy }: AccountInput, found: boolean): string {
  if (!found) return hierarchy.loading ? t.account.notArrived : t.account.notInHierarchy
  return direct ? t.account.headerOptional(connection.email) : t.account.headerRequired(connection.email)
}

function pathText({ t, customerId, hierarchy }: AccountInput, found: boolean, paths: number): string | null {
  if (customerId === hierarchy.loginCustomerId) return t.account.pathSelf
  if (paths > 0) return null
  if (hierarchy.loading) return t.account.notArrived
  return found ? t.account.pathUnknown : t.account.notInHierarchy
}

function paths({ t, connection, customerId, hierarchy }: AccountInput, graph: AccountGraph): Step[][] {
  const { loginCustomerId } = hierarchy
  if (customerId === loginCustomerId) return []
  return graph.paths(customerId).map(path =>
    path
      .flatMap(id => graph.get(id) ?? [])
      .map(account => ({
        customerId: account.customerId,
        shownId: formatCustomerId(account.customerId),
        name: nameMark(account.descriptiveName, t),
        manager: account.manager === true,
        href:
          account.customerId === customerId ? null : routes.account(connection.id, loginCustomerId, account.customerId),
      })),
  )
}

/** The way from the root along the first path; the page itself stands last, without an address. */
function crumbs(
  { connection, customerId, hierarchy: { loginCustomerId } }: AccountInput,
  marks: AccountMarks,
  rootName: string,
  path: Step[] | undefined,
): Crumb[] {
  const own: Crumb = { label: marks.name.unnamed ? marks.shownId : marks.name.text, unnamed: false, href: null }
  const root: Crumb = { label: rootName, unnamed: false, href: routes.hierarchy(connection.id, loginCustomerId) }
  if (customerId === loginCustomerId) return [root]
  const between = (path ?? []).slice(1, -1).map(step => ({
    label: step.name.unnamed ? step.shownId : step.name.text,
    unnamed: false,
    href: step.href,
  }))
  return [root, ...between, own]
}

function below(
  { t, connection, customerId, hierarchy }: AccountInput,
  graph: AccountGraph,
): NonNullable<AccountLocals['below']> {
  const { loginCustomerId } = hierarchy
  const size = graph.size(customerId).accounts
  const above = graph.shortestPath(customerId) ?? []
  const open = [...new Set([...above, customerId])]
  const at = customerId === loginCustomerId ? undefined : customerId
  return {
    text: hierarchy.complete ? t.hierarchy.belowOf(size) : t.hierarchy.belowAtLeast(size),
    browseHref: `${routes.hierarchy(connection.id, loginCustomerId, { open: open.join(',') })}#row-${above.join('-')}`,
    drawHref:
      size > 0 && size < PICTURE_LIMIT
        ? routes.hierarchy(connection.id, loginCustomerId, { view: 'picture', at })
        : null,
  }
}
