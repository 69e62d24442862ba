import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Actor, asFact } from '../../src/audit/actor.ts'
import { createAudit } from '../../src/audit/audit.ts'
import { keyTrail } from '../../src/audit/key-trail.ts'
import { createAuthorizationRequests } from '../../src/connections/authorization-requests.ts'
import { createConnectionStore, type Held } from '../../src/connections/connection-store.ts'
import type { Db } from '../../src/db/database.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { sealedColumns } from '../../src/sealed-columns.ts'
import { checkKeys, KeyCheckError, rememberKey } from '../../src/vault/key-check.ts'
import { newTokenKey, parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createRotation } from '../../src/vault/rotation.ts'
import { createVault, purposes, type Vault } from '../../src/vault/vault.ts'
import { engines } from '../support/engines.ts'

const k1 = `k1:${randomBytes(32).toString('base64url')}`
const k2 = `k2:${randomBytes(32).toString('base64url')}`
const now = () => new Date('2026-11-23T12:00:00Z')
const command: Actor = { kind: 'system', id: null, name: null, via: 'command', viaId: null, requestId: null }
const vaultOf = (...entries: string[]) => createVault(parseTokenKeys(entries.join(',')).ring)

describe.each(engines)('the keys, on $name', engine => {
  let db: Db
  beforeEach(async () => {
    db = await engine.open()
  })
  afterEach(() => db.destroy())

  /** What a start with these keys builds; `wrap` stands between the vault and everything else. */
  async function start(entries: string[], wrap = (vault: Vault) => vault) {
    const vault = wrap(vaultOf(...entries))
    await checkKeys(db, vault, sealedColumns)
    await rememberKey(db, vault, now())
    const audit = await createAudit(db, vault, now)
    const rotation = createRotation({ db, vault, columns: sealedColumns, now })
    const trail = keyTrail(audit, command)
    return {
      audit,
      rotation,
      trail,
      store: createConnectionStore(db, vault),
      vault,
      rotate: () => rotation.rotate(trail),
    }
  }
  type Started = Awaited<ReturnType<typeof start>>

  const held = (sub: string, refreshToken = `1//${sub}`): Held => ({
    sub,
    email: `${sub}@example.com`,
    name: null,
    picture: null,
    scopes: ['openid'],
    credential: { kind: 'user', refreshToken, client: null },
    accessToken: `ya29.${sub}`,
    accessTokenExpiresAt: new Date('2026-11-23T13:00:00Z'),
    refreshTokenExpiresAt: null,
  })

  /** Three people, a service account; the answer is a sign-in under way, which is stored nowhere. */
  async function fill({ store, vault, audit }: Started) {
    const at = now().toISOString()
    const member = { sub: 'm', email: 'm@example.com', name: null, picture: null, role: 'member', status: 'active' }
    await db
      .insertInto('members')
      .values({ ...member, id: 'm', admitted_by: 'email:m@example.com', created_at: at, signed_in_at: at })
      .execute()
    const robot: Held = { ...held('robot'), credential: { kind: 'service_account', key: '{}' } }
    for (const each of [held('a'), held('b'), held('c'), robot]) {
      await inTransaction(db, async tx => {
        const { id, email } = await store.save(tx, each, { id: 'm' }, now())
        const target = { kind: 'connection' as const, id, name: email }
        await audit.record(tx, asFact({ ...command, kind: 'member', id: 'm' }), {
          action: 'connection.created',
          target,
        })
      })
    }
    const requests = createAuthorizationRequests(db, vault, now)
    return requests.begin({ intent: 'connect', memberId: null, connectionId: null, link: null, returnTo: null })
  }

  const countsOf = async ({ rotation }: Started) =>
    Object.fromEntries(
      (await rotation.list()).map(({ kid, state, counts }) => [kid, [state, Object.fromEntries(counts)]]),
    )
  const all = {
    'connections.credential': 4,
    'connections.access_token': 4,
    'vault_secrets.value': 1,
  }
  async function credentialsOf({ store }: Started) {
    const opened: string[] = []
    for (const { id } of await store.listAll()) {
      const state = await store.readForRefresh(id)
      if (!state) throw new Error('gone')
      const credential = await store.openCredential(state)
      opened.push(credential.kind === 'user' ? credential.refreshToken : credential.key)
    }
    return opened.sort()
  }

  it('moves everything to the first key, so that the old one can be retired and left out', async () => {
    const before = await start([k1])
    const request = await fill(before)
    expect(await countsOf(before)).toEqual({ k1: ['seals', all] })
    const opened = await credentialsOf(before)

    const both = await start([k2, k1])
    const progress: number[] = []
    expect(await both.rotation.rotate(both.trail, ({ done }) => progress.push(done))).toEqual({
      to: 'k2',
      from: ['k1'],
      resealed: 9,
      left: [],
      interrupted: false,
    })
    expect(progress.at(-1)).toBe(9)
    expect(await countsOf(both)).toEqual({ k2: ['seals', all], k1: ['opens', {}] })
    expect(await both.rotation.retire('k1', both.trail)).toBe(true)

    const after = await start([k2])
    expect(await countsOf(after)).toEqual({ k2: ['seals', all], k1: ['retired', {}] })
    expect(await credentialsOf(after)).toEqual(opened)
    const takeWith = async ({ vault }: Started) =>
      (await createAuthorizationRequests(db, vault, now).open(request.state, request.sealed)).take()
    // A sign-in begun before the change goes on while its key is still listed.
    await expect(takeWith(after)).rejects.toMatchObject({ code: 'oauth_state_foreign' })
    expect(await takeWith(both)).toMatchObject({ verifier: request.verifier })
    expect(await after.rotation.verify()).toMatchObject({ opened: 10, sound: true })
    expect(await after.audit.verify()).toMatchObject({ intact: true })
  })

  it('tells of it in the audit trail, and of nothing when there was nothing to do', async () => {
    await fill(await start([k1]))
    const both = await start([k2, k1])
    await both.rotate()
    await both.rotate()
    await both.rotation.retire('k1', both.trail)
    const entries = await both.audit.list({ targetKind: 'key' }, 10)
    expect(entries.reverse()).toMatchObject([
      { action: 'key.rotated', actor: { via: 'command' }, changes: { step: 'begun', key: ['k1', 'k2'] } },
      {
        action: 'key.rotated',
        target: { id: 'k2' },
        changes: { step: 'finished', key: ['k1', 'k2'], 'connections.credential': '4', 'vault_secrets.value': '1' },
      },
      { action: 'key.retired', target: { id: 'k1' } },
    ])
  })

  it('row 48b: keeps what another instance writes while a value is sealed anew', async () => {
    const before = await start([k1])
    await fill(before)
    const a = await before.store.findBySub('a')
    let wrote = false
    const both = await start([k2, k1], vault => ({
      ...vault,
      async seal(text, context) {
        if (!wrote && context.context.startsWith(`connections/${a?.id}/credential`)) {
          wrote = true
          // The older keys still run there: what it writes has to be sealed anew as well.
          await before.store.save(db, held('a', '1//newer'), { id: 'm' }, now())
        }
        return vault.seal(text, context)
      },
    }))
    expect(await both.rotate()).toMatchObject({ left: [], interrupted: false })
    expect(wrote).toBe(true)
    expect(await credentialsOf(await start([k2]))).toEqual(['1//b', '1//c', '1//newer', '{}'])
  })

  it('row 48b: loses no write, whoever writes whatever at any time', async () => {
    const write = fc.record({
      sub: fc.constantFrom('a', 'b', 'c'),
      by: fc.constantFrom('older', 'newer'),
      what: fc.constantFrom('reconnect', 'replaced token', 'access token'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 14 }), fc.nat(9), async (writes, interruptAfter) => {
        await db.destroy()
        db = await engine.open()
        const older = await start([k1])
        await fill(older)
        const newer = await start([k2, k1])
        const latest = new Map(['a', 'b', 'c'].map(sub => [sub, `1//${sub}`]))
        const queue = [...writes]
        /** One write between the reading of a batch and its sealing. */
        const writeOne = async () => {
          const next = queue.shift()
          if (!next) return
          const { store } = next.by === 'older' ? older : newer
          const token = `1//${next.sub}-${queue.length}`
          const state = await store.readForRefresh((await store.findBySub(next.sub))?.id ?? '')
          if (!state) throw new Error('gone')
          const accessToken = { value: token, expiresAt: now(), renewAt: now() }
          if (next.what === 'access token') await store.saveAccessToken(state, accessToken, now())
          else latest.set(next.sub, token)
          if (next.what === 'reconnect') await store.save(db, held(next.sub, token), { id: 'm' }, now())
          const credential = { kind: 'user', refreshToken: token, client: null } as const
          if (next.what === 'replaced token') await store.replaceCredential(db, state, credential)
        }
        const rotating = await start([k2, k1], vault => ({
          ...vault,
          async seal(text, context) {
            await writeOne()
            return vault.seal(text, context)
          },
        }))
        await rotating.rotation.rotate(rotating.trail, ({ done }) => {
          if (done > interruptAfter) void rotating.rotation.close()
        })
        expect(await rotating.rotation.verify()).toMatchObject({ sound: true })
        expect(await newer.rotate()).toMatchObject({ left: [] })
        expect(await credentialsOf(await start([k2]))).toEqual([...latest.values(), '{}'].sort())
      }),
      { numRuns: 12 },
    )
  })

  it('row 48b: goes on where it was interrupted, and says so in the trail', async () => {
    const before = await start([k1])
    await fill(before)
    const both = await start([k2, k1])
    const first = await both.rotation.rotate(both.trail, ({ done }) => {
      if (done > 0) void both.rotation.close()
    })
    expect(first).toMatchObject({ interrupted: true, resealed: 4, left: [{ kid: 'k1', count: 5 }] })
    const next = await start([k2, k1])
    expect(await next.rotation.verify()).toMatchObject({ opened: 11, sound: true })
    expect(await next.rotate()).toMatchObject({ interrupted: false, resealed: 5, left: [] })
    const steps = (await next.audit.list({ targetKind: 'key' }, 10)).map(({ changes }) => changes.step)
    expect(steps).toEqual(['finished', 'begun', 'interrupted', 'begun'])
  })

  it('row 48b: refuses to retire a key in use, naming what uses it, the sealing one, and one that never sealed', async () => {
    await fill(await start([k1]))
    const both = await start([k2, k1])
    const refused = both.rotation.retire('k1', both.trail)
    await expect(refused).rejects.toMatchObject({
      code: 'key_in_use',
      params: { kid: 'k1', uses: expect.stringContaining('connections.credential: 4') },
    })
    await expect(both.rotation.retire('k2', both.trail)).rejects.toMatchObject({ code: 'key_seals' })
    await expect(both.rotation.retire('k3', both.trail)).rejects.toMatchObject({ code: 'key_unknown' })
    expect(await countsOf(both)).toMatchObject({ k1: ['opens', all] })
    expect(await both.audit.list({ targetKind: 'key' }, 10)).toEqual([])
    await both.rotate()
    expect(await both.rotation.retire('k1', both.trail)).toBe(true)
    expect(await both.rotation.retire('k1', both.trail)).toBe(false)
  })

  it('lets one go back until the old key is retired, and not after', async () => {
    await fill(await start([k1]))
    await (await start([k2, k1])).rotate()
    const back = await start([k1, k2])
    expect(await back.rotate()).toMatchObject({ to: 'k1', from: ['k2'], resealed: 9, left: [] })
    await back.rotation.retire('k2', back.trail)
    expect(await credentialsOf(await start([k1]))).toHaveLength(4)
    await expect(start([k2, k1])).rejects.toThrow('key k2 was retired on 2026-11-23 and must not be the first')
    await expect(start([k1, k2])).resolves.toBeDefined()
  })

  it('refuses a key no server has started with, and another key under a known name', async () => {
    await fill(await start([k1]))
    const rotationWith = (...entries: string[]) =>
      createRotation({ db, vault: vaultOf(...entries), columns: sealedColumns, now })
    const { trail } = await start([k1])
    await expect(rotationWith(k2, k1).rotate(trail)).rejects.toMatchObject({ code: 'key_unseen' })
    const impostor = `k1:${randomBytes(32).toString('base64url')}`
    await expect(rotationWith(impostor).rotate(trail)).rejects.toThrow(KeyCheckError)
    expect(await countsOf(await start([k1]))).toEqual({ k1: ['seals', all] })
  })

  it('names every value that does not open, by its key, and seals the others anew', async () => {
    const before = await start([k1])
    await fill(before)
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(sub => before.store.findBySub(sub)))
    const sealedBy = async (vault: Vault) => vault.seal('x', { purpose: 'refresh-token', context: 'elsewhere' })
    const damage = async (id: string | undefined, credential: string) =>
      db
        .updateTable('connections')
        .set({ credential })
        .where('id', '=', id ?? '')
        .execute()
    await damage(a?.id, await sealedBy(vaultOf(k1)))
    await damage(b?.id, 'no sealed value')
    const both = await start([k2, k1])
    await damage(c?.id, await sealedBy(vaultOf(`gone:${randomBytes(32).toString('base64url')}`)))

    const { keys, sound } = await both.rotation.verify()
    expect(sound).toBe(false)
    const byKid = Object.fromEntries(keys.map(({ kid, ...rest }) => [kid, rest]))
    expect(byKid.k1).toEqual({ known: true, opened: 7, failed: [{ column: 'connections.credential', row: a?.id }] })
    expect(byKid['']).toEqual({ known: false, opened: 0, failed: [{ column: 'connections.credential', row: b?.id }] })
    expect(byKid.gone).toEqual({ known: false, opened: 0, failed: [{ column: 'connections.credential', row: c?.id }] })

    const { left } = await both.rotate()
    expect(new Set(left)).toEqual(
      new Set([
        { kid: 'k1', count: 1 },
        { kid: '', count: 1 },
        { kid: 'gone', count: 1 },
      ]),
    )
    expect(await countsOf(both)).toMatchObject({ gone: ['missing', { 'connections.credential': 1 }] })
    await expect(both.rotation.retire('k1', both.trail)).rejects.toMatchObject({
      params: { uses: 'connections.credential: 1' },
    })
  })

  it('row 48: does not let the server start without a key that credentials or secrets of its own need, with counts', async () => {
    await fill(await start([k1]))
    const message = await start([k2]).catch(error => (error as Error).message)
    expect(message).toContain(
      'key k1 is missing; 4 stored credentials and 1 secret of the installation cannot be opened',
    )
    await db.deleteFrom('connections').execute()
    expect(await start([k2]).catch(String)).toContain('key k1 is missing; 1 secret')
  })

  it('starts without a key that only access tokens need', async () => {
    await fill(await start([k1]))
    const both = await start([k2, k1])
    await both.rotate()
    const access_token = await vaultOf(k1).seal('x', { purpose: 'access-token', context: 'connections/x' })
    await db.updateTable('connections').set({ access_token }).execute()
    const { rotation } = await start([k2])
    expect(await rotation.verify()).toMatchObject({ sound: true, opened: 6 })
    const listed = (await rotation.list()).find(({ kid }) => kid === 'k1')
    expect(listed).toMatchObject({ state: 'absent', total: 4 })
  })
})

describe('the list of what is sealed', () => {
  const names = sealedColumns.map(({ name }) => name).sort()

  it('names every column that docs/storage.md and the schema call sealed', () => {
    const documented = readFileSync(new URL('../../docs/storage.md', import.meta.url), 'utf8')
      .split('\n')
      .filter(line => line.startsWith('|') && line.includes('**sealed**'))
      .flatMap(line => [...(line.split('|')[1] ?? '').matchAll(/`(\w+\.\w+)`/g)].map(match => match[1]))
    expect(names).toEqual(documented.sort())
    const schema = readFileSync(new URL('../../src/db/schema.ts', import.meta.url), 'utf8')
    const inSchema = [...schema.matchAll(/\/\*\* (?:JWE|A sealed)[^\n]*\*\/\n {2}(\w+):/g)].map(match => match[1])
    expect(names.map(name => name.split('.')[1])).toEqual(expect.arrayContaining(inSchema))
    expect(inSchema).toHaveLength(names.length)
  })

  it('leads to every purpose a key is derived for', () => {
    const rows = [{ kind: 'user' }, { kind: 'service_account' }]
    const found = sealedColumns.flatMap(column => rows.map(row => column.contextOf(row).purpose))
    // The cookie of a sign-in under way is sealed, but not stored.
    expect(new Set(found)).toEqual(new Set(purposes.filter(purpose => purpose !== 'sign-in-under-way')))
  })
})

describe('a new key', () => {
  it('is an entry of TOKEN_KEYS, named by its month, and never the same', () => {
    const entries = Array.from({ length: 50 }, () => newTokenKey(now()))
    for (const { kid, entry } of entries) {
      expect(kid).toMatch(/^k2026-11-[0-9a-f]{4}$/)
      expect(parseTokenKeys(entry)).toMatchObject({ problems: [], ring: { sealing: { kid } } })
    }
    expect(new Set(entries.map(({ entry }) => entry)).size).toBe(50)
  })
})
