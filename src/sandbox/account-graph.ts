import type { Account, AccountLink, Person, Scenario } from './scenario.ts'

/** How an account hangs in one hierarchy: its smallest distance from the root, and whether the link there is hidden. */
export interface Placement {
  account: Account
  level: number
  hidden: boolean
}

/** The accounts of a scenario with their links, indexed for the questions Google's servers answer. */
export class AccountGraph {
  readonly accounts: Map<string, Account>
  readonly #below = new Map<string, AccountLink[]>()
  readonly #above = new Map<string, AccountLink[]>()
  readonly #direct = new Map<string, Map<string, string>>()
  readonly #reach = new Map<string, Map<string, Placement>>()

  constructor(scenario: Scenario) {
    this.accounts = new Map(scenario.accounts.map(account => [account.id, account]))
    for (const link of scenario.links) {
      append(this.#below, link.manager, link)
      append(this.#above, link.client, link)
    }
    for (const { person, account, role } of scenario.grants) {
      if (role === 'EMAIL_ONLY') continue
      const roles = this.#direct.get(person) ?? new Map<string, string>()
      this.#direct.set(person, roles.set(account, role))
    }
  }

  linksBelow(manager: string): AccountLink[] {
    return this.#below.get(manager) ?? []
  }

  linksAbove(client: string): AccountLink[] {
    return this.#above.get(client) ?? []
  }

  /** The accounts a person is a user of. A user with e-mail notifications only is not one who can call. */
  directAccess(person: Person): string[] {
    return [...(this.#direct.get(person.label)?.keys() ?? [])]
  }

  hasDirectAccess(person: Person, account: string): boolean {
    return this.#direct.get(person.label)?.has(account) ?? false
  }

  /** Everything under an account through active links, itself included at level 0; each account once. */
  reach(root: string): Map<string, Placement> {
    const known = this.#reach.get(root)
    if (known) return known
    const found = this.#walk(root)
    this.#reach.set(root, found)
    return found
  }

  #walk(root: string): Map<string, Placement> {
    const start = this.accounts.get(root)
    if (!start) return new Map()
    const found = new Map([[root, { account: start, level: 0, hidden: false }]])
    for (const [id, { level }] of found) {
      for (const { client, status, hidden } of this.linksBelow(id)) {
        const account = this.accounts.get(client)
        if (status === 'ACTIVE' && account && !found.has(client))
          found.set(client, { account, level: level + 1, hidden })
      }
    }
    return found
  }
}

function append<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
