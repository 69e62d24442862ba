import type { Asked, Reply } from '../google/ads-stand-in.ts'

/** A plain graph of accounts for the stand-in: what Google would know. */
export interface WorldAccount {
  id: string
  manager: boolean
  name?: string
  status?: string
  currency?: string
  timeZone?: string
  testAccount?: boolean
}

export interface World {
  accounts: WorldAccount[]
  /** Manager, client, and whether the link is hidden. */
  links: [manager: string, client: string, hidden?: boolean][]
}

export interface Manners {
  /** Gives the next number in [0, 1) by which rows are shuffled. */
  random?: () => number
  /** What a customer_client query on an account answers instead; `descendants` is the one without a level. */
  refuse?: (asked: Asked, kind: 'descendants' | 'directClients' | 'customer') => Reply | undefined
  /** Leaves the queried account itself out, as Google is said to do for some. */
  withoutSelf?: boolean
  rowsPerBatch?: number
}

/** Answers customer and customer_client queries from a world, in any order of rows. */
export function answersFrom(
  world: World,
  { random = Math.random, refuse, withoutSelf, rowsPerBatch = 7 }: Manners = {},
) {
  const byId = new Map(world.accounts.map(account => [account.id, account]))
  const links = new Map<string, World['links']>()
  for (const link of world.links) links.set(link[0], [...(links.get(link[0]) ?? []), link])
  return (asked: Asked): Reply => {
    const customerId = asked.customerId ?? ''
    const kind = / FROM customer$/.test(asked.query)
      ? 'customer'
      : asked.query.includes('level <= 1')
        ? 'directClients'
        : 'descendants'
    const refused = refuse?.(asked, kind)
    if (refused) return refused
    if (kind === 'customer') return { json: [{ results: [{ customer: fields(byId.get(customerId)) }] }] }
    const rows: unknown[] = []
    const levels = new Map([[customerId, 0]])
    for (const [id, level] of levels) {
      if (kind === 'directClients' && level > 0) break
      for (const [, client] of links.get(id) ?? []) if (!levels.has(client)) levels.set(client, level + 1)
    }
    for (const [id, level] of levels) {
      if (withoutSelf && level === 0) continue
      if (!byId.get(customerId)?.manager && level > 0) continue
      const hidden = links.get(customerId)?.some(link => link[1] === id && link[2]) ?? false
      rows.push({
        customerClient: {
          resourceName: `customers/${customerId}/customerClients/${id}`,
          clientCustomer: `customers/${id}`,
          level: String(level),
          hidden,
          ...fields(byId.get(id)),
        },
      })
    }
    shuffle(rows, random)
    return { json: batches(rows, rowsPerBatch) }
  }
}

/** What the hierarchy under a root must be, read off the world link by link. */
export function plainReading(world: World, root: string) {
  const reached = new Map([[root, 0]])
  let grew = true
  for (let level = 1; grew; level++) {
    grew = false
    for (const [manager, client] of world.links) {
      if (reached.get(manager) !== level - 1 || reached.has(client)) continue
      reached.set(client, level)
      grew = true
    }
  }
  return [...reached]
    .map(([customerId, level]) => ({
      customerId,
      level,
      parents: world.links
        .filter(([manager, client]) => client === customerId && reached.has(manager) && customerId !== root)
        .map(([manager]) => manager)
        .sort(),
    }))
    .sort((a, b) => a.level - b.level || a.customerId.localeCompare(b.customerId))
}

function fields(account: WorldAccount | undefined) {
  return {
    id: account?.id,
    ...(account?.manager && { manager: true }),
    ...(account?.name && { descriptiveName: account.name }),
    status: account?.status ?? 'ENABLED',
    currencyCode: account?.currency ?? 'EUR',
    timeZone: account?.timeZone ?? 'Europe/Berlin',
    testAccount: account?.testAccount ?? false,
  }
}

function batches(rows: unknown[], size: number): unknown[] {
  if (rows.length === 0) return [{ fieldMask: 'customerClient.id', requestId: 'r' }]
  const result: unknown[] = []
  for (let at = 0; at < rows.length; at += size) result.push({ results: rows.slice(at, at + size), requestId: 'r' })
  return result
}

function shuffle(rows: unknown[], random: () => number): void {
  for (let last = rows.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[rows[last], rows[other]] = [rows[other], rows[last]]
  }
}
