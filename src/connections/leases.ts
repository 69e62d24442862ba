import { randomUUID } from 'node:crypto'
import { type Now, secondsFrom } from '../clock.ts'
import type { Log } from '../log.ts'
import type { ConnectionStore } from './connection-store.ts'

/** Longer than one refresh or revocation with all its attempts (google/oauth.ts), so that two never overlap. */
export const leaseSeconds = 20

/** Does `work` while nobody else holds the lease on the connection's row; null, and nothing done, while somebody does. */
export type UnderLease = <T>(connectionId: string, work: () => Promise<T>) => Promise<T | null>

export function createLeases(
  store: Pick<ConnectionStore, 'acquireLease' | 'releaseLease'>,
  log: Log,
  now: Now,
): UnderLease {
  return async (id, work) => {
    const holder = randomUUID()
    if (!(await store.acquireLease(id, holder, now(), secondsFrom(now(), leaseSeconds)))) return null
    try {
      return await work()
    } finally {
      await store.releaseLease(id, holder).catch(error => log.warn({ err: error }, 'a lease runs out by itself'))
    }
  }
}
