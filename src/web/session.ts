import type { Request, RequestHandler } from 'express'
import session from 'express-session'
import type { Context } from '../context.ts'
import { AppError } from '../errors.ts'

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

/** Puts the signed-in member into `res.locals.member`; a suspended one is nobody from the next request on. */
export function currentMember({ members }: Context): RequestHandler {
  return async (req, res, next) => {
    if (!req.session) throw new AppError('unavailable')
    const { memberId } = req.session
    res.locals.member = memberId === undefined ? null : await members.find(memberId)
    next()
  }
}

/** Gives the browser a new session id for this member; the old one is dead. Resolves once the session is stored. */
export async function startSession(req: Request, memberId: string): Promise<void> {
  const { loginCustomer, memberId: before } = req.session
  await call(done => req.session.regenerate(done))
  req.session.memberId = memberId
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
