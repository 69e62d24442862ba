import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Actor, sweeper } from '../../src/audit/actor.ts'
import { createAudit } from '../../src/audit/audit.ts'
import { createConnectionStore } from '../../src/connections/connection-store.ts'
import { createLinks, type Links } from '../../src/connections/links.ts'
import { type Db, openDatabase } from '../../src/db/database.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault } from '../../src/vault/vault.ts'

const start = Date.parse('2026-11-23T12:00:00Z')
const day = 24 * 3_600_000
const ann: Actor & { id: string } = {
  ...sweeper,
  kind: 'member',
  id: 'm1',
  name: 'ann@x.example',
  via: 'browser',
  standing: { ask: async () => ({ id: 'm1', role: 'member' }), wasAsked: () => true },
}

let db: Db
let links: Links
let time: number

beforeEach(async () => {
  time = start
  db = await openDatabase('sqlite::memory:')
  const vault = createVault(parseTokenKeys(`k1:${randomBytes(32).toString('base64url')}`).ring)
  const now = () => new Date(time)
  links = createLinks(db, createConnectionStore(db, vault), await createAudit(db, vault, now), now)
  const at = new Date(start).toISOString()
  const person = { sub: 's', email: 'ann@x.example', name: null, picture: null, role: 'member', status: 'active' }
  await db
    .insertInto('members')
    .values({ id: 'm1', ...person, admitted_by: 'email:ann@x.example', created_at: at, signed_in_at: at })
    .execute()
})
afterEach(() => db.destroy())

it('links are forgotten 30 days after their end, and not before', async () => {
  await links.create({ purpose: 'connect', connectionId: null, email: null, seconds: 24 * 3600 }, ann)
  time = start + 31 * day - 1
  await links.sweep()
  expect(await links.listBy('m1')).toHaveLength(1)
  time = start + 31 * day + 1
  await links.sweep()
  expect(await links.listBy('m1')).toEqual([])
})

it('a link that ran out is not withdrawn as if it had lived', async () => {
  const { link } = await links.create({ purpose: 'connect', connectionId: null, email: null, seconds: 3600 }, ann)
  time = start + 3_600_000
  await expect(links.revoke(link.id, 'm1', ann)).rejects.toMatchObject({ code: 'not_found' })
  expect(await links.listBy('m1')).toMatchObject([{ revokedAt: null }])
})
