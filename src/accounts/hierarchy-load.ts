import { setMaxListeners } from 'node:events'
import type { CustomerId } from '../customer-id.ts'
import { AppError } from '../errors.ts'
import type { AccessTokenSource, GoogleAds } from '../google/ads.ts'
import { concernsEveryCall, isRetryable, toProblem } from '../google/ads-errors.ts'
import {
  type AdsQuery,
  type CustomerClient,
  customerQuery,
  descendantsQuery,
  directClientsQuery,
} from '../google/ads-queries.ts'
import type { Account, BranchProblem, Hierarchy, HierarchyProgress } from './account.ts'
import { createHierarchyPicture } from './hierarchy-picture.ts'

/** One hierarchy while it is being read from Google. */
export interface HierarchyLoad {
  /**
   * What is known at this moment. Cheap: the accounts are put in order only when `accounts` is first read, so a
   * listener that wants the counts alone pays nothing for 100,000 accounts.
   */
  current(): Hierarchy
  /** The root and its direct clients are there. Rejects when the whole load fails, with the root's own failure. */
  firstLevel: Promise<void>
  /** Every branch has been read or has failed. Rejects as `firstLevel` does. */
  done: Promise<void>
  /** Called after each answer; returns the function that ends it. */
  onProgress(listener: (progress: HierarchyProgress) => void): () => void
  /** Asks nothing more; `done` rejects with `unavailable`. */
  stop(): void
}

export interface HierarchyLoadOptions {
  ads: GoogleAds
  token: AccessTokenSource
  loginCustomerId: CustomerId
  now: () => Date
  /** Calls under way at once within this load. */
  concurrency?: number
  /** What is already known of the root, from the direct accounts. A root known to be a client costs one call. */
  root?: Account | null
}

/**
 * Reads a hierarchy. customer_client names no parents (google-wire-facts C.1), so the edges cost one query a manager:
 * asked at once are all descendants (which names every manager) and the root's direct clients, then each manager's
 * direct clients as soon as either source has named it, without waiting for a level to end. At most managers + 2
 * calls. A branch that fails is marked and the rest goes on; only when both first questions fail the load fails.
 */
export function loadHierarchy(options: HierarchyLoadOptions): HierarchyLoad {
  return startLoad(options, null)
}

/** Asks again only the managers whose branch failed and may be read by now, and what is newly found below them. */
export function retryFailedBranches(options: HierarchyLoadOptions, earlier: Hierarchy): HierarchyLoad {
  return startLoad(options, earlier)
}

/** After this many failures in a row that concern every call, the managers still waiting are not asked in vain. */
const failuresBeforeGivingUp = 3

function startLoad(options: HierarchyLoadOptions, earlier: Hierarchy | null): HierarchyLoad {
  const { ads, token, loginCustomerId: root, concurrency = 32 } = options
  const fetchedAt = earlier?.fetchedAt ?? options.now().toISOString()
  const picture = createHierarchyPicture(root)
  /** Managers that have been asked or stand in `waiting`. */
  const named = new Set<CustomerId>()
  const waiting: CustomerId[] = []
  let nextWaiting = 0
  const read = new Set<CustomerId>()
  const problems = new Map<CustomerId, BranchProblem>()
  const listeners = new Set<(progress: HierarchyProgress) => void>()
  const aborted = new AbortController()
  setMaxListeners(0, aborted.signal)
  const firstLevel = settledFromOutside()
  const done = settledFromOutside()
  let state: 'loading' | 'finished' | 'failed' = 'loading'
  let finished: Hierarchy | null = null
  let underWay = 0
  let failuresInARow = 0
  /** Why the flat list could not be read. Without it, what lies below a failed branch is not even known to exist. */
  let descendantsFailure: Failure | null = null
  /** Why the managers still waiting are not asked; null as long as asking makes sense. */
  let hopeless: unknown = null

  if (options.root) picture.describeRoot(options.root)
  if (earlier) resume(earlier)
  else if (options.root?.manager === false) run(describeRoot)
  else run(readFromRoot)

  return {
    current,
    firstLevel: firstLevel.promise,
    done: done.promise,
    onProgress(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop() {
      fail(new AppError('unavailable'))
      aborted.abort()
    },
  }

  /** Takes over an earlier picture; only its branches that may be read by now are asked. */
  function resume(hierarchy: Hierarchy): void {
    for (const account of hierarchy.accounts) {
      picture.recall(account)
      if (account.manager) read.add(account.customerId)
    }
    for (const problem of hierarchy.problems) {
      read.delete(problem.customerId)
      if (problem.retryable) waiting.push(problem.customerId)
      else problems.set(problem.customerId, problem)
    }
    for (const manager of [...read, ...waiting, ...problems.keys()]) named.add(manager)
    if (waiting.includes(root))
      run(readDescendants).then(
        failure => {
          descendantsFailure = failure
        },
        () => {},
      )
    firstLevel.resolve()
    goOn()
  }

  /** The two first questions, and what follows when one of them stays without an answer. */
  async function readFromRoot(): Promise<void> {
    named.add(root)
    const clients = run(() => readDirectClients(root))
    const descendants = run(readDescendants)
    const clientsFailure = await clients
    if (!clientsFailure && picture.root) firstLevel.resolve()
    descendantsFailure = await descendants
    if (clientsFailure && descendantsFailure) throw clientsFailure.error
    if (clientsFailure) picture.linkFirstLevel()
    if (!picture.root) await describeRoot()
    firstLevel.resolve()
  }

  async function readDescendants(): Promise<Failure | null> {
    try {
      for (const row of await ask(root, descendantsQuery)) {
        if (row.customerId === root) picture.describeRoot(row)
        else {
          picture.place(row, row.level)
          if (row.manager) name(row.customerId)
        }
      }
      return null
    } catch (error) {
      return { error }
    }
  }

  async function readDirectClients(manager: CustomerId): Promise<Failure | null> {
    try {
      takeDirectClients(manager, await ask(manager, directClientsQuery))
      read.add(manager)
      failuresInARow = 0
      hopeless = null
      return null
    } catch (error) {
      failuresInARow = concernsEveryCall(error) ? failuresInARow + 1 : 0
      hopeless = failuresInARow < failuresBeforeGivingUp ? null : error
      return mark(manager, error)
    }
  }

  function takeDirectClients(manager: CustomerId, rows: CustomerClient[]): void {
    for (const row of rows) {
      if (row.customerId === root && manager === root) picture.describeRoot(row)
      if (row.level !== 1 || row.customerId === manager) continue
      picture.link(manager, row)
      if (row.manager) name(row.customerId)
    }
  }

  /** Without a row of its own in either first answer (Google's sample knows such roots) the root is asked for itself. */
  async function describeRoot(): Promise<void> {
    try {
      const [self] = await ask(root, customerQuery)
      if (self) picture.describeRoot(self)
    } catch (error) {
      if (picture.size === 1) throw error
    }
  }

  function name(manager: CustomerId): void {
    if (named.has(manager)) return
    named.add(manager)
    waiting.push(manager)
  }

  function mark(manager: CustomerId, error: unknown): Failure {
    problems.set(manager, { customerId: manager, ...toProblem(error), retryable: isRetryable(error) })
    return { error }
  }

  function ask<T>(customerId: CustomerId, query: AdsQuery<T>): Promise<T[]> {
    return ads.search({ token, customerId, loginCustomerId: root, signal: aborted.signal, ...query })
  }

  /** Runs one task and goes on when it has ended. A task that throws ends the whole load. */
  function run<T>(task: () => Promise<T>): Promise<T> {
    underWay++
    const running = task()
    running.then(
      () => {
        underWay--
        goOn()
        for (const listener of listeners) listener(progress())
      },
      error => {
        underWay--
        fail(error)
      },
    )
    return running
  }

  function goOn(): void {
    if (state !== 'loading') return
    while (underWay < concurrency) {
      const manager = waiting[nextWaiting]
      if (manager === undefined) break
      nextWaiting++
      if (hopeless) mark(manager, hopeless)
      else run(() => readDirectClients(manager))
    }
    if (underWay === 0) finish()
  }

  function finish(): void {
    const isFinal = ![...problems.values()].some(problem => problem.retryable)
    if (descendantsFailure && problems.size > 0 && isFinal) mark(root, descendantsFailure.error)
    state = 'finished'
    finished = { ...current() }
    firstLevel.resolve()
    done.resolve()
  }

  function fail(error: unknown): void {
    if (state !== 'loading') return
    state = 'failed'
    if (!problems.has(root)) mark(root, error)
    firstLevel.reject(error)
    done.reject(error)
  }

  function current(): Hierarchy {
    if (finished) return finished
    let accounts: Hierarchy['accounts'] | undefined
    return {
      loginCustomerId: root,
      complete: state === 'finished' && ![...problems.values()].some(problem => problem.retryable),
      loading: state === 'loading',
      fetchedAt,
      get accounts() {
        accounts ??= picture.accounts()
        return accounts
      },
      problems: [...problems.values()].sort((a, b) => (a.customerId < b.customerId ? -1 : 1)),
      progress: progress(),
    }
  }

  function progress(): HierarchyProgress {
    const refused = [...problems.values()].filter(problem => !problem.retryable).length
    const leaf = picture.root?.manager === false && picture.size === 1 ? Number(named.has(root)) : 0
    return {
      accounts: picture.size,
      managers: named.size - leaf,
      managersDone: Math.max(0, read.size + refused - leaf),
      failed: problems.size,
    }
  }
}

interface Failure {
  error: unknown
}

/** A promise and the two functions that settle it. Nobody need listen to it: a rejection is never "unhandled". */
function settledFromOutside() {
  let resolve: () => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<void>((fulfil, refuse) => {
    resolve = fulfil
    reject = refuse
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}
