import type { Request, RequestHandler, Response } from 'express'
import session from 'express-session'
import type { Context } from '../context.ts'
import { AppError } from '../errors.ts'
import type { Member } from '../members/member.ts'
import type { Passkey } from '../members/passkeys.ts'
import { memberIn } from './actor.ts'
import { sessionKey } from './session-store.ts'

/**
 * The session cookie. Its flags follow PUBLIC_URL alone: over https `__Host-` and Secure, over http on localhost
 * neither, since not every browser keeps a Secure cookie there.
 */
export function sessions({ config, sessions: store }: Context): RequestHandler[] {
  const secure = config.publicUrl.startsWith('https:')
  const name = secure ? '__Host-sid' : 'sid'
  return [
    (req, _res, next) => {
      // express-session asks `req.secure` before it sets a Secure cookie and stays silent otherwise; behind a proxy
      // only PUBLIC_URL knows.
      if (secure) Object.defineProperty(req, 'secure', { value: true })
      // Two session cookies: one of them was put there by somebody else.
      const cookies = (req.headers.cookie ?? '').split(';').filter(pair => pair.trim().startsWith(`${name}=`))
      next(cookies.length > 1 ? new AppError('bad_request') : undefined)
    },
    session({
      name,
      secret: config.sessionSecrets,
      store,
      resave: false,
      saveUninitialized: false,
      rolling: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure, path: '/' },
    }),
  ]
}

/**
 * Puts the signed-in member into `res.locals.member`; a suspended one is nobody from the next request on. Programs
 * present an API key instead, for the JSON alone: with one, the session does not count. Throws AppError
 * `api_key_invalid`.
 */
export function currentMember({ apiKeys, members, standing }: Context): RequestHandler {
  return async (req, res, next) => {
    if (!req.session) throw new AppError('unavailable')
    res.locals.apiKey = null
    res.locals.member = null
    res.locals.standing = null
    const [, presented] = /^Bearer\s+(gads_\S+)$/i.exec(req.headers.authorization ?? '') ?? []
    if (presented !== undefined && req.path.startsWith('/api/')) {
      const key = await apiKeys.authenticate(presented)
      const owner = key && (await members.find(key.memberId))
      if (!owner) throw new AppError('api_key_invalid')
      res.locals.apiKey = key
      res.locals.member = owner
      res.locals.standing = standing(owner.id, { apiKey: key })
    } else if (req.session.memberId !== undefined) {
      const { memberId } = req.session
      res.locals.member = await members.find(memberId)
      if (res.locals.member) res.locals.standing = standing(memberId, { sessionId: sessionKey(req.sessionID) })
    }
    next()
  }
}

const recentMs = 10 * 60_000
const longestUserAgent = 300

/**
 * For steps an unattended screen must not take: somebody came back from Google in the last ten minutes. An API key
 * that carries the scope was made for it. Throws AppError `sign_in_again`.
 */
export function requireRecentSignIn(req: Request, res: Response, now: Date, returnTo: string): void {
  if (res.locals.apiKey || signedInRecently(req, now)) return
  throw new AppError('sign_in_again', { params: { returnTo } })
}

export function signedInRecently(req: Request, now: Date): boolean {
  return isRecent(req.session.signedInAt, now)
}

/**
 * For steps that a stolen session must not take. A member with passkeys must have used one, or a recovery code, in this
 * session within the last ten minutes. For a member without passkeys, `freshSignIn` asks for a sign-in as above. Throws
 * AppError `confirm_with_passkey`, `passkey_required` if the settings require one, and `sign_in_again`.
 */
export async function requireConfirmation(
  { config, passkeys, now }: Context,
  req: Request,
  res: Response,
  { freshSignIn, returnTo, addsPasskey = false }: { freshSignIn: boolean; returnTo: string; addsPasskey?: boolean },
): Promise<void> {
  if (res.locals.apiKey) return
  const member = memberIn(res)
  const own = await passkeys.listOf(member.id)
  if (own.length > 0) {
    if (!confirmedRecently(req, own, now())) throw new AppError('confirm_with_passkey', { params: { returnTo } })
  } else if (!addsPasskey && mustHavePasskey(config, member)) {
    throw new AppError('passkey_required')
  } else if (freshSignIn) {
    requireRecentSignIn(req, res, now(), returnTo)
  }
}

/** Whether the settings require this member to have a passkey. */
export function mustHavePasskey({ requirePasskeys }: Context['config'], { role }: Member): boolean {
  return requirePasskeys === 'admins' && role === 'admin'
}

/** Records that the member confirmed just now: with that passkey or, if it is null, with a recovery code. */
export function markConfirmed(req: Request, passkeyId: string | null, now: Date): void {
  req.session.confirmed = { at: now.toISOString(), passkeyId }
}

/** A confirmation ends when its passkey is removed. */
function confirmedRecently(req: Request, own: Passkey[], now: Date): boolean {
  const { confirmed } = req.session
  if (!confirmed || !isRecent(confirmed.at, now)) return false
  return confirmed.passkeyId === null || own.some(({ id }) => id === confirmed.passkeyId)
}

/** Servers' clocks differ a little. A time far in the future comes from a wrong clock. */
function isRecent(at: string | undefined, now: Date): boolean {
  return at !== undefined && Math.abs(now.getTime() - Date.parse(at)) <= recentMs
}

/** Gives the browser a new session id for this member; the old one is dead. Resolves once the session is stored. */
export async function startSession(req: Request, memberId: string, now: Date): Promise<void> {
  const { loginCustomer, memberId: before } = req.session
  await call(done => req.session.regenerate(done))
  req.session.memberId = memberId
  req.session.signedInAt = now.toISOString()
  req.session.userAgent = (req.get('user-agent') ?? '').slice(0, longestUserAgent)
  if (loginCustomer && before === memberId) req.session.loginCustomer = loginCustomer
}

export function saveSession(req: Request): Promise<void> {
  return call(done => req.session.save(done))
}

export function endSession(req: Request): Promise<void> {
  return call(done => req.session.destroy(done))
}

function call(work: (done: (error?: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    work(error => (error ? reject(error) : resolve()))
  })
}
