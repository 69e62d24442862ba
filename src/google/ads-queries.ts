import { type ZodType, z } from 'zod'
import type { CustomerId } from '../customer-id.ts'
import { AppError } from '../errors.ts'
import { customerId, double, enumName, flag, idText, int64, smallInt, text } from './ads-fields.ts'

/** A query in Google Ads Query Language and how one row of its answer reads. */
export interface AdsQuery<T> {
  query: string
  row: ZodType<T>
  /** For an answer of a row or a few, which somebody waits for; a stream may take longer. */
  timeoutMs?: number
}

const quickMs = 15_000

const accountFields = {
  descriptiveName: text,
  manager: flag,
  status: enumName(['ENABLED', 'CANCELED', 'SUSPENDED', 'CLOSED']),
  currencyCode: text,
  timeZone: text,
  testAccount: flag,
}

const customerRow = z
  .object({ customer: z.object({ id: customerId, ...accountFields }) })
  .transform(({ customer: { id, ...fields } }) => ({ customerId: id, ...fields }))

/** An account's own description of itself. */
export type Customer = z.output<typeof customerRow>

/** The called account itself; one row (google-wire-facts C.2). */
export const customerQuery: AdsQuery<Customer> = {
  query:
    'SELECT customer.id, customer.descriptive_name, customer.manager, customer.status, customer.currency_code, ' +
    'customer.time_zone, customer.test_account FROM customer',
  row: customerRow,
  timeoutMs: quickMs,
}

const userAccessRow = z
  .object({
    customerUserAccess: z.object({
      emailAddress: text,
      accessRole: enumName(['ADMIN', 'STANDARD', 'READ_ONLY', 'EMAIL_ONLY']),
    }),
  })
  .transform(row => row.customerUserAccess)

/** One person with direct access to an account. */
export type UserAccess = z.output<typeof userAccessRow>

/** Who has direct access to the called account (google-wire-facts C.3). */
export const userAccessQuery: AdsQuery<UserAccess> = {
  query:
    'SELECT customer_user_access.user_id, customer_user_access.email_address, customer_user_access.access_role ' +
    'FROM customer_user_access',
  row: userAccessRow,
  timeoutMs: quickMs,
}

const clientLinkRow = z
  .object({
    customerClientLink: z.object({
      status: enumName(['ACTIVE', 'INACTIVE', 'PENDING', 'REFUSED', 'CANCELED']),
      hidden: flag,
    }),
  })
  .transform(row => row.customerClientLink)

/** What became of a manager's request to link a client. */
export type ClientLink = z.output<typeof clientLinkRow>

/**
 * The called manager's own links to one client, those that never came about included (google-wire-facts C.3);
 * customer_client lists the active ones only.
 */
export function clientLinkQuery(clientCustomerId: CustomerId): AdsQuery<ClientLink> {
  if (!/^\d{10}$/.test(clientCustomerId)) throw new AppError('invalid_customer_id')
  return {
    query:
      'SELECT customer_client_link.client_customer, customer_client_link.manager_link_id, ' +
      'customer_client_link.status, customer_client_link.hidden FROM customer_client_link ' +
      `WHERE customer_client_link.client_customer = 'customers/${clientCustomerId}'`,
    row: clientLinkRow,
    timeoutMs: quickMs,
  }
}

const selectCustomerClients =
  'SELECT customer_client.client_customer, customer_client.id, customer_client.level, customer_client.manager, ' +
  'customer_client.descriptive_name, customer_client.status, customer_client.currency_code, ' +
  'customer_client.time_zone, customer_client.test_account, customer_client.hidden FROM customer_client'

const customerClientRow = z
  .object({
    customerClient: z.object({
      id: customerId.optional(),
      clientCustomer: customerId.optional(),
      level: smallInt,
      hidden: flag,
      ...accountFields,
    }),
  })
  .transform(({ customerClient }, context) => {
    const { id, clientCustomer, ...fields } = customerClient
    const account = id ?? clientCustomer
    if (account) return { customerId: account, ...fields }
    context.addIssue({ code: 'custom', message: 'a row without an id' })
    return z.NEVER
  })

/** An account below the queried manager with its distance from it, or (level 0) that manager itself. */
export type CustomerClient = z.output<typeof customerClientRow>

/** Every account below the called manager with its level, and the manager itself; no parents (google-wire-facts C.1). */
export const descendantsQuery: AdsQuery<CustomerClient> = { query: selectCustomerClients, row: customerClientRow }

/** The called manager's direct clients, and itself at level 0. */
export const directClientsQuery: AdsQuery<CustomerClient> = {
  query: `${selectCustomerClients} WHERE customer_client.level <= 1`,
  row: customerClientRow,
}

const metrics = z
  .object({ costMicros: int64, clicks: int64, impressions: int64, conversions: double })
  .nullish()
  .transform(sums => sums ?? { costMicros: 0n, clicks: 0n, impressions: 0n, conversions: 0 })

const selectMetrics = 'metrics.cost_micros, metrics.clicks, metrics.impressions, metrics.conversions'

const campaignRow = z
  .object({
    campaign: z.object({
      id: idText,
      name: text,
      status: enumName(['ENABLED', 'PAUSED', 'REMOVED']),
      advertisingChannelType: text,
    }),
    metrics,
  })
  .transform(({ campaign, metrics: sums }) => ({
    campaignId: campaign.id,
    name: campaign.name ?? '',
    status: campaign.status,
    channelType: campaign.advertisingChannelType ?? 'UNKNOWN',
    ...sums,
  }))

/** The campaigns of the called client over the 30 days that ended yesterday in its own time zone (google-wire-facts C.4). */
export const campaignsQuery: AdsQuery<z.output<typeof campaignRow>> = {
  query:
    `SELECT campaign.id, campaign.name, campaign.status, campaign.advertising_channel_type, ${selectMetrics} ` +
    'FROM campaign WHERE segments.date DURING LAST_30_DAYS ORDER BY metrics.cost_micros DESC',
  row: campaignRow,
}

const campaignDayRow = z
  .object({ segments: z.object({ date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/) }), metrics })
  .transform(row => ({ date: row.segments.date, ...row.metrics }))

/** What one campaign did on one day. */
export type CampaignActivity = z.output<typeof campaignDayRow>

/** The same period, one row a campaign and day. Days without activity may be absent. */
export const campaignDaysQuery: AdsQuery<CampaignActivity> = {
  query: `SELECT segments.date, ${selectMetrics} FROM campaign WHERE segments.date DURING LAST_30_DAYS`,
  row: campaignDayRow,
}

/** The answer of customers:listAccessibleCustomers: resource names, or nothing at all. */
export const accessibleCustomers: ZodType<CustomerId[]> = z
  .object({
    resourceNames: z.array(customerId).nullish(),
  })
  .transform(answer => [...new Set(answer.resourceNames ?? [])].sort())
