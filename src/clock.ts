/** The time, handed in so that tests can set it. */
export type Now = () => Date

export function secondsFrom(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000)
}
