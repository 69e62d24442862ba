import type { HierarchyAccount } from '../../accounts/account.ts'
import type { AccountGraph } from '../../accounts/graph.ts'
import type { CustomerId } from '../../customer-id.ts'
import { UNPLACED } from './hierarchy-query.ts'

/** One line of the tree. An account with several managers has one under each of them. */
export interface TreeRow {
  /** Unlike the account's id, unique on the page. */
  key: string
  /** Null on the line that gathers accounts whose manager is unknown. */
  account: HierarchyAccount | null
  /** The manager this line stands under; null for the root. */
  under: CustomerId | null
  level: number
  position: number
  setSize: number
  /** Null for leaves. */
  expanded: boolean | null
  /** False for a manager that is shown only because it leads to a match. */
  matched: boolean
}

export interface TreeRows {
  rows: TreeRow[]
  /** True when the graph unfolds into more lines than `limit`. */
  cut: boolean
  /** Accounts that match, each counted once. */
  matches: number
}

interface Options {
  /** The accounts to be shown for themselves; null shows all. */
  matches: readonly HierarchyAccount[] | null
  isOpen: (key: CustomerId | typeof UNPLACED) => boolean
  limit: number
}

/**
 * The lines that are visible: without a filter, what stands open; with one, each match together with the managers on
 * every way to it.
 */
export function treeRows(graph: AccountGraph, options: Options): TreeRows {
  const { matches, isOpen, limit } = options
  const root = graph.get(graph.root)
  const rows: TreeRow[] = []
  const leading = matches && leadingToMatches(graph, matches)
  const shownOf = (accounts: readonly HierarchyAccount[]) =>
    leading ? accounts.filter(account => leading.shown.has(account.customerId)) : accounts
  let cut = false

  function add(
    account: HierarchyAccount,
    place: Omit<TreeRow, 'account' | 'expanded' | 'matched'>,
    above: CustomerId[],
  ) {
    if (rows.length >= limit) {
      cut = true
      return
    }
    const children = above.includes(account.customerId) ? [] : shownOf(graph.children(account.customerId))
    const expandable = children.length > 0
    const expanded = expandable ? leading !== null || place.level === 1 || isOpen(account.customerId) : null
    const matched = leading === null || leading.matching.has(account.customerId)
    rows.push({ ...place, account, expanded, matched })
    if (expanded) addAll(children, place, [...above, account.customerId])
  }

  function addAll(accounts: readonly HierarchyAccount[], parent: Pick<TreeRow, 'key' | 'level'>, above: CustomerId[]) {
    accounts.forEach((account, index) => {
      const key = `${parent.key}-${account.customerId}`
      const under = above.at(-1) ?? null
      add(account, { key, under, level: parent.level + 1, position: index + 1, setSize: accounts.length }, above)
    })
  }

  const unplaced = shownOf(graph.orphans())
  const topSize = (root ? 1 : 0) + (unplaced.length > 0 ? 1 : 0)
  if (root && (leading === null || leading.shown.size > 0)) {
    add(root, { key: root.customerId, under: null, level: 1, position: 1, setSize: topSize }, [])
  }
  if (unplaced.length > 0) {
    const expanded = leading !== null || isOpen(UNPLACED)
    const place = { key: UNPLACED, under: null, level: 1, position: topSize, setSize: topSize }
    rows.push({ ...place, account: null, expanded, matched: leading === null })
    if (expanded) addAll(unplaced, place, [])
  }
  return { rows, cut, matches: leading?.matching.size ?? 0 }
}

/** The matching accounts, and with them everything above any of them. */
function leadingToMatches(graph: AccountGraph, matches: readonly HierarchyAccount[]) {
  const matching = new Set(matches.map(account => account.customerId))
  const shown = new Set(matching)
  for (const customerId of shown) for (const parent of graph.parents(customerId)) shown.add(parent.customerId)
  return { matching, shown }
}
