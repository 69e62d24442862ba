import { randomBytes } from 'node:crypto'
import type { Db } from '../db/database.ts'
import { sealedColumn } from './sealed-columns.ts'
import type { Vault } from './vault.ts'

/** Secrets this installation made for itself. They outlive every key of TOKEN_KEYS, because they lie sealed like credentials. */
export type StoredSecretName = 'audit-chain' | 'instances'

/** 32 random bytes, made once per installation and kept sealed in `vault_secrets`. Throws AppError `vault_open_failed`. */
export async function storedSecret(db: Db, vault: Vault, name: StoredSecretName, now: Date): Promise<Buffer> {
  const read = () => db.selectFrom('vault_secrets').select('value').where('name', '=', name).executeTakeFirst()
  const open = async (sealed: string) => Buffer.from(await vault.open(sealed, storedSecretContext(name)), 'base64url')
  const existing = await read()
  if (existing) return open(existing.value)
  const value = await vault.seal(randomBytes(32).toString('base64url'), storedSecretContext(name))
  await db
    .insertInto('vault_secrets')
    .values({ name, value, created_at: now.toISOString() })
    .onConflict(conflict => conflict.column('name').doNothing())
    .execute()
  // Another process may have been first; then its secret counts.
  return open((await read())?.value ?? value)
}

export const sealedStoredSecret = sealedColumn({
  table: 'vault_secrets',
  column: 'value',
  key: 'name',
  holds: ['secret of the installation', 'secrets of the installation'],
  life: 'lasting',
  contextOf: ({ name }) => storedSecretContext(name),
})

function storedSecretContext(name: string) {
  return { purpose: 'stored-secret', context: `vault_secrets/${name}` } as const
}
