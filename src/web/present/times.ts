import type { Messages } from '../../messages/en.ts'

/** A moment for `<time datetime>`: how long ago (or ahead), and exactly when. */
export interface Moment {
  iso: string
  ago: string
  exact: string
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

export function moment(iso: string, now: Date, t: Messages): Moment {
  const at = new Date(iso)
  return { iso: at.toISOString(), ago: relative(at, now, t), exact: exactly(at, t) }
}

export function momentOrNull(iso: string | null, now: Date, t: Messages): Moment | null {
  return iso === null ? null : moment(iso, now, t)
}

/** `23 Nov 2026, 11:36:20 UTC`: the server does not know the reader's zone, so it names the one it uses. */
export function exactly(at: Date, t: Messages): string {
  return new Intl.DateTimeFormat(t.locale, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone: 'UTC',
    timeZoneName: 'short',
  }).format(at)
}

/** `Tue, 1 Dec 2026, 14:05 UTC`: a moment ahead that people plan by. */
export function weekdayTime(at: Date, t: Messages): string {
  return new Intl.DateTimeFormat(t.locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: 'UTC',
    timeZoneName: 'short',
  }).format(at)
}

/** A calendar day without a zone, `YYYY-MM-DD`, as people read it. */
export function calendarDay(day: string, t: Messages): string {
  return new Intl.DateTimeFormat(t.locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  )
}

export function shortDay(day: string, t: Messages): string {
  return new Intl.DateTimeFormat(t.locale, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  )
}

/** In numbers, as a time span and not by the calendar: 40 hours ahead are no "tomorrow". What is ahead is rounded. */
function relative(at: Date, now: Date, t: Messages): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000)
  const format = new Intl.RelativeTimeFormat(t.locale, { numeric: 'always' })
  const whole = seconds > 0 ? Math.round : Math.ceil
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return format.format(whole(seconds / size), unit)
  }
  return t.words.justNow
}
