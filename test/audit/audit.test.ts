import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { auditActions } from '../../src/audit/actions.ts'
import { type Actor, type Standing, sweeper } from '../../src/audit/actor.ts'
import { type Audit, type AuditFilter, createAudit } from '../../src/audit/audit.ts'
import { exportedText } from '../../src/audit/export.ts'
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
/** Entries 2 to 5: the first says that the trail begins. */
const four = async () => {
  for (const id of ['a', 'b', 'c', 'd']) await record(id)
}

/** Of an administrator who was asked. */
const standing: Standing = { ask: async () => ({ id: 'm1', role: 'admin' }), wasAsked: () => true }

describe('the audit trail', () => {
  it('numbers entries without gaps, also those written at the same time, and verifies', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map(record))
    expect((await audit.list({}, 10)).map(entry => entry.seq)).toEqual([5, 4, 3, 2, 1])
    expect(await audit.verify()).toEqual({ intact: true, first: 1, entries: 5 })
  })

  it('row 75: says nothing of a change that did not happen', async () => {
    await expect(
      inTransaction(db, async tx => {
        await audit.record(tx, sweeper, { action: 'connection.paused', target: null })
        throw new Error('the change failed')
      }),
    ).rejects.toThrow('the change failed')
    expect(await audit.list({}, 10)).toMatchObject([{ seq: 1, action: 'audit.begun' }])
    expect(await audit.verify()).toEqual({ intact: true, first: 1, entries: 1 })
  })

  it('goes on after a restart under the same chain', async () => {
    await four()
    audit = await createAudit(db, vault, now)
    await record('e')
    expect(await audit.verify()).toEqual({ intact: true, first: 1, entries: 6 })
  })

  it.each([
    ['target_name', 'somebody else'],
    ['actor_id', 'm2'],
    ['at', '2020-01-01T00:00:00.000Z'],
    ['changes', '{"role":"admin"}'],
    ['outcome', 'refused'],
    ['request_id', 'r'],
  ] as const)('row 75: names the first entry whose %s was changed', async (column, value) => {
    await four()
    await db
      .updateTable('audit_entries')
      .set({ [column]: value })
      .where('seq', '=', 2)
      .execute()
    expect(await audit.verify()).toMatchObject({ intact: false, brokenAt: 2, problem: 'changed' })
  })

  it('row 75: misses an entry taken out of the middle, off the beginning, and off the end', async () => {
    for (const [seq, problem] of [
      [2, 'missing'],
      [1, 'missing'],
      [5, 'end'],
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

  it('notices entries cut off the end and a head made of all that the database still holds', async () => {
    await four()
    await db.deleteFrom('audit_entries').where('seq', '>', 2).execute()
    const { hash } = await db.selectFrom('audit_entries').select('hash').where('seq', '=', 2).executeTakeFirstOrThrow()
    await db.updateTable('audit_head').set({ seq: 2, hash }).execute()
    expect(await audit.verify()).toMatchObject({ intact: false, brokenAt: 3, problem: 'end' })
  })

  it('notices an entry put beyond the end, which stays there for everybody to read', async () => {
    await four()
    const last = await db.selectFrom('audit_entries').selectAll().where('seq', '=', 5).executeTakeFirstOrThrow()
    await db
      .insertInto('audit_entries')
      .values({ ...last, seq: 9 })
      .execute()
    expect(await audit.verify()).toEqual({ intact: false, first: 1, entries: 5, brokenAt: 6, problem: 'beyond' })
  })

  it('verifies while others write', async () => {
    const writing = Promise.all(Array.from({ length: 30 }, (_, index) => record(`c${index}`)))
    for (let round = 0; round < 10; round++) expect(await audit.verify()).toMatchObject({ intact: true })
    await writing
    expect(await audit.verify()).toEqual({ intact: true, first: 1, entries: 31 })
  })

  it('notices an entry put in by somebody without the key', async () => {
    await four()
    const last = await db.selectFrom('audit_entries').selectAll().where('seq', '=', 5).executeTakeFirstOrThrow()
    await db
      .insertInto('audit_entries')
      .values({ ...last, seq: 6, hash: 'forged' })
      .execute()
    await db.updateTable('audit_head').set({ seq: 6, hash: 'forged' }).execute()
    expect(await audit.verify()).toMatchObject({ intact: false, brokenAt: 6, problem: 'changed' })
  })

  it('row 75: names an entry that changed places with another', async () => {
    await four()
    for (const [from, to] of [
      [3, 99],
      [4, 3],
      [99, 4],
    ] as const) {
      await db.updateTable('audit_entries').set({ seq: to }).where('seq', '=', from).execute()
    }
    expect(await audit.verify()).toMatchObject({ intact: false, brokenAt: 3, problem: 'changed' })
  })

  it('row 75: a change goes back with its entry when the entry cannot be written', async () => {
    await db.insertInto('security_events').values({ jti: 'kept', received_at: now().toISOString() }).execute()
    const tooEarly = { ...sweeper, kind: null as never }
    await expect(
      inTransaction(db, async tx => {
        await tx.deleteFrom('security_events').execute()
        await audit.record(tx, tooEarly, { action: 'connection.paused', target: null })
      }),
    ).rejects.toThrow()
    expect(await db.selectFrom('security_events').select('jti').execute()).toEqual([{ jti: 'kept' }])
    expect(await audit.verify()).toMatchObject({ intact: true, entries: 1 })
  })

  it('row 75: line ends and terminal escapes in a name stay inside their field', async () => {
    const name = 'x\r\n{"seq":9}\u001b[2K\u202e'
    await inTransaction(db, tx =>
      audit.record(tx, sweeper, { action: 'connection.paused', target: { kind: 'connection', id: 'c', name } }),
    )
    const textAs = async (format: 'csv' | 'jsonl') => {
      let text = ''
      for await (const piece of exportedText(audit.all({}), format, audit.checkpoint())) text += piece
      return text
    }
    const lines = (await textAs('jsonl')).trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines.map(line => JSON.parse(line))).toMatchObject([{ seq: 2, target: { name } }, { seq: 1 }, {}])
    expect(await textAs('jsonl')).not.toContain('\u001b')
    expect(await textAs('csv')).toContain(`"${name.replaceAll('"', '""')}"`)
    expect(await audit.verify()).toMatchObject({ intact: true, entries: 2 })
  })

  it('is found by action, person, target and time', async () => {
    await four()
    const ann: Actor = { ...sweeper, kind: 'member', id: 'm1', name: 'Ann_%@x.example', via: 'browser', standing }
    await inTransaction(db, tx => audit.record(tx, ann, { action: 'member.signed_in', target: null }))
    const found = async (filter: AuditFilter, before?: number) =>
      (await audit.list(filter, 10, before)).map(entry => entry.seq)
    expect(await found({ targetId: 'c' })).toEqual([4])
    expect(await found({ target: 'c' })).toEqual([4])
    expect(await found({ target: 'B@X' })).toEqual([3])
    expect(await found({ targetKind: 'connection' })).toEqual([5, 4, 3, 2])
    expect(await found({ targetKind: 'member' })).toEqual([])
    expect(await found({ action: 'connection.revoked' })).toEqual([])
    expect(await found({ person: 'ann' })).toEqual([6])
    expect(await found({ person: '_%@' })).toEqual([6])
    expect(await found({ person: '%' })).toEqual([6])
    expect(await found({ person: 'anne' })).toEqual([])
    expect(await found({ to: '2026-11-23T12:00:00.000Z' })).toEqual([])
    expect(await found({ from: '2026-11-23T12:00:00.000Z' }, 3)).toEqual([2, 1])
    expect(await found({}, 1)).toEqual([])
  })

  it('names the API key or link somebody acted through', async () => {
    const key = { kind: 'api_key', id: 'k9', name: 'nightly report' } as const
    const program: Actor = {
      ...sweeper,
      kind: 'member',
      id: 'm1',
      name: 'ann@x',
      via: 'api_key',
      viaId: 'k9',
      standing,
    }
    await inTransaction(db, async tx => {
      await audit.record(tx, sweeper, { action: 'api_key.created', target: key })
      await audit.record(tx, program, { action: 'access_token.issued', target: null })
    })
    expect(await audit.list({}, 10)).toMatchObject([{ viaName: 'nightly report' }, { viaName: null }, { seq: 1 }])
  })

  it('goes through all entries, however many', async () => {
    const count = 2_001
    await inTransaction(db, async tx => {
      for (let index = 0; index < count; index++) {
        await audit.record(tx, sweeper, { action: 'connection.paused', target: null })
      }
    })
    const seqs: number[] = []
    for await (const entry of audit.all({})) seqs.push(entry.seq)
    expect(seqs).toEqual(Array.from({ length: count + 1 }, (_, index) => count + 1 - index))
    expect(await audit.verify()).toEqual({ intact: true, first: 1, entries: count + 1 })
  })

  it('writes down who asked it what, once an hour for the same question', async () => {
    let time = Date.parse('2026-11-23T12:00:00Z')
    audit = await createAudit(db, vault, () => new Date(time))
    const reader = (id: string): Actor & { id: string } => ({
      ...sweeper,
      kind: 'member',
      id,
      name: id,
      via: 'browser',
      standing,
    })
    await audit.recordReading(reader('m1'), {})
    await audit.recordReading(reader('m1'), { person: 'ann' })
    await audit.recordReading(reader('m2'), {})
    time += 3_599_000
    await audit.recordReading(reader('m1'), {})
    expect(await audit.list({}, 10)).toMatchObject([
      { actor: { id: 'm2' }, changes: {} },
      { actor: { id: 'm1' }, changes: { person: 'ann' } },
      { actor: { id: 'm1' }, changes: {}, action: 'audit.read' },
      { action: 'audit.begun' },
    ])
    time += 2_000
    await audit.recordReading(reader('m1'), {})
    expect(await audit.list({}, 1)).toMatchObject([{ seq: 5, actor: { id: 'm1' } }])
  })
})

it('docs/audit.md explains every action, and none beside', () => {
  const text = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8')
  const [, table = ''] = text.split('## The vocabulary')
  const explained = [...(table.split('\n## ')[0] ?? '').matchAll(/^\| `([\w.]+)` \| \S/gm)].map(match => match[1])
  expect(explained).toEqual([...auditActions])
})
