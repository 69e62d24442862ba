import type { AccessRole, Account, CampaignReport, Hierarchy } from '../../accounts/account.ts'
import type { Connection } from '../../connections/connection.ts'
import { type CustomerId, formatCustomerId } from '../../customer-id.ts'
import type { AppError } from '../../errors.ts'
import type { Messages } from '../../messages/en.ts'
import { type AccountGraph, accountGraph } from './account-graph.ts'
import { type AccountMarks, accountMarks, type NameMark, nameMark, type RoleMark, roleMark } from './account-marks.ts'
import { type CampaignsMark, presentCampaigns } from './campaigns.ts'
import { type Finding, type FindingContext, presentFinding } from './finding.ts'
import type { Crumb } from './frame.ts'
import { unreadRoot } from './hierarchy.ts'
import { PICTURE_LIMIT } from './picture.ts'
import { routes } from './routes.ts'
import { type Moment, moment } from './times.ts'

export interface AccountInput {
  t: Messages
  now: Date
  connection: Connection
  loginCustomerId: CustomerId
  customerId: CustomerId
  /** What is known of the account; null when nothing could be read. */
  account: Account | null
  /** The hierarchy it was found in, for its paths and what is below; null when that is not loaded. */
  hierarchy: Hierarchy | null
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
  role: RoleMark
  roleText: string
  isLoginCustomer: boolean
  rootName: string
  rootSelectable: boolean
  paths: Step[][]
  pathText: string | null
  pathsMore: string | null
  header: string
  headerText: string
  fetched: Moment | null
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
  const { t, now, connection, hierarchy, customerId, loginCustomerId } = input
  const graph = hierarchy && accountGraph(hierarchy, t.locale)
  const inHierarchy = graph?.account(customerId)
  const account = input.account ?? inHierarchy ?? unreadRoot(customerId)
  const marks = accountMarks(account, t)
  const root = nameMark(graph?.root?.descriptiveName ?? null, t)
  const rootName = graph?.root ? root.text : formatCustomerId(loginCustomerId)
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
  const readable = !input.error
  const client = readable && account.manager === false
  return {
    title: input.account || inHierarchy ? marks.name.text : marks.shownId,
    crumbs: crumbs(input, marks, rootName, root.unnamed, steps[0]),
    connectionId: connection.id,
    loginCustomerId,
    googleEmail: connection.email,
    account: marks,
    hidden: inHierarchy?.hidden === true,
    role: roleMark(input.accessRole, t),
    roleText: t.account.roleThrough(rootName),
    isLoginCustomer:
      input.loginCustomer?.connectionId === connection.id && input.loginCustomer.customerId === loginCustomerId,
    rootName,
    rootSelectable: connection.status === 'active',
    paths: steps.slice(0, PATHS_SHOWN),
    pathText: customerId === loginCustomerId ? t.account.pathSelf : steps.length === 0 ? t.account.pathUnknown : null,
    pathsMore: steps.length > PATHS_SHOWN ? t.account.pathsMore(steps.length - PATHS_SHOWN) : null,
    header: `login-customer-id: ${loginCustomerId}`,
    headerText: input.direct ? t.account.headerOptional(connection.email) : t.account.headerRequired(connection.email),
    fetched: hierarchy && moment(hierarchy.fetchedAt, now, t),
    statusText: marks.status && account.status !== 'ENABLED' ? marks.status.meaning : null,
    below: account.manager && graph ? below(input, graph) : null,
    finding: input.error ? presentFinding(input.error, context) : null,
    campaigns: client && input.report ? presentCampaigns(input.report, now, t) : null,
    campaignsFinding: client && input.reportError ? presentFinding(input.reportError, context) : null,
    campaignsMissing: client && !input.report && !input.reportError,
  }
}

function paths({ t, connection, customerId, loginCustomerId }: AccountInput, graph: AccountGraph | null): Step[][] {
  if (graph === null || customerId === loginCustomerId) return []
  return graph.pathsTo(customerId, 50).map(path =>
    path.map(account => ({
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
  { connection, customerId, loginCustomerId }: AccountInput,
  marks: AccountMarks,
  rootName: string,
  rootUnnamed: boolean,
  path: Step[] | undefined,
): Crumb[] {
  const own: Crumb = { label: marks.name.unnamed ? marks.shownId : marks.name.text, unnamed: false, href: null }
  const root: Crumb = { label: rootName, unnamed: rootUnnamed, href: routes.hierarchy(connection.id, loginCustomerId) }
  if (customerId === loginCustomerId) return [root]
  const between = (path ?? []).slice(1, -1).map(step => ({
    label: step.name.unnamed ? step.shownId : step.name.text,
    unnamed: false,
    href: step.href,
  }))
  return [root, ...between, own]
}

function below(
  { t, connection, customerId, loginCustomerId }: AccountInput,
  graph: AccountGraph,
): NonNullable<AccountLocals['below']> {
  const size = graph.sizeBelow(customerId)
  const above = graph.pathsTo(customerId, 1)[0] ?? []
  const open = [...new Set([...above.map(account => account.customerId), customerId])]
  const at = customerId === loginCustomerId ? undefined : customerId
  return {
    text: t.hierarchy.belowOf(size),
    browseHref: `${routes.hierarchy(connection.id, loginCustomerId, { open: open.join(',') })}#row-${above.map(account => account.customerId).join('-') || customerId}`,
    drawHref:
      size > 0 && size < PICTURE_LIMIT
        ? routes.hierarchy(connection.id, loginCustomerId, { view: 'picture', at })
        : null,
  }
}
