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
   * `personal_account`, `member_suspended` or `email_of_another_identity`.
   */
  checkAdmission(identity: Identity): Promise<Admission>
  /**
   * Stores an admitted person, or what changed about them. Whoever was suspended or demoted since `checkAdmission` stays
   * so. Throws AppError `member_suspended` or `email_of_another_identity`.
   */
  signIn(tx: Db, admission: Admission, now: Date): Promise<SignedIn>
}

export interface SignedIn {
  member: Member
  /** The member before this change; null for a new one. */
  before: Member | null
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
      const known = await bySub(db, identity.sub)
      if (known && known.status !== 'active') throw new AppError('member_suspended', { params: { email: known.email } })
      requireWorkAccount(identity, lists)
      const rule =
        ruleFor(identity, lists) ?? (known && ruleStands(known.admitted_by, lists) ? known.admitted_by : null)
      if (rule === null) throw new AppError('person_not_allowed', { params: { email: identity.email } })
      await requireOwnAddress(db, identity)
      return { identity, rule }
    },

    async signIn(tx, { identity, rule }, now) {
      const known = await bySub(tx, identity.sub)
      if (known && known.status !== 'active') throw new AppError('member_suspended', { params: { email: known.email } })
      await requireOwnAddress(tx, identity)
      const at = now.toISOString()
      const row = {
        id: known?.id ?? randomUUID(),
        sub: identity.sub,
        email: known && !identity.emailVerified ? known.email : identity.email.toLowerCase(),
        // Google does not promise to send them every time.
        name: identity.name ?? known?.name ?? null,
        picture: identity.picture ?? known?.picture ?? null,
        role: isAdminRule(rule) ? 'admin' : known && !isAdminRule(known.admitted_by) ? known.role : 'member',
        status: 'active',
        admitted_by: rule,
        created_at: known?.created_at ?? at,
        signed_in_at: at,
      }
      if (known) await tx.updateTable('members').set(row).where('id', '=', known.id).execute()
      else await tx.insertInto('members').values(row).execute()
      return { member: toMember(row), before: known ? toMember(known) : null }
    },
  }
}

async function bySub(db: Db, sub: string): Promise<MembersTable | null> {
  return (await db.selectFrom('members').selectAll().where('sub', '=', sub).executeTakeFirst()) ?? null
}

/**
 * Addresses change hands. A Google account with the address of another member is refused, so that nobody inherits a role
 * by address, and the audit trail never has two people under one address.
 */
async function requireOwnAddress(db: Db, identity: Identity): Promise<void> {
  if (!identity.emailVerified) return
  const namesake = await db
    .selectFrom('members')
    .select('id')
    .where('email', '=', identity.email.toLowerCase())
    .where('sub', '<>', identity.sub)
    .executeTakeFirst()
  if (!namesake) return
  throw new AppError('email_of_another_identity', { params: { email: identity.email, holder: namesake.id } })
}

/**
 * Google verifies an address once, even if its domain changes hands later, and anyone can create a personal account with it.
 * So we accept an address in one of our domains only if Workspace manages the account for us (`hd`), however it is listed.
 */
function requireWorkAccount({ email, hostedDomain }: Identity, { allowedDomains }: AccessLists): void {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase()
  if (!allowedDomains.has(domain) || (hostedDomain !== null && allowedDomains.has(hostedDomain))) return
  throw new AppError('personal_account', { params: { email, domain } })
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
