import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { actorOf, memberIn } from '../actor.ts'
import { presentNewPasskey, presentRecoveryCodes } from '../present/passkeys.ts'
import { routes } from '../present/routes.ts'
import { parseReturnTo } from '../return-to.ts'
import { markConfirmed, saveSession } from '../session.ts'
import { sessionKey } from '../session-store.ts'
import { tell, tellFailure } from '../tell-outcome.ts'

const nameForm = z.object({ name: z.string().default('') })
const newForm = nameForm.extend({ confirm_answer: z.string().default('') })
const confirmForm = z.object({
  confirm_next: z.string(),
  confirm_method: z.enum(['get', 'post']),
  confirm_answer: z.string().optional(),
  confirm_code: z.string().optional(),
})

/** A member's own passkeys, and confirming a sensitive step with one. */
export function createPasskeyPages({ config, now, passkeys, recoveryCodes }: Context) {
  const start: RequestHandler = (req, res) => newPage(req, res)

  /** The options the browser passes to the device. */
  const challengeToAdd: RequestHandler = async (req, res) => {
    res.json(await passkeys.optionsToAdd(memberIn(res), sessionKey(req.sessionID)))
  }

  const add: RequestHandler = async (req, res) => {
    const form = newForm.safeParse(req.body)
    if (!form.success) throw new AppError('bad_request')
    const { name, confirm_answer } = form.data
    // The browser did not ask the device: scripts are off, or another step came in between.
    if (confirm_answer === '') return newPage(req, res, name)
    const wish = { name, response: parsed(confirm_answer) }
    const { passkey, codes } = await passkeys.add(memberIn(res), sessionKey(req.sessionID), wish, actorOf(res))
    // Adding a passkey also proves that the member holds it.
    markConfirmed(req, passkey.id, now())
    await tell(req, 'success', en.passkeys.added(passkey.name))
    if (codes) await res.page('recovery-codes', presentRecoveryCodes({ t: en, codes, first: true }))
    else res.redirect(303, routes.passkeysOnSelf())
  }

  const rename: RequestHandler = async (req, res) => {
    const form = nameForm.safeParse(req.body)
    if (!form.success) throw new AppError('bad_request')
    await passkeys.rename(idIn(req), memberIn(res), form.data.name, actorOf(res))
    await tell(req, 'success', en.passkeys.renamed(form.data.name.trim()))
    res.redirect(303, routes.passkeysOnSelf())
  }

  const remove: RequestHandler = async (req, res) => {
    await passkeys.remove(idIn(req), memberIn(res), actorOf(res))
    await tell(req, 'success', en.passkeys.removed)
    res.redirect(303, routes.passkeysOnSelf())
  }

  const renewCodes: RequestHandler = async (_req, res) => {
    const codes = await recoveryCodes.renew(memberIn(res), actorOf(res))
    await res.page('recovery-codes', presentRecoveryCodes({ t: en, codes, first: false }))
  }

  const challengeToConfirm: RequestHandler = async (req, res) => {
    res.json(await passkeys.optionsToConfirm(memberIn(res).id, sessionKey(req.sessionID)))
  }

  /**
   * Checks the answer of a passkey, or a recovery code, and continues with the step that asked for it: the browser sends
   * its form there again (307). After a refusal the step shows the confirmation page again, with the reason.
   */
  const confirm: RequestHandler = async (req, res) => {
    const form = confirmForm.safeParse(req.body)
    const next = parseReturnTo(form.data?.confirm_next, config.publicUrl)
    if (!form.success || next === null) throw new AppError('bad_request')
    await tellFailure(req, prove(req, res, form.data))
    res.redirect(form.data.confirm_method === 'post' ? 307 : 303, next)
  }

  return { start, challengeToAdd, add, rename, remove, renewCodes, challengeToConfirm, confirm }

  async function prove(req: Request, res: Response, form: z.infer<typeof confirmForm>): Promise<void> {
    const member = memberIn(res)
    if (form.confirm_answer) {
      const answer = parsed(form.confirm_answer)
      const { id } = await passkeys.confirm(member, sessionKey(req.sessionID), answer, actorOf(res))
      markConfirmed(req, id, now())
      await saveSession(req)
    } else if (form.confirm_code) {
      const left = await recoveryCodes.use(member, form.confirm_code, actorOf(res))
      markConfirmed(req, null, now())
      await tell(req, 'info', en.passkeys.codeUsed(left))
    } else {
      await tell(req, 'problem', en.passkeys.notAsked)
    }
  }

  function newPage(req: Request, res: Response, name?: string): Promise<void> {
    const userAgent = req.get('user-agent') ?? null
    return res.page('passkey-new', presentNewPasskey({ t: en, userAgent, ...(name !== undefined && { name }) }))
  }
}

function idIn({ params: { passkeyId } }: Request): string {
  return typeof passkeyId === 'string' ? passkeyId : ''
}

/** Null if it is not JSON; the answer of a passkey always is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return null
  }
}
