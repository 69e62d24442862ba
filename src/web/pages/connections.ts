import type { RequestHandler } from 'express'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { presentConnection, presentConnections } from '../present/connections.ts'
import { visibleConnection } from '../usable.ts'

/** Credentials and their health. Members see what they may use, admins all. */
export function createConnectionPages(context: Context) {
  const { connections, now } = context
  const list: RequestHandler = async (_req, res) => {
    const { member } = res.locals
    if (!member) throw new AppError('signed_out')
    const visible = member.role === 'admin' ? connections.listAll() : connections.listUsableBy(member.id)
    await res.page('connections', presentConnections({ t: en, now: now(), member, connections: await visible }))
  }

  const show: RequestHandler = async (req, res) => {
    const { member } = res.locals
    const connection = await visibleConnection(context, req.params.id, res)
    if (!member) throw new AppError('signed_out')
    const { picture } = connection
    await res.page('connection', presentConnection({ t: en, now: now(), member, connection, picture }))
  }

  return { list, show }
}
