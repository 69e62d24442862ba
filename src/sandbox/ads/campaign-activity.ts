import type { DayNumber } from '../gaql/date-ranges.ts'
import { weekday } from '../gaql/date-ranges.ts'
import type { Activity } from '../scenario.ts'

export interface Totals {
  impressions: number
  clicks: number
  costMicros: number
  conversions: number
  conversionsValue: number
}

/** What a campaign did on one calendar day, or undefined for a day without activity. The same day always gives the same. */
export function activityOn(activity: Activity, day: DayNumber, today: DayNumber): Totals | undefined {
  const daysAgo = today - day
  if (daysAgo < 0 || activity.kind === 'none') return undefined
  if (activity.kind === 'days') return activity.days.find(listed => listed.daysAgo === daysAgo)
  if (daysAgo >= activity.days || daysAgo < activity.endDaysAgo) return undefined
  const weekend = weekday(day) >= 5 ? 0.7 : 1
  const vary = (which: number, from: number, to: number) => from + noise(activity.seed, day * 8 + which) * (to - from)
  const impressions = Math.round(activity.impressionsPerDay * weekend * vary(0, 0.7, 1.3))
  const clicks = Math.min(impressions, Math.round(impressions * activity.clickRate * vary(1, 0.75, 1.25)))
  const costMicros = Math.round((clicks * activity.costPerClickMicros * vary(2, 0.85, 1.15)) / 10_000) * 10_000
  const conversions = Math.round(clicks * activity.conversionRate * vary(3, 0.4, 1.6))
  const conversionsValue = Math.round(conversions * activity.valuePerConversion * vary(4, 0.8, 1.2) * 100) / 100
  return impressions === 0 ? undefined : { impressions, clicks, costMicros, conversions, conversionsValue }
}

/** The first and last day on which anything can have happened. */
export function activityWindow(activity: Activity, today: DayNumber): [DayNumber, DayNumber] {
  if (activity.kind === 'none') return [today, today - 1]
  const oldest = activity.kind === 'days' ? Math.max(0, ...activity.days.map(day => day.daysAgo)) : activity.days - 1
  return [today - oldest, today]
}

/** A day cut by device; the parts add up to the whole. */
export function byDevice(whole: Totals): [string, Totals][] {
  const mobile = share(whole, 0.6)
  const tablet = share(whole, 0.06)
  const desktop = { ...whole }
  for (const part of [mobile, tablet]) {
    for (const name of Object.keys(part) as (keyof Totals)[]) desktop[name] -= part[name]
  }
  desktop.conversionsValue = Math.round(desktop.conversionsValue * 100) / 100
  return [
    ['MOBILE', mobile],
    ['DESKTOP', desktop],
    ['TABLET', tablet],
  ]
}

export function noTotals(): Totals {
  return { impressions: 0, clicks: 0, costMicros: 0, conversions: 0, conversionsValue: 0 }
}

export function addTotals(sum: Totals, part: Totals): void {
  sum.impressions += part.impressions
  sum.clicks += part.clicks
  sum.costMicros += part.costMicros
  sum.conversions += part.conversions
  sum.conversionsValue += part.conversionsValue
}

function share(whole: Totals, part: number): Totals {
  return {
    impressions: Math.floor(whole.impressions * part),
    clicks: Math.floor(whole.clicks * part),
    costMicros: Math.floor(whole.costMicros * part),
    conversions: Math.floor(whole.conversions * part),
    conversionsValue: Math.floor(whole.conversionsValue * part * 100) / 100,
  }
}

/** A number in [0, 1) that depends on both arguments only. */
function noise(seed: number, index: number): number {
  let x = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 0x7f4a7c15, 0xc2b2ae35)) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d) >>> 0
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b) >>> 0
  return ((x ^ (x >>> 16)) >>> 0) / 4_294_967_296
}
