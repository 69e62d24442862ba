import type { Hierarchy, HierarchyAccount } from '../../accounts/account.ts'
import type { CustomerId } from '../../customer-id.ts'

/** A hierarchy as pages walk it: downwards by children, upwards by parents. Children stand in reading order. */
export interface AccountGraph {
  root: HierarchyAccount | null
  accounts: HierarchyAccount[]
  account(customerId: CustomerId): HierarchyAccount | undefined
  childrenOf(customerId: CustomerId): HierarchyAccount[]
  /** Accounts whose manager is not known: below a branch that failed or has not been read. */
  unplaced: HierarchyAccount[]
  /** Distinct accounts below, the account itself not counted. */
  sizeBelow(customerId: CustomerId): number
  /** Ways from the root down to the account, both included; at most `limit`. */
  pathsTo(customerId: CustomerId, limit: number): HierarchyAccount[][]
}

export function accountGraph(hierarchy: Hierarchy, locale: string): AccountGraph {
  const byId = new Map(hierarchy.accounts.map(account => [account.customerId, account]))
  const children = new Map<CustomerId, HierarchyAccount[]>()
  const unplaced: HierarchyAccount[] = []
  const inOrder = readingOrder(locale)

  for (const account of hierarchy.accounts) {
    if (account.customerId === hierarchy.loginCustomerId) continue
    const parents = account.parents.filter(parent => byId.has(parent))
    if (parents.length === 0) unplaced.push(account)
    for (const parent of parents) {
      const siblings = children.get(parent)
      if (siblings) siblings.push(account)
      else children.set(parent, [account])
    }
  }
  for (const siblings of children.values()) siblings.sort(inOrder)
  unplaced.sort(inOrder)

  const childrenOf = (customerId: CustomerId) => children.get(customerId) ?? []

  function sizeBelow(customerId: CustomerId): number {
    const seen = new Set<CustomerId>([customerId])
    const waiting = [customerId]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const child of childrenOf(next)) {
        if (seen.has(child.customerId)) continue
        seen.add(child.customerId)
        waiting.push(child.customerId)
      }
    }
    return seen.size - 1
  }

  function pathsTo(customerId: CustomerId, limit: number): HierarchyAccount[][] {
    const found: HierarchyAccount[][] = []
    const climb = (id: CustomerId, below: HierarchyAccount[]): void => {
      const account = byId.get(id)
      if (account === undefined || below.includes(account) || found.length >= limit) return
      const path = [account, ...below]
      if (id === hierarchy.loginCustomerId) found.push(path)
      else for (const parent of account.parents) climb(parent, path)
    }
    climb(customerId, [])
    return found
  }

  return {
    root: byId.get(hierarchy.loginCustomerId) ?? null,
    accounts: hierarchy.accounts,
    account: customerId => byId.get(customerId),
    childrenOf,
    unplaced,
    sizeBelow,
    pathsTo,
  }
}

/** Managers first, then by name, unnamed last, then by id. */
function readingOrder(locale: string): (a: HierarchyAccount, b: HierarchyAccount) => number {
  const collator = new Intl.Collator(locale, { numeric: true })
  return (a, b) =>
    Number(b.manager === true) - Number(a.manager === true) ||
    Number(!a.descriptiveName) - Number(!b.descriptiveName) ||
    collator.compare(a.descriptiveName ?? '', b.descriptiveName ?? '') ||
    (a.customerId < b.customerId ? -1 : 1)
}
