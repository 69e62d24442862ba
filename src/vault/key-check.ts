import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Vault } from './vault.ts'

/** A key that stored values need is missing or is another key; the message names key ids and counts only. */
export class KeyCheckError extends Error {
  override readonly name = 'KeyCheckError'
}

const constant = 'ads-keyring key check'

/**
 * Compares the keys of TOKEN_KEYS with what the database was sealed with. Only reads. Throws KeyCheckError when a key is
 * wrong, or is missing and still needed.
 */
export async function checkKeys(db: Db, vault: Vault): Promise<void> {
  const problems = [...(await wrongKeys(db, vault)), ...(await missingKeys(db, vault))]
  if (problems.length > 0) {
    throw new KeyCheckError(`TOKEN_KEYS does not fit this database:\n${problems.map(each => `  - ${each}`).join('\n')}`)
  }
}

/** Remembers the sealing key by a sealed constant, once, so that another key under its name is known for what it is. */
export async function rememberKey(db: Db, vault: Vault, now: Date): Promise<void> {
  const checkValue = await vault.seal(constant, checkContext(vault.sealingKeyId))
  await db
    .insertInto('vault_keys')
    .values({ kid: vault.sealingKeyId, check_value: checkValue, created_at: now.toISOString() })
    .onConflict(conflict => conflict.column('kid').doNothing())
    .execute()
}

async function wrongKeys(db: Db, vault: Vault): Promise<string[]> {
  const problems: string[] = []
  for (const { kid, check_value } of await db.selectFrom('vault_keys').select(['kid', 'check_value']).execute()) {
    if (!vault.keyIds.includes(kid)) continue
    try {
      await vault.open(check_value, checkContext(kid))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      problems.push(`key ${kid} is not the key of that name that sealed the stored credentials.`)
    }
  }
  return problems
}

async function missingKeys(db: Db, vault: Vault): Promise<string[]> {
  const rows = await db.selectFrom('connections').select('credential').where('credential', 'is not', null).execute()
  const needed = new Map<string, number>()
  for (const { credential } of rows) {
    const kid = vault.keyId(credential ?? '') ?? 'unreadable'
    if (!vault.keyIds.includes(kid)) needed.set(kid, (needed.get(kid) ?? 0) + 1)
  }
  return [...needed].map(([kid, count]) => `key ${kid} is missing; ${count} stored credential(s) need it.`)
}

function checkContext(kid: string) {
  return { purpose: 'key-check', context: kid } as const
}
