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

/** The whole hierarchy, the root included. An account of which Google did not say what it is counts as neither. */
export interface Totals {
  accounts: number
  managers: number
  clients: number
  /** The deepest level; 0 for a root alone. */
  deepest: number
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
  totals(): Totals
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
  const positions = new Map(accounts.map((account, position) => [account.customerId, position]))
  const clients = clientsByPosition(accounts, positions)
  const inOrder = new Map<CustomerId, readonly HierarchyAccount[]>()
  const sizes = new Map<CustomerId, Size>()
  /** The number of the walk that last came by an account: marking costs no new set for each of thousands of walks. */
  const seenIn = new Uint32Array(accounts.length)
  let walks = 0
  let distances: ReadonlyMap<number, number> | undefined
  let names: string[] | undefined
  let unplaced: readonly HierarchyAccount[] | undefined
  let managers: readonly HierarchyAccount[] | undefined
  let wholeTotals: Totals | undefined

  return {
    root,
    get,
    children,
    parents: customerId => (get(customerId)?.parents ?? []).flatMap(parent => get(parent) ?? []),
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
      managers ??= accounts.filter((_, position) => clients[position] !== undefined)
      return managers
    },
    totals() {
      wholeTotals ??= totalsOf(accounts)
      return wholeTotals
    },
  }

  function get(customerId: CustomerId): HierarchyAccount | undefined {
    const position = positions.get(customerId)
    return position === undefined ? undefined : accounts[position]
  }

  /** Sorted when first asked for: most managers of a large hierarchy are never opened. */
  function children(customerId: CustomerId): readonly HierarchyAccount[] {
    const known = inOrder.get(customerId)
    if (known) return known
    const found = (clients[positions.get(customerId) ?? -1] ?? []).flatMap(position => accounts[position] ?? [])
    inOrder.set(customerId, found.sort(compareAccounts))
    return found
  }

  /**
   * Walks up from the account, always going on with the way that can end soonest. The distance of every account from
   * the root is known exactly, so no step is made in vain, and the shortest ways come first.
   */
  function paths(customerId: CustomerId, limit = 50): CustomerId[][] {
    const start = distanceOf(customerId)
    if (start === undefined) return []
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
        for (const parent of (get(top)?.parents ?? []).toReversed()) {
          const distance = distanceOf(parent)
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

  /** Links between the root and the account at least; undefined when no way leads there. */
  function distanceOf(customerId: CustomerId): number | undefined {
    distances ??= new Map(levelsFrom(root).flatMap((level, distance) => level.map(position => [position, distance])))
    return distances.get(positions.get(customerId) ?? -1)
  }

  function size(customerId: CustomerId): Size {
    const known = sizes.get(customerId)
    if (known) return known
    const result = { accounts: 0, managers: 0, depth: 0 }
    for (const [distance, level] of levelsFrom(customerId).entries()) {
      if (distance === 0) continue
      result.accounts += level.length
      result.managers += level.filter(position => accounts[position]?.manager).length
      result.depth = distance
    }
    sizes.set(customerId, result)
    return result
  }

  /** The account, its direct clients, theirs, and so on, each account where it first appears. */
  function levelsFrom(customerId: CustomerId): number[][] {
    const top = positions.get(customerId)
    const levels = top === undefined ? [] : [[top]]
    if (top !== undefined) seenIn[top] = ++walks
    for (const level of levels) {
      const next: number[] = []
      for (const position of level) {
        for (const client of clients[position] ?? []) {
          if (seenIn[client] === walks) continue
          seenIn[client] = walks
          next.push(client)
        }
      }
      if (next.length > 0) levels.push(next)
    }
    return levels
  }

  function search(text: string): HierarchyAccount[] {
    const wanted = foldText(text.trim())
    if (wanted === '') return []
    names ??= accounts.map(account => foldText(account.descriptiveName ?? ''))
    const folded = names
    const whole = get(parseCustomerId(text) ?? '')
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

/** For each account the positions of its direct clients; undefined where it has none. */
function clientsByPosition(accounts: readonly HierarchyAccount[], positions: ReadonlyMap<CustomerId, number>) {
  const clients = new Array<number[] | undefined>(accounts.length).fill(undefined)
  accounts.forEach((account, position) => {
    for (const parent of account.parents) {
      const above = positions.get(parent)
      if (above === undefined) continue
      const siblings = clients[above]
      if (siblings) siblings.push(position)
      else clients[above] = [position]
    }
  })
  return clients
}

function totalsOf(accounts: readonly HierarchyAccount[]): Totals {
  const totals = { accounts: accounts.length, managers: 0, clients: 0, deepest: 0 }
  for (const account of accounts) {
    if (account.manager === true) totals.managers++
    if (account.manager === false) totals.clients++
    totals.deepest = Math.max(totals.deepest, account.level)
  }
  return totals
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
