import { type Now, secondsFrom } from '../clock.ts'
import type { Log } from '../log.ts'
import { type Http, HttpError } from './http.ts'

/** So many unanswered requests in a row, and a host counts as silent. */
const mostUnanswered = 2
/** How long a silent host is left alone before one request tries it again. */
const pauseSeconds = 15

interface Silence {
  since: Date
  askAgainAt: Date
  /** One request is trying the host at this moment. */
  tried: boolean
}

export interface BreakerOptions {
  /** The host of Google's behind a URL; each has a breaker of its own. */
  hostOf(url: string): string
  log: Pick<Log, 'warn' | 'info'>
  now: Now
}

/**
 * A circuit breaker: a host that lets requests time out costs a time-out or two, not one for every request. While it is
 * silent, requests fail at once with HttpError `silent`, which says when to try again; every 15 seconds one of them is
 * let through, and the first answer ends the silence. Refusals and broken answers come quickly and do not count.
 */
export function withBreaker(http: Http, { hostOf, log, now }: BreakerOptions): Http {
  const unanswered = new Map<string, number>()
  const silences = new Map<string, Silence>()

  return async request => {
    const host = hostOf(request.url)
    const silence = silences.get(host)
    if (silence) {
      const waitSeconds = Math.ceil((silence.askAgainAt.getTime() - now().getTime()) / 1000)
      if (silence.tried || waitSeconds > 0) {
        throw new HttpError('silent', request.url, { retryAfterSeconds: Math.max(1, waitSeconds) })
      }
      silence.tried = true
    }
    try {
      const answer = await http(request)
      answered(host)
      return answer
    } catch (error) {
      if (isSilence(error)) noAnswer(host)
      else answered(host)
      throw error
    } finally {
      if (silence) silence.tried = false
    }
  }

  function answered(host: string): void {
    unanswered.delete(host)
    const silence = silences.get(host)
    if (silences.delete(host)) log.info({ host, since: silence?.since }, 'Google answers again')
  }

  function noAnswer(host: string): void {
    const count = (unanswered.get(host) ?? 0) + 1
    unanswered.set(host, count)
    if (count < mostUnanswered) return
    const askAgainAt = secondsFrom(now(), pauseSeconds)
    const silence = silences.get(host)
    if (silence) {
      silence.askAgainAt = askAgainAt
    } else {
      silences.set(host, { since: now(), askAgainAt, tried: false })
      log.warn({ host }, 'Google does not answer; most requests fail at once until it does')
    }
  }
}

function isSilence(error: unknown): boolean {
  if (!(error instanceof HttpError)) return false
  if (error.failure === 'timeout') return true
  // undici gives up on connecting sooner than some of our deadlines.
  const { cause } = (error.cause ?? {}) as { cause?: { code?: unknown } }
  return error.failure === 'unreachable' && cause?.code === 'UND_ERR_CONNECT_TIMEOUT'
}
