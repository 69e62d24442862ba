import { randomBytes } from 'node:crypto'
import type { Db } from '../db/database.ts'
import { sealedColumn } from './sealed-columns.ts'
import type { Vault } from './vault.ts'

/** Secrets this installation made for itself. They outlive every key of TOKEN_KEYS, because they lie sealed like credentials. */
export type StoredSecretName = 'audit-chain' | 'instances'

/** 32 random bytes. */
export function newStoredSecret(): Buffer {
  return randomBytes(32)
}

/** The secret of that name, or null where none is kept. Throws AppError `vault_open_failed`. */
export async function readStoredSecret(db: Db, vault: Vault, name: StoredSecretName): Promise<Buffer | null> {
  const row = await db.selectFrom('vault_secrets').select('value').where('name', '=', name).executeTakeFirst()
  return row ? Buffer.from(await vault.open(row.value, storedSecretContext(name)), 'base64url') : null
}

/** The same, made once per installation where there is none. */
export async function storedSecret(db: Db, vault: Vault, name: StoredSecretName, now: Date): Promise<Buffer> {
  const existing = await readStoredSecret(db, vault, name)
  if (existing) return existing
  const made = newStoredSecret()
  const value = await vault.seal(made.toString('base64url'), storedSecretContext(name))
  await db
    .insertInto('vault_secrets')
    .values({ name, value, created_at: now.toISOString() })
    .onConflict(conflict => conflict.column('name').doNothing())
    .execute()
  // Another process may have been first; then its secret counts.
  return (await readStoredSecret(db, vault, name)) ?? made
}

/** Keeps it sealed, in the place of any other of that name. */
export async function keepStoredSecret(
  tx: Db,
  vault: Vault,
  name: StoredSecretName,
  secret: Buffer,
  now: Date,
): Promise<void> {
  const value = await vault.seal(secret.toString('base64url'), storedSecretContext(name))
  const kept = { value, created_at: now.toISOString() }
  await tx
    .insertInto('vault_secrets')
    .values({ name, ...kept })
    .onConflict(conflict => conflict.column('name').doUpdateSet(kept))
    .execute()
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
