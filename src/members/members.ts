import { randomUUID } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Db } from '../db/database.ts'
import type { MembersTable } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { Identity } from '../google/id-token.ts'
import type { Member, MemberRole } from './member.ts'

export interface Members {
  /** The active member with this id whose rule of admission still stands, or null. `within` is a transaction. */
  find(id: string, within?: Db): Promise<Member | null>
  /**
   * Decides whether this Google identity may sign in, without writing anything. Throws AppError `person_not_allowed`,
   * `member_suspended` or `email_of_another_identity`.
   */
  checkAdmission(identity: Identity): Promise<Admission>
  /**
   * Stores an admitted person, or what changed about them, and returns the member. Whoever was suspended or demoted
   * since `checkAdmission` stays so. Throws AppError `member_suspended`.
   */
  signIn(db: Db, admission: Admission, now: Date): Promise<Member>
}

export interface Admission {
  identity: Identity
  /** The rule that lets the person in; see MembersTable.admitted_by. */
  rule: string
}

/** The settings that say who may sign in, and who is an administrator by setting. */
export type AccessLists = Pick<Config, 'adminEmails' | 'allowedDomains' | 'allowedEmails'>

/**
 * People are known by Google's `sub`. Addresses and domains only open the door the first time: afterwards the rule
 * that admitted a person must still stand, and another `sub` with a known address is a stranger (security.md 31).
 */
export function createMembers(db: Db, lists: AccessLists): Members {
  return {
    async find(id, within = db) {
      const row = await within.selectFrom('members').selectAll().where('id', '=', id).executeTakeFirst()
      return row && row.status === 'active' && ruleStands(row.admitted_by, lists) ? toMember(row) : null
    },

    async checkAdmission(identity) {
      const known = await db.selectFrom('members').selectAll().where('sub', '=', identity.sub).executeTakeFirst()
      if (known) {
        if (known.status !== 'active') throw new AppError('member_suspended', { params: { email: known.email } })
        const rule = ruleFor(identity, lists) ?? (ruleStands(known.admitted_by, lists) ? known.admitted_by : null)
        if (rule === null) throw new AppError('person_not_allowed', { params: { email: identity.email } })
        return { identity, rule }
      }
      const rule = ruleFor(identity, lists)
      if (rule === null) throw new AppError('person_not_allowed', { params: { email: identity.email } })
      const namesake = await db
        .selectFrom('members')
        .select('id')
        .where('email', '=', identity.email.toLowerCase())
        .executeTakeFirst()
      if (namesake) throw new AppError('email_of_another_identity', { params: { email: identity.email } })
      return { identity, rule }
    },

    async signIn(tx, { identity, rule }, now) {
      const at = now.toISOString()
      const profile = {
        email: identity.email.toLowerCase(),
        name: identity.name,
        picture: identity.picture,
        admitted_by: rule,
        signed_in_at: at,
      }
      const row = await tx
        .insertInto('members')
        .values({
          id: randomUUID(),
          sub: identity.sub,
          status: 'active',
          role: isAdminRule(rule) ? 'admin' : 'member',
          created_at: at,
          ...profile,
        })
        .onConflict(conflict =>
          conflict
            .column('sub')
            .doUpdateSet(each => ({
              ...profile,
              // Google does not promise them every time (google-wire-facts A.10).
              name: profile.name ?? each.ref('members.name'),
              picture: profile.picture ?? each.ref('members.picture'),
              // Of the row as it is by now: the role may have changed since somebody looked.
              role: isAdminRule(rule)
                ? 'admin'
                : each
                    .case()
                    .when('members.admitted_by', 'like', 'admin:%')
                    .then('member')
                    .else(each.ref('members.role'))
                    .end(),
            }))
            .where('members.status', '=', 'active'),
        )
        .returningAll()
        .executeTakeFirst()
      if (!row) throw new AppError('member_suspended', { params: { email: profile.email } })
      return toMember(row)
    },
  }
}

/** An address counts only when Google says it is verified; a domain only as the `hd` claim, compared exactly. */
function ruleFor(identity: Identity, lists: AccessLists): string | null {
  const email = identity.email.toLowerCase()
  if (!identity.emailVerified || !/^[!-?A-~]+@[!-?A-~]+$/.test(email)) return null
  if (lists.adminEmails.has(email)) return `admin:${email}`
  if (lists.allowedEmails.has(email)) return `email:${email}`
  if (identity.hostedDomain !== null && lists.allowedDomains.has(identity.hostedDomain)) {
    return `domain:${identity.hostedDomain}`
  }
  return null
}

/** ADMIN_EMAILS makes admins; who was one only by that setting is one no longer when it is gone. */
function isAdminRule(rule: string): boolean {
  return rule.startsWith('admin:')
}

/** Whether the settings still hold the rule that let somebody in. */
export function ruleStands(rule: string, lists: AccessLists): boolean {
  const [kind, value = ''] = rule.split(/:(.*)/s)
  if (kind === 'admin') return lists.adminEmails.has(value)
  if (kind === 'email') return lists.allowedEmails.has(value)
  return kind === 'domain' && lists.allowedDomains.has(value)
}

export function toMember(row: MembersTable): Member {
  return {
    id: row.id,
    sub: row.sub,
    email: row.email,
    name: row.name,
    picture: row.picture,
    role: row.role as MemberRole,
    status: row.status as Member['status'],
  }
}
