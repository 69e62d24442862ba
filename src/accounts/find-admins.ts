import type { CustomerId } from '../customer-id.ts'
import type { AccessTokenSource, GoogleAds } from '../google/ads.ts'
import { toProblem } from '../google/ads-errors.ts'
import { userAccessQuery } from '../google/ads-queries.ts'
import type { Problem } from './account.ts'
import { isAboutTheAccount } from './probe.ts'
import { createProbeMemory } from './probe-memory.ts'

/** Who may raise a role on an account, as far as Google lets the connection see it. */
export interface AccountAdmins {
  customerId: CustomerId
  /** Only those invited to this very account; who comes through a manager above is not listed by Google. */
  emails: string[]
  /** Why they could not be read; null when they were. */
  problem: Problem | null
}

export interface Admins {
  /** Never rejects for what Google refuses. */
  of(connectionId: string, customerId: CustomerId, loginCustomerId: CustomerId): Promise<AccountAdmins>
}

export interface AdminsOptions {
  ads: Pick<GoogleAds, 'search'>
  tokenFor: (connectionId: string) => AccessTokenSource
  now: () => Date
}

export function createAdmins({ ads, tokenFor, now }: AdminsOptions): Admins {
  const memory = createProbeMemory<AccountAdmins>(now, isAboutTheAccount)

  return {
    of: (connectionId, customerId, loginCustomerId) =>
      memory.get(`${connectionId}/${customerId}/${loginCustomerId}`, async () => {
        try {
          const call = { token: tokenFor(connectionId), customerId, loginCustomerId }
          const people = await ads.search({ ...call, ...userAccessQuery })
          const admins = people.filter(({ accessRole }) => accessRole === 'ADMIN')
          const emails = admins.flatMap(({ emailAddress }) => emailAddress ?? []).sort()
          return { customerId, emails, problem: null }
        } catch (error) {
          return { customerId, emails: [], problem: toProblem(error) }
        }
      }),
  }
}
