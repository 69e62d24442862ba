import type { Connection } from '../../connections/connection.ts'
import type { Member } from '../../members/member.ts'
import type { Messages } from '../../messages/en.ts'
import type { Badge } from './account-marks.ts'
import { connectionBadge } from './connection-badge.ts'
import { type PersonChip, personChip } from './person.ts'
import { routes } from './routes.ts'
import { type Moment, moment, momentOrNull } from './times.ts'

export interface ConnectionMarks {
  id: string
  chip: PersonChip
  name: string | null
  kind: string
  badge: Badge
  reason: string | null
  needsReconnect: boolean
  owner: string
  own: boolean
  shared: boolean
  sharedText: string
  created: Moment
  connected: Moment
  lastUsed: Moment | null
  lastRefreshed: Moment | null
  expires: Moment | null
  expired: boolean
  endsSoon: boolean
}

export interface ConnectionsLocals {
  title: string
  rows: ConnectionMarks[]
}

export interface ConnectionLocals {
  title: string
  connection: ConnectionMarks
  scopes: { scope: string; meaning: string }[]
  /** Null for admins who see the connection but may not use it. */
  configurationHref: string | null
}

interface Setting {
  t: Messages
  now: Date
  member: Pick<Member, 'id'>
}

/** A connection ending within this time is announced beforehand. */
const SOON_MS = 8 * 24 * 60 * 60 * 1000

export function presentConnections(input: Setting & { connections: Connection[] }): ConnectionsLocals {
  return {
    title: input.t.connections.title,
    rows: input.connections.map(connection => connectionMarks(connection, input)),
  }
}

export function presentConnection(
  input: Setting & { connection: Connection; picture?: string | null },
): ConnectionLocals {
  const { t, connection } = input
  return {
    title: `${t.connections.detail.title} ${connection.email}`,
    connection: connectionMarks(connection, input, input.picture ?? null),
    scopes: connection.scopes.map(scope => ({
      scope,
      meaning:
        (Object.hasOwn(t.connections.scopeMeanings, scope) && t.connections.scopeMeanings[scope]) ||
        t.connections.scopeUnknown,
    })),
    configurationHref:
      connection.owner.id === input.member.id || connection.shared ? routes.configuration(connection.id) : null,
  }
}

function connectionMarks(
  connection: Connection,
  { t, now, member }: Setting,
  picture: string | null = null,
): ConnectionMarks {
  const endsInMs = connection.expiresAt === null ? null : Date.parse(connection.expiresAt) - now.getTime()
  const needsReconnect = connection.status === 'needs_reconnect'
  return {
    id: connection.id,
    chip: personChip(connection.email, connection.name, picture),
    name: connection.name,
    kind: t.connections.kinds[connection.kind],
    badge: connectionBadge(connection.status, t),
    reason: needsReconnect ? t.connections.reasons[connection.reason ?? 'rejected'] : null,
    needsReconnect,
    owner: connection.owner.email,
    own: connection.owner.id === member.id,
    shared: connection.shared,
    sharedText: connection.shared ? t.connections.sharedLong : t.connections.notShared,
    created: moment(connection.createdAt, now, t),
    connected: moment(connection.connectedAt, now, t),
    lastUsed: momentOrNull(connection.lastUsedAt, now, t),
    lastRefreshed: momentOrNull(connection.lastRefreshedAt, now, t),
    expires: momentOrNull(connection.expiresAt, now, t),
    expired: endsInMs !== null && endsInMs <= 0,
    endsSoon: connection.status === 'active' && endsInMs !== null && endsInMs > 0 && endsInMs < SOON_MS,
  }
}
