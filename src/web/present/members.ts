import type { Connection } from '../../connections/connection.ts'
import type { ApiKey } from '../../members/api-keys.ts'
import type { Member } from '../../members/member.ts'
import type { MemberDeed, RosterEntry } from '../../members/roster.ts'
import type { Messages } from '../../messages/en.ts'
import type { Badge } from './account-marks.ts'
import { connectionBadge } from './connection-badge.ts'
import { type PersonChip, personChip } from './person.ts'
import { routes } from './routes.ts'
import { type Moment, moment } from './times.ts'

export interface MemberMarks {
  chip: PersonChip
  name: string | null
  role: string
  roleMeaning: string
  isAdmin: boolean
  badge: Badge
  /** The setting that admitted them, and the same as a sentence. */
  setting: string
  rule: string
  since: Moment
  lastSeen: Moment
  own: boolean
  href: string
}

export interface MembersLocals {
  title: string
  rows: (MemberMarks & { connections: number })[]
}

/** One thing an administrator can do, with what it brings about. */
export interface MemberAction {
  title: string
  text: string
  button: string
  /** Where its button sends a form, or leads to. */
  action: string
  kind: 'form' | 'link'
}

export interface MemberLocals {
  title: string
  person: MemberMarks
  sessions: string
  apiKeys: string
  passkeys: string
  connections: { chip: PersonChip; badge: Badge; href: string }[]
  /** Why the role cannot be taken away here, where it cannot. */
  bySetting: string | null
  actions: MemberAction[]
}

interface Setting {
  t: Messages
  now: Date
  /** Who looks. */
  member: Pick<Member, 'id'>
}

export function presentMembers(
  input: Setting & { members: RosterEntry[]; connections: Pick<Connection, 'owner' | 'status'>[] },
): MembersLocals {
  const owned = new Map<string, number>()
  for (const { owner, status } of input.connections) {
    if (status !== 'revoked') owned.set(owner.id, (owned.get(owner.id) ?? 0) + 1)
  }
  return {
    title: input.t.members.title,
    rows: input.members.map(each => ({ ...memberMarks(each, input), connections: owned.get(each.id) ?? 0 })),
  }
}

export function presentMember(
  input: Setting & {
    person: RosterEntry
    connections: Connection[]
    sessions: number
    apiKeys: ApiKey[]
    passkeys: number
  },
): MemberLocals {
  const { t, now, person } = input
  const live = input.apiKeys.filter(key => key.revokedAt === null && key.expiresAt > now.toISOString())
  return {
    title: person.name ?? person.email,
    person: memberMarks(person, input),
    sessions: t.members.detail.sessions(input.sessions),
    apiKeys: t.members.detail.apiKeys(live.length),
    passkeys: t.members.detail.passkeys(input.passkeys),
    connections: input.connections.map(connection => ({
      chip: personChip(connection.email, connection.name, connection.picture),
      badge: connectionBadge(connection.status, t),
      href: routes.connection(connection.id),
    })),
    bySetting: person.adminBySetting && person.role === 'admin' ? t.members.detail.bySettingNote(person.email) : null,
    actions: actionsFor({ ...input, liveKeys: live.length }),
  }
}

/** Who looks at themselves ends sessions and keys on their own page, and leaves suspending them to others. */
function actionsFor({
  t,
  member,
  person,
  sessions,
  liveKeys,
  passkeys,
}: Setting & { person: RosterEntry; sessions: number; liveKeys: number; passkeys: number }) {
  const { deeds } = t.members
  const isOwn = person.id === member.id
  const change = (deed: MemberDeed): MemberAction => ({
    ...deeds[deed],
    action: routes.changeMember(person.id, deed),
    kind: 'form',
  })
  const actions: MemberAction[] = []
  if (person.status === 'suspended') actions.push(change('resume'))
  else if (person.role === 'member') actions.push(change('promote'))
  if (person.role === 'admin' && !person.adminBySetting) actions.push(change('demote'))
  if (sessions > 0 && !isOwn) {
    actions.push({ ...deeds.endSessions, action: routes.endMemberSessions(person.id), kind: 'form' })
  }
  if (liveKeys > 0 && !isOwn) {
    actions.push({ ...deeds.revokeApiKeys, action: routes.revokeMemberApiKeys(person.id), kind: 'form' })
  }
  if (passkeys > 0 && !isOwn) {
    actions.push({ ...deeds.resetPasskeys, action: routes.resetPasskeys(person.id), kind: 'form' })
  }
  if (person.status === 'active' && !isOwn) actions.push(change('suspend'))
  actions.push({ ...deeds.leave, action: routes.memberLeave(person.id), kind: 'link' })
  return actions
}

function memberMarks(person: RosterEntry, { t, now, member }: Setting): MemberMarks {
  return {
    chip: personChip(person.email, person.name, person.picture),
    name: person.name,
    role: t.members.roles[person.role],
    roleMeaning: t.members.roleMeanings[person.role],
    isAdmin: person.role === 'admin',
    badge: statusBadge(person, t),
    ...ruleMarks(person.admittedBy, t),
    since: moment(person.createdAt, now, t),
    lastSeen: moment(person.lastSeenAt, now, t),
    own: person.id === member.id,
    href: routes.member(person.id),
  }
}

function statusBadge({ status, admitted }: RosterEntry, t: Messages): Badge {
  const { statuses, statusMeanings } = t.members
  if (status === 'suspended') {
    return { word: statuses.suspended, meaning: statusMeanings.suspended, tone: 'bad', icon: 'pause' }
  }
  if (!admitted) {
    return { word: statuses.notAdmitted, meaning: statusMeanings.notAdmitted, tone: 'warn', icon: 'warning' }
  }
  return { word: statuses.active, meaning: statusMeanings.active, tone: 'good', icon: 'check' }
}

function ruleMarks(admittedBy: string, { members: { rules, settings } }: Messages): { setting: string; rule: string } {
  const [named, value = ''] = admittedBy.split(/:(.*)/s)
  const kind = named === 'admin' || named === 'email' ? named : 'domain'
  return { setting: settings[kind], rule: rules[kind](value) }
}
