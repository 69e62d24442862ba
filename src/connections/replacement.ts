import type { Account, HierarchyAccount } from '../accounts/account.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { CustomerId } from '../customer-id.ts'
import type { Connection } from './connection.ts'

type Named = Pick<Account, 'customerId' | 'descriptiveName' | 'manager'>

/** What becomes out of reach when one connection takes another's place; from what is stored, nobody is asked. */
export interface ReplacementPreview {
  /** How many accounts the old one is known to open. */
  known: number
  /** Of these: not opened by the new one, whose accounts are known completely. */
  lost: Named[]
  /** Of these: not seen with the new one, whose accounts are not known completely. */
  unsure: Named[]
  /** False where part of the old one's accounts was never read, so that more may be lost than is named. */
  complete: boolean
  /** When the oldest part was read, ISO 8601, UTC; null where nothing was. */
  oldReadAt: string | null
  newReadAt: string | null
}

interface Reach {
  accounts: Map<CustomerId, Named>
  complete: boolean
  readAt: string | null
}

type Stored = Pick<Accounts, 'storedDirect' | 'storedHierarchy'>

export async function previewReplacement(
  accounts: Stored,
  old: Pick<Connection, 'id'>,
  by: Pick<Connection, 'id'>,
): Promise<ReplacementPreview> {
  const [before, after] = await Promise.all([reachOf(accounts, old), reachOf(accounts, by)])
  const missing = [...before.accounts.values()].filter(({ customerId }) => !after.accounts.has(customerId))
  return {
    known: before.accounts.size,
    lost: after.complete ? missing : [],
    unsure: after.complete ? [] : missing,
    complete: before.complete,
    oldReadAt: before.readAt,
    newReadAt: after.readAt,
  }
}

async function reachOf(accounts: Stored, connection: Pick<Connection, 'id'>): Promise<Reach> {
  const direct = await accounts.storedDirect(connection)
  if (!direct) return { accounts: new Map(), complete: false, readAt: null }
  const reach: Reach = { accounts: new Map(), complete: true, readAt: direct.fetchedAt }
  const add = (all: readonly (Named | HierarchyAccount)[]) => {
    for (const { customerId, descriptiveName, manager } of all) {
      reach.accounts.set(customerId, { customerId, descriptiveName, manager })
    }
  }
  add(direct.accounts)
  for (const { customerId } of direct.accounts.filter(({ manager }) => manager !== false)) {
    const hierarchy = await accounts.storedHierarchy(connection, customerId)
    if (!hierarchy?.complete) reach.complete = false
    if (!hierarchy) continue
    add(hierarchy.accounts)
    if (hierarchy.fetchedAt < (reach.readAt ?? '')) reach.readAt = hierarchy.fetchedAt
  }
  return reach
}
