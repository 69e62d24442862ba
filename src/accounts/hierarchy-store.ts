import { setImmediate as letOthersRun } from 'node:timers/promises'
import type { CustomerId } from '../customer-id.ts'
import type { Hierarchy } from './account.ts'
import { packHierarchy, unpackHierarchy } from './hierarchy-snapshot.ts'
import type { Snapshots } from './snapshots.ts'

/** Hierarchies as stored, those read last kept in memory: a page view must not parse megabytes again. */
export interface HierarchyStore {
  read(connectionId: string, loginCustomerId: CustomerId): Promise<Hierarchy | null>
  write(connectionId: string, hierarchy: Hierarchy, storedAt: Date): Promise<void>
}

/** Accounts kept in memory over all hierarchies; some 250 bytes each. */
const accountsInMemory = 250_000

export function createHierarchyStore(snapshots: Snapshots): HierarchyStore {
  /** Least recently used first. */
  const recent = new Map<string, { version: string; hierarchy: Hierarchy }>()

  return {
    /** Asks the store each time, so that what another process wrote (or forgot with its connection) is noticed. */
    async read(connectionId, loginCustomerId) {
      const key = `${connectionId}/${loginCustomerId}`
      const kept = recent.get(key)
      const snapshot = await snapshots.read(connectionId, 'hierarchy', loginCustomerId, kept?.version)
      if (!snapshot) {
        recent.delete(key)
        return null
      }
      if (kept && kept.version === snapshot.fetchedAt) return keep(key, kept.version, kept.hierarchy)
      const hierarchy = unpackHierarchy(snapshot.value)
      return hierarchy && keep(key, snapshot.fetchedAt, hierarchy)
    },

    /** `storedAt` names the version: a hierarchy completed by a retry keeps its `fetchedAt`, the age of its oldest part. */
    async write(connectionId, hierarchy, storedAt) {
      const version = storedAt.toISOString()
      // Putting 50,000 accounts in order has just taken its time, and so will writing them down.
      await letOthersRun()
      await snapshots.write(connectionId, 'hierarchy', hierarchy.loginCustomerId, packHierarchy(hierarchy), version)
      keep(`${connectionId}/${hierarchy.loginCustomerId}`, version, hierarchy)
    },
  }

  function keep(key: string, version: string, hierarchy: Hierarchy): Hierarchy {
    recent.delete(key)
    recent.set(key, { version, hierarchy })
    let accounts = 0
    for (const entry of recent.values()) accounts += entry.hierarchy.accounts.length
    for (const [oldest, entry] of recent) {
      if (accounts <= accountsInMemory || oldest === key) break
      accounts -= entry.hierarchy.accounts.length
      recent.delete(oldest)
    }
    return hierarchy
  }
}
