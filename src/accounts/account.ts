import type { CustomerId } from '../customer-id.ts'

/** Google Ads API v25, enums/customer_status.proto. Test accounts report CLOSED all their life although they work. */
export type CustomerStatus = 'ENABLED' | 'CANCELED' | 'SUSPENDED' | 'CLOSED' | 'UNKNOWN'

/** Google Ads API v25, enums/access_role.proto. */
export type AccessRole = 'ADMIN' | 'STANDARD' | 'READ_ONLY' | 'EMAIL_ONLY' | 'UNKNOWN'

/** A Google Ads account as far as Google told us; null means Google did not say. */
export interface Account {
  customerId: CustomerId
  descriptiveName: string | null
  manager: boolean | null
  status: CustomerStatus | null
  currencyCode: string | null
  timeZone: string | null
  testAccount: boolean | null
}

/** Why something could not be read. `code` is Google's own errorCode where Google gave one, else one of ErrorCode. */
export interface Problem {
  code: string
  message: string
  requestId: string | null
}

/** One account of `customers:listAccessibleCustomers`, with what a query through itself answered. */
export interface DirectAccount extends Account {
  /** The role this identity holds on the account, read from customer_user_access; null when it could not be read. */
  accessRole: AccessRole | null
  /** Why the role is unknown, when it is. */
  accessRoleProblem: Problem | null
  /** Why the account itself could not be read, when it could not. */
  problem: Problem | null
}

export interface DirectAccounts {
  accounts: DirectAccount[]
  /** ISO 8601, UTC. */
  fetchedAt: string
}

/** One account below (or at) a login customer. */
export interface HierarchyAccount extends Account {
  hidden: boolean
  /** Google's level below the login customer; the login customer itself is 0. */
  level: number
  /** Every manager inside this hierarchy that has it as a direct client, sorted; empty for the root and for accounts below a failed branch. */
  parents: CustomerId[]
}

/** A manager whose direct clients could not be read. */
export interface BranchProblem extends Problem {
  customerId: CustomerId
  /** False where asking again cannot help (a cancelled manager, say). */
  retryable: boolean
}

export interface HierarchyProgress {
  accounts: number
  managers: number
  /** Managers whose direct clients have been read, or have failed for good. */
  managersDone: number
  failed: number
}

/** The accounts below one login customer: a directed acyclic graph, clients at the leaves. */
export interface Hierarchy {
  loginCustomerId: CustomerId
  /** True when every branch has been read, or refused for good; false while loading and when a branch failed. */
  complete: boolean
  /** True while a load is under way. */
  loading: boolean
  /** When this picture was taken (the start of its load). ISO 8601, UTC. */
  fetchedAt: string
  /** Ordered by level, then customer id. */
  accounts: HierarchyAccount[]
  problems: BranchProblem[]
  progress: HierarchyProgress
}

/** One campaign's sums over the last 30 days. Micros are millionths of the account's currency. */
export interface CampaignRow {
  campaignId: string
  name: string
  status: string
  channelType: string
  costMicros: bigint
  clicks: bigint
  impressions: bigint
  conversions: number
}

export interface CampaignDay {
  /** `YYYY-MM-DD` in the account's own time zone. */
  date: string
  costMicros: bigint
  clicks: bigint
  impressions: bigint
  conversions: number
}

export interface CampaignReport {
  currencyCode: string | null
  timeZone: string | null
  campaigns: CampaignRow[]
  /** All campaigns summed, one entry a day, ascending; days without any activity are filled with zeros. */
  days: CampaignDay[]
  totals: { costMicros: bigint; clicks: bigint; impressions: bigint; conversions: number }
  fetchedAt: string
}
