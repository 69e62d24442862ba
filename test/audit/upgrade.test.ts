import { createHmac, randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { describe, expect, it } from 'vitest'
import { type Actor, sweeper } from '../../src/audit/actor.ts'
import { createAudit } from '../../src/audit/audit.ts'
import { readTrail } from '../../src/audit/trail.ts'
import { type Db, openDatabase } from '../../src/db/database.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { keepStoredSecret } from '../../src/vault/stored-secret.ts'
import { createVault } from '../../src/vault/vault.ts'
import { engines } from '../support/engines.ts'

const at = '2026-11-20T08:00:00.000Z'
const now = () => new Date('2026-11-27T12:00:00Z')
const vault = createVault(parseTokenKeys(`k1:${randomBytes(32).toString('base64url')}`).ring)
const member = {
  ...{ id: 'm1', sub: '1', email: 'ann@x.example', name: null, picture: null, role: 'admin', status: 'active' },
  ...{ admitted_by: 'domain:x.example', created_at: at, signed_in_at: at },
}

/** A trail as the release before wrote it: no first entry of its own, no stamps, the chain computed here anew. */
async function olderTrail(db: Db, count: number): Promise<void> {
  const secret = randomBytes(32)
  const mac = (content: unknown) => createHmac('sha256', secret).update(JSON.stringify(content)).digest('base64url')
  await keepStoredSecret(db, vault, 'audit-chain', secret, now())
  await db.insertInto('members').values(member).execute()
  let link = ''
  for (let seq = 1; seq <= count; seq++) {
    const entry = {
      ...{ seq, at, actor_kind: 'member', actor_id: 'm1', actor_name: 'ann@x.example', via: 'browser', via_id: null },
      ...{ request_id: null, action: 'member.signed_in', target_kind: 'member', target_id: 'm1' },
      ...{ target_name: 'ann@x.example', outcome: 'done', changes: '{}' },
    }
    link = mac([link, ...Object.values(entry)])
    await db
      .insertInto('audit_entries')
      .values({ ...entry, hash: mac(link) })
      .execute()
  }
  await db.updateTable('audit_head').set({ seq: count, hash: link }).execute()
}

describe.each(engines)('the trail of an earlier release, on $name', engine => {
  it('is taken over at the first start, goes on, and is protected from then on', async () => {
    const db = await engine.open()
    await olderTrail(db, 3)
    expect(await readTrail(db, vault)).toMatchObject({ kind: 'unstamped' })
    // Two servers start at once: one of them takes it over.
    const [audit] = await Promise.all([createAudit(db, vault, now), createAudit(db, vault, now)])
    expect((await audit.list({}, 10)).map(({ action }) => action)).toEqual([
      'audit.taken_over',
      ...['member.signed_in', 'member.signed_in', 'member.signed_in'],
    ])
    expect(await audit.verify()).toEqual({ intact: true, first: 1, entries: 4 })
    const target = { kind: 'member' as const, id: 'm1', name: 'ann@x.example' }
    await inTransaction(db, tx => audit.record(tx, sweeper, { action: 'member.suspended', target }))
    await createAudit(db, vault, now)
    expect(await audit.verify()).toEqual({ intact: true, first: 1, entries: 5 })
    await db.updateTable('audit_head').set({ seq: 0, hash: '' }).execute()
    await db.deleteFrom('audit_entries').execute()
    await expect(createAudit(db, vault, now)).rejects.toMatchObject({ lost: 'entries' })
    await db.destroy()
  })

  it('of a server that was started and never used begins like a new one', async () => {
    const db = await engine.open()
    await keepStoredSecret(db, vault, 'audit-chain', randomBytes(32), now())
    const audit = await createAudit(db, vault, now)
    expect(await audit.verify()).toEqual({ intact: true, first: 1, entries: 1 })
    await db.destroy()
  })

  it('without which members are there stops the start', async () => {
    const db = await engine.open()
    await db.insertInto('members').values(member).execute()
    await expect(createAudit(db, vault, now)).rejects.toMatchObject({ lost: 'secret' })
    expect(await db.selectFrom('vault_secrets').select('name').execute()).toEqual([])
    await db.destroy()
  })
})

it('an entry costs three statements, and one for each row it stamps, two at most', async () => {
  const db = await openDatabase('sqlite::memory:')
  const audit = await createAudit(db, vault, now)
  await db.insertInto('members').values(member).execute()
  const statements = await countIn(db, async tx => {
    const target = { kind: 'connection' as const, id: 'c1', name: 'c@x.example' }
    const ann: Actor = { ...sweeper, kind: 'member', id: 'm1', name: 'ann@x.example' }
    await audit.record(tx, ann, { action: 'connection.paused', target, outcome: 'refused' })
  })
  expect(statements).toBe(5)
  await db.destroy()
})

/** How many statements a transaction sends, its beginning and end left out. */
async function countIn(db: Db, work: (tx: Db) => Promise<void>): Promise<number> {
  let count = 0
  const counting = db.withPlugin({
    transformQuery: ({ node }) => {
      count++
      return node
    },
    transformResult: async ({ result }) => result,
  }) as Kysely<never> as unknown as Db
  await inTransaction(counting, work)
  return count
}
