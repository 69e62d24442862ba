import type { Connection } from '../../connections/connection.ts'
import { mayManage } from '../../connections/rights.ts'
import type { Usage } from '../../connections/usage.ts'
import type { GoogleDetail } from '../../errors.ts'
import type { Member } from '../../members/member.ts'
import type { Messages } from '../../messages/en.ts'
import { type PersonChip, personChip } from './person.ts'
import { routes } from './routes.ts'
import { type Moment, moment, momentOrNull } from './times.ts'

interface Setting {
  t: Messages
  now: Date
  member: Pick<Member, 'id' | 'role'>
  connection: Connection
}

interface KeptSetting extends Setting {
  retentionDays: number
}

/** A step behind a button of its own. */
interface Step {
  label: string
  action: string
  text: string
}

export interface ManageLocals {
  share: Step & { hint: string | null }
  /** Null unless it can be paused or resumed. */
  pause: Step | null
  transfer: { action: string; members: { id: string; label: string }[] }
  revokeHref: string
  revokeText: string
  /** Where an administrator decides about all connections of its owner; null for everybody else, and for their own. */
  leave: { href: string; label: string } | null
}

export interface RevocationLocals {
  pending: { next: Moment | null; obstacle: string | null; byHand: string | null; retry: string | null } | null
  done: { at: Moment; note: string | null; removal: Moment; remove: Step | null } | null
  /** Where it can be connected again; null for who may not. */
  connectAgain: string | null
}

export type PossibleOwner = Pick<Member, 'id' | 'email' | 'name'>

/** What this member may do with the connection; null for who may only use it, and once it is revoked. */
export function presentManage({ t, member, connection }: Setting, owners: PossibleOwner[]): ManageLocals | null {
  if (!mayManage(connection, member) || connection.status === 'revoked') return null
  const { id, kind, status, shared, owner } = connection
  const words = t.lifecycle
  const pausing = {
    active: { label: words.pause.pause, action: routes.pause(id), text: words.pause.text },
    paused: { label: words.pause.resume, action: routes.resume(id), text: words.pause.paused },
    needs_reconnect: null,
  }
  const leaves = member.role === 'admin' && owner.id !== member.id
  return {
    share: shared
      ? {
          label: words.share.unshare,
          action: routes.unshare(id),
          text: words.share.on,
          hint: words.share.unshareHint,
        }
      : { label: words.share.share, action: routes.share(id), text: words.share.off, hint: null },
    pause: pausing[status],
    transfer: {
      action: routes.transfer(id),
      members: owners.filter(each => each.id !== owner.id).map(each => ({ id: each.id, label: each.email })),
    },
    revokeHref: routes.revoke(id),
    revokeText: words.end.text[kind],
    leave: leaves ? { href: routes.memberLeave(owner.id), label: words.leave(owner.email) } : null,
  }
}

/** Where a revocation stands; null for a connection that is not revoked. */
export function presentRevocation({ t, now, member, connection, retentionDays }: KeptSetting): RevocationLocals | null {
  if (connection.status !== 'revoked') return null
  const { id, email, kind, revokedAt, revocationNextAt, lastError } = connection
  const words = t.lifecycle
  const manages = mayManage(connection, member)
  const connectAgain = manages ? routes.reconnect(id) : null
  if (revokedAt === null) {
    return {
      pending: {
        next: revocationNextAt === null || isSoon(revocationNextAt, now) ? null : moment(revocationNextAt, now, t),
        obstacle: lastError && obstacle(lastError, t),
        byHand: kind === 'user' ? words.pending.byHand(email) : null,
        retry: manages ? routes.retryRevocation(id) : null,
      },
      done: null,
      connectAgain,
    }
  }
  const removal = new Date(Date.parse(revokedAt) + retentionDays * 86_400_000).toISOString()
  const unreadable = lastError?.code === 'vault_open_failed' ? words.done.unreadable(email) : null
  return {
    pending: null,
    done: {
      at: moment(revokedAt, now, t),
      note: kind === 'service_account' ? words.done.serviceAccount : unreadable,
      removal: moment(removal, now, t),
      remove:
        member.role === 'admin'
          ? { label: words.remove.submit(email), action: routes.removeConnection(id), text: words.remove.text }
          : null,
    },
    connectAgain,
  }
}

/** Due, or so soon that only the sweep's own minute counts. */
export function isSoon(at: string, now: Date): boolean {
  return Date.parse(at) - now.getTime() < 60_000
}

function obstacle({ code, message }: GoogleDetail, t: Messages): string {
  const { obstacles } = t.lifecycle
  if (code === 'google_unreachable' || code === 'vault_open_failed') return obstacles[code]
  return obstacles.other(message || code || t.words.unknown)
}

export interface RevokeLocals {
  title: string
  connectionId: string
  email: string
  lead: string
  chip: PersonChip
  stops: string[]
  atGoogle: string[]
  stays: string[]
  lastUsed: Moment | null
  lastUses: { who: string; how: string; what: string; when: Moment }[]
  keys: { id: string; name: string; member: string; lastUsed: Moment | null }[]
  /** False where it is paused already, or waits for its owner. */
  pausable: boolean
}

/** The page before a revocation: what stops, what Google withdraws, what stays. */
export function presentRevoke({
  t,
  now,
  connection,
  retentionDays,
  usage,
}: KeptSetting & { usage: Usage }): RevokeLocals {
  const words = t.lifecycle.revoke
  const { email, kind, shared } = connection
  const person = kind === 'user'
  return {
    title: words.title(email),
    connectionId: connection.id,
    email,
    lead: words.lead[kind],
    chip: personChip(email, connection.name, connection.picture),
    stops: [words.pages(shared), words.programs, ...(person ? [words.takenAway] : [])],
    atGoogle: person ? [words.wholeGrant(email), words.signIn(email)] : [words.serviceAccount],
    stays: [words.data(retentionDays), words.again],
    lastUsed: momentOrNull(connection.lastUsedAt, now, t),
    lastUses: usage.lastUses.slice(0, 10).map(({ who, keyName, action, at }) => ({
      who: who ?? words.somebody,
      how: keyName === null ? words.browser : words.apiKey(keyName),
      what: words.took[action] ?? action,
      when: moment(at, now, t),
    })),
    keys: usage.keys.map(({ id, name, memberEmail, lastUsedAt }) => ({
      id,
      name,
      member: memberEmail,
      lastUsed: momentOrNull(lastUsedAt, now, t),
    })),
    pausable: connection.status === 'active',
  }
}
