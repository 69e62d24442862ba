import type { Request } from 'express'
import type { SessionData } from 'express-session'
import { type AppError, isAppError } from '../errors.ts'
import { en } from '../messages/en.ts'
import { saveSession } from './session.ts'

/** Waits for work behind a button whose page still has something to show: a failure is told there, once. */
export async function tellFailure(req: Request, work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (!mayBeTold(error)) throw error
    const { title, whatHappened } = en.errors[error.code]
    await tell(req, 'problem', `${title}. ${whatHappened(error.params)}`)
    return false
  }
}

/** People who are no longer let in are told that, and nothing else. */
export function mayBeTold(error: unknown): error is AppError {
  return isAppError(error) && !['signed_out', 'not_found'].includes(error.code)
}

/** The same, and says when it went well. */
export async function tellOutcome(req: Request, work: Promise<unknown>, success: string): Promise<void> {
  if (await tellFailure(req, work)) await tell(req, 'success', success)
}

/** The next page this browser is shown says it, once. */
export async function tell(req: Request, kind: SessionData['flash']['kind'], text: string): Promise<void> {
  req.session.flash = { kind, text }
  await saveSession(req)
}
