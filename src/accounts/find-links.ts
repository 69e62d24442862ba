import type { CustomerId } from '../customer-id.ts'
import type { AccessTokenSource, GoogleAds } from '../google/ads.ts'
import { toProblem } from '../google/ads-errors.ts'
import { type ClientLink, clientLinkQuery } from '../google/ads-queries.ts'
import { type AccessRoot, isRefused } from './access.ts'
import type { Problem } from './account.ts'
import { isAboutTheAccount } from './probe.ts'
import { createProbeMemory } from './probe-memory.ts'

/** A manager that has, had or asked for a link to the account. */
export interface ManagerLink extends ClientLink {
  managerId: CustomerId
  managerName: string | null
  /** The login customer through which the manager was asked. */
  loginCustomerId: CustomerId
}

export interface LinkSearch {
  /** The most telling first: active, waiting, refused, ended. */
  links: ManagerLink[]
  /** Managers that answered. */
  asked: number
  /** Managers nobody asked, because each costs an operation of the day's quota. */
  notAsked: number
  failed: { managerId: CustomerId; problem: Problem }[]
}

/** Asks the managers a connection opens for their links to an account. Never rejects for what Google refuses. */
export interface ManagerLinks {
  of(connectionId: string, roots: readonly AccessRoot[], customerId: CustomerId): Promise<LinkSearch>
  forget(connectionId: string, customerId: CustomerId): void
}

export interface ManagerLinksOptions {
  ads: Pick<GoogleAds, 'search'>
  tokenFor: (connectionId: string) => AccessTokenSource
  now: () => Date
}

interface Manager {
  managerId: CustomerId
  managerName: string | null
  loginCustomerId: CustomerId
}

const managersAsked = 10
/** The order in which links tell something about an account that is not there. */
const telling: readonly ClientLink['status'][] = ['ACTIVE', 'PENDING', 'REFUSED', 'INACTIVE', 'CANCELED', 'UNKNOWN']

export function createManagerLinks({ ads, tokenFor, now }: ManagerLinksOptions): ManagerLinks {
  const memory = createProbeMemory<Answer>(now, isAboutTheAccount)

  return {
    async of(connectionId, roots, customerId) {
      const { managers, others } = managersOf(roots)
      const answers = await Promise.all(
        managers.map(manager =>
          memory.get(`${connectionId}/${customerId}/${manager.managerId}`, () =>
            ask(connectionId, manager, customerId),
          ),
        ),
      )
      return {
        links: answers
          .flatMap(answer => answer.links)
          .sort((a, b) => telling.indexOf(a.status) - telling.indexOf(b.status)),
        asked: answers.filter(answer => answer.problem === null).length,
        notAsked: others,
        failed: answers.flatMap(({ managerId, problem }) => (problem ? [{ managerId, problem }] : [])),
      }
    },

    forget: (connectionId, customerId) => memory.forget(`${connectionId}/${customerId}/`),
  }

  async function ask(connectionId: string, manager: Manager, customerId: CustomerId): Promise<Answer> {
    const { managerId, loginCustomerId } = manager
    const call = { token: tokenFor(connectionId), customerId: managerId, loginCustomerId }
    try {
      const rows = await ads.search({ ...call, ...clientLinkQuery(customerId) })
      return { managerId, links: rows.map(row => ({ ...manager, ...row })), problem: null }
    } catch (error) {
      return { managerId, links: [], problem: toProblem(error) }
    }
  }
}

interface Answer {
  managerId: CustomerId
  links: ManagerLink[]
  problem: Problem | null
}

/** Login customers first, then the managers nearest to them; a link is most likely where people work. */
function managersOf(roots: readonly AccessRoot[]): { managers: Manager[]; others: number } {
  const found = new Map<CustomerId, Manager & { level: number }>()
  for (const { account, hierarchy } of roots) {
    if (account.manager === false || isRefused(account)) continue
    const loginCustomerId = account.customerId
    for (const each of hierarchy?.accounts ?? [{ ...account, level: 0 }]) {
      const works = each.status === 'ENABLED' || each.testAccount === true || each.customerId === loginCustomerId
      const known = found.get(each.customerId)
      if (each.manager !== true || !works || (known && known.level <= each.level)) continue
      found.set(each.customerId, {
        managerId: each.customerId,
        managerName: each.descriptiveName,
        loginCustomerId,
        level: each.level,
      })
    }
  }
  const ordered = [...found.values()].sort((a, b) => a.level - b.level || (a.managerId < b.managerId ? -1 : 1))
  return {
    managers: ordered.slice(0, managersAsked).map(({ level: _level, ...manager }) => manager),
    others: Math.max(0, ordered.length - managersAsked),
  }
}
