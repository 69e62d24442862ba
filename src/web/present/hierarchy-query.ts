import type { CustomerStatus } from '../../accounts/account.ts'
import { type CustomerId, parseCustomerId } from '../../customer-id.ts'
import type { HierarchyAddress } from './routes.ts'

export type Shown = 'any' | 'only' | 'without'

/** What the hierarchy page was asked to show. */
export interface HierarchyQuery {
  q: string
  status: CustomerStatus | 'inactive' | 'any'
  test: Shown
  hidden: Shown
  /** Managers that stand open; null where nobody has opened or closed anything yet. */
  open: ReadonlySet<string> | null
  page: number
  view: 'tree' | 'picture'
  /** The manager the picture is drawn from; null for the root. */
  at: CustomerId | null
}

const STATUSES = ['ENABLED', 'CANCELED', 'SUSPENDED', 'CLOSED', 'UNKNOWN', 'inactive'] as const
/** The group of accounts whose manager is unknown opens and closes under this name. */
export const UNPLACED = 'unplaced'

/** Reads the query of the address. Whatever cannot be read stands at its default; nothing here fails. */
export function readHierarchyQuery(query: Readonly<Record<string, unknown>>): HierarchyQuery {
  const text = (name: string) => (typeof query[name] === 'string' ? query[name] : '')
  const page = Number(text('page'))
  return {
    q: text('q').trim().slice(0, 200),
    status: STATUSES.find(status => status === text('status')) ?? 'any',
    test: shown(text('test')),
    hidden: shown(text('hidden')),
    open: typeof query.open === 'string' ? readOpen(query.open) : null,
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
    view: text('view') === 'picture' ? 'picture' : 'tree',
    at: parseCustomerId(text('at')),
  }
}

export function isFiltered(query: HierarchyQuery): boolean {
  return query.q !== '' || query.status !== 'any' || query.test !== 'any' || query.hidden !== 'any'
}

/** The address of this query; defaults are left out. */
export function hierarchyAddress(query: HierarchyQuery): HierarchyAddress {
  return {
    q: query.q || undefined,
    status: query.status === 'any' ? undefined : query.status,
    test: query.test === 'any' ? undefined : query.test,
    hidden: query.hidden === 'any' ? undefined : query.hidden,
    open: query.open === null ? undefined : [...query.open].sort().join(','),
    page: query.page === 1 ? undefined : String(query.page),
    view: query.view === 'tree' ? undefined : query.view,
    at: query.at ?? undefined,
  }
}

function shown(value: string): Shown {
  return value === 'only' || value === 'without' ? value : 'any'
}

function readOpen(list: string): ReadonlySet<string> {
  return new Set(list.split(',').filter(id => /^\d{10}$/.test(id) || id === UNPLACED))
}
