import type { Request, RequestHandler, Response } from 'express'
import { ipKeyGenerator, type RateLimitRequestHandler, rateLimit } from 'express-rate-limit'
import { AppError } from '../errors.ts'

export type RateLimit = 'sign-in' | 'callback' | 'access-token' | 'google' | 'google-if-refreshed' | 'security-event'

const minuteMs = 60_000

/**
 * How often one caller may ask for what costs most (security.md 3.9), counted in this process. Sign-ins are counted by
 * address, and a whole office may stand behind one: 60 people can begin within the same minute.
 */
export function createRateLimits(): Record<RateLimit, RequestHandler> {
  // What Google is asked anew for: its operations a day are few, and everybody shares them.
  const google = limit(60, minuteMs, (_req, { locals }) => locals.member?.id ?? '')
  return {
    'sign-in': limit(60, minuteMs, addressOf),
    callback: limit(60, minuteMs, addressOf),
    'access-token': limit(60, minuteMs, (_req, { locals }) => locals.apiKey?.id ?? locals.member?.id ?? ''),
    google,
    'google-if-refreshed': (req, res, next) => (asksAnew(req) ? google(req, res, next) : next()),
    // Anybody may post there, and each post is verified.
    'security-event': limit(300, minuteMs, addressOf),
  }
}

/** Failures of one address, 20 in ten minutes: `check` throws AppError `too_many_requests` from then on. */
export function createFailureLimit() {
  const most = 20
  const failures = limit(most, 10 * minuteMs, addressOf)
  return {
    async check(req: Request): Promise<void> {
      const known = await failures.getKey(addressOf(req))
      const until = known?.resetTime
      if (known && until && known.totalHits >= most && until.getTime() > Date.now()) throw tooMany(until)
    },
    count(req: Request, res: Response): Promise<void> {
      return new Promise(resolve => failures(req, res, () => resolve()))
    },
  }
}

function limit(
  most: number,
  windowMs: number,
  keyGenerator: (req: Request, res: Response) => string,
): RateLimitRequestHandler {
  return rateLimit({
    limit: most,
    windowMs,
    keyGenerator,
    standardHeaders: false,
    legacyHeaders: false,
    // What it would warn about on the console, our settings have checked already.
    validate: false,
    handler: (req, _res, next) => next(tooMany((req as { rateLimit?: { resetTime?: Date } }).rateLimit?.resetTime)),
  })
}

/** What is stored is answered as often as wanted; Google is asked where that is said. */
function asksAnew({ query: { refresh } }: Request): boolean {
  return refresh !== undefined && refresh !== '' && refresh !== '0'
}

/** The caller's address as TRUST_PROXY lets us see it; of IPv6 the part one subscriber has. */
function addressOf(req: Request): string {
  return ipKeyGenerator(req.ip ?? '')
}

function tooMany(until: Date | undefined): AppError {
  const retryAfterSeconds = Math.max(1, Math.ceil(((until?.getTime() ?? Date.now() + minuteMs) - Date.now()) / 1000))
  return new AppError('too_many_requests', {
    retryAfterSeconds,
    params: { retryAfterSeconds: String(retryAfterSeconds) },
  })
}
