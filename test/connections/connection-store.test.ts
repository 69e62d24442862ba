import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createConnectionStore } from '../../src/connections/connection-store.ts'
import { createMembers } from '../../src/members/members.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault } from '../../src/vault/vault.ts'
import { engines } from '../support/engines.ts'

it.each(engines)('whom nobody ever checked comes before whom somebody did, on $name', async engine => {
  const db = await engine.open()
  const store = createConnectionStore(
    db,
    createVault(parseTokenKeys(`k1:${randomBytes(32).toString('base64url')}`).ring),
  )
  const lists = { adminEmails: new Set<string>(), allowedDomains: new Set<string>(), allowedEmails: new Set<string>() }
  const now = new Date('2026-11-20T12:00:00Z')
  const { member: owner } = await createMembers(db, lists).signIn(
    db,
    {
      identity: {
        sub: 's',
        email: 'ann@here.example',
        emailVerified: true,
        name: null,
        picture: null,
        hostedDomain: null,
      },
      rule: 'email:ann@here.example',
    },
    now,
  )
  const connect = async (sub: string) => {
    const credential = { kind: 'user', refreshToken: `1//${sub}`, client: null } as const
    const grant = { scopes: ['openid'], accessToken: 'ya29', accessTokenExpiresAt: now, refreshTokenExpiresAt: null }
    const held = { sub, email: `${sub}@here.example`, name: null, picture: null, credential, ...grant }
    return (await store.save(db, held, owner, now)).id
  }
  const checked = await connect('checked')
  const unchecked = await connect('unchecked')
  await db.updateTable('connections').set({ checked_at: null }).where('id', '=', unchecked).execute()
  const tomorrow = new Date(now.getTime() + 86_400_000)
  expect(await store.listUnchecked(tomorrow, 2)).toEqual([unchecked, checked])
  await db.destroy()
})
