import type { Request, RequestHandler, Response } from 'express'
import type { Context } from '../context.ts'
import { AppError, isAppError } from '../errors.ts'
import { en } from '../messages/en.ts'
import { memberIn } from './actor.ts'
import { type Fields, presentConfirm } from './present/passkeys.ts'
import { type ConfigurationAddress, routes } from './present/routes.ts'
import { requireConfirmation } from './session.ts'
import { manageableConnection } from './usable.ts'

interface Rule {
  /**
   * The object of the step, for the sentence that says what the person is about to do. Throws what the handler would
   * throw for somebody who has no right to it.
   */
  target?: (context: Context, req: Request, res: Response) => Promise<string>
  /** Whether a member without a passkey has to have signed in within ten minutes. */
  freshSignIn: boolean
  /** The page to return to, for members who have to sign in first or change their mind. */
  back: (req: Request) => string
  /** Whether this step adds a passkey, so members who need one must be able to take it without one. */
  addsPasskey?: boolean
}

/** The steps that need more than a session, by their name in the route table. */
const steps = {
  reveal: { target: connectionEmail, freshSignIn: true, back: revealPage },
  revoke: { target: connectionEmail, freshSignIn: true, back: req => routes.revoke(idIn(req)) },
  transfer: { target: connectionEmail, freshSignIn: true, back: req => routes.connection(idIn(req)) },
  share: { target: connectionEmail, freshSignIn: false, back: req => routes.connection(idIn(req)) },
  'service-account': { freshSignIn: true, back: () => routes.serviceAccounts() },
  link: { freshSignIn: false, back: () => routes.links() },

  'rotate-keys': { freshSignIn: true, back: () => routes.keys() },
  'retire-key': { freshSignIn: true, back: () => routes.keys() },

  promote: { target: memberEmail, freshSignIn: true, back: memberPage },
  demote: { target: memberEmail, freshSignIn: false, back: memberPage },
  suspend: { target: memberEmail, freshSignIn: false, back: memberPage },
  resume: { target: memberEmail, freshSignIn: false, back: memberPage },
  offboard: { target: memberEmail, freshSignIn: true, back: req => routes.memberLeave(memberIdIn(req)) },
  'reset-passkeys': { target: memberEmail, freshSignIn: true, back: memberPage },

  'api-key': { freshSignIn: true, back: () => routes.self() },
  'import-code': { freshSignIn: false, back: () => routes.self() },
  'add-passkey': { freshSignIn: true, back: () => routes.newPasskey(), addsPasskey: true },
  'remove-passkey': { target: passkeyName, freshSignIn: true, back: () => routes.self() },
  'recovery-codes': { freshSignIn: true, back: () => routes.self() },
} satisfies Record<string, Rule>

export type Step = keyof typeof steps

/**
 * Guards a sensitive step. If a passkey is needed, people get a page that asks for it and then continues with what they sent,
 * including all fields of their form. Throws AppError as `requireConfirmation` does, and what the handler would throw for
 * somebody who has no right to do this.
 */
export function stepUp(context: Context, step: Step): RequestHandler {
  const { target: targetOf, freshSignIn, back, addsPasskey = false }: Rule = steps[step]
  return async (req, res, next) => {
    const target = (await targetOf?.(context, req, res)) ?? ''
    try {
      await requireConfirmation(context, req, res, { freshSignIn, returnTo: back(req), addsPasskey })
    } catch (error) {
      if (!isAppError(error, 'confirm_with_passkey') || req.path.startsWith('/api/')) throw error
      return askForPasskey(req, res, en.passkeys.steps[step](target), back(req))
    }
    next()
  }

  async function askForPasskey(req: Request, res: Response, about: string, backHref: string): Promise<void> {
    const codesLeft = await context.recoveryCodes.left(memberIn(res).id)
    const method = req.method === 'POST' ? 'post' : 'get'
    const fields = method === 'post' ? fieldsIn(req.body) : []
    const local = presentConfirm({ t: en, about, next: req.originalUrl, method, fields, backHref, codesLeft })
    res.status(403)
    await res.page('confirm', local)
  }
}

/** The form's fields in order, without those that the confirmation page adds. */
function fieldsIn(body: unknown): Fields {
  return Object.entries(body ?? {})
    .filter(([name]) => !name.startsWith('confirm_'))
    .flatMap(([name, value]) => [value].flat().map(each => ({ name, value: String(each) })))
}

async function connectionEmail(context: Context, req: Request, res: Response): Promise<string> {
  return (await manageableConnection(context, req.params.id, res)).email
}

async function memberEmail({ roster }: Context, req: Request): Promise<string> {
  const person = await roster.find(memberIdIn(req))
  if (!person) throw new AppError('not_found')
  return person.email
}

async function passkeyName({ passkeys }: Context, req: Request, res: Response): Promise<string> {
  const own = await passkeys.listOf(memberIn(res).id)
  const passkey = own.find(({ id }) => id === req.params.passkeyId)
  if (!passkey) throw new AppError('not_found')
  return passkey.name
}

function revealPage(req: Request): string {
  const given: Record<string, unknown> = { ...req.query, ...req.body }
  const text = (name: string) => (typeof given[name] === 'string' ? given[name] : undefined)
  const address: ConfigurationAddress = {
    format: text('format'),
    login_customer_id: text('login_customer_id'),
    customer_id: text('customer_id'),
  }
  return routes.revealConfiguration(idIn(req), address)
}

function memberPage(req: Request): string {
  return routes.member(memberIdIn(req))
}

function idIn(req: Request): string {
  return String(req.params.id)
}

function memberIdIn(req: Request): string {
  return String(req.params.memberId)
}
