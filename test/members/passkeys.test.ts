import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAudit } from '../../src/audit/audit.ts'
import type { Db } from '../../src/db/database.ts'
import { isAppError } from '../../src/errors.ts'
import type { Member } from '../../src/members/member.ts'
import { createPasskeys, type Passkeys } from '../../src/members/passkeys.ts'
import { createRecoveryCodes, type RecoveryCodes } from '../../src/members/recovery-codes.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault } from '../../src/vault/vault.ts'
import { Authenticator } from '../support/authenticator.ts'
import { engines } from '../support/engines.ts'

const origin = 'https://keyring.example.com'
const actor = { kind: 'system', id: null, name: null, via: 'command', viaId: null, requestId: null } as const
const member: Member = {
  id: 'm1',
  sub: 's1',
  email: 'ann@here.example',
  name: 'Ann',
  picture: null,
  role: 'member',
  status: 'active',
}

describe.each(engines)('passkeys in $name', engine => {
  let db: Db
  let now: Date
  let passkeys: Passkeys
  let codes: RecoveryCodes
  beforeEach(async () => {
    db = await engine.open()
    now = new Date('2026-01-01T08:00:00Z')
    const vault = createVault(parseTokenKeys(`k1:${randomBytes(32).toString('base64url')}`).ring)
    const audit = await createAudit(db, vault, () => now)
    passkeys = createPasskeys(db, origin, audit, () => now)
    codes = createRecoveryCodes(db, audit, () => now)
    const at = now.toISOString()
    await db
      .insertInto('members')
      .values({ ...member, admitted_by: 'domain:here.example', created_at: at, signed_in_at: at })
      .execute()
  })
  afterEach(() => db.destroy())

  async function added(key = new Authenticator(), name = 'Laptop') {
    const options = await passkeys.optionsToAdd(member, 'session')
    const response = JSON.parse(key.create(options as never, origin))
    return { key, ...(await passkeys.add(member, 'session', { name, response }, actor)) }
  }
  async function confirmed(key: Authenticator, bent = {}) {
    const response = JSON.parse(key.get(await passkeys.optionsToConfirm(member.id, 'session'), origin, bent))
    return passkeys.confirm(member, 'session', response, actor)
  }
  const outcomes = async (work: Promise<unknown>[]) =>
    (await Promise.allSettled(work)).map(each =>
      each.status === 'fulfilled' ? 'done' : isAppError(each.reason) ? each.reason.code : String(each.reason),
    )

  it('are stored, used and removed; recovery codes come with the first passkey and go with the last', async () => {
    const { key, passkey, codes: made } = await added()
    expect([made?.length, await codes.left(member.id)]).toEqual([10, 10])
    now = new Date('2026-01-02T08:00:00Z')
    expect(await confirmed(key)).toEqual({ ...passkey, lastUsedAt: now.toISOString() })
    const second = await added(new Authenticator(), 'Phone')
    expect(second.codes).toBeNull()
    expect((await passkeys.listOf(member.id)).map(({ name }) => name)).toEqual(['Laptop', 'Phone'])
    await passkeys.remove(passkey.id, member, actor)
    expect(await codes.left(member.id)).toBe(10)
    await passkeys.remove(second.passkey.id, member, actor)
    expect(await codes.left(member.id)).toBe(0)
  })

  it('answer a challenge only once, however many answers arrive at the same time', async () => {
    const { key } = await added()
    const options = await passkeys.optionsToConfirm(member.id, 'session')
    const response = JSON.parse(key.get(options, origin))
    const all = [1, 2, 3].map(() => passkeys.confirm(member, 'session', response, actor))
    expect((await outcomes(all)).sort()).toEqual(['done', 'passkey_expired', 'passkey_expired'])
  })

  it('count up to the largest 32-bit number and never down', async () => {
    const { key } = await added()
    await confirmed(key, { counter: 9 })
    await confirmed(key, { counter: 10 })
    await confirmed(key, { counter: 4_294_967_295 })
    expect(await outcomes([confirmed(key, { counter: 4_294_967_294 })])).toEqual(['passkey_copied'])
    expect(await outcomes([confirmed(key, { counter: 0 })])).toEqual(['passkey_copied'])
  })

  it('accept a recovery code instead only once, however often it is sent at the same time', async () => {
    const [code = ''] = (await added()).codes ?? []
    const all = [1, 2, 3].map(() => codes.use(member, code, actor))
    expect((await outcomes(all)).sort()).toEqual(['done', 'recovery_code_refused', 'recovery_code_refused'])
    expect(await codes.left(member.id)).toBe(9)
  })

  it('number at most twenty, and a reset removes them all', async () => {
    for (let count = 0; count < 20; count++) await added()
    expect(await outcomes([added()])).toEqual(['too_many_passkeys'])
    expect(await passkeys.reset(member, actor)).toBe(20)
    expect(await passkeys.listOf(member.id)).toEqual([])
    expect(await passkeys.reset(member, actor)).toBe(0)
  })

  it('leave no unanswered challenges behind', async () => {
    await passkeys.optionsToConfirm(member.id, 'session')
    await passkeys.optionsToAdd(member, 'session')
    await passkeys.sweep()
    expect(await db.selectFrom('passkey_challenges').selectAll().execute()).toHaveLength(2)
    now = new Date('2026-01-01T08:06:00Z')
    await passkeys.sweep()
    expect(await db.selectFrom('passkey_challenges').selectAll().execute()).toEqual([])
  })
})
