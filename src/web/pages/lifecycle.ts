import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { Connection } from '../../connections/connection.ts'
import { usageOf } from '../../connections/usage.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { actorOf, memberIn } from '../actor.ts'
import { presentRevoke } from '../present/lifecycle.ts'
import { routes } from '../present/routes.ts'
import { tell } from '../tell-outcome.ts'
import { manageableConnection } from '../usable.ts'

const words = en.lifecycle.flashes
/** What a button says afterwards: that it is done, or what is still to come. */
type Said = string | { info: string }
const receiver = z.object({ member_id: z.string().min(1).max(100) })

/** The buttons of a connection's page, and the page before it is revoked. */
export function createLifecyclePages(context: Context) {
  const { config, connections, lifecycle, now } = context
  const { revokedRetentionDays: retentionDays } = config

  const change = (deed: 'pause' | 'resume' | 'share' | 'unshare', done: (email: string) => string) =>
    button(async (connection, res) => {
      await lifecycle[deed](connection, actorOf(res))
      return done(connection.email)
    })

  const transfer = button(async (connection, res, req) => {
    const form = receiver.safeParse(req.body)
    if (!form.success) throw new AppError('receiver_unknown')
    await lifecycle.transfer(connection, form.data.member_id, actorOf(res))
    const { owner } = (await connections.find(connection.id)) ?? connection
    return words.transferred(connection.email, owner.email)
  })

  const confirm: RequestHandler = async (req, res) => {
    const connection = await manageableConnection(context, req.params.id, res)
    if (connection.status === 'revoked') return res.redirect(303, routes.connection(connection.id))
    const usage = await usageOf(context, connection)
    await res.page(
      'revoke',
      presentRevoke({ t: en, now: now(), member: memberIn(res), connection, retentionDays, usage }),
    )
  }

  const revoke = button(async (connection, res) => {
    await lifecycle.revoke(connection, actorOf(res))
    return revoked(connection)
  })

  const retry = button(async (connection, res) => {
    await lifecycle.retryRevocation(connection, actorOf(res))
    return revoked(connection)
  })

  const remove: RequestHandler = async (req, res) => {
    const connection = await manageableConnection(context, req.params.id, res)
    if (res.locals.member?.role !== 'admin') throw new AppError('not_allowed')
    await lifecycle.remove(connection, actorOf(res))
    await tell(req, 'success', words.removed(connection.email))
    res.redirect(303, routes.connections())
  }

  return {
    pause: change('pause', words.paused),
    resume: change('resume', words.resumed),
    share: change('share', words.shared),
    unshare: change('unshare', words.unshared),
    transfer,
    confirm,
    revoke,
    retry,
    remove,
  }

  /** Does what the button says, tells so on the page of the connection; after handing it over, on the list. */
  function button(work: (connection: Connection, res: Response, req: Request) => Promise<Said>): RequestHandler {
    return async (req, res) => {
      const connection = await manageableConnection(context, req.params.id, res)
      const said = await work(connection, res, req)
      if (typeof said === 'string') await tell(req, 'success', said)
      else await tell(req, 'info', said.info)
      const seen = await manageableConnection(context, connection.id, res).catch(() => null)
      res.redirect(303, seen ? routes.connection(connection.id) : routes.connections())
    }
  }

  async function revoked({ id, email, kind }: Connection): Promise<Said> {
    const connection = await connections.find(id)
    if (connection?.revokedAt === null) return { info: words.revocationPending(email) }
    if (kind === 'service_account') return words.revokedServiceAccount(email)
    return connection?.lastError?.code === 'vault_open_failed' ? words.revokedUnreadable(email) : words.revoked(email)
  }
}
