import type { Db } from '../db/database.ts'
import type { AuditEntriesTable } from '../db/schema.ts'
import { beginning, type Chain, type Position } from './chain.ts'
import { nameOf, rowsOf, stampedRows } from './stamps.ts'
import { headOf, lastSeq } from './trail.ts'

/** What verifying found; `entries` are as written, counted from the beginning of the trail. */
export type ChainVerdict = TrailFacts & ({ intact: true } | ({ intact: false } & Break))

export interface TrailFacts {
  entries: number
  /** The number of the first entry, which is 1 unless the trail was begun anew. */
  first: number
  /** Where it did not begin with the installation: begun anew, or in a database that was in use already. */
  begun?: { at: string; reason: string | null }
  /** When a running server saw the trail go back, and the number of the entry that says so. */
  noticed?: { at: string; seq: number }
}

/** The first thing that is not as it was written. */
export interface Break {
  /** The number of the entry that is wrong, or that the row should have known of. */
  brokenAt: number
  problem: Problem
  /** The row that says so, by table and id. */
  row?: string
}

export const problems = [
  /** The content or the place of this entry is another. */
  'changed',
  /** The entry is not there. */
  'missing',
  /** Entries are missing at the end. */
  'end',
  /** There are entries before the first or after the last that were never written here. */
  'beyond',
  /** Nothing is left of the trail. */
  'wiped',
  /** The secret that the chain is made with is gone, or is not the one of the running server. */
  'secret',
  /** The trail ends before an entry that a row knows of. */
  'rolled_back',
  /** A row was put back to what it was before this entry. */
  'row_put_back',
  /** A row carries no stamp of ours. */
  'row_unknown',
  /** A running server saw the trail go back, and wrote this entry. */
  'noticed',
] as const
export type Problem = (typeof problems)[number]

/** The chain itself does not fit, as opposed to what rows and servers say about it. */
export function breaksTheChain({ problem }: Break): boolean {
  return ['changed', 'missing', 'end', 'beyond'].includes(problem)
}

const batch = 1_000

/** Each entry after `from` up to number `to` with its place in the chain, or the first break. */
export async function* follow(
  db: Db,
  chain: Chain,
  from: Position,
  to: number,
): AsyncGenerator<{ entry: AuditEntriesTable; at: Position } | Break> {
  let at = from
  while (at.seq < to) {
    const rows = await db
      .selectFrom('audit_entries')
      .selectAll()
      .where('seq', '>', at.seq)
      .where('seq', '<=', to)
      .orderBy('seq')
      .limit(batch)
      .execute()
    if (rows.length === 0) return yield { brokenAt: at.seq + 1, problem: 'end' }
    for (const row of rows) {
      const seq = at.seq + 1
      if (Number(row.seq) !== seq) return yield { brokenAt: seq, problem: 'missing' }
      const entry = { ...row, seq }
      at = { seq, link: chain.next(at.link, entry) }
      if (chain.hashOf(at.link) !== row.hash) return yield { brokenAt: seq, problem: 'changed' }
      yield { entry, at }
    }
  }
}

/** Recomputes the whole trail. Others may write meanwhile. `stamps` is false for one that has none yet. */
export async function verifyTrail(db: Db, chain: Chain, { stamps }: { stamps: boolean }): Promise<ChainVerdict> {
  // In this order an entry beyond the head is no newer one: head and entry are written in one transaction.
  const last = await lastSeq(db)
  const head = await headOf(db)
  if (head === null || head.seq === 0) return { intact: false, entries: 0, first: 1, brokenAt: 1, problem: 'wiped' }
  const facts = await factsOf(db, chain)
  const { first } = facts
  const broken = (found: Break): ChainVerdict => {
    const entries = Math.max(0, Math.min(found.brokenAt - 1, head.seq) - first + 1)
    return { intact: false, ...facts, entries, ...found }
  }

  const known = new LastEntries()
  let at: Position = { seq: first - 1, link: beginning }
  for await (const step of follow(db, chain, at, head.seq)) {
    if ('problem' in step) return broken(step)
    at = step.at
    known.add(step.entry)
  }
  if (at.link !== head.link) return broken({ brokenAt: head.seq + 1, problem: 'end' })
  if (last > head.seq) return broken({ brokenAt: head.seq + 1, problem: 'beyond' })
  if (first === 1 && (await strangersBefore(db))) return broken({ brokenAt: 1, problem: 'beyond' })
  if (facts.noticed) return broken({ brokenAt: facts.noticed.seq, problem: 'noticed' })
  const wrong = stamps ? await wrongRow(db, chain, known, at) : null
  if (wrong) return broken(wrong)
  return { intact: true, ...facts, entries: head.seq - first + 1 }
}

const aboutAllRows = new Set<string>(['audit.begun', 'audit.taken_over', 'audit.rollback_detected'])

/** Which entry about each row was the last. */
class LastEntries {
  readonly #of = new Map<string, number>()
  /** The last entry that was about every row there was; null as long as there was none. */
  #ofAll: number | null = null

  add(entry: AuditEntriesTable): void {
    if (aboutAllRows.has(entry.action)) {
      this.#of.clear()
      this.#ofAll = entry.seq
    }
    for (const row of rowsOf(entry)) this.#of.set(nameOf(row), entry.seq)
  }

  of(row: string): number | null {
    return this.#of.get(row) ?? this.#ofAll
  }
}

/** The first row that does not know the last entry about it, and no other. */
async function wrongRow(db: Db, chain: Chain, known: LastEntries, end: Position): Promise<Break | null> {
  const newer = new Map<string, number>()
  for await (const found of stampedRows(db, chain)) {
    const row = nameOf(found.row)
    const expected = known.of(row)
    if (found.seq === null) return { brokenAt: end.seq + 1, problem: 'row_unknown', row }
    if (found.seq > end.seq) newer.set(row, found.seq)
    else if (expected === null || found.seq > expected) return { brokenAt: found.seq, problem: 'rolled_back', row }
    else if (found.seq < expected) return { brokenAt: expected, problem: 'row_put_back', row }
  }
  if (newer.size === 0) return null
  // Written since the head was read, unless there are no such entries.
  const head = await headOf(db)
  for await (const step of follow(db, chain, end, head?.seq ?? 0)) {
    if ('problem' in step) return step
    for (const row of rowsOf(step.entry)) if (newer.get(nameOf(row)) === step.at.seq) newer.delete(nameOf(row))
  }
  const [missed] = newer
  return missed ? { brokenAt: missed[1], problem: 'rolled_back', row: missed[0] } : null
}

/**
 * Where the trail begins: with the one `audit.begun` whose value follows nothing. Without one, with number 1, as in
 * trails of releases that did not write it.
 */
async function factsOf(db: Db, chain: Chain): Promise<Omit<TrailFacts, 'entries'>> {
  const entries = await db
    .selectFrom('audit_entries')
    .selectAll()
    .where('action', 'in', ['audit.begun', 'audit.rollback_detected'])
    .orderBy('seq')
    .execute()
  const follows = (entry: AuditEntriesTable, link: string) =>
    entry.hash === chain.hashOf(chain.next(link, { ...entry, seq: Number(entry.seq) }))
  const begun = entries.find(entry => entry.action === 'audit.begun' && follows(entry, beginning))
  const first = Number(begun?.seq ?? 1)
  const noticed = entries.find(entry => entry.action === 'audit.rollback_detected' && Number(entry.seq) > first)
  const { reason = null, before } = JSON.parse(begun?.changes ?? '{}') as { reason?: string; before?: string }
  return {
    first,
    ...(begun && (reason !== null || before !== undefined) && { begun: { at: begun.at, reason } }),
    ...(noticed && { noticed: { at: noticed.at, seq: Number(noticed.seq) } }),
  }
}

async function strangersBefore(db: Db): Promise<boolean> {
  const stranger = await db.selectFrom('audit_entries').select('seq').where('seq', '<', 1).limit(1).executeTakeFirst()
  return stranger !== undefined
}
