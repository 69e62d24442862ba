import type { Request } from 'express'
import { isAppError } from '../errors.ts'
import { en } from '../messages/en.ts'
import { saveSession } from './session.ts'

/** Waits for work behind a button whose page still has something to show: a failure is told there, once. */
export async function tellFailure(req: Request, work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (!isAppError(error)) throw error
    const { title, whatHappened } = en.errors[error.code]
    req.session.flash = { kind: 'problem', text: `${title}. ${whatHappened(error.params)}` }
    await saveSession(req)
    return false
  }
}

/** The same, and says when it went well. */
export async function tellOutcome(req: Request, work: Promise<unknown>, success: string): Promise<void> {
  if (!(await tellFailure(req, work))) return
  req.session.flash = { kind: 'success', text: success }
  await saveSession(req)
}
