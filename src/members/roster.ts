import type { AuditAction } from '../audit/actions.ts'
import { type Actor, askAdmin } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { MembersTable } from '../db/schema.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { type Member, memberTarget } from './member.ts'
import { type AccessLists, ruleStands, toMember } from './members.ts'
import { endSessionsOf } from './sessions.ts'

/** A member as administrators see them. */
export interface RosterEntry extends Member {
  /** The rule that let the person in; see MembersTable.admitted_by. */
  admittedBy: string
  /** False where the settings no longer hold that rule: the person cannot sign in until another one does. */
  admitted: boolean
  /** ADMIN_EMAILS names the address: at each sign-in the person is an administrator. */
  adminBySetting: boolean
  /** ISO 8601, UTC, like every time below. */
  createdAt: string
  lastSeenAt: string
}

const deeds = {
  promote: { column: 'role', from: 'member', to: 'admin', action: 'member.promoted' },
  demote: { column: 'role', from: 'admin', to: 'member', action: 'member.demoted' },
  suspend: { column: 'status', from: 'active', to: 'suspended', action: 'member.suspended' },
  resume: { column: 'status', from: 'suspended', to: 'active', action: 'member.resumed' },
} as const satisfies Record<string, { column: 'role' | 'status'; from: string; to: string; action: AuditAction }>
export type MemberDeed = keyof typeof deeds

export interface Roster {
  /** By e-mail. */
  list(): Promise<RosterEntry[]>
  find(id: string): Promise<RosterEntry | null>
  /**
   * Promotes, demotes, suspends (which ends every session at once; API keys of a suspended member open nothing) or
   * resumes. What is so already stays so. Throws AppError `not_found`, `last_admin`, `admin_by_setting`.
   */
  change(id: string, deed: MemberDeed, actor: Actor): Promise<void>
}

/** Members in the hands of administrators. */
export function createRoster(db: Db, lists: AccessLists, audit: Audit, now: Now): Roster {
  return {
    async list() {
      const rows = await db.selectFrom('members').selectAll().orderBy('email').execute()
      const seen = await lastSeen(db)
      return rows.map(row => toEntry(row, seen))
    },

    async find(id) {
      const row = await db.selectFrom('members').selectAll().where('id', '=', id).executeTakeFirst()
      return row ? toEntry(row, await lastSeen(db, id)) : null
    },

    async change(id, deed, actor) {
      const { column, from, to, action } = deeds[deed]
      await inTransaction(db, async tx => {
        await askAdmin(tx, actor)
        const row = await tx
          .updateTable('members')
          .set({ [column]: to })
          .where('id', '=', id)
          .where(column, '=', from)
          .returning(['id', 'email'])
          .executeTakeFirst()
        if (!row) return onlyIfKnown(tx, id)
        if (deed === 'demote' && lists.adminEmails.has(row.email)) {
          throw new AppError('admin_by_setting', { params: { email: row.email } })
        }
        const ended = deed === 'suspend' ? await endSessionsOf(tx, id, now()) : 0
        await audit.record(tx, actor, {
          action,
          target: memberTarget(row),
          changes: { [column]: [from, to], ...(ended > 0 && { sessions: String(ended) }) },
        })
        // After the entry is written: it lets one change in at a time, so two administrators who demote each other
        // are counted one after the other.
        if (deed === 'demote' || deed === 'suspend') await keepAnAdmin(tx)
      })
    },
  }

  /** Administrators who can still sign in. Throws AppError `last_admin` when none is left. */
  async function keepAnAdmin(tx: Db): Promise<void> {
    const admins = await tx
      .selectFrom('members')
      .select('admitted_by')
      .where('role', '=', 'admin')
      .where('status', '=', 'active')
      .execute()
    if (!admins.some(each => ruleStands(each.admitted_by, lists))) throw new AppError('last_admin')
  }

  function toEntry(row: MembersTable, seen: Map<string, string>): RosterEntry {
    const lastSession = seen.get(row.id) ?? ''
    return {
      ...toMember(row),
      admittedBy: row.admitted_by,
      admitted: ruleStands(row.admitted_by, lists),
      adminBySetting: lists.adminEmails.has(row.email),
      createdAt: row.created_at,
      lastSeenAt: lastSession > row.signed_in_at ? lastSession : row.signed_in_at,
    }
  }
}

async function onlyIfKnown(tx: Db, id: string): Promise<void> {
  const known = await tx.selectFrom('members').select('id').where('id', '=', id).executeTakeFirst()
  if (!known) throw new AppError('not_found')
}

/** Whether this person could sign in now, so that a connection may be handed to them. */
export function maySignIn({ status, admitted }: RosterEntry): boolean {
  return status === 'active' && admitted
}

/** When each member's newest session was used last; sessions are forgotten after eight hours. */
async function lastSeen(db: Db, memberId?: string): Promise<Map<string, string>> {
  let query = db
    .selectFrom('sessions')
    .select(each => ['member_id', each.fn.max('last_seen_at').as('seen')])
    .where('member_id', 'is not', null)
    .groupBy('member_id')
  if (memberId !== undefined) query = query.where('member_id', '=', memberId)
  const rows = await query.execute()
  return new Map(rows.map(row => [row.member_id ?? '', row.seen]))
}
