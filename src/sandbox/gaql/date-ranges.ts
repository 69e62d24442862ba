const DAY_MS = 86_400_000

/** Days since 1970-01-01; calendar arithmetic without time zones. */
export type DayNumber = number

export function dayNumber(isoDate: string): DayNumber {
  return Math.floor(Date.parse(`${isoDate}T00:00:00Z`) / DAY_MS)
}

export function isoDate(day: DayNumber): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** Which day it is at an instant, in an account's time zone. */
export function dayInZone(nowMs: number, timeZone: string): DayNumber {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formats.set(timeZone, format)
  }
  return dayNumber(format.format(nowMs))
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** 0 is Monday. */
export function weekday(day: DayNumber): number {
  return (((day + 3) % 7) + 7) % 7
}

export function weekStart(day: DayNumber): DayNumber {
  return day - weekday(day)
}

export function monthStart(day: DayNumber): DayNumber {
  return dayNumber(`${isoDate(day).slice(0, 7)}-01`)
}

export function quarterStart(day: DayNumber): DayNumber {
  const [year, month] = isoDate(day).split('-').map(Number) as [number, number]
  return dayNumber(`${year}-${String(Math.floor((month - 1) / 3) * 3 + 1).padStart(2, '0')}-01`)
}

/** The first and last day a DURING literal stands for, or undefined for a word that is none. */
export function duringRange(literal: string, today: DayNumber): [DayNumber, DayNumber] | undefined {
  const monday = weekStart(today)
  const sunday = today - ((weekday(today) + 1) % 7)
  switch (literal) {
    case 'TODAY':
      return [today, today]
    case 'YESTERDAY':
      return [today - 1, today - 1]
    case 'LAST_7_DAYS':
      return [today - 7, today - 1]
    case 'LAST_14_DAYS':
      return [today - 14, today - 1]
    case 'LAST_30_DAYS':
      return [today - 30, today - 1]
    case 'LAST_BUSINESS_WEEK':
      return [monday - 7, monday - 3]
    case 'THIS_WEEK_MON_TODAY':
      return [monday, today]
    case 'THIS_WEEK_SUN_TODAY':
      return [sunday, today]
    case 'LAST_WEEK_MON_SUN':
      return [monday - 7, monday - 1]
    case 'LAST_WEEK_SUN_SAT':
      return [sunday - 7, sunday - 1]
    case 'THIS_MONTH':
      return [monthStart(today), today]
    case 'LAST_MONTH':
      return [monthStart(monthStart(today) - 1), monthStart(today) - 1]
    default:
      return undefined
  }
}
