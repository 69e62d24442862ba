import { candidates } from '../../accounts/access.ts'
import type { FindAnswer, FindRoot } from '../../accounts/find.ts'
import { type FindCode, opensIt } from '../../accounts/find-conclusion.ts'
import { type CustomerId, formatCustomerId } from '../../customer-id.ts'
import type { Messages } from '../../messages/en.ts'
import { type TestedMark, testedMark } from './access.ts'
import { type Badge, type NameMark, nameMark, type RoleMark, roleMark } from './account-marks.ts'
import { connectionBadge } from './connection-badge.ts'
import { actionsOf, type FindCase, plainName, type UseMark, useMark, whatHappened } from './find-case.ts'
import type { FindingAction } from './finding.ts'
import { type PersonChip, personChip } from './person.ts'
import { problemNote } from './problem.ts'
import { routes } from './routes.ts'
import { type Moment, moment } from './times.ts'

/** The evidence of one connection. */
export interface FindSection {
  connectionId: string
  chip: PersonChip
  name: string | null
  badge: Badge
  verdict: { word: string; tone: Badge['tone']; icon: string }
  title: string
  /** Said here for all but the connection the answer above is about. */
  finding: { what: string[]; steps: string[]; who: string; actions: FindingAction[] } | null
  rows: FindRow[]
  without: { tested: TestedMark } | null
  others: string[]
  links: { sentences: string[]; found: { manager: string; shownId: string; text: string }[] } | null
  tableLabel: string
}

export interface FindRow {
  customerId: CustomerId
  shownId: string
  name: NameMark
  role: RoleMark
  itself: boolean
  leads: boolean
  path: { shownId: string; name: NameMark }[]
  more: string | null
  /** What was looked at, where nothing leads there. */
  searched: { text: string; at: Moment | null }
  gaps: string[]
  tested: TestedMark | null
  notTested: string | null
  use: UseMark | null
  href: string | null
}

const rowsShown = 12
/** With few login customers, every one is listed. */
const rowsWithClients = 3
const failedNamed = 5

export function sectionMark(one: FindCase, isBest: boolean): FindSection {
  const { input, answer, connection, params, customerId } = one
  const { t } = input
  const words = t.find.answers[answer.code]
  const { rows, others } = rowsAndOthers(answer, t)
  return {
    connectionId: connection.id,
    chip: personChip(connection.email, connection.name, connection.picture),
    name: connection.name,
    badge: connectionBadge(connection.status, t),
    verdict: verdictMark(answer.code, t),
    title: words.title(params),
    finding: isBest
      ? null
      : { what: whatHappened(one), steps: words.steps(params), who: words.who(params), actions: actionsOf(one) },
    rows: rows.map(root => rowMark(one, root)),
    without: answer.withoutHeader && { tested: testedMark(answer.withoutHeader, input.now, t) },
    others,
    links: linksMark(answer, t),
    tableLabel: t.find.roots.label(connection.email),
  }

  function rowMark({ input: { now }, connection: { id } }: FindCase, root: FindRoot): FindRow {
    const { account, route, verdict, searched } = root
    const opens = verdict?.ok === true
    const [path] = route?.paths ?? []
    return {
      customerId: account.customerId,
      shownId: formatCustomerId(account.customerId),
      name: nameMark(account.descriptiveName, t),
      role: roleMark(account.accessRole, t),
      itself: account.customerId === customerId,
      leads: route !== null,
      path: (path ?? []).map(step => ({
        shownId: formatCustomerId(step),
        name: nameMark(answer.names.get(step) ?? null, t),
      })),
      more: route && route.paths.length > 1 ? t.find.roots.more(route.paths.length - 1) : null,
      searched: searchedText(root, t, now),
      gaps: gapsOf(root, t),
      tested: verdict && testedMark(verdict, now, t),
      notTested: verdict ? null : root.asked ? t.find.roots.noAnswer : t.find.roots.notAsked,
      use:
        opens && connection.status === 'active'
          ? useMark(t, id, account.customerId, formatCustomerId(account.customerId))
          : null,
      href: searched ? routes.hierarchy(id, account.customerId) : null,
    }
  }
}

/** Those that lead there first, the best way on top; clients that are not the account itself say nothing. */
function rowsAndOthers({ access, roots }: FindAnswer, t: Messages): { rows: FindRoot[]; others: string[] } {
  const best = access ? candidates(access).map(route => route.loginCustomerId) : []
  const place = ({ account, route }: FindRoot) => {
    const at = best.indexOf(account.customerId)
    return route ? (at === -1 ? best.length : at) : best.length + 1
  }
  const ordered = [...roots].sort((a, b) => place(a) - place(b))
  const isMute = ({ account, route }: FindRoot) => !route && account.manager === false && account.problem === null
  const telling = roots.length > rowsWithClients ? ordered.filter(root => !isMute(root)) : ordered
  const rows = telling.slice(0, rowsShown)
  const [clients, more] = [ordered.length - telling.length, telling.length - rows.length]
  return {
    rows,
    others: [...(more > 0 ? [t.find.roots.others(more)] : []), ...(clients > 0 ? [t.find.roots.clients(clients)] : [])],
  }
}

function searchedText({ account, searched }: FindRoot, t: Messages, now: Date): FindRow['searched'] {
  const words = t.find.roots
  if (account.manager === false) return { text: words.isClient, at: null }
  if (!searched) return { text: words.notRead, at: null }
  const text =
    searched.loading && !searched.complete ? words.loading : words.searched(t.words.accounts(searched.accounts))
  return { text, at: moment(searched.fetchedAt, now, t) }
}

function gapsOf({ account, searched }: FindRoot, t: Messages): string[] {
  const words = t.find.roots
  const failed = searched?.failed ?? []
  const names = failed.slice(0, failedNamed).map(each => plainName(each.name, each.customerId))
  const more = failed.length > names.length ? [words.failedMore(failed.length - names.length)] : []
  return [
    ...(account.problem ? [problemNote(account.problem, t).sentence] : []),
    ...(names.length > 0 ? [[words.failed(names), ...more].join(' ')] : []),
    ...(searched && !searched.complete && !searched.loading && names.length === 0 ? [words.incomplete] : []),
  ]
}

function linksMark({ links }: FindAnswer, t: Messages): FindSection['links'] {
  if (!links || links.asked + links.failed.length === 0) return null
  const words = t.find.links
  return {
    sentences: [
      words.asked(links.asked),
      ...(links.links.length === 0 ? [words.none] : []),
      ...(links.notAsked > 0 ? [words.notAsked(links.notAsked)] : []),
      ...(links.failed.length > 0 ? [words.failed(links.failed.length)] : []),
    ],
    found: links.links.map(link => ({
      manager: nameMark(link.managerName, t).text,
      shownId: formatCustomerId(link.managerId),
      text: words.statuses[link.status],
    })),
  }
}

function verdictMark(code: FindCode, t: Messages): FindSection['verdict'] {
  if (opensIt(code)) return { word: t.find.words.opens, tone: 'good', icon: 'check' }
  const open = ['not_answered', 'not_all_searched', 'connection_broken', 'not_here'].includes(code)
  return open
    ? { word: t.find.words.unknown, tone: 'quiet', icon: 'unknown' }
    : { word: t.find.words.blocked, tone: 'bad', icon: 'cross' }
}
