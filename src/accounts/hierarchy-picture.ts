import type { CustomerId } from '../customer-id.ts'
import type { Account, HierarchyAccount } from './account.ts'
import { nothingKnown } from './nothing-known.ts'

/** An account as one of Google's answers shows it. */
export interface SeenAccount extends Account {
  hidden: boolean
}

/**
 * A hierarchy while it is being put together from answers that arrive in any order. Accounts come twice, from the list
 * of all descendants (which knows their level below the root) and from their managers (which know the edge); each is
 * kept once, with every parent named.
 */
export interface HierarchyPicture {
  readonly size: number
  /** The root as it describes itself; null as long as nobody has. */
  readonly root: Account | null
  /** The root, as any answer or we ourselves know it. */
  describeRoot(account: Account): void
  /** An account at Google's own distance below the root. */
  place(account: SeenAccount, level: number): void
  /** `account` is a direct client of `parent`. A link to itself or to the root is ignored: neither is one. */
  link(parent: CustomerId, account: SeenAccount): void
  /** Makes everything Google placed at level 1 a client of the root: what remains when the root's own clients could not be read. */
  linkFirstLevel(): void
  /** An account of an earlier picture. Its level holds unless a shorter way is found. */
  recall(account: HierarchyAccount): void
  /** Ordered by level, then id, without cycles. New objects, safe to keep. */
  accounts(): HierarchyAccount[]
}

interface Node {
  account: Account
  hidden: boolean
  level: number
  /** `level` and `hidden` were said by Google about this root, not derived. */
  placed: boolean
  parents: CustomerId[]
}

export function createHierarchyPicture(root: CustomerId): HierarchyPicture {
  const nodes = new Map<CustomerId, Node>()
  const texts = new Map<string, string>()
  const rootNode: Node = { account: nothingKnown(root), hidden: false, level: 0, placed: true, parents: [] }
  let rootSeen = false
  nodes.set(root, rootNode)

  return {
    get size() {
      return nodes.size
    },
    get root() {
      return rootSeen ? rootNode.account : null
    },
    describeRoot(account) {
      rootNode.account = accountOf(account)
      rootSeen = true
    },
    place(account, level) {
      if (account.customerId === root) return
      const node = nodeOf(account)
      node.hidden = node.placed ? node.hidden && account.hidden : account.hidden
      node.level = node.placed ? Math.min(node.level, level) : level
      node.placed = true
    },
    link(parent, account) {
      if (account.customerId === root || account.customerId === parent) return
      const node = nodeOf(account)
      if (!node.placed) node.hidden = node.hidden && account.hidden
      if (!node.parents.includes(parent)) node.parents.push(parent)
      if (parent === root && rootNode.account.manager === null) rootNode.account.manager = true
    },
    linkFirstLevel() {
      for (const node of nodes.values()) {
        if (node.placed && node.level === 1 && !node.parents.includes(root)) node.parents.push(root)
      }
    },
    recall(account) {
      if (account.customerId === root) return this.describeRoot(account)
      const { hidden, level, parents } = account
      nodes.set(account.customerId, {
        account: accountOf(account),
        hidden,
        level,
        placed: false,
        parents: [...parents],
      })
    },
    accounts() {
      const finished = new Map<CustomerId, HierarchyAccount>()
      for (const id of managersBeforeClients(nodes, root)) {
        const node = nodes.get(id)
        if (node) finished.set(id, finish(node, finished))
      }
      return inOrder([...finished.values()])
    },
  }

  function nodeOf(account: SeenAccount): Node {
    const known = nodes.get(account.customerId)
    if (known) {
      if (account.manager) known.account.manager = true
      return known
    }
    const level = Number.POSITIVE_INFINITY
    const node = { account: accountOf(account), hidden: account.hidden, level, placed: false, parents: [] }
    nodes.set(account.customerId, node)
    return node
  }

  /** A copy of its own, equal texts shared: 100,000 accounts have a handful of currencies and time zones. */
  function accountOf(account: Account): Account {
    return {
      customerId: account.customerId,
      descriptiveName: account.descriptiveName,
      manager: account.manager,
      status: account.status,
      currencyCode: shared(account.currencyCode),
      timeZone: shared(account.timeZone),
      testAccount: account.testAccount,
    }
  }

  function shared(text: string | null): string | null {
    if (text === null) return null
    const known = texts.get(text)
    if (known !== undefined) return known
    texts.set(text, text)
    return text
  }
}

function finish(node: Node, finished: Map<CustomerId, HierarchyAccount>): HierarchyAccount {
  let level = node.level
  const parents: CustomerId[] = []
  for (const parent of node.parents) {
    const above = finished.get(parent)
    if (!above) continue
    parents.push(parent)
    if (!node.placed) level = Math.min(level, above.level + 1)
  }
  // Written out: a spread makes objects that are many times slower to read, and pages read them all.
  const { customerId, descriptiveName, manager, status, currencyCode, timeZone, testAccount } = node.account
  return {
    customerId,
    descriptiveName,
    manager,
    status,
    currencyCode,
    timeZone,
    testAccount,
    hidden: node.hidden,
    level,
    parents: parents.sort(),
  }
}

/**
 * All ids, every manager before its clients. Where links form a circle (Google forbids it, a broken answer need not),
 * the link back to an account already passed on the way down is left out: `finish` names only parents that precede.
 */
function managersBeforeClients(nodes: Map<CustomerId, Node>, root: CustomerId): CustomerId[] {
  const order: CustomerId[] = []
  const clients = clientsByManager(nodes)
  const missing = new Map<CustomerId, number>()
  for (const [id, node] of nodes) {
    const parents = node.parents.filter(parent => nodes.has(parent)).length
    missing.set(id, parents)
    if (parents === 0) order.push(id)
  }
  let next = 0
  for (;;) {
    for (; next < order.length; next++) {
      for (const client of clients.get(order[next] ?? root) ?? []) {
        const left = (missing.get(client) ?? 0) - 1
        missing.set(client, left)
        if (left === 0) order.push(client)
      }
    }
    if (order.length >= nodes.size) return order
    const entry = entryOfCircle(nodes, missing)
    if (entry === undefined) return order
    missing.set(entry, 0)
    order.push(entry)
  }
}

/** Of the accounts still waiting for a parent, the one nearest to the root (then the lowest id) that has one already. */
function entryOfCircle(nodes: Map<CustomerId, Node>, missing: Map<CustomerId, number>): CustomerId | undefined {
  let entry: { id: CustomerId; reached: boolean; level: number } | undefined
  for (const [id, left] of missing) {
    const node = nodes.get(id)
    if (left <= 0 || !node) continue
    const candidate = { id, reached: left < node.parents.length, level: node.level }
    if (!entry || isNearer(candidate, entry)) entry = candidate
  }
  return entry?.id
}

function isNearer(
  a: { id: CustomerId; reached: boolean; level: number },
  b: { id: CustomerId; reached: boolean; level: number },
): boolean {
  if (a.reached !== b.reached) return a.reached
  return a.level === b.level ? a.id < b.id : a.level < b.level
}

function clientsByManager(nodes: Map<CustomerId, Node>): Map<CustomerId, CustomerId[]> {
  const clients = new Map<CustomerId, CustomerId[]>()
  for (const [id, node] of nodes) {
    for (const parent of node.parents) {
      const siblings = clients.get(parent)
      if (siblings) siblings.push(id)
      else clients.set(parent, [id])
    }
  }
  return clients
}

function inOrder(accounts: HierarchyAccount[]): HierarchyAccount[] {
  return accounts.sort((a, b) => a.level - b.level || (a.customerId < b.customerId ? -1 : 1))
}
