import type { CustomerId } from '../customer-id.ts'
import { AppError, isAppError } from '../errors.ts'
import type { AccessTokenSource, GoogleAds } from '../google/ads.ts'
import { type CampaignActivity, campaignDaysQuery, campaignsQuery, customerQuery } from '../google/ads-queries.ts'
import type { Account, CampaignDay, CampaignReport } from './account.ts'

export interface CampaignReportRequest {
  ads: GoogleAds
  token: AccessTokenSource
  loginCustomerId: CustomerId
  customerId: CustomerId
  /** What is already known of the account: spares the question for its currency and zone, and every call for a manager. */
  account?: Account | null
  now: () => Date
}

/**
 * The last 30 days of a client's campaigns, from two queries at once: sums a campaign, and activity a day, without
 * which the sums stand alone. Rejects with `ads_metrics_for_manager` for a manager, known or not: managers have no
 * campaigns of their own.
 */
export async function loadCampaignReport(request: CampaignReportRequest): Promise<CampaignReport> {
  const { ads, token, loginCustomerId, customerId, account } = request
  if (account?.manager) throw new AppError('ads_metrics_for_manager', { params: { customerId, loginCustomerId } })
  const now = request.now()
  const through = { token, customerId, loginCustomerId }
  const [campaigns, activity, self] = await Promise.all([
    ads.search({ ...through, ...campaignsQuery }),
    ads.search({ ...through, ...campaignDaysQuery }).catch(unlessUnreadable),
    account?.currencyCode && account.timeZone
      ? account
      : ads.search({ ...through, ...customerQuery }).then(rows => rows[0]),
  ])
  return {
    currencyCode: self?.currencyCode ?? null,
    timeZone: self?.timeZone ?? null,
    campaigns,
    days: activity === null ? [] : everyDay(activity, lastThirtyDays(now, self?.timeZone ?? null)),
    totals: campaigns.reduce(plus, nothing),
    fetchedAt: now.toISOString(),
  }
}

/** Days that cannot be read take nothing from the sums. */
function unlessUnreadable(error: unknown): null {
  if (isAppError(error, 'ads_unexpected_answer', 'ads_query_rejected')) return null
  throw error
}

type Sums = Omit<CampaignDay, 'date'>

const nothing: Sums = { costMicros: 0n, clicks: 0n, impressions: 0n, conversions: 0 }

function plus(a: Sums, b: Sums): Sums {
  return {
    costMicros: a.costMicros + b.costMicros,
    clicks: a.clicks + b.clicks,
    impressions: a.impressions + b.impressions,
    // Conversions are fractions of six places at most; binary sums must not show 0.30000000000000004.
    conversions: Math.round((a.conversions + b.conversions) * 1e6) / 1e6,
  }
}

/** One entry a day, ascending: the expected days, and any other day Google named (its midnight may have passed before ours). */
function everyDay(activity: CampaignActivity[], expected: string[]): CampaignDay[] {
  const days = new Map<string, Sums>(expected.map(date => [date, nothing]))
  for (const { date, ...sums } of activity) days.set(date, plus(days.get(date) ?? nothing, sums))
  return [...days].map(([date, sums]) => ({ date, ...sums })).sort((a, b) => (a.date < b.date ? -1 : 1))
}

/** LAST_30_DAYS as Google means it: it ends yesterday in the account's own zone (google-wire-facts C.4, F.26). */
function lastThirtyDays(now: Date, timeZone: string | null): string[] {
  const today = Date.parse(`${dateIn(timeZone, now)}T00:00:00Z`)
  return Array.from({ length: 30 }, (_, index) =>
    new Date(today - (30 - index) * 86_400_000).toISOString().slice(0, 10),
  )
}

/** `YYYY-MM-DD` in the zone, or in UTC where the zone is unknown to Google or to us. */
function dateIn(timeZone: string | null, now: Date): string {
  try {
    const format = new Intl.DateTimeFormat('en', {
      timeZone: timeZone ?? 'UTC',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    })
    const parts = Object.fromEntries(format.formatToParts(now).map(part => [part.type, part.value]))
    return `${parts.year}-${parts.month}-${parts.day}`
  } catch {
    return now.toISOString().slice(0, 10)
  }
}
