import type { CampaignReport } from './account.ts'

/** JSON has no bigint: the sums are stored as their digits. */
type Stored<T> = { [Key in keyof T]: T[Key] extends bigint ? string : T[Key] }
type StoredReport = Omit<CampaignReport, 'campaigns' | 'days' | 'totals'> & {
  version: 1
  campaigns: Stored<CampaignReport['campaigns'][number]>[]
  days: Stored<CampaignReport['days'][number]>[]
  totals: Stored<CampaignReport['totals']>
}

export function packCampaignReport(report: CampaignReport): unknown {
  const stored: StoredReport = {
    ...report,
    version: 1,
    campaigns: report.campaigns.map(toDigits),
    days: report.days.map(toDigits),
    totals: toDigits(report.totals),
  }
  return stored
}

/** The report, or null when the value is not of the present version. */
export function unpackCampaignReport(value: unknown): CampaignReport | null {
  if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== 1) return null
  const { version: _, ...stored } = value as StoredReport
  return {
    ...stored,
    campaigns: stored.campaigns.map(fromDigits),
    days: stored.days.map(fromDigits),
    totals: fromDigits(stored.totals),
  }
}

interface Counted {
  costMicros: bigint
  clicks: bigint
  impressions: bigint
}

function toDigits<T extends Counted>(sums: T) {
  const { costMicros, clicks, impressions } = sums
  return { ...sums, costMicros: `${costMicros}`, clicks: `${clicks}`, impressions: `${impressions}` }
}

function fromDigits<T extends Stored<Counted>>(sums: T) {
  const { costMicros, clicks, impressions } = sums
  return { ...sums, costMicros: BigInt(costMicros), clicks: BigInt(clicks), impressions: BigInt(impressions) }
}
