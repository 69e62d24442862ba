import { randomBytes } from 'node:crypto'
import { type Actor, askAbout } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { secretHash } from '../secret.ts'
import { type Member, memberTarget } from './member.ts'

type Whose = Pick<Member, 'id' | 'email'>

export interface RecoveryCodes {
  /** How many of the member's codes are unused. */
  left(memberId: string): Promise<number>
  /** Creates ten new codes, shown once; the old ones stop working. Throws AppError `not_found` without a passkey. */
  renew(member: Whose, actor: Actor): Promise<string[]>
  /** Uses a code instead of a passkey, once. Returns how many are left. Throws AppError `recovery_code_refused`. */
  use(member: Whose, code: string, actor: Actor): Promise<number>
}

const howMany = 10
/** Without 0, 1, i and l, which people confuse. 32 characters, so that each byte picks one with equal chance. */
const letters = '23456789abcdefghjkmnopqrstuvwxyz'

/** Codes for members who lost their passkey. Each one works once instead of a passkey. */
export function createRecoveryCodes(db: Db, audit: Audit, now: Now): RecoveryCodes {
  return {
    left: memberId => unused(db, memberId),

    renew(member, actor) {
      return inTransaction(db, async tx => {
        await askAbout(tx, actor, member.id)
        const passkey = await tx
          .selectFrom('passkeys')
          .select('id')
          .where('member_id', '=', member.id)
          .executeTakeFirst()
        if (!passkey) throw new AppError('not_found')
        await audit.record(tx, actor, { action: 'recovery_code.created', target: memberTarget(member) })
        return renewRecoveryCodes(tx, member.id, now())
      })
    },

    async use(member, code, actor) {
      const left = await inTransaction(db, async tx => {
        await askAbout(tx, actor, member.id)
        const used = await tx
          .updateTable('recovery_codes')
          .set({ used_at: now().toISOString() })
          .where('member_id', '=', member.id)
          .where('code_hash', '=', codeHash(code))
          .where('used_at', 'is', null)
          .returning('code_hash')
          .executeTakeFirst()
        await audit.record(tx, actor, {
          action: 'recovery_code.used',
          target: memberTarget(member),
          outcome: used ? 'done' : 'refused',
        })
        return used ? unused(tx, member.id) : null
      })
      if (left === null) throw new AppError('recovery_code_refused')
      return left
    },
  }
}

/** Replaces the codes. Call it inside the transaction of the change that needs new codes. */
export async function renewRecoveryCodes(tx: Db, memberId: string, at: Date): Promise<string[]> {
  const codes = Array.from({ length: howMany }, newCode)
  await tx.deleteFrom('recovery_codes').where('member_id', '=', memberId).execute()
  await tx
    .insertInto('recovery_codes')
    .values(
      codes.map(code => ({
        code_hash: codeHash(code),
        member_id: memberId,
        created_at: at.toISOString(),
        used_at: null,
      })),
    )
    .execute()
  return codes
}

async function unused(db: Db, memberId: string): Promise<number> {
  const { count } = await db
    .selectFrom('recovery_codes')
    .select(each => each.fn.countAll<number>().as('count'))
    .where('member_id', '=', memberId)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** 80 random bits in four groups, such as `k7wd-29fm-x3qa-h8ty`. */
function newCode(): string {
  const text = [...randomBytes(16)].map(byte => letters[byte % 32]).join('')
  return text.replace(/(.{4})(?=.)/g, '$1-')
}

/** Accepts the code as people type it: upper or lower case, with or without dashes and spaces. */
function codeHash(code: string): string {
  return secretHash(code.toLowerCase().replace(/[\s-]/g, ''))
}
