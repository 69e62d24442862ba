import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { atCommit, inTransaction } from '../db/transaction.ts'
import type { Vault } from '../vault/vault.ts'
import { type Actor, sweeper } from './actor.ts'
import type { AuditEvent, AuditOptions } from './audit.ts'
import { beginning, type Chain, type Position } from './chain.ts'
import { nameOf, rowsOf, type StampedRow, stamp, stampAll, stampedRows } from './stamps.ts'
import { append, headOf, keptSecret, lastSeq, lockedHead } from './trail.ts'
import { follow } from './verify.ts'

/** The trail was set back: this process had seen it at one entry, and found it at another, or otherwise there. */
export interface Rollback {
  expected: number
  found: number
}

export interface Writer {
  record(tx: Db, actor: Actor, event: AuditEvent): Promise<void>
  /** Writes it down if the trail no longer goes on from where this process saw it last. */
  check(): Promise<void>
  /** The last committed place that this process knows. */
  newest(): Position
}

/** What one transaction has written so far. */
interface Writing {
  at: Position
  /** Whether that goes on from where this process saw the trail last. */
  goesOn: boolean
  stamps: Map<string, { row: StampedRow; seq: number }>
}

/**
 * Writes entries, and remembers the newest one it wrote or saw: what is found later must go on from there. Other
 * processes write too; their entries in between are followed.
 */
export async function createWriter(
  db: Db,
  vault: Vault,
  chain: Chain,
  now: Now,
  { log, onRollback }: AuditOptions,
): Promise<Writer> {
  const writings = new WeakMap<Db, Writing>()
  const known = await knownToRows()
  let seen = (await headOf(db)) ?? { seq: 0, link: beginning }
  if (known === null || known > seen.seq) {
    await inTransaction(db, async tx => writeRollback(tx, await writingOf(tx), known ?? seen.seq))
  }

  return {
    async record(tx, actor, event) {
      const writing = await writingOf(tx)
      if (!writing.goesOn) await writeRollback(tx, writing, seen.seq)
      await write(tx, writing, actor, event)
    },

    async check() {
      const before = seen
      const head = await headOf(db)
      if (head && (await goesOn(db, before, head))) return see(head)
      await inTransaction(db, async tx => {
        const writing = await writingOf(tx)
        if (!writing.goesOn) await writeRollback(tx, writing, seen.seq)
      })
    },

    newest: () => seen,
  }

  /**
   * The newest entry that any row knows of; null where one has lost its stamp. If there is no such entry, the trail was
   * set back while no server ran. That is written down at the start, before other entries give these rows new stamps.
   */
  async function knownToRows(): Promise<number | null> {
    let newest = 0
    for await (const { seq } of stampedRows(db, chain)) {
      if (seq === null) return null
      newest = Math.max(newest, seq)
    }
    return newest
  }

  /** The first time in a transaction, this looks at what the one before has left. */
  async function writingOf(tx: Db): Promise<Writing> {
    const under = writings.get(tx)
    if (under) return under
    const at = await lockedHead(tx)
    const writing: Writing = { at, goesOn: await goesOn(tx, seen, at), stamps: new Map() }
    writings.set(tx, writing)
    atCommit(tx, {
      before: async () => {
        for (const { row, seq } of writing.stamps.values()) await stamp(tx, chain, row, seq)
      },
      after: () => see(writing.at),
    })
    return writing
  }

  async function write(tx: Db, writing: Writing, actor: Actor, event: AuditEvent): Promise<void> {
    writing.at = await append(tx, chain, writing.at, now, actor, event)
    const who = {
      actor_kind: actor.kind,
      actor_id: actor.id,
      target_kind: event.target?.kind ?? null,
      target_id: event.target?.id ?? null,
    }
    for (const row of rowsOf(who)) writing.stamps.set(nameOf(row), { row, seq: writing.at.seq })
  }

  /**
   * Numbers are never used again: what a checkpoint or a row says of one stays true. So the entry leaves a gap where
   * entries are missing, which nobody without the key can fill. It is about every row: none is alarmed of twice.
   */
  async function writeRollback(tx: Db, writing: Writing, expected: number): Promise<void> {
    if ((await keptSecret(tx, vault, chain)) === 'other') {
      throw new Error('The audit trail was begun anew while this process runs: restart it')
    }
    const rollback = { expected, found: writing.at.seq }
    log?.error(rollback, 'the audit trail was set back or altered: see docs/audit.md')
    const seq = Math.max(expected, writing.at.seq, await lastSeq(tx))
    writing.at = { ...writing.at, seq }
    writing.goesOn = true
    const changes = { expected: String(rollback.expected), found: String(rollback.found) }
    await write(tx, writing, sweeper, { action: 'audit.rollback_detected', target: null, changes })
    await stampAll(tx, chain, writing.at.seq)
    await onRollback?.(tx, rollback)
  }

  async function goesOn(within: Db, from: Position, to: Position): Promise<boolean> {
    if (to.seq < from.seq) return false
    let at = from
    for await (const step of follow(within, chain, from, to.seq)) {
      if ('problem' in step) return false
      at = step.at
    }
    return at.link === to.link
  }

  function see(position: Position): void {
    if (position.seq > seen.seq) seen = position
  }
}
