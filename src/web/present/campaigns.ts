import type { CampaignReport } from '../../accounts/account.ts'
import type { Messages } from '../../messages/en.ts'
import type { Badge } from './account-marks.ts'
import { type DailyChart, dailyChart } from './daily-chart.ts'
import { decimal, integer, money } from './numbers.ts'
import { calendarDay, type Moment, moment } from './times.ts'

export interface Metrics {
  cost: string
  clicks: string
  impressions: string
  conversions: string
}

export interface CampaignsMark {
  range: string | null
  note: string
  currencyKnown: boolean
  totals: { label: string; value: string }[]
  rows: (Metrics & { id: string; name: string; unnamed: boolean; badge: Badge; type: string })[]
  chart: DailyChart | null
  days: (Metrics & { date: string; label: string })[]
  fetched: Moment
}

const STATUS_LOOKS: Record<string, Pick<Badge, 'tone' | 'icon'>> = {
  ENABLED: { tone: 'good', icon: 'check' },
  PAUSED: { tone: 'quiet', icon: 'pause' },
  REMOVED: { tone: 'quiet', icon: 'cross' },
}

/** A client's campaigns of the last 30 days, in its own currency, the most expensive first. */
export function presentCampaigns(report: CampaignReport, now: Date, t: Messages): CampaignsMark {
  const { days, totals, currencyCode, timeZone } = report
  const first = days[0]
  const last = days.at(-1)
  const metrics = (row: typeof totals): Metrics => ({
    cost: money(row.costMicros, currencyCode, t),
    clicks: integer(row.clicks, t),
    impressions: integer(row.impressions, t),
    conversions: decimal(row.conversions, t),
  })
  const sums = metrics(totals)
  const labels = t.account.metrics
  return {
    range: first && last ? t.account.campaignsRange(calendarDay(first.date, t), calendarDay(last.date, t)) : null,
    note: timeZone === null ? t.account.campaignsNoteNoZone : t.account.campaignsNote(timeZone),
    currencyKnown: currencyCode !== null,
    totals: [
      { label: labels.cost, value: sums.cost },
      { label: labels.clicks, value: sums.clicks },
      { label: labels.impressions, value: sums.impressions },
      { label: labels.conversions, value: sums.conversions },
    ],
    rows: [...report.campaigns]
      .sort((a, b) => (a.costMicros === b.costMicros ? 0 : a.costMicros < b.costMicros ? 1 : -1))
      .map(campaign => ({
        ...metrics(campaign),
        id: campaign.campaignId,
        name: campaign.name.trim() || t.account.unnamedCampaign,
        unnamed: campaign.name.trim() === '',
        badge: {
          word: known(t.account.campaignStatuses, campaign.status),
          meaning: '',
          ...(STATUS_LOOKS[campaign.status] ?? { tone: 'quiet', icon: 'unknown' }),
        },
        type: known(t.account.channelTypes, campaign.channelType),
      })),
    chart: dailyChart(report, t),
    days: days.map(day => ({ ...metrics(day), date: day.date, label: calendarDay(day.date, t) })),
    fetched: moment(report.fetchedAt, now, t),
  }
}

/** Our word for a value of Google's, or Google's own where it is new to us. */
function known(words: Record<string, string>, value: string): string {
  return (Object.hasOwn(words, value) && words[value]) || value
}
