import type { Connection } from '../../connections/connection.ts'
import { mayManage, mayUse } from '../../connections/rights.ts'
import type { Member } from '../../members/member.ts'
import type { Messages } from '../../messages/en.ts'
import type { Badge } from './account-marks.ts'
import { connectionBadge } from './connection-badge.ts'
import { shortHealth } from './health.ts'
import {
  isSoon,
  type ManageLocals,
  type PossibleOwner,
  presentManage,
  presentRevocation,
  type RevocationLocals,
} from './lifecycle.ts'
import { type PersonChip, personChip } from './person.ts'
import { routes } from './routes.ts'
import { type Moment, moment, momentOrNull } from './times.ts'

export interface ConnectionMarks {
  id: string
  chip: PersonChip
  name: string | null
  kind: string
  badge: Badge
  /** What is wrong with it, in a few words. */
  reason: string | null
  needsReconnect: boolean
  manageable: boolean
  revoked: boolean
  /** When Google is asked next about a revocation it has not confirmed. */
  next: string | null
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
  scopesTitle: string
  scopesLead: string
  scopes: { scope: string; meaning: string }[]
  /** Of a credential whose end is not known. */
  noEnd: string
  /** What lies with us of the credential. */
  sealed: string
  /** Null for whom the connection is only there to use. */
  manage: ManageLocals | null
  /** Where an active connection is renewed ahead of time; null for who may not. */
  reconnectHref: string | null
  revocation: RevocationLocals | null
  /** Null for admins who see the connection but may not use it. */
  configurationHref: string | null
}

interface Setting {
  t: Messages
  now: Date
  member: Pick<Member, 'id' | 'role'>
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
  input: Setting & { connection: Connection; picture?: string | null; owners?: PossibleOwner[]; retentionDays: number },
): ConnectionLocals {
  const { t, connection } = input
  return {
    title: `${t.connections.detail.title} ${connection.email}`,
    connection: connectionMarks(connection, input, input.picture ?? null),
    manage: presentManage(input, input.owners ?? []),
    reconnectHref:
      mayManage(connection, input.member) && connection.status === 'active' ? routes.reconnect(connection.id) : null,
    revocation: presentRevocation(input),
    scopesTitle: connection.status === 'revoked' ? t.connections.detail.scopesPast : t.connections.detail.scopes,
    scopesLead: t.connections.detail.scopesLead[connection.kind],
    noEnd: t.connections.detail.expiresNone[connection.kind],
    scopes: connection.scopes.map(scope => ({
      scope,
      meaning:
        (Object.hasOwn(t.connections.scopeMeanings, scope) && t.connections.scopeMeanings[scope]) ||
        t.connections.scopeUnknown,
    })),
    sealed: connection.revokedAt === null ? t.connections.detail.sealed : t.connections.detail.destroyed,
    configurationHref:
      mayUse(connection, input.member) && connection.status !== 'revoked' ? routes.configuration(connection.id) : null,
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
    badge: isPending(connection) ? pendingBadge(t) : connectionBadge(connection.status, t),
    reason: shortHealth(connection, now, t),
    needsReconnect,
    manageable: mayManage(connection, member),
    revoked: connection.status === 'revoked',
    next: nextAttempt(connection, now, t),
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

function isPending({ status, revokedAt }: Connection): boolean {
  return status === 'revoked' && revokedAt === null
}

function pendingBadge(t: Messages): Badge {
  const { word, meaning } = t.lifecycle.pending
  return { word, meaning, tone: 'warn', icon: 'refresh' }
}

function nextAttempt(connection: Connection, now: Date, t: Messages): string | null {
  const { revocationNextAt } = connection
  if (!isPending(connection) || revocationNextAt === null) return null
  const { short, nextDue } = t.lifecycle.pending
  return short(isSoon(revocationNextAt, now) ? nextDue : moment(revocationNextAt, now, t).ago)
}
