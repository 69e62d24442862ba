import type { Db } from '../db/database.ts'
import type { Chain } from './chain.ts'
import type { Checkpoint } from './checkpoint.ts'
import { breaksTheChain, type ChainVerdict } from './verify.ts'

/**
 * What became of a trail since a checkpoint. `cut`: the entry is missing from a chain that is broken; `rolled_back`: the
 * chain fits, but ends before or goes on differently, as an older copy does; `changed`: something up to it was altered;
 * `foreign`: of another trail; `forged`: not signed by the trail it names. The worst comes first.
 */
export const findings = ['changed', 'cut', 'rolled_back', 'foreign', 'forged', 'continues'] as const
export type Finding = (typeof findings)[number]

export async function compare(db: Db, chain: Chain, verdict: ChainVerdict, checkpoint: Checkpoint): Promise<Finding> {
  if (!checkpoint.genuine) return 'forged'
  if (checkpoint.trail !== chain.trail) return 'foreign'
  const { seq } = checkpoint
  const entry = await db.selectFrom('audit_entries').select('hash').where('seq', '=', seq).executeTakeFirst()
  const broken = !verdict.intact && (verdict.problem === 'wiped' || breaksTheChain(verdict)) && verdict.brokenAt <= seq
  if (broken) return entry ? 'changed' : 'cut'
  return entry?.hash === checkpoint.hash ? 'continues' : 'rolled_back'
}
