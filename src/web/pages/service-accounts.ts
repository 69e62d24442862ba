import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { actorOf, memberIn } from '../actor.ts'
import { routes } from '../present/routes.ts'
import { tell } from '../tell-outcome.ts'

const form = z.object({ key: z.string() })

/** Service accounts are added by admins, as the text of their key file. */
export function createServiceAccountPages({ serviceAccounts }: Context) {
  const show: RequestHandler = async (_req, res) => res.page('service-account', { title: en.serviceAccount.title })

  const add: RequestHandler = async (req, res) => {
    const parsed = form.safeParse(req.body)
    if (!parsed.success) throw new AppError('bad_request')
    const connection = await serviceAccounts.add(parsed.data.key, memberIn(res), actorOf(res))
    await tell(req, 'success', en.flashes.connected(connection.email))
    res.redirect(303, routes.accounts())
  }

  return { show, add }
}
