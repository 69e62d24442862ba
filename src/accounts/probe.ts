import type { CustomerId } from '../customer-id.ts'
import type { ErrorCode } from '../errors.ts'
import type { AccessTokenSource, GoogleAds } from '../google/ads.ts'
import { meaningOf } from '../google/ads-error-codes.ts'
import { toProblem } from '../google/ads-errors.ts'
import { customerQuery } from '../google/ads-queries.ts'
import { createTurns, type Turns } from '../google/ads-turns.ts'
import type { Account, Problem } from './account.ts'
import type { AccountsConnection } from './accounts.ts'
import { createProbeMemory } from './probe-memory.ts'

/** Which account was asked for, and the login customer of the call; null leaves the header out. */
export interface ProbeTarget {
  customerId: CustomerId
  loginCustomerId: CustomerId | null
}

/** Google's own verdict: it was asked for the one row an account has about itself. */
export interface Probe extends ProbeTarget {
  ok: boolean
  /** What the account says about itself; null where Google did not open it. */
  account: Account | null
  /** Why Google did not open it; null where it did. */
  problem: Problem | null
  /** When it was asked. ISO 8601, UTC. */
  at: string
}

/**
 * Live questions to Google about single accounts. Each costs one operation of the day's quota, so an answer that would be
 * the same again is kept for a short while, and those who ask at the same time share it. Never rejects: a failure is a verdict.
 */
export interface Probes {
  ask(connection: Pick<AccountsConnection, 'id'>, target: ProbeTarget): Promise<Probe>
  /** Forgets what is kept about an account, so that the next question is a live one. */
  forget(connection: Pick<AccountsConnection, 'id'>, customerId: CustomerId): void
}

export interface ProbesOptions {
  ads: Pick<GoogleAds, 'search'>
  tokenFor: (connectionId: string) => AccessTokenSource
  now: () => Date
}

/** Of one connection, so that one which Google keeps waiting holds up no other. */
const atOnce = 4

export function createProbes({ ads, tokenFor, now }: ProbesOptions): Probes {
  const memory = createProbeMemory<Probe>(now, isAboutTheAccount)
  const turnsOf = new Map<string, Turns>()

  return {
    ask: (connection, target) =>
      memory.get(`${about(connection, target.customerId)}${target.loginCustomerId ?? ''}`, () =>
        turns(connection.id).run(() => probe(connection.id, target)),
      ),

    forget: (connection, customerId) => memory.forget(about(connection, customerId)),
  }

  function turns(connectionId: string): Turns {
    const known = turnsOf.get(connectionId) ?? createTurns(atOnce)
    turnsOf.set(connectionId, known)
    return known
  }

  async function probe(connectionId: string, target: ProbeTarget): Promise<Probe> {
    const at = now().toISOString()
    try {
      const [row] = await ads.search({ token: tokenFor(connectionId), ...target, ...customerQuery })
      const problem = row ? null : { code: 'ads_unexpected_answer', message: '', requestId: null }
      return { ...target, ok: row !== undefined, account: row ?? null, problem, at }
    } catch (error) {
      return { ...target, ok: false, account: null, problem: toProblem(error), at }
    }
  }
}

/** A verdict on the account alone; what befalls the person or the project changes with a reconnect or a repair. */
export function isAboutTheAccount({ problem }: Pick<Probe, 'problem'>): boolean {
  return problem === null || accountCodes.has(meaningOf(problem.code, null) ?? problem.code)
}

const accountCodes: ReadonlySet<string> = new Set<ErrorCode>([
  'ads_permission_denied',
  'ads_login_customer_mismatch',
  'ads_customer_not_enabled',
  'ads_wrong_account_type',
])

/** True where Google decided nothing: it was not reached, or did not want to answer now. */
export function isUndecided({ problem }: Pick<Probe, 'problem'>): boolean {
  return problem !== null && undecided.has(meaningOf(problem.code, null) ?? problem.code)
}

const undecided: ReadonlySet<string> = new Set<ErrorCode>([
  'ads_rate_limited',
  'ads_quota_exhausted',
  'ads_unavailable',
  'ads_unexpected_answer',
  'google_unreachable',
  'unavailable',
  'internal',
])

function about({ id }: Pick<AccountsConnection, 'id'>, customerId: CustomerId): string {
  return `${id}/${customerId}/`
}
