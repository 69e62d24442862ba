import type { Db } from '../db/database.ts'
import { isAppError } from '../errors.ts'
import { countByKey, type SealedColumn, sealedColumn } from './sealed-columns.ts'
import type { Vault } from './vault.ts'

/** A key that stored values need is missing or is another key; the message names key ids and counts only. */
export class KeyCheckError extends Error {
  override readonly name = 'KeyCheckError'

  constructor(problems: string[]) {
    super(`TOKEN_KEYS does not fit this database:\n${problems.map(each => `  - ${each}`).join('\n')}`)
  }
}

const constant = 'ads-keyring key check'

export const sealedCheckValue = sealedColumn({
  table: 'vault_keys',
  column: 'check_value',
  key: 'kid',
  holds: ['check value', 'check values'],
  life: 'own',
  contextOf: ({ kid }) => checkContext(kid),
})

/**
 * Compares the keys of TOKEN_KEYS with what the database was sealed with. Only reads. Throws KeyCheckError when a key is
 * wrong, seals although it was retired, or is missing and needed by what nothing could replace.
 */
export async function checkKeys(db: Db, vault: Vault, columns: readonly SealedColumn[]): Promise<void> {
  const problems = [...(await unfitKeys(db, vault)), ...(await missingKeys(db, vault, columns))]
  if (problems.length > 0) throw new KeyCheckError(problems)
}

/** The same as far as the given keys themselves go: sealing with these would do harm. */
export async function checkGivenKeys(db: Db, vault: Vault): Promise<void> {
  const problems = await unfitKeys(db, vault)
  if (problems.length > 0) throw new KeyCheckError(problems)
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

async function unfitKeys(db: Db, vault: Vault): Promise<string[]> {
  const problems: string[] = []
  for (const { kid, check_value, retired_at } of await db.selectFrom('vault_keys').selectAll().execute()) {
    if (!vault.keyIds.includes(kid)) continue
    try {
      await vault.open(check_value, checkContext(kid))
    } catch (error) {
      if (!isAppError(error)) throw error
      problems.push(`key ${kid} is not the key of that name that sealed the stored credentials.`)
    }
    if (retired_at !== null && kid === vault.sealingKeyId) {
      problems.push(`key ${kid} was retired on ${retired_at.slice(0, 10)} and must not be the first, which seals.`)
    }
  }
  return problems
}

async function missingKeys(db: Db, vault: Vault, columns: readonly SealedColumn[]): Promise<string[]> {
  const lasting = columns.filter(({ life }) => life === 'lasting')
  const problems: string[] = []
  for (const [kid, counts] of await countByKey(db, vault, lasting)) {
    // A damaged value names no key; `keys verify` tells of it, and everything else goes on.
    if (kid === '' || vault.keyIds.includes(kid)) continue
    const needing = lasting.flatMap(({ name, holds: [one, several] }) => {
      const count = counts.get(name) ?? 0
      return count === 0 ? [] : [`${count} ${count === 1 ? one : several}`]
    })
    problems.push(`key ${kid} is missing; ${needing.join(' and ')} cannot be opened without it.`)
  }
  return problems
}

function checkContext(kid: string) {
  return { purpose: 'key-check', context: kid } as const
}
