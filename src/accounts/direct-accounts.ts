import type { CustomerId } from '../customer-id.ts'
import type { AccessTokenSource, GoogleAds } from '../google/ads.ts'
import { toProblem } from '../google/ads-errors.ts'
import { customerQuery, userAccessQuery } from '../google/ads-queries.ts'
import type { AccessRole, Account, DirectAccount, Problem } from './account.ts'
import { compareAccounts } from './account-order.ts'
import { nothingKnown } from './nothing-known.ts'

/** Google listed the people of an account and this identity was not among them. */
const roleNotListed: Problem = { code: 'role_not_listed', message: '', requestId: null }

/**
 * The accounts an identity was invited to, each read through itself (product.md section 6, "Probe rule"), in the order
 * people read them. Two round trips however many there are. An account that cannot be read is a row with its problem;
 * only a failure of the list itself rejects (`ads_not_ads_user` for a person without any account).
 */
export async function loadDirectAccounts(
  ads: GoogleAds,
  token: AccessTokenSource,
  email: string,
): Promise<DirectAccount[]> {
  const customerIds = await ads.listAccessibleCustomers(token)
  const accounts = await Promise.all(
    customerIds.map(customerId => loadDirectAccount(ads, token, { customerId, email })),
  )
  return accounts.sort(compareAccounts)
}

async function loadDirectAccount(
  ads: GoogleAds,
  token: AccessTokenSource,
  { customerId, email }: { customerId: CustomerId; email: string },
): Promise<DirectAccount> {
  const through = { token, customerId, loginCustomerId: customerId }
  const [account, role] = await Promise.all([
    ads.search({ ...through, ...customerQuery }).then(rows => describe(customerId, rows[0]), failedAccount(customerId)),
    ads.search({ ...through, ...userAccessQuery }).then(rows => roleOf(email, rows), failedRole),
  ])
  return { ...account, ...role }
}

function describe(customerId: CustomerId, row: Account | undefined): Account & { problem: Problem | null } {
  if (!row) return unreadable(customerId, { code: 'ads_unexpected_answer', message: '', requestId: null })
  return { ...row, customerId, problem: null }
}

function failedAccount(customerId: CustomerId) {
  return (error: unknown) => unreadable(customerId, toProblem(error))
}

/** CUSTOMER_NOT_ENABLED does not say whether an account is cancelled or not yet enabled, so the status stays unknown. */
function unreadable(customerId: CustomerId, problem: Problem): Account & { problem: Problem } {
  return { ...nothingKnown(customerId), problem }
}

type Role = Pick<DirectAccount, 'accessRole' | 'accessRoleProblem'>

function roleOf(email: string, rows: { emailAddress: string | null; accessRole: AccessRole }[]): Role {
  const own = rows.find(row => row.emailAddress !== null && sameAddress(row.emailAddress, email))
  return own
    ? { accessRole: own.accessRole, accessRoleProblem: null }
    : { accessRole: null, accessRoleProblem: roleNotListed }
}

function failedRole(error: unknown): Role {
  return { accessRole: null, accessRoleProblem: toProblem(error) }
}

function sameAddress(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase()
}
