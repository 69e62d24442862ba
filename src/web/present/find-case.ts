import { isKnownRole, isRefusal, roleRank } from '../../accounts/access.ts'
import type { FindAnswer, Found, NamesFound } from '../../accounts/find.ts'
import { opensIt } from '../../accounts/find-conclusion.ts'
import type { Connection } from '../../connections/connection.ts'
import { type CustomerId, formatCustomerId } from '../../customer-id.ts'
import type { FindParams } from '../../messages/en/find.ts'
import type { Messages } from '../../messages/en.ts'
import { roleMark } from './account-marks.ts'
import type { FindQuery } from './find-query.ts'
import type { FindingAction } from './finding.ts'
import { problemNote } from './problem.ts'
import { routes } from './routes.ts'
import { moment } from './times.ts'

export interface FindInput {
  t: Messages
  now: Date
  query: FindQuery
  /** All the member may use. */
  connections: readonly Connection[]
  names: NamesFound | null
  found: Found | null
  /** The login customer in use, where none is named in the question. */
  loginCustomer: { connectionId: string; customerId: CustomerId } | null
  publicUrl: string
}

/** One connection with its answer, and what its sentences name. */
export interface FindCase {
  input: FindInput
  answer: FindAnswer
  connection: Connection
  params: FindParams
  customerId: CustomerId
}

/** `POST /login-customer` with these. */
export interface UseMark {
  connectionId: string
  loginCustomerId: CustomerId
  label: string
}

export function paramsOf(
  { t, now }: FindInput,
  { answer, connection, customerId }: Pick<FindCase, 'answer' | 'connection' | 'customerId'>,
): FindParams {
  const { access, problem, links } = answer
  const loginCustomerId =
    access?.recommended?.loginCustomerId ?? access?.routes[0]?.loginCustomerId ?? verdictRoot(answer)
  const root = answer.roots.find(each => each.account.customerId === loginCustomerId)
  const [link] = links?.links ?? []
  const read = root?.searched?.fetchedAt ?? access?.fetchedAt
  return {
    id: formatCustomerId(customerId),
    email: connection.email,
    root: root ? plainName(root.account.descriptiveName, root.account.customerId) : connection.email,
    role: roleMark(root?.account.accessRole ?? null, t).word,
    age: read ? moment(read, now, t).ago : '',
    manager: link ? plainName(link.managerName, link.managerId) : '',
    why: problem ? problemNote(problem, t).sentence : '',
    status: problem?.code.endsWith('_SUSPENDED_ACCOUNT') ? 'SUSPENDED' : (answer.account?.status ?? null),
    advanced: problem?.code.startsWith('ADVANCED_PROTECTION') ?? false,
    reason: connection.reason ? t.connections.reasons[connection.reason] : '',
    state: connection.status === 'active' ? 'needs_reconnect' : connection.status,
    service: connection.kind === 'service_account',
  }
}

/** The login customer through which Google opened it although nothing was known to lead there. */
export function verdictRoot({ roots }: FindAnswer): CustomerId | null {
  return roots.find(({ verdict }) => verdict?.ok)?.account.customerId ?? null
}

export function whatHappened(one: FindCase): string[] {
  const { input, answer, params } = one
  const { t } = input
  const { account } = answer
  const sentences = [t.find.answers[answer.code].what(params)]
  if (opensIt(answer.code)) {
    sentences.push(...aboutTheWay(one))
    const notes = t.find.notes
    if (account?.hidden) sentences.push(notes.hidden)
    if (account?.testAccount) sentences.push(notes.test)
    if (account?.status === 'SUSPENDED') sentences.push(notes.suspended)
  }
  return sentences
}

/** The login customer somebody looked through, and how the role depends on it (product.md, situations 1 and 15). */
function aboutTheWay({ input, answer, connection, customerId }: FindCase): string[] {
  const { t, query, loginCustomer } = input
  const { access } = answer
  if (!access?.recommended) return []
  const open = access.routes.filter(route => !isRefusal(route.tested))
  const nameOf = (id: CustomerId) => rootName(answer, id)
  const roleOf = (id: CustomerId | undefined) => open.find(route => route.loginCustomerId === id)?.accessRole ?? null
  const inUse = loginCustomer?.connectionId === connection.id ? loginCustomer.customerId : null
  const used = query.loginCustomerId ?? inUse
  const best = access.recommended
  const sentences: string[] = []
  if (used && !access.routes.some(route => route.loginCustomerId === used)) {
    sentences.push(t.find.used(nameOf(used), access.routes.length))
  }
  const weaker = open
    .filter(({ accessRole }) => isKnownRole(accessRole) && roleRank(accessRole) > roleRank(best.accessRole))
    .sort((a, b) => Number(b.loginCustomerId === used) - Number(a.loginCustomerId === used))
  const role = (id: CustomerId) => roleMark(roleOf(id), t).word
  for (const { loginCustomerId: weak } of weaker.slice(0, 3)) {
    const strong = role(best.loginCustomerId)
    sentences.push(
      best.loginCustomerId === customerId
        ? t.find.weakerItself(nameOf(weak), role(weak), strong)
        : t.find.weaker(nameOf(weak), role(weak), nameOf(best.loginCustomerId), strong),
    )
  }
  if (isKnownRole(best.accessRole) && roleRank(best.accessRole) > roleRank('STANDARD')) {
    sentences.push(t.find.onlyWeak(role(best.loginCustomerId)))
  }
  return [...sentences, ...adminSentences(t, answer)]
}

/** Those Google names, one sentence each; the places where it names nobody together. */
function adminSentences(t: Messages, answer: FindAnswer): string[] {
  const place = (id: CustomerId) =>
    answer.roots.some(({ account }) => account.customerId === id) ? rootName(answer, id) : formatCustomerId(id)
  const named = answer.admins.filter(({ emails }) => emails.length > 0)
  const placesOf = (each: FindAnswer['admins']) => each.map(({ customerId }) => place(customerId))
  const none = placesOf(answer.admins.filter(({ emails, problem }) => emails.length === 0 && !problem))
  const unreadable = placesOf(answer.admins.filter(({ problem }) => problem))
  return [
    ...named.map(({ customerId, emails }) => t.find.admins(place(customerId), emails)),
    ...(none.length > 0 ? [t.find.adminsNone(none)] : []),
    ...(unreadable.length > 0 ? [t.find.adminsUnreadable(unreadable)] : []),
  ]
}

export function actionsOf({ input, answer, connection, customerId }: FindCase): FindingAction[] {
  const { t } = input
  const primary = (label: string, href: string): FindingAction => ({ label, href, kind: 'primary' })
  const recommended = answer.access?.recommended
  switch (answer.code) {
    case 'direct':
    case 'reachable':
      return recommended
        ? [
            {
              label: t.find.open,
              href: routes.account(connection.id, recommended.loginCustomerId, customerId),
              kind: 'plain',
            },
          ]
        : []
    case 'connection_led_there':
    case 'connection_broken':
      if (connection.kind === 'service_account') return []
      return connection.status === 'paused'
        ? [primary(t.connections.openLabel(connection.email), routes.connection(connection.id))]
        : [primary(t.connections.reconnectLabel(connection.email), routes.reconnect(connection.id))]
    case 'second_factor':
      return connection.kind === 'user'
        ? [
            {
              label: t.connections.reconnectLabel(connection.email),
              href: routes.reconnect(connection.id),
              kind: 'plain',
            },
          ]
        : []
    case 'not_ads_user':
      return [primary(t.finding.actions.chooseAnother, routes.connect())]
    default:
      return []
  }
}

export function useMark(t: Messages, connectionId: string, loginCustomerId: CustomerId, shown: string): UseMark {
  return { connectionId, loginCustomerId, label: t.find.use(shown) }
}

function rootName({ roots }: FindAnswer, id: CustomerId): string {
  return plainName(roots.find(({ account }) => account.customerId === id)?.account.descriptiveName ?? null, id)
}

export function plainName(name: string | null, id: CustomerId): string {
  return name?.trim() || formatCustomerId(id)
}
