import { type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { AuditEntriesTable } from '../db/schema.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Log } from '../log.ts'
import type { Vault } from '../vault/vault.ts'
import type { AuditAction } from './actions.ts'
import { type Actor, askAdmin } from './actor.ts'
import { checkpointText } from './checkpoint.ts'
import { keptSecret, openTrail } from './trail.ts'
import { type ChainVerdict, verifyTrail } from './verify.ts'
import { createWriter, type Rollback } from './writer.ts'

/** What is done to what. */
export interface AuditEvent {
  action: AuditAction
  target: AuditTarget | null
  /** `refused` where somebody tried and was not let. */
  outcome?: AuditOutcome
  /** Names of what changed and, where it is no secret, from what to what. Never a credential. */
  changes?: Record<string, string | [from: string | null, to: string | null]>
}

export const auditTargetKinds = [
  ...(['member', 'session', 'connection', 'api_key', 'passkey', 'link', 'key', 'audit'] as const),
  // For refused attempts: the Google account that was used, or the page that was requested.
  ...(['google_account', 'page'] as const),
] as const
export const auditOutcomes = ['done', 'refused'] as const
export type AuditOutcome = (typeof auditOutcomes)[number]

export type AuditTargetKind = (typeof auditTargetKinds)[number]

export interface AuditTarget {
  kind: AuditTargetKind
  id: string
  /** What people call it: an e-mail, a name. */
  name: string
}

export interface AuditEntry {
  /** Counts from 1 without gaps. */
  seq: number
  /** ISO 8601, UTC. */
  at: string
  actor: Actor
  /** What the API key or the link behind `actor.viaId` was called when it was made; null where there was none. */
  viaName: string | null
  action: AuditAction
  target: AuditTarget | null
  outcome: AuditOutcome
  changes: Record<string, string | [string | null, string | null]>
  /** Kept outside, it tells later whether the trail up to here is still the same. */
  hash: string
}

export interface AuditFilter {
  action?: AuditAction | undefined
  outcome?: AuditOutcome | undefined
  /** A part of the e-mail of whoever acted, in any case. */
  person?: string | undefined
  targetKind?: AuditTargetKind | undefined
  /** The id of the target, or a part of what it was called. */
  target?: string | undefined
  /** The id of the target. */
  targetId?: string | undefined
  /** ISO 8601; `from` included, `to` not. */
  from?: string | undefined
  to?: string | undefined
}

export interface Audit {
  /**
   * Writes one entry, inside the transaction of the change it records. Throws if a member made the change and nobody
   * checked their right in that transaction (see actor.ts): that is a mistake in this program.
   */
  record(tx: Db, actor: Actor, event: AuditEvent): Promise<void>
  /** Writes down that somebody asked the trail this; the same question of the same member once an hour, not at each page. */
  recordReading(actor: Actor & { id: string }, question: Record<string, string>): Promise<void>
  /** Newest first; with `before`, those older than that entry. */
  list(filter: AuditFilter, limit: number, before?: number): Promise<AuditEntry[]>
  /** All of them, newest first, read in batches. */
  all(filter: AuditFilter): AsyncGenerator<AuditEntry>
  /** Recomputes the chain from the first entry, and checks the stamp of every row it covers. Others may write meanwhile. */
  verify(): Promise<ChainVerdict>
  /** Signed text that says where the trail stands, to keep elsewhere (docs/audit.md). */
  checkpoint(): string
  /** Checks that the trail continues from where this process last saw it, and logs a checkpoint if it moved. */
  sweep(): Promise<void>
}

export interface AuditOptions {
  log?: Pick<Log, 'info' | 'error'>
  /** Told inside the transaction that writes it down. */
  onRollback?(tx: Db, rollback: Rollback): Promise<void>
}

const batch = 1_000
const sameQuestionSeconds = 3600

/**
 * The audit trail. A chain of HMAC-SHA256 values runs through it, each over its predecessor and one entry, under a key
 * that lies sealed in the vault. Each entry keeps a hash of its value, from which the value cannot be had; the value
 * itself stands only in the head row, for the last entry. Rows that entries are about carry a stamp with the number of
 * the last one, and this process remembers where the trail stood: so an older trail does not fit what is beside it
 * (docs/audit.md says what that proves). Begins the trail where there is none. Rejects with TrailLostError where there
 * must be one and is not, and with AppError `vault_open_failed` when the sealed key of the chain does not open.
 */
export async function createAudit(db: Db, vault: Vault, now: Now, options: AuditOptions = {}): Promise<Audit> {
  const chain = await openTrail(db, vault, now)
  const writer = await createWriter(db, vault, chain, now, options)
  let told = 0

  async function record(tx: Db, actor: Actor, event: AuditEvent): Promise<void> {
    if (actor.kind === 'member' && event.outcome !== 'refused' && !actor.standing?.wasAsked(tx)) {
      throw new Error(`${event.action}: nobody asked in this transaction whether ${actor.via} may still do this`)
    }
    await writer.record(tx, actor, event)
  }

  /** What the API keys and links through which somebody acted were called, as the trail itself tells. */
  async function namesOf(ids: string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map()
    const rows = await db
      .selectFrom('audit_entries')
      .select(['target_id', 'target_name'])
      .where('target_id', 'in', ids)
      .where('action', 'in', ['api_key.created', 'link.created'])
      .execute()
    return new Map(rows.map(row => [row.target_id ?? '', row.target_name ?? '']))
  }

  async function list(filter: AuditFilter, limit: number, before?: number): Promise<AuditEntry[]> {
    let query = db.selectFrom('audit_entries').selectAll().orderBy('seq', 'desc').limit(limit)
    if (before !== undefined) query = query.where('seq', '<', before)
    if (filter.action !== undefined) query = query.where('action', '=', filter.action)
    if (filter.outcome !== undefined) query = query.where('outcome', '=', filter.outcome)
    if (filter.targetKind !== undefined) query = query.where('target_kind', '=', filter.targetKind)
    if (filter.targetId !== undefined) query = query.where('target_id', '=', filter.targetId)
    if (filter.from !== undefined) query = query.where('at', '>=', filter.from)
    if (filter.to !== undefined) query = query.where('at', '<', filter.to)
    // Contains, without the wildcards of LIKE: what is taken out of a text that lacks it leaves the text as it was.
    const { person, target } = filter
    if (person !== undefined) {
      query = query.where(({ eb, fn, val }) => {
        const name = fn<string>('lower', ['actor_name'])
        return eb(fn('replace', [name, val(person.toLowerCase()), val('')]), '!=', name)
      })
    }
    if (target !== undefined) {
      query = query.where(({ eb, fn, val, or }) => {
        const name = fn<string>('lower', ['target_name'])
        const contains = eb(fn('replace', [name, val(target.toLowerCase()), val('')]), '!=', name)
        return or([eb('target_id', '=', target), contains])
      })
    }
    const rows = await query.execute()
    const names = await namesOf([...new Set(rows.flatMap(row => row.via_id ?? []))])
    return rows.map(row => toEntry(row, names.get(row.via_id ?? '') ?? null))
  }

  return {
    record,
    list,

    recordReading(actor, question) {
      const asked = JSON.stringify(question)
      return inTransaction(db, async tx => {
        await askAdmin(tx, actor)
        const earlier = await tx
          .selectFrom('audit_entries')
          .select('seq')
          .where('actor_id', '=', actor.id)
          .where('action', '=', 'audit.read')
          .where('changes', '=', asked)
          .where('at', '>', secondsFrom(now(), -sameQuestionSeconds).toISOString())
          .limit(1)
          .executeTakeFirst()
        if (!earlier) await record(tx, actor, { action: 'audit.read', target: null, changes: question })
      })
    },

    async *all(filter) {
      let before: number | undefined
      do {
        const entries = await list(filter, batch, before)
        yield* entries
        before = entries.length < batch ? undefined : entries.at(-1)?.seq
      } while (before !== undefined)
    },

    async verify() {
      const verdict = await verifyTrail(db, chain, { stamps: true })
      const sound = (await keptSecret(db, vault, chain)) === 'same'
      return sound ? verdict : { ...verdict, intact: false, brokenAt: verdict.first, problem: 'secret' }
    },

    checkpoint: () => checkpointText(chain, writer.newest(), now()),

    async sweep() {
      await writer.check()
      const { seq } = writer.newest()
      if (seq === told) return
      told = seq
      options.log?.info({ checkpoint: checkpointText(chain, writer.newest(), now()) }, 'audit checkpoint')
    },
  }
}

function toEntry(row: AuditEntriesTable, viaName: string | null): AuditEntry {
  return {
    seq: Number(row.seq),
    at: row.at,
    actor: {
      kind: row.actor_kind as Actor['kind'],
      id: row.actor_id,
      name: row.actor_name,
      via: row.via as Actor['via'],
      viaId: row.via_id,
      requestId: row.request_id,
    },
    viaName,
    action: row.action as AuditAction,
    target:
      row.target_kind === null
        ? null
        : { kind: row.target_kind as AuditTargetKind, id: row.target_id ?? '', name: row.target_name ?? '' },
    outcome: row.outcome as AuditEntry['outcome'],
    changes: JSON.parse(row.changes) as AuditEntry['changes'],
    hash: row.hash,
  }
}
