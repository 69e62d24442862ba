/** The time, handed in so that tests can set it. */
export type Now = () => Date

/** The clocks of two servers on one database may differ by as much. */
export const clocksDifferSeconds = 300

export function secondsFrom(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000)
}
