import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { Context } from '../context.ts'
import { AppError } from '../errors.ts'
import { en } from '../messages/en.ts'
import { presentError } from './present/finding.ts'
import { problemJson, retryAfterOf, statusOf, toAppError } from './problem.ts'
import { refusalOf } from './refusals.ts'
import { parseReturnTo } from './return-to.ts'

export const notFound: RequestHandler = (_req, _res, next) => next(new AppError('not_found'))

/** The one place where failures end: logged once, answered as a page or as problem+json. */
export function errorHandler({ config, log, now, refusals }: Context): ErrorRequestHandler {
  return async (thrown, req, res, next) => {
    const error = toAppError(thrown)
    const status = statusOf(error)
    log[status >= 500 ? 'error' : 'info']({ err: thrown, code: error.code, requestId: res.locals.requestId }, 'refused')
    const refusal = refusalOf(error, req, res)
    if (refusal) {
      refusals.note(refusal)
      // Only after the response is sent, so it neither waits for the trail nor fails with it.
      res.once('close', () => refusals.write())
    }
    if (res.headersSent) return next(thrown)
    const retryAfter = retryAfterOf(error)
    if (retryAfter !== null) res.set('Retry-After', String(retryAfter))
    res.status(status)
    // What is left of too large a body is not waited for.
    if (status === 413) res.set('Connection', 'close')
    if (req.path.startsWith('/api/')) {
      res.type('application/problem+json').send(problemJson(error, res.locals.requestId))
      return
    }
    await renderFinding(req, res, error, status)
  }

  function renderFinding(req: Request, res: Response, error: AppError, status: number) {
    const path = req.method === 'GET' ? parseReturnTo(req.originalUrl, config.publicUrl) : null
    return res.page(
      'finding',
      presentError(error, {
        t: en,
        now: now(),
        signedIn: res.locals.member != null,
        requestId: res.locals.requestId,
        status,
        ...(path !== null && { path }),
        ...(res.locals.beginAgain !== undefined && { beginAgain: res.locals.beginAgain }),
        ...(typeof req.params?.loginCustomerId === 'string' && { loginCustomerId: req.params.loginCustomerId }),
        ...(typeof req.params?.customerId === 'string' && { customerId: req.params.customerId }),
      }),
    )
  }
}
