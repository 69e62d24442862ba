import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sweeper } from '../../src/audit/actor.ts'
import { type Audit, createAudit } from '../../src/audit/audit.ts'
import { type Db, openDatabase } from '../../src/db/database.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault, type Vault } from '../../src/vault/vault.ts'

let db: Db
let vault: Vault
let audit: Audit
const now = () => new Date('2026-11-23T12:00:00Z')

beforeEach(async () => {
  db = await openDatabase('sqlite::memory:')
  vault = createVault(parseTokenKeys(`k1:${randomBytes(32).toString('base64url')}`).ring)
  audit = await createAudit(db, vault, now)
})
afterEach(() => db.destroy())

const record = (id: string) =>
  inTransaction(db, tx =>
    audit.record(tx, sweeper, { action: 'connection.paused', target: { kind: 'connection', id, name: `${id}@x` } }),
  )
const four = async () => {
  for (const id of ['a', 'b', 'c', 'd']) await record(id)
}

describe('the audit trail', () => {
  it('numbers entries without gaps, also those written at the same time, and verifies', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map(record))
    expect((await audit.list({}, 10)).map(entry => entry.seq)).toEqual([4, 3, 2, 1])
    expect(await audit.verify()).toEqual({ intact: true, entries: 4 })
  })

  it('says nothing of a change that did not happen', async () => {
    await expect(
      inTransaction(db, async tx => {
        await audit.record(tx, sweeper, { action: 'connection.paused', target: null })
        throw new Error('the change failed')
      }),
    ).rejects.toThrow('the change failed')
    expect(await audit.list({}, 10)).toEqual([])
    expect(await audit.verify()).toEqual({ intact: true, entries: 0 })
  })

  it('goes on after a restart under the same chain', async () => {
    await four()
    audit = await createAudit(db, vault, now)
    await record('e')
    expect(await audit.verify()).toEqual({ intact: true, entries: 5 })
  })

  it.each([
    ['target_name', 'somebody else'],
    ['actor_id', 'm2'],
    ['at', '2020-01-01T00:00:00.000Z'],
    ['changes', '{"role":"admin"}'],
    ['outcome', 'refused'],
    ['request_id', 'r'],
  ] as const)('names the first entry whose %s was changed', async (column, value) => {
    await four()
    await db
      .updateTable('audit_entries')
      .set({ [column]: value })
      .where('seq', '=', 2)
      .execute()
    expect(await audit.verify()).toMatchObject({ intact: false, brokenAt: 2, problem: 'changed' })
  })

  it('misses an entry taken out of the middle, off the beginning, and off the end', async () => {
    for (const [seq, problem] of [
      [2, 'missing'],
      [1, 'missing'],
      [4, 'end'],
    ] as const) {
      await db.destroy()
      db = await openDatabase('sqlite::memory:')
      audit = await createAudit(db, vault, now)
      await four()
      await db.deleteFrom('audit_entries').where('seq', '=', seq).execute()
      expect(await audit.verify()).toMatchObject({ intact: false, brokenAt: seq, problem })
    }
  })

  it('notices entries cut off the end even when the head was set back to fit', async () => {
    await four()
    await db.deleteFrom('audit_entries').where('seq', '>', 2).execute()
    await db.updateTable('audit_head').set({ seq: 2 }).execute()
    expect(await audit.verify()).toMatchObject({ intact: false, problem: 'end' })
  })

  it('notices an entry put in by somebody without the key', async () => {
    await four()
    const last = await db.selectFrom('audit_entries').selectAll().where('seq', '=', 4).executeTakeFirstOrThrow()
    await db
      .insertInto('audit_entries')
      .values({ ...last, seq: 5, hash: 'forged' })
      .execute()
    await db.updateTable('audit_head').set({ seq: 5, hash: 'forged' }).execute()
    expect(await audit.verify()).toMatchObject({ intact: false, brokenAt: 5, problem: 'changed' })
  })

  it('is found by action, actor, target and time', async () => {
    await four()
    expect(await audit.list({ targetId: 'c' }, 10)).toMatchObject([{ seq: 3, target: { id: 'c' } }])
    expect(await audit.list({ action: 'connection.revoked' }, 10)).toEqual([])
    expect(await audit.list({ to: '2026-11-23T12:00:00.000Z' }, 10)).toEqual([])
    expect((await audit.list({ before: 3 }, 1)).map(entry => entry.seq)).toEqual([2])
  })
})
