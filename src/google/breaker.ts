import { type Now, secondsFrom } from '../clock.ts'
import type { Log } from '../log.ts'
import { secretHash } from '../secret.ts'
import { type Http, HttpError, type HttpRequest } from './http.ts'

/** After this many unanswered requests in a row, a line counts as silent. */
const mostUnanswered = 2
/** How long we leave a silent line alone before one request tries it again. */
const pauseSeconds = 15
/** The most lines remembered; beyond that, the oldest is dropped. Access tokens are valid for only an hour anyway. */
const mostLines = 10_000

interface Silence {
  since: Date
  askAgainAt: Date
  /** Whether a request is trying it now. */
  tried: boolean
}

export interface BreakerOptions {
  /** Google's host behind a URL. */
  hostOf(url: string): string
  log: Pick<Log, 'warn' | 'info'>
  now: Now
}

/**
 * A circuit breaker: a host that doesn't answer costs one or two timeouts, not one for every request. While it is silent,
 * requests fail at once with HttpError `silent`, which says when to try again. Every 15 seconds one request is let through,
 * and the first answer ends the silence. Refusals and broken answers come quickly and do not count.
 *
 * Each line to a host has its own breaker. A line is all requests with one access token, or all requests without any. For
 * some accounts Google takes longer than our deadlines, and one person's accounts must not stop everybody else.
 */
export function withBreaker(http: Http, { hostOf, log, now }: BreakerOptions): Http {
  const unanswered = new Map<string, number>()
  const silences = new Map<string, Silence>()

  return async request => {
    const host = hostOf(request.url)
    const line = lineOf(host, request)
    const silence = silences.get(line)
    if (silence) {
      const waitSeconds = Math.ceil((silence.askAgainAt.getTime() - now().getTime()) / 1000)
      // A clock put back makes nobody wait longer than a pause.
      if (silence.tried || (waitSeconds > 0 && waitSeconds <= pauseSeconds)) {
        throw new HttpError('silent', request.url, { retryAfterSeconds: Math.max(1, waitSeconds) })
      }
      silence.tried = true
    }
    try {
      const answer = await http(request)
      answered(host, line)
      return answer
    } catch (error) {
      if (isSilence(error)) noAnswer(host, line)
      else answered(host, line)
      throw error
    } finally {
      if (silence) silence.tried = false
    }
  }

  function answered(host: string, line: string): void {
    unanswered.delete(line)
    const silence = silences.get(line)
    if (silences.delete(line)) log.info({ host, since: silence?.since }, 'Google answers again')
  }

  function noAnswer(host: string, line: string): void {
    const count = (unanswered.get(line) ?? 0) + 1
    unanswered.set(line, count)
    const [oldest] = unanswered.keys()
    if (unanswered.size > mostLines && oldest !== undefined) {
      unanswered.delete(oldest)
      silences.delete(oldest)
    }
    if (count < mostUnanswered) return
    const askAgainAt = secondsFrom(now(), pauseSeconds)
    const silence = silences.get(line)
    if (silence) {
      silence.askAgainAt = askAgainAt
    } else {
      silences.set(line, { since: now(), askAgainAt, tried: false })
      log.warn({ host }, 'Google does not answer; most requests fail at once until it does')
    }
  }
}

function lineOf(host: string, { headers }: HttpRequest): string {
  const { authorization } = headers ?? {}
  return authorization === undefined ? host : `${host} ${secretHash(authorization)}`
}

function isSilence(error: unknown): boolean {
  if (!(error instanceof HttpError)) return false
  if (error.failure === 'timeout') return true
  // undici gives up on connecting sooner than some of our deadlines.
  const { cause } = (error.cause ?? {}) as { cause?: { code?: unknown } }
  return error.failure === 'unreachable' && cause?.code === 'UND_ERR_CONNECT_TIMEOUT'
}
