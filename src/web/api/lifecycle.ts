import type { RequestHandler } from 'express'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { actorOf } from '../actor.ts'
import { connectionJson } from '../present/connection-json.ts'
import { manageableConnection } from '../usable.ts'

/** Pausing, resuming and revoking for programs, with an API key that carries `manage`. Each answers the connection. */
export function createLifecycleApi(context: Context) {
  const { connections, lifecycle } = context

  const change =
    (deed: 'pause' | 'resume'): RequestHandler =>
    async (req, res) => {
      const connection = await manageableConnection(context, req.params.id, res)
      await lifecycle[deed](connection, actorOf(res))
      res.json({ connection: connectionJson(await found(connection.id)) })
    }

  /** 202 while Google has not confirmed: nothing here uses it any more, and Google is asked again. */
  const revoke: RequestHandler = async (req, res) => {
    const before = await manageableConnection(context, req.params.id, res)
    await lifecycle.revoke(before, actorOf(res))
    const connection = await found(before.id)
    const pending = connection.status === 'revoked' && connection.revokedAt === null
    res.status(pending ? 202 : 200).json({ connection: connectionJson(connection) })
  }

  return { pause: change('pause'), resume: change('resume'), revoke }

  async function found(id: string) {
    const connection = await connections.find(id)
    if (!connection) throw new AppError('not_found')
    return connection
  }
}
