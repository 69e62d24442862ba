import { type CustomerId, parseCustomerId } from '../customer-id.ts'
import type { CustomerStatus, Hierarchy, HierarchyAccount } from './account.ts'
import { compareAccounts } from './account-order.ts'
import { foldText } from './fold-text.ts'

/** What lies below an account. An account reached in two ways counts once. */
export interface Size {
  accounts: number
  managers: number
  /** Levels below; 0 for a client. */
  depth: number
}

export interface AccountFilter {
  /** Statuses to keep; all when left out. A test account reports CLOSED all its life and passes as ENABLED too. */
  statuses?: ReadonlySet<CustomerStatus>
  /** `all` when left out. */
  test?: 'all' | 'hide' | 'only'
  /** Keep hidden accounts; true when left out. */
  hidden?: boolean
}

/** A finished (or half-read) hierarchy to be asked about. Unknown ids have no clients, no parents and no paths. */
export interface AccountGraph {
  root: CustomerId
  get(customerId: CustomerId): HierarchyAccount | undefined
  /** Direct clients: managers first, then by name, those without a name last, then by id. */
  children(customerId: CustomerId): readonly HierarchyAccount[]
  parents(customerId: CustomerId): readonly HierarchyAccount[]
  /** Ways from the root to the account, both included, shortest first; at most `limit` (50). */
  paths(customerId: CustomerId, limit?: number): CustomerId[][]
  /** One of the shortest ways, the same on every call; null when none is known. */
  shortestPath(customerId: CustomerId): CustomerId[] | null
  size(customerId: CustomerId): Size
  /**
   * Accounts whose name contains `text` (any case, with or without accents) or whose id contains its digits, in the
   * hierarchy's order; an id given in full stands first. Nothing for an empty text.
   */
  search(text: string): HierarchyAccount[]
  /** Accounts below the root whose managers are unknown, because a branch could not be read; ordered as clients are. */
  orphans(): readonly HierarchyAccount[]
  /** Accounts that have direct clients here, in the hierarchy's order. */
  managersWithClients(): readonly HierarchyAccount[]
}

/** One graph for each list of accounts, as long as the list lives: a page view must not sort 50,000 accounts anew. */
const graphs = new WeakMap<readonly HierarchyAccount[], AccountGraph>()

/** The accounts must not be changed from here on. */
export function accountGraph(hierarchy: Pick<Hierarchy, 'loginCustomerId' | 'accounts'>): AccountGraph {
  const { accounts, loginCustomerId } = hierarchy
  const known = graphs.get(accounts)
  if (known?.root === loginCustomerId) return known
  const graph = createGraph(loginCustomerId, accounts)
  graphs.set(accounts, graph)
  return graph
}

function createGraph(root: CustomerId, accounts: readonly HierarchyAccount[]): AccountGraph {
  const byId = new Map(accounts.map(account => [account.customerId, account]))
  const clients = clientsByManager(accounts)
  const sorted = new Set<CustomerId>()
  const sizes = new Map<CustomerId, Size>()
  let distances: Map<CustomerId, number> | undefined
  let names: string[] | undefined
  let unplaced: HierarchyAccount[] | undefined
  let managers: HierarchyAccount[] | undefined

  return {
    root,
    get: customerId => byId.get(customerId),
    children,
    parents: customerId => (byId.get(customerId)?.parents ?? []).flatMap(parent => byId.get(parent) ?? []),
    paths,
    shortestPath: customerId => paths(customerId, 1)[0] ?? null,
    size,
    search,
    orphans() {
      unplaced ??= accounts
        .filter(account => account.parents.length === 0 && account.customerId !== root)
        .sort(compareAccounts)
      return unplaced
    },
    managersWithClients() {
      managers ??= accounts.filter(account => clients.has(account.customerId))
      return managers
    },
  }

  /** Sorted when first asked for: most managers of a large hierarchy are never opened. */
  function children(customerId: CustomerId): readonly HierarchyAccount[] {
    const found = clients.get(customerId) ?? []
    if (!sorted.has(customerId)) {
      found.sort(compareAccounts)
      sorted.add(customerId)
    }
    return found
  }

  /**
   * Walks up from the account, always going on with the way that can end soonest. The distance of every account from
   * the root is known exactly, so no step is made in vain, and the shortest ways come first.
   */
  function paths(customerId: CustomerId, limit = 50): CustomerId[][] {
    distances ??= distancesFrom(root, clients)
    const start = distances.get(customerId)
    if (start === undefined || !byId.has(customerId)) return []
    const found: CustomerId[][] = []
    const byLength = new Map<number, CustomerId[][]>([[start, [[customerId]]]])
    for (let length = start; byLength.size > 0 && found.length < limit; length++) {
      const ways = byLength.get(length) ?? []
      byLength.delete(length)
      for (let way = ways.pop(); way && found.length < limit; way = ways.pop()) {
        const [top] = way
        if (top === root || top === undefined) {
          found.push(way)
          continue
        }
        for (const parent of (byId.get(top)?.parents ?? []).toReversed()) {
          const distance = distances.get(parent)
          if (distance === undefined || way.includes(parent)) continue
          const whole = distance + way.length
          const longer = [parent, ...way]
          if (whole === length) ways.push(longer)
          else byLength.set(whole, [longer, ...(byLength.get(whole) ?? [])])
        }
      }
    }
    return found
  }

  function size(customerId: CustomerId): Size {
    const known = sizes.get(customerId)
    if (known) return known
    const below = distancesFrom(customerId, clients)
    below.delete(customerId)
    const result = { accounts: below.size, managers: 0, depth: 0 }
    for (const [id, distance] of below) {
      if (byId.get(id)?.manager) result.managers++
      if (distance > result.depth) result.depth = distance
    }
    sizes.set(customerId, result)
    return result
  }

  function search(text: string): HierarchyAccount[] {
    const wanted = foldText(text.trim())
    if (wanted === '') return []
    names ??= accounts.map(account => foldText(account.descriptiveName ?? ''))
    const folded = names
    const whole = byId.get(parseCustomerId(text) ?? '')
    const digits = digitsOfId(text)
    const found = accounts.filter(
      (account, index) =>
        account !== whole &&
        (folded[index]?.includes(wanted) || (digits !== null && account.customerId.includes(digits))),
    )
    return whole ? [whole, ...found] : found
  }
}

/** True when an account passes the filter. */
export function passes(account: HierarchyAccount, filter: AccountFilter): boolean {
  if (filter.hidden === false && account.hidden) return false
  if (filter.test === 'hide' && account.testAccount) return false
  if (filter.test === 'only' && !account.testAccount) return false
  if (!filter.statuses) return true
  const worksAlthoughClosed = account.testAccount && account.status === 'CLOSED' && filter.statuses.has('ENABLED')
  return worksAlthoughClosed || filter.statuses.has(account.status ?? 'UNKNOWN')
}

function clientsByManager(accounts: readonly HierarchyAccount[]): Map<CustomerId, HierarchyAccount[]> {
  const clients = new Map<CustomerId, HierarchyAccount[]>()
  for (const account of accounts) {
    for (const parent of account.parents) {
      const siblings = clients.get(parent)
      if (siblings) siblings.push(account)
      else clients.set(parent, [account])
    }
  }
  return clients
}

/** How many links each account lies below `top` at least; accounts not below it are absent. */
function distancesFrom(top: CustomerId, clients: Map<CustomerId, HierarchyAccount[]>): Map<CustomerId, number> {
  const distances = new Map([[top, 0]])
  for (const [id, distance] of distances) {
    for (const client of clients.get(id) ?? []) {
      if (!distances.has(client.customerId)) distances.set(client.customerId, distance + 1)
    }
  }
  return distances
}

/** The digits of a text that can be (part of) a customer id in any notation; null when it is something else. */
function digitsOfId(text: string): string | null {
  const digits = text
    .normalize('NFKC')
    .trim()
    .replace(/^customers\//, '')
    .replace(/[\s\p{Pd}.]/gu, '')
  return /^[0-9]{1,10}$/.test(digits) ? digits : null
}
