import { parseCookie } from 'cookie'
import type { CookieOptions, Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { type Intent, requestLabel, requestLifeSeconds } from '../../connections/authorization-requests.ts'
import type { Context } from '../../context.ts'
import { inTransaction } from '../../db/transaction.ts'
import { AppError } from '../../errors.ts'
import { type Member, memberTarget } from '../../members/member.ts'
import { en } from '../../messages/en.ts'
import { actorOf } from '../actor.ts'
import { routes } from '../present/routes.ts'
import { parseReturnTo } from '../return-to.ts'
import { endSession, saveSession, startSession } from '../session.ts'

const startQuery = z.object({
  intent: z.enum(['connect', 'sign-in', 'reconnect']).default('connect'),
  connection: z.string().max(100).optional(),
  login_hint: z.string().max(320).optional(),
  return_to: z.unknown().optional(),
})

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
    const { url, request } = await authorization.begin(
      {
        intent,
        memberId: member?.id ?? null,
        connectionId: connection?.id ?? null,
        returnTo: parseReturnTo(return_to, config.publicUrl),
      },
      connection?.email ?? login_hint ?? null,
    )
    forgetOldest(req, res)
    res.cookie(cookieName(request.state), request.browserValue, { ...cookie, maxAge: requestLifeSeconds * 1000 })
    res.redirect(303, url)
  }

  const callback: RequestHandler = async (req, res) => {
    requireGet(req)
    const { state, result } = authorization.readCallback(req.query)
    const name = cookieName(state)
    const request = await requests.take(state, parseCookie(req.headers.cookie ?? '')[name])
    res.clearCookie(name, cookie)
    try {
      const outcome = await authorization.finish(request, result, res.locals.member, actorOf(res))
      await startSession(req, outcome.member.id, now())
      if (outcome.kind === 'connected-by-another') {
        req.session.flash = { kind: 'info', text: en.flashes.connectedByAnother(outcome.member.email, outcome.owner) }
      } else if (outcome.kind !== 'signed-in') {
        req.session.flash = { kind: 'success', text: en.flashes[outcome.kind](outcome.connection.email) }
      }
      await saveSession(req)
      res.redirect(303, request.returnTo ?? '/accounts')
    } catch (error) {
      throw begunAs(error, request.intent, request.connectionId)
    }
  }

  const signOut: RequestHandler = async (req, res) => {
    await recordSignOut(res)
    await endSession(req)
    res.clearCookie(secure ? '__Host-sid' : 'sid', cookie)
    res.set('Clear-Site-Data', '"cache", "storage"')
    res.redirect(303, '/')
  }

  return { start, callback, signOut }

  async function recordSignOut(res: Response): Promise<void> {
    const { member } = res.locals
    if (!member) return
    await inTransaction(db, tx =>
      audit.record(tx, actorOf(res), { action: 'member.signed_out', target: memberTarget(member) }),
    )
  }

  /** A browser keeps the cookies of five sign-ins at most; the oldest stands first in what it sends. */
  function forgetOldest(req: Request, res: Response): void {
    const names = Object.keys(parseCookie(req.headers.cookie ?? '')).filter(name => name.startsWith(prefix))
    for (const name of names.slice(0, -4)) res.clearCookie(name, cookie)
  }

  /** What a member may not reconnect does not exist for them. */
  async function reconnectable(id: string | undefined, member: Member | null) {
    if (!member) throw new AppError('signed_out')
    const connection = id === undefined ? null : await connections.find(id)
    if (!connection || (connection.owner.id !== member.id && member.role !== 'admin')) throw new AppError('not_found')
    return connection
  }
}

/** HEAD reaches GET handlers in Express, and browsers prefetch links; neither may use a sign-in up. */
function requireGet(req: Request): void {
  if (req.method !== 'GET') throw new AppError('method_not_allowed')
  if (/prefetch|prerender/.test(String(req.headers['sec-purpose'] ?? ''))) throw new AppError('bad_request')
}

/** Lets the page that reports a failed attempt offer the same attempt again. */
function begunAs(error: unknown, intent: Intent, connectionId: string | null): unknown {
  if (!(error instanceof AppError)) return error
  return new AppError(error.code, {
    params: { intent, ...(connectionId !== null && { connectionId }), ...error.params },
    cause: error.cause ?? error,
    ...(error.google && { google: error.google }),
    ...(error.retryAfterSeconds !== null && { retryAfterSeconds: error.retryAfterSeconds }),
  })
}
