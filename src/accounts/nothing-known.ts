import type { CustomerId } from '../customer-id.ts'
import type { Account } from './account.ts'

/** Stands in for an account of which nothing but the id is known. */
export function nothingKnown(customerId: CustomerId): Account {
  return {
    customerId,
    descriptiveName: null,
    manager: null,
    status: null,
    currencyCode: null,
    timeZone: null,
    testAccount: null,
  }
}
