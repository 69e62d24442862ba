import { setTimeout as delay } from 'node:timers/promises'
import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { replaceText } from '../db/text-columns.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError, isAppError } from '../errors.ts'
import { checkGivenKeys } from './key-check.ts'
import { countByKey, type SealedColumn, type SealedValue, sealedValues } from './sealed-columns.ts'
import type { Vault } from './vault.ts'

/** The life of the keys: what each seals, checked, sealed anew with the first, and retired when nothing needs it. */
export interface Rotation {
  /** All keys there ever were: those of TOKEN_KEYS in their order, then the others. */
  list(): Promise<KeyState[]>
  /** Opens every sealed value. */
  verify(): Promise<Verification>
  /**
   * Seals everything with the first key of TOKEN_KEYS. May be killed and called again, and runs beside whatever else
   * writes: a value that changes meanwhile stays as it is and is looked at once more. A call while one is under way
   * joins it. Throws KeyCheckError, or AppError `key_unseen` when no server has started with that key yet.
   */
  rotate(trail: KeyTrail, tell?: (progress: Progress) => void): Promise<RotationReport>
  /** How far `rotate` is in this process; null when none is under way. */
  progress(): Progress | null
  /** Throws AppError `key_seals`, `key_unknown`, or `key_in_use` naming what needs it. False when it was retired before. */
  retire(kid: string, trail: KeyTrail): Promise<boolean>
  /** Ends a rotation under way after its batch. */
  close(): Promise<void>
}

export interface KeyState {
  kid: string
  /** `missing`: not in TOKEN_KEYS although something that nothing replaces was sealed with it. `absent`: the others not there. */
  state: 'seals' | 'opens' | 'retired' | 'missing' | 'absent'
  /** In TOKEN_KEYS at present. */
  given: boolean
  /** When it first sealed here; ISO 8601. */
  since: string | null
  retiredAt: string | null
  /** How many values are sealed with it, by column name; its own check value is not counted. */
  counts: ReadonlyMap<string, number>
  total: number
}

export interface Verification {
  opened: number
  keys: VerifiedKey[]
  /** Nothing that could not be made anew failed to open. */
  sound: boolean
}

export interface VerifiedKey {
  /** '' for values that name no key at all. */
  kid: string
  /** In TOKEN_KEYS. */
  known: boolean
  opened: number
  /** The values that did not open: `table.column`, and the key of the row. */
  failed: { column: string; row: string }[]
}

export interface Progress {
  done: number
  total: number
}

export interface RotationReport {
  to: string
  from: string[]
  resealed: number
  /** Values not sealed with the first key at the end, by the key that sealed them ('' for none). */
  left: { kid: string; count: number }[]
  /** True when `close` ended it early. */
  interrupted: boolean
}

/** Writes the audit trail, inside the transaction of the change. */
export interface KeyTrail {
  rotated(tx: Db, step: 'begun' | 'finished' | 'interrupted', event: RotationEvent): Promise<void>
  retired(tx: Db, kid: string): Promise<void>
}

export interface RotationEvent {
  from: string[]
  to: string
  /** Values sealed anew, by column name. */
  resealed: ReadonlyMap<string, number>
}

const batchSize = 100
const pauseMs = 5
const patienceMs = 60_000
const mostPasses = 5

export interface RotationOptions {
  db: Db
  vault: Vault
  columns: readonly SealedColumn[]
  now: Now
}

export function createRotation({ db, vault, columns, now }: RotationOptions): Rotation {
  const movable = columns.filter(({ life }) => life !== 'own')
  const to = vault.sealingKeyId
  let underWay: Promise<RotationReport> | null = null
  let progress: Progress | null = null
  let closing = false

  return {
    async list() {
      const known = await db.selectFrom('vault_keys').selectAll().orderBy('created_at').orderBy('kid').execute()
      const counts = await countByKey(db, vault, movable)
      const kids = new Set([...vault.keyIds, ...known.map(({ kid }) => kid), ...counts.keys()])
      kids.delete('')
      return [...kids].map(kid => {
        const row = known.find(each => each.kid === kid)
        const given = vault.keyIds.includes(kid)
        const ofKey = counts.get(kid) ?? new Map<string, number>()
        const retiredAt = row?.retired_at ?? null
        const needed = movable.some(({ name, life }) => life === 'lasting' && ofKey.has(name))
        const state = stateOf({ seals: kid === to, given, needed, retired: retiredAt !== null })
        return { kid, state, given, since: row?.created_at ?? null, retiredAt, counts: ofKey, total: sum(ofKey) }
      })
    },

    async verify() {
      const keys = new Map<string, VerifiedKey>()
      let sound = true
      for await (const batch of sealedValues(db, vault, columns, batchSize)) {
        for (const value of batch) {
          const kid = value.kid ?? ''
          const known = vault.keyIds.includes(kid)
          // The check value of a key that was taken out tells nothing: only that key could open it.
          if (value.column.life === 'own' && !known) continue
          const verified = keys.get(kid) ?? { kid, known, opened: 0, failed: [] }
          keys.set(kid, verified)
          if ((await open(value)) === null) {
            verified.failed.push({ column: value.column.name, row: value.row })
            if (value.column.life !== 'passing') sound = false
          } else verified.opened++
        }
      }
      const order = [...vault.keyIds, ...keys.keys()]
      const all = [...keys.values()].sort((one, other) => order.indexOf(one.kid) - order.indexOf(other.kid))
      return { opened: all.reduce((opened, key) => opened + key.opened, 0), keys: all, sound }
    },

    rotate(trail, tell = () => {}) {
      underWay ??= run(trail, tell).finally(() => {
        underWay = null
        progress = null
      })
      return underWay
    },

    progress: () => progress,

    async retire(kid, trail) {
      if (kid === to) throw new AppError('key_seals', { params: { kid } })
      return inTransaction(db, async tx => {
        // Written first, so that SQLite lets nobody seal another value with it while the values are counted.
        const retired = await tx
          .updateTable('vault_keys')
          .set({ retired_at: now().toISOString() })
          .where('kid', '=', kid)
          .where('retired_at', 'is', null)
          .returning('kid')
          .executeTakeFirst()
        const uses = (await countByKey(tx, vault, movable)).get(kid)
        if (uses) throw new AppError('key_in_use', { params: { kid, uses: inWords(uses) } })
        if (!retired) {
          const before = await tx.selectFrom('vault_keys').select('kid').where('kid', '=', kid).executeTakeFirst()
          if (!before) throw new AppError('key_unknown', { params: { kid } })
          return false
        }
        await trail.retired(tx, kid)
        return true
      })
    },

    async close() {
      closing = true
      // Whoever began it has its failure.
      await underWay?.catch(() => null)
    },
  }

  async function run(trail: KeyTrail, tell: (progress: Progress) => void): Promise<RotationReport> {
    await checkGivenKeys(db, vault)
    const seen = await db.selectFrom('vault_keys').select('kid').where('kid', '=', to).executeTakeFirst()
    if (!seen) throw new AppError('key_unseen', { params: { kid: to } })

    const due = await leftOver()
    const from = due.map(({ kid }) => kid).filter(kid => kid !== '')
    const resealed = new Map<string, number>()
    progress = { done: 0, total: due.reduce((total, { count }) => total + count, 0) }
    if (progress.total > 0) tell(progress)
    // Until a pass meets nothing more to do: others may have written behind the one before.
    for (let pass = 0, again = true; again && pass < mostPasses; pass++) {
      again = false
      for await (const batch of sealedValues(db, vault, movable, batchSize)) {
        if (closing) break
        const sealed = await sealAnew(batch.filter(({ kid }) => kid !== to))
        const [first] = sealed
        if (!first) continue
        again = true
        const moved = await inTransaction(db, tx => replace(tx, sealed, resealed.size === 0), patienceMs)
        const { name } = first.column
        if (moved > 0) resealed.set(name, (resealed.get(name) ?? 0) + moved)
        progress = { ...progress, done: Math.min(sum(resealed), progress.total) }
        tell(progress)
        // Leaves the database to others for a moment.
        await delay(pauseMs)
      }
    }
    const interrupted = closing
    if (resealed.size > 0) {
      const step = interrupted ? 'interrupted' : 'finished'
      await inTransaction(db, tx => trail.rotated(tx, step, { from, to, resealed }), patienceMs)
    }
    return { to, from, resealed: sum(resealed), left: await leftOver(), interrupted }

    /** How many of a batch were still what they were read as. The first that changes something is told of with it. */
    async function replace(tx: Db, values: Resealed[], first: boolean): Promise<number> {
      let moved = 0
      for (const { column, row, sealed, anew } of values) {
        if (await replaceText(tx, column, row, { from: sealed, to: anew })) moved++
      }
      if (first && moved > 0) await trail.rotated(tx, 'begun', { from, to, resealed: new Map() })
      return moved
    }
  }

  async function leftOver(): Promise<RotationReport['left']> {
    const counts = await countByKey(db, vault, movable)
    counts.delete(to)
    return [...counts].map(([kid, ofKey]) => ({ kid, count: sum(ofKey) }))
  }

  /** What does not open is left out; the report counts it as left, and `verify` names it. */
  async function sealAnew(values: SealedValue[]): Promise<Resealed[]> {
    const resealed: Resealed[] = []
    for (const value of values) {
      const plaintext = await open(value)
      if (plaintext !== null) resealed.push({ ...value, anew: await vault.seal(plaintext, value.context) })
    }
    return resealed
  }

  async function open({ sealed, context }: SealedValue): Promise<string | null> {
    try {
      return await vault.open(sealed, context)
    } catch (error) {
      if (!isAppError(error, 'vault_open_failed')) throw error
      return null
    }
  }
}

interface Resealed extends SealedValue {
  anew: string
}

function stateOf(key: { seals: boolean; given: boolean; needed: boolean; retired: boolean }): KeyState['state'] {
  if (key.seals) return 'seals'
  if (!key.given && key.needed) return 'missing'
  if (key.retired) return 'retired'
  return key.given ? 'opens' : 'absent'
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0)
}

/** `connections.credential: 3, vault_secrets.value: 2`. */
function inWords(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name}: ${count}`).join(', ')
}
