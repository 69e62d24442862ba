import { type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Log } from '../log.ts'
import type { RefusedAction } from './actions.ts'
import type { Actor } from './actor.ts'
import type { Audit, AuditTarget } from './audit.ts'

/** Something that somebody tried and we refused. */
export interface Refusal {
  action: RefusedAction
  /** Our error code. */
  reason: string
  actor: Actor
  target: AuditTarget | null
  /** What else helps to understand it. Never a credential. */
  details?: Record<string, string>
}

/**
 * Records refusals in the audit trail. Anyone can cause one, so they are combined. The first of a kind (action, reason,
 * who, and which account or connection) is recorded at once; others within ten minutes are counted in memory and become
 * one entry with their number. For each action, at most twenty kinds are counted at a time; the rest is counted together.
 * Members and visitors are counted separately, so that strangers cannot crowd out what members do.
 */
export interface Refusals {
  /** Counts a refusal. Never waits and never fails. */
  note(refusal: Refusal): void
  /** Writes an entry for each new kind. A failed write is logged, and added to the sum. */
  write(): Promise<void>
  /** Writes the sums of windows that have ended. What cannot be written stays for the next time. */
  sweep(): Promise<void>
  /** Writes everything counted so far. */
  close(): Promise<void>
}

const windowSeconds = 600
const mostKinds = 20

interface Kind {
  refusal: Refusal
  since: Date
  latest: Date
  /** How many refusals are not in the trail yet. */
  count: number
  /** Whether this stands for all kinds beyond the limit. */
  others: boolean
}

export interface RefusalsOptions {
  db: Db
  audit: Pick<Audit, 'record'>
  log: Log
  now: Now
}

export function createRefusals({ db, audit, log, now }: RefusalsOptions): Refusals {
  const kinds = new Map<string, Kind>()
  const unwritten = new Set<Kind>()
  let writing: Promise<void> | null = null

  function note(refusal: Refusal): void {
    const kind = kinds.get(keyOf(refusal)) ?? begin(refusal)
    kind.count++
    kind.latest = now()
  }

  function begin(refusal: Refusal): Kind {
    const alike = [...kinds.values()].filter(kind => !kind.others && crowdOf(kind.refusal) === crowdOf(refusal))
    if (alike.length >= mostKinds) return others(refusal)
    const kind = remember(refusal, false)
    unwritten.add(kind)
    return kind
  }

  function others({ action, reason, actor }: Refusal): Kind {
    const nobody = { ...actor, id: null, name: null, viaId: null, requestId: null }
    const refusal: Refusal = { action, reason, actor: nobody, target: null, details: { sources: 'others' } }
    return kinds.get(keyOf(refusal)) ?? remember(refusal, true)
  }

  function remember(refusal: Refusal, others: boolean): Kind {
    const kind = { refusal, since: now(), latest: now(), count: 0, others }
    kinds.set(keyOf(refusal), kind)
    return kind
  }

  async function writeNew(): Promise<void> {
    for (const kind of unwritten) {
      unwritten.delete(kind)
      if (await record(kind.refusal)) kind.count--
    }
  }

  function write(): Promise<void> {
    writing ??= writeNew().finally(() => {
      writing = null
    })
    return writing
  }

  async function end(isOver: (kind: Kind) => boolean): Promise<void> {
    await write()
    for (const [key, kind] of [...kinds].filter(([, each]) => isOver(each))) {
      kinds.delete(key)
      unwritten.delete(kind)
      if (kind.count > 0 && !(await recordSum(kind))) putBack(key, kind)
    }
  }

  function putBack(key: string, kind: Kind): void {
    const meanwhile = kinds.get(key)
    if (meanwhile) unwritten.delete(meanwhile)
    kinds.set(key, { ...kind, count: kind.count + (meanwhile?.count ?? 0), latest: meanwhile?.latest ?? kind.latest })
  }

  function recordSum({ refusal, since, latest, count }: Kind): Promise<boolean> {
    const sum = { times: String(count), since: since.toISOString(), until: latest.toISOString() }
    return record({
      ...refusal,
      actor: { ...refusal.actor, requestId: null },
      details: { ...(refusal.details?.sources && { sources: refusal.details.sources }), ...sum },
    })
  }

  async function record({ action, reason, actor, target, details }: Refusal): Promise<boolean> {
    const event = { action, target, outcome: 'refused', changes: { reason, ...details } } as const
    try {
      await inTransaction(db, tx => audit.record(tx, actor, event))
      return true
    } catch (error) {
      log.warn({ err: error, action, reason, times: details?.times }, 'a refusal is not in the audit trail yet')
      return false
    }
  }

  return {
    note,
    write,
    sweep: () => end(({ since }) => secondsFrom(since, windowSeconds) <= now()),
    close: () => end(() => true),
  }
}

/** Refusals with the same key are counted as one kind. */
function keyOf({ action, reason, actor, target, details }: Refusal): string {
  const which = target?.kind === 'page' ? null : target?.id
  return JSON.stringify([action, reason, actor.kind, actor.id, actor.name, which, details?.sources])
}

/** Kinds with the same crowd share a limit. */
function crowdOf({ action, actor }: Refusal): string {
  return `${action} ${actor.kind === 'member'}`
}
