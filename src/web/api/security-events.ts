import type { RequestHandler } from 'express'
import type { Context } from '../../context.ts'
import { AppError, isAppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'

/** Where Google pushes its security events (RFC 8935): 202 once one is dealt with, 400 for what Google did not sign. */
export function createSecurityEventReceiver({ log, securityEvents }: Context): RequestHandler {
  return async (req, res) => {
    if (typeof req.body !== 'string') throw new AppError('security_event_invalid')
    try {
      await securityEvents.receive(req.body.trim(), res.locals.requestId)
    } catch (error) {
      if (!isAppError(error, 'security_event_invalid')) throw error
      log.info({ err: error, requestId: res.locals.requestId }, 'a security event was refused')
      const description = en.errors[error.code].whatHappened({})
      res.status(400).json({ err: 'invalid_request', description })
      return
    }
    res.status(202).end()
  }
}
