import type { CustomerId } from '../customer-id.ts'
import { AppError, isAppError } from '../errors.ts'
import { isRetryableProblem } from '../google/ads-errors.ts'
import type { Account, CampaignReport, DirectAccount, DirectAccounts, Hierarchy } from './account.ts'
import { packCampaignReport, unpackCampaignReport } from './campaign-snapshot.ts'
import { loadCampaignReport } from './campaigns.ts'
import { loadDirectAccounts } from './direct-accounts.ts'
import { createHierarchies, type HierarchiesOptions, type HierarchyOptions } from './hierarchies.ts'

export type { AccountsLog, HierarchyOptions } from './hierarchies.ts'
export type AccountsOptions = HierarchiesOptions

/** What the accounts need to know of a connection. */
export interface AccountsConnection {
  id: string
  /** The identity's address, by which its role is found among an account's people. */
  email: string
}

/** What the web layer asks about accounts. Everything comes from Google's answers, stored with the time they were given. */
export interface Accounts {
  /**
   * The accounts a connection opens directly; stored ones unless `refresh`. Callers at the same time share one load.
   * Rejects with `ads_not_ads_user` and whatever else befell the list; an account that cannot be read is a row.
   */
  direct(connection: AccountsConnection, options?: { refresh?: boolean }): Promise<DirectAccounts>
  /** The same from what is stored; asks nobody. Null when nothing has been read yet. */
  storedDirect(connection: Pick<AccountsConnection, 'id'>): Promise<DirectAccounts | null>
  /** The hierarchy as it is stored; asks nobody, and checks no access. Null when it has not been read yet. */
  storedHierarchy(connection: Pick<AccountsConnection, 'id'>, loginCustomerId: CustomerId): Promise<Hierarchy | null>
  /**
   * The hierarchy under a login customer: the stored picture, else a load, given as soon as its first level is there
   * (or, with `waitMs`, when it is done or the time is up). While a refresh runs, readers keep the old picture with
   * `loading: true` and the new counts. A refresh that fails as a whole rejects for those who asked for it (it shows at
   * the first level), and the old picture stays. Rejects with `not_found` unless the login customer is directly accessible.
   */
  hierarchy(connection: AccountsConnection, loginCustomerId: CustomerId, options?: HierarchyOptions): Promise<Hierarchy>
  /**
   * Tells the picture at once where there is one, then after each of Google's answers, and when the load has ended. Access
   * is not checked here: ask `hierarchy` first. Reading `accounts` of what is told costs, so throttle before.
   */
  watch(
    connection: Pick<AccountsConnection, 'id'>,
    loginCustomerId: CustomerId,
    listener: (hierarchy: Hierarchy) => void,
  ): () => void
  /** The last 30 days of a client; at most 15 minutes old. `ads_metrics_for_manager` for a manager. */
  campaigns(
    connection: AccountsConnection,
    loginCustomerId: CustomerId,
    customerId: CustomerId,
    options?: { refresh?: boolean },
  ): Promise<CampaignReport>
  /** Stops what is under way; loads not yet done are lost. */
  close(): Promise<void>
}

const campaignsKeptMs = 15 * 60 * 1000
const retryAfterMs = 60_000

export function createAccounts(options: AccountsOptions): Accounts {
  const { ads, snapshots, tokenFor, now } = options
  const hierarchies = createHierarchies(options)
  const directLoads = new Map<string, Promise<DirectAccounts>>()
  const campaignLoads = new Map<string, Promise<CampaignReport>>()

  return {
    direct,

    storedDirect: connection => storedDirect(connection.id),

    storedHierarchy: (connection, loginCustomerId) =>
      hierarchies.stored({ connectionId: connection.id, loginCustomerId }),

    async hierarchy(connection, loginCustomerId, hierarchyOptions) {
      const root = await loginCustomer(connection, loginCustomerId)
      return hierarchies.get({ connectionId: connection.id, loginCustomerId }, root, hierarchyOptions)
    },

    watch: (connection, loginCustomerId, listener) =>
      hierarchies.watch({ connectionId: connection.id, loginCustomerId }, listener),

    async campaigns(connection, loginCustomerId, customerId, { refresh = false } = {}) {
      const root = await loginCustomer(connection, loginCustomerId)
      const key = `${loginCustomerId}/${customerId}`
      const stored = refresh ? null : await storedCampaigns(connection.id, key)
      if (stored) return stored
      const load = shared(campaignLoads, `${connection.id}/${key}`, async () => {
        const account = customerId === root.customerId ? root : await knownAccount(connection.id, root, customerId)
        const token = tokenFor(connection.id)
        const report = await loadCampaignReport({ ads, token, loginCustomerId, customerId, account, now })
        await snapshots.write(connection.id, 'campaigns', key, packCampaignReport(report), report.fetchedAt)
        return report
      })
      return refresh ? load : load.catch(error => keptAlthoughDead(error, connection.id, key))
    },

    close: () => hierarchies.close(),
  }

  async function direct(connection: AccountsConnection, { refresh = false } = {}): Promise<DirectAccounts> {
    const stored = await storedDirect(connection.id)
    if (stored && !refresh && !isRetryDue(stored)) return stored
    const load = shared(directLoads, connection.id, () => loadDirect(connection, stored))
    return stored && !refresh ? load.catch(() => stored) : load
  }

  /** Rows that failed for a passing reason are asked again when somebody looks, once a minute at most. */
  function isRetryDue({ accounts, fetchedAt }: DirectAccounts): boolean {
    const passing = accounts.some(({ problem }) => problem !== null && isRetryableProblem(problem))
    return passing && now().getTime() - Date.parse(fetchedAt) > retryAfterMs
  }

  async function loadDirect(connection: AccountsConnection, before: DirectAccounts | null): Promise<DirectAccounts> {
    const fetchedAt = now().toISOString()
    const loaded = await loadDirectAccounts(ads, tokenFor(connection.id), connection.email)
    const accounts = loaded.map(account => withWhatWasKnown(account, before))
    await snapshots.write(connection.id, 'direct', '', { version: 1, accounts }, fetchedAt)
    return { accounts, fetchedAt }
  }

  async function storedDirect(connectionId: string): Promise<DirectAccounts | null> {
    const snapshot = await snapshots.read(connectionId, 'direct', '')
    const value = snapshot?.value as { version?: unknown; accounts?: DirectAccount[] } | null | undefined
    return snapshot && value?.version === 1 && value.accounts
      ? { accounts: value.accounts, fetchedAt: snapshot.fetchedAt }
      : null
  }

  async function storedCampaigns(
    connectionId: string,
    key: string,
    keptMs = campaignsKeptMs,
  ): Promise<CampaignReport | null> {
    const snapshot = await snapshots.read(connectionId, 'campaigns', key)
    if (!snapshot || now().getTime() - Date.parse(snapshot.fetchedAt) > keptMs) return null
    return unpackCampaignReport(snapshot.value)
  }

  /** What a connection that opens nothing any more has read before is better than nothing, however old. */
  async function keptAlthoughDead(error: unknown, connectionId: string, key: string): Promise<CampaignReport> {
    const dead = isAppError(error, 'needs_reconnect', 'connection_unusable')
    const kept = dead ? await storedCampaigns(connectionId, key, Number.POSITIVE_INFINITY) : null
    if (!kept) throw error
    return kept
  }

  /** The direct account access shall run through; what a connection does not open does not exist for it. */
  async function loginCustomer(connection: AccountsConnection, loginCustomerId: CustomerId): Promise<DirectAccount> {
    const { accounts } = await direct(connection)
    const root = accounts.find(account => account.customerId === loginCustomerId)
    if (!root) throw new AppError('not_found', { params: { customerId: loginCustomerId } })
    return root
  }

  async function knownAccount(
    connectionId: string,
    root: DirectAccount,
    customerId: CustomerId,
  ): Promise<Account | null> {
    const hierarchy = await hierarchies.stored({ connectionId, loginCustomerId: root.customerId })
    return hierarchy?.accounts.find(account => account.customerId === customerId) ?? null
  }
}

/** A row that fails for a passing reason keeps its name and all else that was read before, beside the problem. */
function withWhatWasKnown(account: DirectAccount, before: DirectAccounts | null): DirectAccount {
  const { problem } = account
  const known = before?.accounts.find(each => each.customerId === account.customerId)
  return problem && known && isRetryableProblem(problem) ? { ...known, problem } : account
}

/** Callers at the same time get the same promise. */
function shared<T>(loads: Map<string, Promise<T>>, name: string, load: () => Promise<T>): Promise<T> {
  const present = loads.get(name)
  if (present) return present
  const started = load().finally(() => loads.delete(name))
  loads.set(name, started)
  return started
}
