import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { Now } from '../clock.ts'
import type { Context } from '../context.ts'
import { AppError, isAppError } from '../errors.ts'
import { networksOf } from './client-address.ts'

type Named = keyof typeof policies
/** Which of the last two applies depends on the query. */
export type RateLimit = Named | 'google-if-refreshed' | 'secret-if-revealed'

interface Policy {
  /** A caller must stay within each of these. */
  quotas: Quota[]
  /** Whether requests are served while counts cannot be stored. Routes that check secrets refuse them. */
  ifUncounted: 'serve' | 'refuse'
}

interface Quota {
  by: 'key' | 'member' | 'address'
  most: number
  windowMs: number
}

const minuteMs = 60_000
/** Many subscribers may share a wider IPv6 network, or one subscriber may have all of it. */
const shareOf = { address: 1, '/64': 1, '/56': 4, '/48': 16 }
const mostBlockedKept = 10_000

/**
 * How often one caller may use the routes that cost most. A whole office may stand behind one address: 60 people can sign in
 * within the same minute. docs/operations.md lists these limits for people.
 */
const policies = {
  'sign-in': { quotas: [per('address', 60)], ifUncounted: 'refuse' },
  callback: { quotas: [per('address', 60)], ifUncounted: 'refuse' },
  /** Secrets are checked or handed out. */
  secret: { quotas: [per('member', 60), per('address', 120)], ifUncounted: 'refuse' },
  /** Wrong API keys, links and codes. */
  'wrong-secret': { quotas: [per('address', 20, 10 * minuteMs)], ifUncounted: 'refuse' },
  /** Adding credentials. Google is asked whether it accepts them. */
  credential: {
    quotas: [per('member', 20, 10 * minuteMs), per('address', 60, 10 * minuteMs)],
    ifUncounted: 'refuse',
  },
  /** Answers of passkeys, and recovery codes. Each writes an audit entry. */
  confirm: { quotas: [per('member', 30, 10 * minuteMs), per('address', 300, 10 * minuteMs)], ifUncounted: 'refuse' },
  'access-token': { quotas: [per('key', 60), per('member', 300), per('address', 600)], ifUncounted: 'refuse' },
  /** Google is asked every time. Its daily operations are few, and everybody shares them. */
  google: { quotas: [per('member', 60), per('address', 600)], ifUncounted: 'serve' },
  /** Google is asked if nothing has been loaded yet or the last attempt failed; or reading writes an audit entry. */
  read: { quotas: [per('member', 300), per('address', 3_000)], ifUncounted: 'serve' },
  'security-event': { quotas: [per('address', 300)], ifUncounted: 'refuse' },
  /** Pasted text is parsed. */
  paste: { quotas: [per('member', 30), per('address', 300)], ifUncounted: 'serve' },
  /** Everything is read, opened or exported. */
  heavy: { quotas: [per('member', 30), per('address', 150)], ifUncounted: 'serve' },
  /** Any other change. Most write an audit entry. */
  write: { quotas: [per('member', 120), per('address', 1_200)], ifUncounted: 'serve' },
} as const satisfies Record<string, Policy>

function per(by: Quota['by'], most: number, windowMs = minuteMs): Quota {
  return { by, most, windowMs }
}

interface Standing {
  quota: Quota
  most: number
  remaining: number
  resetsAt: Date
}

/** Throws AppError `too_many_requests`, and `unavailable` if counts cannot be stored and the policy then refuses. */
type Count = (name: Named, req: Request, res: Response) => Promise<void>

/** The limits as middleware. All instances count in the database. Refusing a caller again costs no statement. */
export function createRateLimits(context: Context): Record<RateLimit, RequestHandler> {
  const count = createCount(context)
  const limits = Object.keys(policies).map(name => [name, limit(count, name as Named)])
  return {
    ...Object.fromEntries(limits),
    'google-if-refreshed': limit(count, ({ query }) => (isOn(query.refresh) ? 'google' : 'read')),
    'secret-if-revealed': limit(count, ({ query }) => (isOn(query.reveal) ? 'secret' : 'read')),
  }
}

/** Counts wrong API keys, links and codes by the caller's address, and refuses the 21st and later ones as too many. */
export function countWrongSecrets(context: Context): ErrorRequestHandler {
  const count = createCount(context)
  return async (error, req, res, next) => {
    if (isAppError(error, 'api_key_invalid', 'link_unusable')) await count('wrong-secret', req, res)
    next(error)
  }
}

function limit(count: Count, name: Named | ((req: Request) => Named)): RequestHandler {
  return async (req, res, next) => {
    await count(typeof name === 'function' ? name(req) : name, req, res)
    next()
  }
}

function createCount({ counters, log, now }: Pick<Context, 'counters' | 'log' | 'now'>): Count {
  const blocked = createBlocked(now)

  return async (name, req, res) => {
    const { quotas, ifUncounted }: Policy = policies[name]
    const wanted = quotas.flatMap(quota =>
      keysFor(quota, req, res).map(each => ({ ...each, key: `${name} ${each.key}` })),
    )
    try {
      const standings = blocked.among(wanted) ?? (await tallies(wanted))
      tellStandings(res, name, standings)
      const over = standings.filter(({ remaining }) => remaining < 0)
      if (over.length > 0) throw tooMany(new Date(Math.max(...over.map(({ resetsAt }) => resetsAt.getTime()))))
    } catch (error) {
      if (isAppError(error)) throw error
      log.warn({ err: error, limit: name, requestId: res.locals.requestId }, 'requests could not be counted')
      if (ifUncounted === 'refuse') throw new AppError('unavailable', { cause: error, retryAfterSeconds: 5 })
    }
  }

  async function tallies(wanted: Wanted[]): Promise<Standing[]> {
    const counts = await counters.add(wanted.map(({ key, quota: { windowMs } }) => ({ key, windowMs })))
    return wanted.map(({ key, quota, most }, index) => {
      const { hits = 0, resetsAt = now() } = counts[index] ?? {}
      if (hits >= most) blocked.add(key, resetsAt)
      return { quota, most, remaining: most - hits, resetsAt }
    })
  }

  /** RateLimit and RateLimit-Policy of draft-ietf-httpapi-ratelimit-headers-08. Of several networks, the fullest counts. */
  function tellStandings(res: Response, name: string, standings: Standing[]): void {
    for (const by of new Set(standings.map(({ quota }) => quota.by))) {
      const [least] = standings.filter(({ quota }) => quota.by === by).sort((a, b) => a.remaining - b.remaining)
      if (!least) continue
      const { quota, most, remaining, resetsAt } = least
      res.append('RateLimit', `"${name}-${by}"; r=${Math.max(0, remaining)}; t=${secondsUntil(resetsAt)}`)
      res.append('RateLimit-Policy', `"${name}-${by}"; q=${most}; w=${quota.windowMs / 1000}`)
    }
  }

  function tooMany(until: Date): AppError {
    return new AppError('too_many_requests', { retryAfterSeconds: secondsUntil(until) })
  }

  function secondsUntil(until: Date): number {
    return Math.max(1, Math.ceil((until.getTime() - now().getTime()) / 1000))
  }
}

interface Wanted {
  key: string
  quota: Quota
  most: number
}

/** The callers a quota counts: none if the request has no key or member, several networks for IPv6. */
function keysFor(quota: Quota, req: Request, { locals }: Response): Wanted[] {
  const { by, most } = quota
  if (by === 'address') {
    // As far as TRUST_PROXY lets us see it.
    return networksOf(req.ip ?? 'unknown').map(({ name, size }) => ({
      key: `${by} ${name}`,
      quota,
      most: most * shareOf[size],
    }))
  }
  const id = by === 'key' ? locals.apiKey?.id : locals.member?.id
  return id === undefined ? [] : [{ key: `${by} ${id}`, quota, most }]
}

/** Callers who have used up a quota, so that refusing them again costs nothing. Kept only in this process. */
function createBlocked(now: Now) {
  const untilByKey = new Map<string, Date>()
  return {
    add(key: string, until: Date): void {
      untilByKey.delete(key)
      untilByKey.set(key, until)
      const [oldest] = untilByKey.keys()
      if (untilByKey.size > mostBlockedKept && oldest !== undefined) untilByKey.delete(oldest)
    },
    /** The standings that refuse this caller; null if none does. */
    among(wanted: Wanted[]): Standing[] | null {
      const refusing = wanted.flatMap(({ key, quota, most }) => {
        const until = untilByKey.get(key)
        const left = until === undefined ? 0 : until.getTime() - now().getTime()
        // If the clock is set back, nobody is blocked for longer than a window.
        if (until !== undefined && left > 0 && left <= quota.windowMs)
          return [{ quota, most, remaining: -1, resetsAt: until }]
        untilByKey.delete(key)
        return []
      })
      return refusing.length > 0 ? refusing : null
    },
  }
}

function isOn(flag: unknown): boolean {
  return flag !== undefined && flag !== '' && flag !== '0'
}
