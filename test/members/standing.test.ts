import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Actor } from '../../src/audit/actor.ts'
import { createAudit } from '../../src/audit/audit.ts'
import { type Db, openDatabase } from '../../src/db/database.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createMembers } from '../../src/members/members.ts'
import { createRoster } from '../../src/members/roster.ts'
import { createStanding } from '../../src/members/standing.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault } from '../../src/vault/vault.ts'
import { newPostgresDatabase } from '../support/postgres.ts'

const lists = {
  adminEmails: new Set<string>(),
  allowedEmails: new Set<string>(),
  allowedDomains: new Set(['here.example']),
}
const now = () => new Date('2026-01-01T08:00:00Z')
const at = now().toISOString()
const noKeys = { isLive: async () => false }
const databases: [string, () => Promise<string>][] = [
  ['SQLite', async () => `sqlite:${join(mkdtempSync(join(tmpdir(), 'keyring-')), 'test.db')}`],
  ['PostgreSQL', newPostgresDatabase],
]

describe.each(databases)('the right to act in %s', (_, newDatabase) => {
  /** Two processes on one database. */
  let here: Db
  let there: Db
  let setting: Awaited<ReturnType<typeof openHere>>
  let before: number
  beforeAll(async () => {
    const url = await newDatabase()
    here = await openDatabase(url)
    there = await openDatabase(url)
    setting = await openHere()
  })
  beforeEach(async () => {
    const right = { status: 'active', role: 'admin', admitted_by: 'domain:here.example' }
    await there.updateTable('members').set(right).where('id', '=', 'ada').execute()
    await there.updateTable('sessions').set({ ended_at: null }).execute()
    before = await entries()
  })
  afterAll(async () => {
    await here.destroy()
    await there.destroy()
  })

  async function openHere() {
    const vault = createVault(parseTokenKeys(`k1:${randomBytes(32).toString('base64url')}`).ring)
    const audit = await createAudit(here, vault, now)
    const person = { name: null, picture: null, status: 'active', admitted_by: 'domain:here.example' }
    for (const [id, role] of [
      ['ada', 'admin'],
      ['bo', 'member'],
    ] as const) {
      const row = { id, sub: id, email: `${id}@here.example`, role, created_at: at, signed_in_at: at }
      await here
        .insertInto('members')
        .values({ ...person, ...row })
        .execute()
    }
    const session = { id_hash: 's', member_id: 'ada', data: '{}', created_at: at, last_seen_at: at }
    const over = '2026-01-01T09:00:00.000Z'
    await here
      .insertInto('sessions')
      .values({ ...session, user_agent: null, expires_at: over, absolute_expires_at: over, ended_at: null })
      .execute()
    const members = createMembers(here, lists)
    const standing = createStanding({ members, apiKeys: noKeys, now }, 'ada', { sessionId: 's' })
    const ada: Actor = {
      ...{ kind: 'member', id: 'ada', name: 'ada@here.example' },
      ...{ via: 'browser', viaId: null, requestId: null, standing },
    }
    return { audit, standing, ada, roster: createRoster(here, lists, audit, now) }
  }
  const roleOfBo = async () =>
    (await here.selectFrom('members').select('role').where('id', '=', 'bo').execute())[0]?.role
  const entries = async () => (await here.selectFrom('audit_entries').select('seq').execute()).length

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'who is suspended',
      () => there.updateTable('members').set({ status: 'suspended' }).where('id', '=', 'ada').execute(),
      'signed_out',
    ],
    ['whose session is ended', () => there.updateTable('sessions').set({ ended_at: at }).execute(), 'signed_out'],
    [
      'whom the settings let in no more',
      () => there.updateTable('members').set({ admitted_by: 'domain:gone.example' }).where('id', '=', 'ada').execute(),
      'signed_out',
    ],
    [
      'who is demoted',
      () => there.updateTable('members').set({ role: 'member' }).where('id', '=', 'ada').execute(),
      'not_found',
    ],
  ])('is asked when an administrator %s elsewhere acts here', async (_what, elsewhere, code) => {
    await elsewhere()
    await expect(setting.roster.change('bo', 'promote', setting.ada)).rejects.toMatchObject({ code })
    expect(await roleOfBo()).toBe('member')
    expect(await entries()).toBe(before)
  })

  it('makes a change fail if nobody checked it', async () => {
    const event = { action: 'member.promoted', target: null } as const
    await expect(inTransaction(here, tx => setting.audit.record(tx, setting.ada, event))).rejects.toThrow(
      'nobody asked',
    )
    await inTransaction(here, async tx => {
      await setting.standing.ask(tx)
      await setting.audit.record(tx, setting.ada, event)
    })
    const { standing: _standing, ...bare } = setting.ada
    await expect(inTransaction(here, tx => setting.audit.record(tx, bare, event))).rejects.toThrow('nobody asked')
    expect(await entries()).toBe(before + 1)
  })

  it('is checked after changes under way elsewhere have finished', async () => {
    let changed = () => {}
    let finish = () => {}
    const under = new Promise<void>(resolve => {
      changed = resolve
    })
    const suspending = inTransaction(there, async tx => {
      await tx.updateTable('members').set({ status: 'suspended' }).where('id', '=', 'ada').execute()
      changed()
      await new Promise<void>(resolve => {
        finish = resolve
      })
    })
    await under
    const promoting = setting.roster.change('bo', 'promote', setting.ada)
    finish()
    await suspending
    await expect(promoting).rejects.toMatchObject({ code: 'signed_out' })
    expect(await roleOfBo()).toBe('member')
  })
})
