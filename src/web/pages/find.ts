import type { RequestHandler } from 'express'
import type { Context } from '../../context.ts'
import { en } from '../../messages/en.ts'
import { answerFind, connectionsAsked } from '../find-request.ts'
import { presentFind } from '../present/find.ts'
import { findHref, readFindQuery } from '../present/find-query.ts'

const pageWaitMs = 4_000

/** Why can I (not) see this account? */
export function createFindPages(context: Context) {
  const show: RequestHandler = async (req, res) => {
    const query = readFindQuery(req.query)
    await res.page(
      'find',
      presentFind({
        ...(await answerFind(context, res, query, pageWaitMs)),
        t: en,
        now: context.now(),
        query,
        loginCustomer: req.session.loginCustomer ?? null,
        publicUrl: context.config.publicUrl,
      }),
    )
  }

  const askAgain: RequestHandler = async (req, res) => {
    const query = readFindQuery(req.body ?? {})
    const { asked } = await connectionsAsked(context, res, query)
    await context.finder.askAgain(asked, query.customerId, { waitMs: pageWaitMs })
    res.redirect(303, findHref(query))
  }

  return { show, askAgain }
}
