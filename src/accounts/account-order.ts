import type { Account } from './account.ts'

const byName = new Intl.Collator('en', { numeric: true })

/** The order in which people read accounts: managers first, then by name, those without a name last, then by id. */
export function compareAccounts(a: Account, b: Account): number {
  return (
    Number(b.manager === true) - Number(a.manager === true) ||
    Number(a.descriptiveName === null) - Number(b.descriptiveName === null) ||
    byName.compare(a.descriptiveName ?? '', b.descriptiveName ?? '') ||
    (a.customerId < b.customerId ? -1 : Number(a.customerId > b.customerId))
  )
}
