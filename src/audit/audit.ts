import { createHmac } from 'node:crypto'
import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { AuditEntriesTable } from '../db/schema.ts'
import { storedSecret } from '../vault/stored-secret.ts'
import type { Vault } from '../vault/vault.ts'
import type { AuditAction } from './actions.ts'
import type { Actor } from './actor.ts'

/** What is done to what. */
export interface AuditEvent {
  action: AuditAction
  target: AuditTarget | null
  /** `refused` where somebody tried and was not let. */
  outcome?: 'done' | 'refused'
  /** Names of what changed and, where it is no secret, from what to what. Never a credential. */
  changes?: Record<string, string | [from: string | null, to: string | null]>
}

export interface AuditTarget {
  kind: 'member' | 'session' | 'connection' | 'api_key' | 'link' | 'key' | 'audit'
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
  action: AuditAction
  target: AuditTarget | null
  outcome: 'done' | 'refused'
  changes: Record<string, string | [string | null, string | null]>
}

export interface AuditFilter {
  action?: AuditAction | undefined
  /** The member who acted. */
  actorId?: string | undefined
  targetId?: string | undefined
  /** ISO 8601; `from` included, `to` not. */
  from?: string | undefined
  to?: string | undefined
  /** Entries before this number, newest first. */
  before?: number | undefined
}

export type ChainVerdict =
  | { intact: true; entries: number }
  /** The first entry that is not what was written; `end` where entries are missing at the end. */
  | { intact: false; entries: number; brokenAt: number; problem: 'changed' | 'missing' | 'end' }

export interface Audit {
  /** Writes one entry, inside the transaction of the change it tells of. */
  record(tx: Db, actor: Actor, event: AuditEvent): Promise<void>
  /** Newest first. */
  list(filter: AuditFilter, limit: number): Promise<AuditEntry[]>
  /** Recomputes the chain from the first entry. */
  verify(): Promise<ChainVerdict>
}

const batch = 1_000
const noHash = ''

/**
 * The audit trail: each entry carries HMAC-SHA256 over its predecessor's and its own content, under a key that is sealed
 * in the vault, so whoever can write the database alone cannot rewrite history unseen. The head row names the last
 * entry, so that entries cut off the end are missed too; updating it first lets one writer in at a time. Rejects with
 * AppError `vault_open_failed` when the sealed key of the chain does not open.
 */
export async function createAudit(db: Db, vault: Vault, now: Now): Promise<Audit> {
  const key = await storedSecret(db, vault, 'audit-chain', now())

  return {
    async record(tx, actor, event) {
      const head = await tx
        .updateTable('audit_head')
        .set(each => ({ seq: each('seq', '+', 1) }))
        .where('id', '=', 1)
        .returning(['seq', 'hash'])
        .executeTakeFirstOrThrow()
      const row = {
        seq: Number(head.seq),
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
      const hash = hashOf(key, head.hash, row)
      await tx
        .insertInto('audit_entries')
        .values({ ...row, hash })
        .execute()
      await tx.updateTable('audit_head').set({ hash }).where('id', '=', 1).execute()
    },

    async list(filter, limit) {
      let query = db.selectFrom('audit_entries').selectAll().orderBy('seq', 'desc').limit(limit)
      if (filter.action !== undefined) query = query.where('action', '=', filter.action)
      if (filter.actorId !== undefined) query = query.where('actor_id', '=', filter.actorId)
      if (filter.targetId !== undefined) query = query.where('target_id', '=', filter.targetId)
      if (filter.from !== undefined) query = query.where('at', '>=', filter.from)
      if (filter.to !== undefined) query = query.where('at', '<', filter.to)
      if (filter.before !== undefined) query = query.where('seq', '<', filter.before)
      return (await query.execute()).map(toEntry)
    },

    async verify() {
      const head = await db.selectFrom('audit_head').selectAll().where('id', '=', 1).executeTakeFirstOrThrow()
      const last = Number(head.seq)
      let previous = noHash
      for (let seq = 0; seq < last; ) {
        const rows = await db
          .selectFrom('audit_entries')
          .selectAll()
          .where('seq', '>', seq)
          .where('seq', '<=', last)
          .orderBy('seq')
          .limit(batch)
          .execute()
        if (rows.length === 0) return { intact: false, entries: seq, brokenAt: seq + 1, problem: 'end' }
        for (const { hash, ...row } of rows) {
          const expected = ++seq
          if (Number(row.seq) !== expected) {
            return { intact: false, entries: expected - 1, brokenAt: expected, problem: 'missing' }
          }
          if (hashOf(key, previous, row) !== hash) {
            return { intact: false, entries: expected - 1, brokenAt: expected, problem: 'changed' }
          }
          previous = hash
        }
      }
      if (previous !== head.hash) return { intact: false, entries: last, brokenAt: last + 1, problem: 'end' }
      return { intact: true, entries: last }
    },
  }
}

function hashOf(key: Buffer, previous: string, row: Omit<AuditEntriesTable, 'hash'>): string {
  const content = [
    previous,
    Number(row.seq),
    row.at,
    row.actor_kind,
    row.actor_id,
    row.actor_name,
    row.via,
    row.via_id,
    row.request_id,
    row.action,
    row.target_kind,
    row.target_id,
    row.target_name,
    row.outcome,
    row.changes,
  ]
  return createHmac('sha256', key).update(JSON.stringify(content)).digest('base64url')
}

function toEntry(row: AuditEntriesTable): AuditEntry {
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
    action: row.action as AuditAction,
    target:
      row.target_kind === null
        ? null
        : { kind: row.target_kind as AuditTarget['kind'], id: row.target_id ?? '', name: row.target_name ?? '' },
    outcome: row.outcome as AuditEntry['outcome'],
    changes: JSON.parse(row.changes) as AuditEntry['changes'],
  }
}
