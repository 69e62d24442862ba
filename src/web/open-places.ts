import type { RequestHandler } from 'express'
import { AppError } from '../errors.ts'

const retryAfterSeconds = 10

/**
 * Requests that are held open for long, event streams and answers that wait for a load: so many of one member, whatever
 * keys and browsers they use, and so many in this process. Throws AppError `too_many_requests` for one more.
 */
export function createOpenPlaces(ofEach = 10, ofAll = 500): RequestHandler {
  const taken = new Map<string, number>()
  let all = 0

  return (_req, res, next) => {
    const id = res.locals.member?.id ?? ''
    const own = taken.get(id) ?? 0
    if (own >= ofEach || all >= ofAll) return next(new AppError('too_many_requests', { retryAfterSeconds }))
    all++
    taken.set(id, own + 1)
    res.once('close', () => {
      all--
      const left = (taken.get(id) ?? 1) - 1
      if (left === 0) taken.delete(id)
      else taken.set(id, left)
    })
    next()
  }
}
