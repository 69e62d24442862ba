import type { Now } from '../clock.ts'
import { type Db, predatesTheTrail } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { isAppError } from '../errors.ts'
import { keepStoredSecret, newStoredSecret, readStoredSecret } from '../vault/stored-secret.ts'
import type { Vault } from '../vault/vault.ts'
import { type Actor, sweeper } from './actor.ts'
import type { AuditEvent } from './audit.ts'
import { beginning, type Chain, type Content, createChain, type Position } from './chain.ts'
import { anyStamp, stampAll } from './stamps.ts'

/** A trail that must be there is not. The message is `lost`; the entry files put it into words. */
export class TrailLostError extends Error {
  override readonly name = 'TrailLostError'
  readonly lost: 'secret' | 'entries'

  constructor(lost: 'secret' | 'entries') {
    super(`the audit trail has lost its ${lost}`)
    this.lost = lost
  }
}

/**
 * What a database holds of a trail. `none`: nothing that would have left an entry ever happened in it. `lost`: something
 * did, but the secret or every entry is gone. `unstamped`: written by a release that did not stamp rows yet.
 */
export type TrailState =
  | { kind: 'none' }
  | { kind: 'lost'; lost: 'secret' | 'entries' }
  | { kind: 'unstamped' | 'whole'; chain: Chain }

/** Only reads. Rejects with AppError `vault_open_failed` when the secret of the trail does not open. */
export async function readTrail(db: Db, vault: Vault): Promise<TrailState> {
  const secret = await readStoredSecret(db, vault, 'audit-chain')
  const head = await headOf(db)
  if (secret === null || head === null || head.seq === 0) {
    if (!(await hasLived(db)) && (head?.seq ?? 0) === 0) return { kind: 'none' }
    return { kind: 'lost', lost: secret === null ? 'secret' : 'entries' }
  }
  const chain = createChain(secret)
  const whole = (await anyStamp(db)) || (await knowsStamps(db))
  return { kind: whole ? 'whole' : 'unstamped', chain }
}

/** What is kept of the secret behind a chain that is in use. */
export async function keptSecret(db: Db, vault: Vault, chain: Chain): Promise<'same' | 'other' | 'gone'> {
  try {
    const secret = await readStoredSecret(db, vault, 'audit-chain')
    if (secret === null) return 'gone'
    return createChain(secret).trail === chain.trail ? 'same' : 'other'
  } catch (error) {
    if (!isAppError(error, 'vault_open_failed')) throw error
    return 'gone'
  }
}

/**
 * The chain of this database's trail. Begins the trail in a database that never lived, and takes over one of a release
 * that stamped no rows; both are entries. Rejects with TrailLostError rather than replace a trail that is gone, and with
 * AppError `vault_open_failed`.
 */
export async function openTrail(db: Db, vault: Vault, now: Now): Promise<Chain> {
  const found = await readTrail(db, vault)
  if (found.kind === 'whole') return found.chain
  return inTransaction(db, async tx => {
    // Another process may have been first.
    const state = await readTrail(tx, vault)
    if (state.kind === 'whole') return state.chain
    if (state.kind === 'unstamped') {
      await takeOver(tx, state.chain, await lockedHead(tx), now)
      return state.chain
    }
    if (state.kind === 'lost' && !predatesTheTrail(db)) throw new TrailLostError(state.lost)
    const changes = state.kind === 'lost' ? { before: 'none' } : {}
    return begin(tx, vault, now, { seq: 0, actor: sweeper, changes })
  })
}

/**
 * Begins another trail under a secret of its own, after whatever is left of the one before. Its first entry keeps `reason`.
 * Answers the number of that entry.
 */
export function beginAnew(db: Db, vault: Vault, now: Now, reason: string, actor: Actor): Promise<number> {
  return inTransaction(db, async tx => {
    const { seq: headSeq } = await lockedHead(tx)
    const seq = Math.max(headSeq, await lastSeq(tx))
    await begin(tx, vault, now, { seq, actor, changes: { reason, entries: String(seq) } })
    return seq + 1
  })
}

interface Beginning {
  /** The number of the last entry that is not part of it. */
  seq: number
  actor: Actor
  changes: NonNullable<AuditEvent['changes']>
}

async function begin(tx: Db, vault: Vault, now: Now, { seq, actor, changes }: Beginning): Promise<Chain> {
  const secret = newStoredSecret()
  await keepStoredSecret(tx, vault, 'audit-chain', secret, now())
  const chain = createChain(secret)
  const first = { action: 'audit.begun', target: null, changes } as const
  const at = await append(tx, chain, { seq, link: beginning }, now, actor, first)
  await stampAll(tx, chain, at.seq)
  return chain
}

async function takeOver(tx: Db, chain: Chain, head: Position, now: Now): Promise<void> {
  const at = await append(tx, chain, head, now, sweeper, { action: 'audit.taken_over', target: null })
  await stampAll(tx, chain, at.seq)
}

/** Writes the entry after this position, and moves the head there. */
export async function append(
  tx: Db,
  chain: Chain,
  after: Position,
  now: Now,
  actor: Actor,
  event: AuditEvent,
): Promise<Position> {
  const entry: Content = {
    seq: after.seq + 1,
    at: now().toISOString(),
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor_name: actor.name,
    via: actor.via,
    via_id: actor.viaId,
    request_id: actor.requestId,
    action: event.action,
    target_kind: event.target?.kind ?? null,
    target_id: event.target?.id ?? null,
    target_name: event.target?.name ?? null,
    outcome: event.outcome ?? 'done',
    changes: JSON.stringify(event.changes ?? {}),
  }
  const link = chain.next(after.link, entry)
  await tx
    .insertInto('audit_entries')
    .values({ ...entry, hash: chain.hashOf(link) })
    .execute()
  await tx
    .insertInto('audit_head')
    .values({ id: 1, seq: entry.seq, hash: link })
    .onConflict(conflict => conflict.column('id').doUpdateSet({ seq: entry.seq, hash: link }))
    .execute()
  return { seq: entry.seq, link }
}

/** Where the trail ends; null where not even the row is left. */
export async function headOf(db: Db): Promise<Position | null> {
  const head = await db.selectFrom('audit_head').selectAll().where('id', '=', 1).executeTakeFirst()
  return head ? { seq: Number(head.seq), link: head.hash } : null
}

/** The same, and nobody else moves it until this transaction ends. */
export async function lockedHead(tx: Db): Promise<Position> {
  const head = await tx
    .insertInto('audit_head')
    .values({ id: 1, seq: 0, hash: beginning })
    .onConflict(conflict => conflict.column('id').doUpdateSet(each => ({ seq: each.ref('audit_head.seq') })))
    .returning(['seq', 'hash'])
    .executeTakeFirstOrThrow()
  return { seq: Number(head.seq), link: head.hash }
}

export async function lastSeq(db: Db): Promise<number> {
  const last = await db.selectFrom('audit_entries').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
  return Number(last?.seq ?? 0)
}

/** Each of these comes about only together with an entry. What a start writes before the trail is open does not count. */
async function hasLived(db: Db): Promise<boolean> {
  for (const table of ['audit_entries', 'members', 'connections', 'api_keys', 'links', 'security_events'] as const) {
    if (
      await db
        .selectFrom(table)
        .select(each => each.lit(1).as('one'))
        .limit(1)
        .executeTakeFirst()
    )
      return true
  }
  return false
}

async function knowsStamps(db: Db): Promise<boolean> {
  const entry = await db
    .selectFrom('audit_entries')
    .select('seq')
    .where('action', 'in', ['audit.begun', 'audit.taken_over', 'audit.rollback_detected'])
    .limit(1)
    .executeTakeFirst()
  return entry !== undefined
}
