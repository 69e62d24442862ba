/** The time, handed in so that tests can set it. */
export type Now = () => Date

/** ISO 8601 in UTC, the form every stored time has; it sorts as text. */
export function isoTime(date: Date): string {
  return date.toISOString()
}

export function secondsFrom(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000)
}
