import { setTimeout as delay } from 'node:timers/promises'

/** What the promise gives, or null when the time is up. */
export async function withinTime<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  const done = new AbortController()
  try {
    return await Promise.race([promise, delay(ms, null, { signal: done.signal })])
  } finally {
    done.abort()
  }
}
