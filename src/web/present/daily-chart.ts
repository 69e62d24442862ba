import type { CampaignReport } from '../../accounts/account.ts'
import type { Messages } from '../../messages/en.ts'
import { money, shortMoney } from './numbers.ts'
import { calendarDay, shortDay } from './times.ts'

/** Bars for the daily cost, ready for SVG attributes. */
export interface DailyChart {
  viewBox: string
  title: string
  description: string
  bars: { key: string; x: number; y: number; width: number; height: number; label: string }[]
  /** Horizontal lines with what they stand for. */
  ticks: { key: string; y: number; labelY: number; label: string }[]
  days: { key: string; x: number; y: number; label: string; anchor: 'start' | 'middle' | 'end' }[]
  left: number
  right: number
}

const WIDTH = 960
const HEIGHT = 220
const LEFT = 64
const TOP = 12
const BOTTOM = 28
const RIGHT = 4
const DAY_LABEL_EVERY = 7

/** Null when there is no day to draw. */
export function dailyChart(report: CampaignReport, t: Messages): DailyChart | null {
  const { days, currencyCode } = report
  const first = days[0]
  const last = days.at(-1)
  if (first === undefined || last === undefined) return null
  const highest = days.reduce((high, day) => (day.costMicros > high.costMicros ? day : high), first)
  const step = niceStep(highest.costMicros)
  const steps = highest.costMicros === 0n ? 1 : Number((highest.costMicros + step - 1n) / step)
  const top = Number(step) * steps
  const plotHeight = HEIGHT - TOP - BOTTOM
  const slot = (WIDTH - LEFT - RIGHT) / days.length
  const yOf = (micros: number) => TOP + plotHeight - (micros / top) * plotHeight
  const round = (value: number) => Math.round(value * 10) / 10

  return {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    title: t.account.chartTitle(calendarDay(first.date, t), calendarDay(last.date, t)),
    description:
      highest.costMicros === 0n
        ? t.account.noActivity
        : t.account.chartDescription(money(highest.costMicros, currencyCode, t), calendarDay(highest.date, t)),
    bars: days.map((day, index) => {
      const y = yOf(Number(day.costMicros))
      return {
        key: day.date,
        x: round(LEFT + index * slot + slot * 0.15),
        y: round(y),
        width: round(slot * 0.7),
        height: round(TOP + plotHeight - y),
        label: `${calendarDay(day.date, t)}: ${money(day.costMicros, currencyCode, t)}`,
      }
    }),
    ticks: Array.from({ length: steps + 1 }, (_, index) => {
      const y = round(yOf(Number(step) * index))
      return { key: String(index), y, labelY: y + 4, label: shortMoney(step * BigInt(index), currencyCode, t) }
    }),
    days: days.flatMap((day, index) =>
      hasLabel(index, days.length)
        ? [
            {
              key: day.date,
              x: round(LEFT + (index + 0.5) * slot),
              y: HEIGHT - 8,
              label: shortDay(day.date, t),
              anchor: index === days.length - 1 ? ('end' as const) : ('middle' as const),
            },
          ]
        : [],
    ),
    left: LEFT,
    right: WIDTH - RIGHT,
  }
}

/** Once a week and on the last day, unless the two would touch. */
function hasLabel(index: number, count: number): boolean {
  const last = count - 1
  return index === last || (index % DAY_LABEL_EVERY === 0 && last - index > DAY_LABEL_EVERY / 2)
}

/** 1, 2 or 5 times a power of ten, so that three to five lines reach the highest value. */
function niceStep(highest: bigint): bigint {
  const target = highest / 4n
  let power = 1n
  while (power * 10n <= target) power *= 10n
  for (const factor of [1n, 2n, 5n]) if (power * factor >= target) return power * factor
  return power * 10n
}
