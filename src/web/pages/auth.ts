import { parseCookie } from 'cookie'
import type { CookieOptions, Request, RequestHandler, Response } from 'express'
import type { SessionData } from 'express-session'
import { z } from 'zod'
import { asFact } from '../../audit/actor.ts'
import { type Purpose, requestLabel } from '../../connections/authorization-requests.ts'
import type { Connection } from '../../connections/connection.ts'
import { endsInTesting } from '../../connections/health.ts'
import { mayManage } from '../../connections/rights.ts'
import type { Context } from '../../context.ts'
import { inTransaction } from '../../db/transaction.ts'
import { AppError } from '../../errors.ts'
import { type Member, memberTarget } from '../../members/member.ts'
import { en } from '../../messages/en.ts'
import { actorOf } from '../actor.ts'
import { routes } from '../present/routes.ts'
import { weekdayTime } from '../present/times.ts'
import { parseReturnTo } from '../return-to.ts'
import { endSession, saveSession, startSession } from '../session.ts'
import { readLink } from './links.ts'

const startQuery = z.object({
  intent: z.enum(['connect', 'sign-in', 'reconnect']).default('connect'),
  connection: z.string().max(100).optional(),
  login_hint: z.string().max(320).optional(),
  return_to: z.unknown().optional(),
})

/** Longer than a sign-in may take, so that we can tell people that they are too late. */
const cookieLifeMs = 24 * 3600_000
/** The most cookies one browser keeps, in number and in total: proxies accept only about eight kilobytes. */
const mostCookies = 5
const mostCookieBytes = 6_000

/** The way to Google and back. */
export function createAuthPages(context: Context) {
  const { audit, authorization, config, connections, db, now, requests } = context
  const secure = config.publicUrl.startsWith('https:')
  const cookie: CookieOptions = { httpOnly: true, secure, sameSite: 'lax', path: '/' }
  const prefix = `${secure ? '__Host-' : ''}tx-`
  const cookieName = (state: string) => prefix + requestLabel(state)

  const start: RequestHandler = async (req, res) => {
    requireGet(req)
    const query = startQuery.safeParse(req.query)
    if (!query.success) throw new AppError('bad_request')
    const { intent, login_hint, return_to } = query.data
    const { member } = res.locals
    const connection = intent === 'reconnect' ? await reconnectable(query.data.connection, member) : null
    // A service account is no person who could consent: its new key is pasted.
    if (connection?.kind === 'service_account') return res.redirect(303, routes.serviceAccounts())
    const purpose = {
      intent,
      memberId: member?.id ?? null,
      connectionId: connection?.id ?? null,
      link: null,
      returnTo: parseReturnTo(return_to, config.publicUrl),
    }
    await leave(req, res, purpose, connection?.email ?? login_hint ?? null)
  }

  const startThroughLink: RequestHandler = async (req, res) => {
    requireGet(req)
    const secret = String(req.params.secret)
    // Only from the page that says who asks and for what: another site could lead people past it.
    if ((req.headers['sec-fetch-site'] ?? 'same-origin') !== 'same-origin') {
      return res.redirect(303, routes.openLink(secret))
    }
    const { link, connection, expectedEmail } = await readLink(context, secret)
    const intent = connection ? 'reconnect' : 'connect'
    const purpose = {
      intent,
      memberId: null,
      connectionId: connection?.id ?? null,
      link: { id: link.id, secret },
      returnTo: null,
    } as const
    await leave(req, res, purpose, expectedEmail)
  }

  const callback: RequestHandler = async (req, res) => {
    requireGet(req)
    const { state, result } = authorization.readCallback(req.query)
    const name = cookieName(state)
    const begun = await requests.open(state, parseCookie(req.headers.cookie ?? '')[name])
    if (begun.link) res.locals.beginAgain = routes.openLink(begun.link.secret)
    try {
      const request = await begun.take()
      res.clearCookie(name, cookie)
      const outcome = await authorization.finish(request, result, res.locals.member, actorOf(res))
      if (outcome.kind === 'through-link') return res.redirect(303, routes.linkDone())
      await startSession(req, outcome.member.id, now())
      if (outcome.kind === 'connected-by-another') {
        req.session.flash = { kind: 'info', text: en.flashes.connectedByAnother(outcome.member.email, outcome.owner) }
      } else if (outcome.kind !== 'signed-in') {
        req.session.flash = connectedFlash(outcome.kind, outcome.connection)
      }
      await saveSession(req)
      res.redirect(303, begun.returnTo ?? '/accounts')
    } catch (error) {
      throw error instanceof AppError ? error.with(begunAs(begun)) : error
    }
  }

  const signOut: RequestHandler = async (req, res) => {
    await recordSignOut(res)
    await endSession(req)
    res.clearCookie(secure ? '__Host-sid' : 'sid', cookie)
    res.set('Clear-Site-Data', '"cache", "storage"')
    res.redirect(303, '/')
  }

  return { start, startThroughLink, callback, signOut }

  async function leave(req: Request, res: Response, purpose: Purpose, loginHint: string | null) {
    const { url, request } = await authorization.begin(purpose, loginHint)
    forgetOldest(req, res, mostCookieBytes - request.sealed.length)
    res.cookie(cookieName(request.state), request.sealed, { ...cookie, maxAge: cookieLifeMs })
    res.redirect(303, url)
  }

  async function recordSignOut(res: Response): Promise<void> {
    const { member } = res.locals
    if (!member) return
    await inTransaction(db, tx =>
      audit.record(tx, asFact(actorOf(res)), { action: 'member.signed_out', target: memberTarget(member) }),
    )
  }

  /** Makes room for one more sign-in in this browser. The browser sends the oldest cookie first. */
  function forgetOldest(req: Request, res: Response, bytes: number): void {
    const begun = Object.entries(parseCookie(req.headers.cookie ?? '')).filter(([name]) => name.startsWith(prefix))
    let left = bytes
    for (const [index, [name, sealed = '']] of begun.reverse().entries()) {
      left -= sealed.length
      if (index + 1 >= mostCookies || left < 0) res.clearCookie(name, cookie)
    }
  }

  /** What a member may not reconnect does not exist for them. */
  async function reconnectable(id: string | undefined, member: Member | null) {
    // A reconnect link from a notice: what the person came for is one step behind the sign-in.
    if (!member)
      throw new AppError('signed_out', id === undefined ? {} : { params: { returnTo: routes.connection(id) } })
    const connection = id === undefined ? null : await connections.find(id)
    if (!connection || !mayManage(connection, member)) throw new AppError('not_found')
    return connection
  }
}

/** A credential for seven days is said at once, not when it has ended. */
function connectedFlash(kind: 'connected' | 'reconnected', connection: Connection): SessionData['flash'] {
  if (connection.status === 'paused') return { kind: 'info', text: en.flashes.stillPaused(connection.email) }
  const text = en.flashes[kind](connection.email)
  if (connection.expiresAt === null || !endsInTesting(connection)) return { kind: 'success', text }
  const ends = weekdayTime(new Date(connection.expiresAt), en)
  return { kind: 'info', text: `${text} ${en.health.testingFlash(ends)}` }
}

/** HEAD reaches GET handlers in Express, and browsers prefetch links; neither may use a sign-in up. */
function requireGet(req: Request): void {
  if (req.method !== 'GET') throw new AppError('method_not_allowed')
  if (/prefetch|prerender/.test(String(req.headers['sec-purpose'] ?? ''))) throw new AppError('bad_request')
}

/** Lets the page that reports a failed attempt offer the same attempt again. */
function begunAs({ intent, connectionId }: Purpose): Record<string, string> {
  return { intent, ...(connectionId !== null && { connectionId }) }
}
