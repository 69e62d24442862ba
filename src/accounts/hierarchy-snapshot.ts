import type { BranchProblem, CustomerStatus, Hierarchy, HierarchyAccount, HierarchyProgress } from './account.ts'

/**
 * A hierarchy as it is stored: arrays instead of objects, parents as positions in the list, repeated texts once. About
 * a third of the plain JSON: 100,000 accounts take some 6 MB.
 */
interface StoredHierarchy {
  version: 1
  loginCustomerId: string
  complete: boolean
  fetchedAt: string
  progress: HierarchyProgress
  problems: BranchProblem[]
  /** Currencies and time zones. */
  texts: string[]
  accounts: StoredAccount[]
}

/** id, name, manager, status, currency, time zone, test account, hidden, level, then the positions of the parents. */
type StoredAccount = [
  number,
  string | null,
  0 | 1 | null,
  number | null,
  number | null,
  number | null,
  0 | 1 | null,
  0 | 1,
  number,
  ...number[],
]

const statuses: CustomerStatus[] = ['UNKNOWN', 'ENABLED', 'CANCELED', 'SUSPENDED', 'CLOSED']

export function packHierarchy(hierarchy: Hierarchy): unknown {
  const positions = new Map(hierarchy.accounts.map((account, position) => [account.customerId, position]))
  const texts = new Map<string, number>()
  const textAt = (text: string | null) => {
    if (text === null) return null
    const known = texts.get(text) ?? texts.size
    texts.set(text, known)
    return known
  }
  const accounts = hierarchy.accounts.map(
    (account): StoredAccount => [
      Number(account.customerId),
      account.descriptiveName,
      bit(account.manager),
      account.status === null ? null : statuses.indexOf(account.status),
      textAt(account.currencyCode),
      textAt(account.timeZone),
      bit(account.testAccount),
      account.hidden ? 1 : 0,
      account.level,
      ...account.parents.map(parent => positions.get(parent) ?? -1),
    ],
  )
  const { loginCustomerId, complete, fetchedAt, progress, problems } = hierarchy
  const stored: StoredHierarchy = {
    version: 1,
    loginCustomerId,
    complete,
    fetchedAt,
    progress,
    problems,
    texts: [...texts.keys()],
    accounts,
  }
  return stored
}

/** The hierarchy, or null when the value is not of the present version: then it is read from Google again. */
export function unpackHierarchy(value: unknown): Hierarchy | null {
  if (!isStoredHierarchy(value)) return null
  const ids = value.accounts.map(account => String(account[0]).padStart(10, '0'))
  const textOf = (position: number | null) => (position === null ? null : (value.texts[position] ?? null))
  const accounts = value.accounts.map((stored, position): HierarchyAccount => {
    const [, descriptiveName, manager, status, currency, zone, test, hidden, level, ...parents] = stored
    return {
      customerId: ids[position] ?? '',
      descriptiveName,
      manager: manager === null ? null : manager === 1,
      status: status === null ? null : (statuses[status] ?? 'UNKNOWN'),
      currencyCode: textOf(currency),
      timeZone: textOf(zone),
      testAccount: test === null ? null : test === 1,
      hidden: hidden === 1,
      level,
      parents: parents.flatMap(parent => ids[parent] ?? []),
    }
  })
  const { loginCustomerId, complete, fetchedAt, progress, problems } = value
  return { loginCustomerId, complete, loading: false, fetchedAt, accounts, problems, progress }
}

function isStoredHierarchy(value: unknown): value is StoredHierarchy {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === 1 &&
    'accounts' in value &&
    Array.isArray(value.accounts)
  )
}

function bit(value: boolean | null): 0 | 1 | null {
  return value === null ? null : value ? 1 : 0
}
