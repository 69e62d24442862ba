import type { CustomerId } from '../customer-id.ts'
import { AppError } from '../errors.ts'
import type { AccessTokenSource, GoogleAds } from '../google/ads.ts'
import { toProblem } from '../google/ads-errors.ts'
import { withinTime } from '../within-time.ts'
import type { DirectAccount, Hierarchy } from './account.ts'
import { type HierarchyLoad, loadHierarchy, retryFailedBranches } from './hierarchy-load.ts'
import { createHierarchyStore } from './hierarchy-store.ts'
import type { Snapshots } from './snapshots.ts'

export interface HierarchyOptions {
  /** Ask Google anew although there is a stored picture. */
  refresh?: boolean
  /** Ask again only for the branches that failed. */
  retryFailed?: boolean
  /** Hold the answer until the load is done, this long at most. */
  waitMs?: number
}

export interface AccountsLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface HierarchiesOptions {
  ads: GoogleAds
  snapshots: Snapshots
  tokenFor: (connectionId: string) => AccessTokenSource
  now: () => Date
  log: AccountsLog
}

/** A connection's way into one hierarchy; whether it may be used has been checked. */
export interface HierarchyKey {
  connectionId: string
  loginCustomerId: CustomerId
}

/**
 * The hierarchies of this process: at most one load for each connection and login customer, its result stored, partly
 * failed ones included. While an existing picture is refreshed, the old one stays what everybody reads, marked
 * `loading` and with the counts of the new one: half a new picture would make accounts vanish under people's hands.
 */
export interface Hierarchies {
  /** See `Accounts.hierarchy`. `root` is what the direct accounts say about the login customer. */
  get(key: HierarchyKey, root: DirectAccount, options?: HierarchyOptions): Promise<Hierarchy>
  /** The stored picture; asks nobody. */
  stored(key: HierarchyKey): Promise<Hierarchy | null>
  watch(key: HierarchyKey, listener: (hierarchy: Hierarchy) => void): () => void
  close(): Promise<void>
}

interface Running {
  load: HierarchyLoad
  /** What people read meanwhile; null where the load itself is all there is, or shows no less. */
  old: Hierarchy | null
  /** The result, once it is stored. Rejects with the error of a load that failed as a whole. */
  ended: Promise<Hierarchy>
  /** Known with the first level: until when (`performance.now`) a reader waits for the rest of a small hierarchy. */
  graceUntil: Promise<number>
  /** Settles once more managers wait than one further round trip can read: then waiting for the rest is no use. */
  large: Promise<null>
}

const managersARound = 32
const retryAfterMs = 60_000
const retryWhenWaitingMs = 5_000

/** As long again as the first level took: most hierarchies are whole by then, and a page that is whole needs no bar. */
function graceAfter(started: number): number {
  const now = performance.now()
  return now + Math.min(1_000, Math.max(150, now - started))
}

export function createHierarchies({ ads, snapshots, tokenFor, now, log }: HierarchiesOptions): Hierarchies {
  const store = createHierarchyStore(snapshots)
  const running = new Map<string, Running>()
  const watchers = new Map<string, Set<(hierarchy: Hierarchy) => void>>()
  /** When the last load of each ended, in this process. */
  const endedAt = new Map<string, number>()
  let closed = false

  return {
    async get(key, root, options = {}) {
      const stored = await store.read(key.connectionId, key.loginCustomerId)
      const present = running.get(nameOf(key))
      if (present) return read(present, options)
      if (!stored || options.refresh) return read(start(key, root, stored), options)
      if (stored.problems.some(problem => problem.retryable) && isRetryDue(key, options)) {
        return read(resume(key, root, stored), options)
      }
      return stored
    },

    stored: key => store.read(key.connectionId, key.loginCustomerId),

    watch(key, listener) {
      const name = nameOf(key)
      const listeners = watchers.get(name) ?? new Set()
      watchers.set(name, listeners.add(listener))
      void tellPresent(key, listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0 && watchers.get(name) === listeners) watchers.delete(name)
      }
    },

    async close() {
      closed = true
      const loads = [...running.values()]
      for (const { load } of loads) load.stop()
      await Promise.allSettled(loads.map(({ ended }) => ended))
    },
  }

  /** Failed branches heal by themselves: asked again when somebody looks, not more often than makes sense. */
  function isRetryDue(key: HierarchyKey, { retryFailed, waitMs }: HierarchyOptions): boolean {
    const ended = endedAt.get(nameOf(key)) ?? 0
    return retryFailed === true || Date.now() - ended > (waitMs === undefined ? retryAfterMs : retryWhenWaitingMs)
  }

  function start(key: HierarchyKey, root: DirectAccount, old: Hierarchy | null): Running {
    return follow(key, old, loadHierarchy(loadOptions(key, root)))
  }

  /** The picture of a retry begins with all the old one shows, so it is read at once. */
  function resume(key: HierarchyKey, root: DirectAccount, earlier: Hierarchy): Running {
    return follow(key, null, retryFailedBranches(loadOptions(key, root), earlier))
  }

  function loadOptions({ connectionId, loginCustomerId }: HierarchyKey, root: DirectAccount) {
    if (closed) throw new AppError('unavailable')
    return { ads, token: tokenFor(connectionId), loginCustomerId, now, root: root.problem ? null : root }
  }

  function follow(key: HierarchyKey, old: Hierarchy | null, load: HierarchyLoad): Running {
    const started = performance.now()
    const ended = load.done
      .then(() => keep(key, load.current(), performance.now() - started))
      .catch(error => {
        log.warn({ ...key, problem: toProblem(error) }, 'hierarchy not read')
        throw error
      })
      .finally(() => {
        running.delete(nameOf(key))
        endedAt.set(nameOf(key), Date.now())
      })
    const large = new Promise<null>(resolve => {
      load.onProgress(({ managers, managersDone }) => {
        if (managers - managersDone > managersARound) resolve(null)
      })
    })
    const graceUntil = load.firstLevel.then(() => graceAfter(started))
    // Who waits for the whole load never looks at it, and a rejection nobody looks at ends the process.
    graceUntil.catch(() => {})
    const entry: Running = { load, old, ended, large, graceUntil }
    running.set(nameOf(key), entry)
    load.onProgress(() => tell(key, () => view(entry)))
    ended.then(
      hierarchy => tell(key, () => hierarchy),
      () => tell(key, () => old ?? load.current()),
    )
    return entry
  }

  async function keep(key: HierarchyKey, hierarchy: Hierarchy, ms: number): Promise<Hierarchy> {
    await store.write(key.connectionId, hierarchy, now())
    log.info({ ...key, ...hierarchy.progress, complete: hierarchy.complete, ms: Math.round(ms) }, 'hierarchy read')
    return hierarchy
  }

  async function tellPresent(key: HierarchyKey, listener: (hierarchy: Hierarchy) => void): Promise<void> {
    const present = running.get(nameOf(key))
    const shown = present ? view(present) : await store.read(key.connectionId, key.loginCustomerId).catch(() => null)
    if (shown && watchers.get(nameOf(key))?.has(listener)) tellOne(key, listener, shown)
  }

  function tell(key: HierarchyKey, hierarchy: () => Hierarchy): void {
    const listeners = watchers.get(nameOf(key))
    if (!listeners) return
    const shown = hierarchy()
    for (const listener of listeners) tellOne(key, listener, shown)
  }

  /** A listener is somebody's open connection; that it broke must not end the load for everybody else. */
  function tellOne(key: HierarchyKey, listener: (hierarchy: Hierarchy) => void, hierarchy: Hierarchy): void {
    try {
      listener(hierarchy)
    } catch (error) {
      log.warn({ ...key, err: error }, 'hierarchy listener failed')
    }
  }
}

async function read(entry: Running, { refresh, retryFailed, waitMs }: HierarchyOptions): Promise<Hierarchy> {
  const asked = refresh || retryFailed || !entry.old
  try {
    if (waitMs !== undefined) return (await withinTime(entry.ended, waitMs)) ?? view(entry)
    if (!asked) return view(entry)
    const left = (await entry.graceUntil) - performance.now()
    return (
      (left > 0 && !entry.old ? await withinTime(Promise.race([entry.ended, entry.large]), left) : null) ?? view(entry)
    )
  } catch (error) {
    // Who only came to read is not told of a refresh that failed: the old picture is as good as before.
    if (entry.old && !asked) return entry.old
    throw error
  }
}

function view({ load, old }: Running): Hierarchy {
  const current = load.current()
  return old && current.loading ? { ...old, loading: true, progress: current.progress } : current
}

function nameOf({ connectionId, loginCustomerId }: HierarchyKey): string {
  return `${connectionId}/${loginCustomerId}`
}
