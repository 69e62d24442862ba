import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { createAudit } from '../../src/audit/audit.ts'
import type { Db } from '../../src/db/database.ts'
import { isAppError } from '../../src/errors.ts'
import { createRoster, type MemberDeed } from '../../src/members/roster.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault } from '../../src/vault/vault.ts'
import { engines } from '../support/engines.ts'

const lists = {
  adminEmails: new Set<string>(),
  allowedEmails: new Set<string>(),
  allowedDomains: new Set(['here.example']),
}
const now = () => new Date('2026-01-01T08:00:00Z')
const actor = { kind: 'system', id: null, name: null, via: 'command', viaId: null, requestId: null } as const

for (const engine of engines) {
  describe(`the last administrator in ${engine.name}`, () => {
    let db: Db
    afterEach(() => db.destroy())

    /** `admitted` is false for one whom no setting lets in any more. */
    async function administrators(...all: { id: string; admitted?: boolean }[]) {
      db = await engine.open()
      const vault = createVault(parseTokenKeys(`k1:${randomBytes(32).toString('base64url')}`).ring)
      const audit = await createAudit(db, vault, now)
      for (const { id, admitted = true } of all) {
        await db
          .insertInto('members')
          .values({
            id,
            sub: id,
            email: `${id}@here.example`,
            name: null,
            picture: null,
            role: 'admin',
            status: 'active',
            admitted_by: admitted ? 'domain:here.example' : 'domain:gone.example',
            created_at: now().toISOString(),
            signed_in_at: now().toISOString(),
          })
          .execute()
      }
      const roster = createRoster(db, lists, audit, now)
      const outcome = (id: string, deed: MemberDeed) =>
        roster.change(id, deed, actor).then(
          () => 'done',
          error => (isAppError(error) ? error.code : error),
        )
      return { roster, outcome }
    }

    it.each<[MemberDeed, MemberDeed]>([
      ['demote', 'demote'],
      ['suspend', 'suspend'],
      ['demote', 'suspend'],
    ])('of two stays, whichever of %s and %s at the same time comes first', async (one, other) => {
      const { roster, outcome } = await administrators({ id: 'ada' }, { id: 'bo' })
      expect((await Promise.all([outcome('ada', one), outcome('bo', other)])).sort()).toEqual(['done', 'last_admin'])
      const left = (await roster.list()).filter(each => each.role === 'admin' && each.status === 'active')
      expect(left).toHaveLength(1)
      const entries = await db
        .selectFrom('audit_entries')
        .select('action')
        .where('target_kind', '=', 'member')
        .execute()
      expect(entries, 'what was refused left nothing behind').toHaveLength(1)
    })

    it('is the last of those who can still sign in', async () => {
      const { outcome } = await administrators({ id: 'ada' }, { id: 'bo', admitted: false })
      expect(await outcome('ada', 'demote')).toBe('last_admin')
      expect(await outcome('bo', 'demote')).toBe('done')
    })
  })
}
