import { roleRank } from '../../accounts/access.ts'
import type { FindAnswer } from '../../accounts/find.ts'
import type { Connection } from '../../connections/connection.ts'
import { formatCustomerId } from '../../customer-id.ts'
import type { Messages } from '../../messages/en.ts'
import { roleMark } from './account-marks.ts'
import { routes } from './routes.ts'

/** A text ready to be sent to whoever can help. */
export interface FindMessage {
  /** For whom it is. */
  to: string
  text: string
  /** Lines of the box it stands in. */
  rows: number
}

interface MessageInput {
  t: Messages
  answer: FindAnswer
  connection: Connection
  /** The origin of this installation, for links people follow from their mail. */
  publicUrl: string
  customerId: string
}

/** Null where nobody else has to do anything. */
export function findMessage(input: MessageInput): FindMessage | null {
  const { t, answer, connection, customerId } = input
  const m = t.find.messages
  const id = formatCustomerId(customerId)
  const code = answer.problem?.code ?? ''
  const toAdmin = m.to.accountAdmin(id)
  const [link] = answer.links?.links ?? []
  const manager = link ? named(link.managerName, link.managerId) : ''
  switch (answer.code) {
    case 'reachable':
    case 'direct':
    case 'role_too_low':
      return roleMessage(input)
    case 'link_pending':
      return letter(m.subject(id), { t, to: toAdmin, lines: m.pending(id, manager) })
    case 'link_refused':
    case 'link_ended':
      return letter(m.subject(id), { t, to: toAdmin, lines: m.again(id, manager) })
    case 'not_enabled': {
      const closed = answer.account?.status === 'CLOSED' || answer.account?.status === 'SUSPENDED'
      return closed ? null : letter(m.subject(id), { t, to: toAdmin, lines: m.reactivate(id) })
    }
    case 'second_factor': {
      const lines = m.secondFactor(connection.email, code.startsWith('ADVANCED'))
      return letter(m.subject(id), { t, to: m.to.owner(connection.email), lines: [...lines, reconnectUrl(input)] })
    }
    case 'connection_led_there':
    case 'connection_broken': {
      if (connection.kind !== 'user' || connection.status !== 'needs_reconnect') return null
      const lines = [...m.reconnect(connection.email), reconnectUrl(input)]
      return letter(m.subject(id), { t, to: m.to.owner(connection.email), lines })
    }
    case 'project_not_approved':
      return letter(m.subject(id), { t, to: m.to.installation, lines: m.project(id, code) })
    case 'no_access':
    case 'not_ads_user':
    case 'path_refused':
    case 'not_all_searched':
      return letter(m.subject(id), { t, to: toAdmin, lines: invitation(input, id) })
    default:
      return null
  }
}

/** Asks somebody who need not be a member to connect the Google account that is expected to have access. */
export function connectMessage({ t, publicUrl }: Pick<MessageInput, 't' | 'publicUrl'>, expected: string): FindMessage {
  const m = t.find.messages
  const url = new URL(routes.connectAs(expected), publicUrl).href
  return letter(m.connectSubject, { t, to: m.to.owner(expected), lines: [...m.connect(expected), url] })
}

/** Invite the address, or link the account to a manager this connection opens. */
function invitation({ t, answer, connection }: MessageInput, id: string): string[] {
  const m = t.find.messages
  const [manager] = answer.roots
    .filter(({ account }) => account.manager === true && account.problem === null)
    .sort((a, b) => roleRank(a.account.accessRole) - roleRank(b.account.accessRole))
  return [
    m.need(id),
    '',
    m.invite(1, connection.email),
    ...(manager ? [m.link(2, named(manager.account.descriptiveName, manager.account.customerId))] : []),
  ]
}

/** Asks for Standard where the best there is cannot change anything. */
function roleMessage({ t, answer, connection, customerId }: MessageInput): FindMessage | null {
  const recommended = answer.access?.recommended ?? answer.access?.routes[0]
  if (!recommended || roleRank(recommended.accessRole) <= roleRank('STANDARD')) return null
  const root = answer.roots.find(({ account }) => account.customerId === recommended.loginCustomerId)
  const place = root ? named(root.account.descriptiveName, root.account.customerId) : ''
  const lines = t.find.messages.role(connection.email, place, roleMark(recommended.accessRole, t).word)
  return letter(t.find.messages.subject(formatCustomerId(customerId)), {
    t,
    to: t.find.messages.to.rootAdmin(place),
    lines,
  })
}

function reconnectUrl({ publicUrl, connection }: MessageInput): string {
  return new URL(routes.reconnect(connection.id), publicUrl).href
}

function letter(subject: string, { t, to, lines }: { t: Messages; to: string; lines: readonly string[] }): FindMessage {
  const all = [subject, '', t.find.messages.hello, '', ...lines, '', t.find.messages.thanks]
  return { to, text: all.join('\n'), rows: all.length + 2 }
}

/** On one line, whatever somebody put into a name. */
function named(name: string | null, customerId: string): string {
  const plain = name?.replace(/\s+/g, ' ').trim()
  const shown = formatCustomerId(customerId)
  return plain ? `${plain} (${shown})` : shown
}
