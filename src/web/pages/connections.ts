import type { RequestHandler } from 'express'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { presentConnection, presentConnections } from '../present/connections.ts'

/** Credentials and their health. Members see what they may use, admins all. */
export function createConnectionPages({ connections, now }: Context) {
  const list: RequestHandler = async (_req, res) => {
    const { member } = res.locals
    if (!member) throw new AppError('signed_out')
    const visible = member.role === 'admin' ? connections.listAll() : connections.listUsableBy(member.id)
    await res.page('connections', presentConnections({ t: en, now: now(), member, connections: await visible }))
  }

  const show: RequestHandler = async (req, res) => {
    const { member } = res.locals
    const connection = typeof req.params.id === 'string' ? await connections.find(req.params.id) : null
    const visible = member?.role === 'admin' || connection?.owner.id === member?.id || connection?.shared
    if (!member || !connection || !visible) throw new AppError('not_found')
    const { picture } = connection
    await res.page('connection', presentConnection({ t: en, now: now(), member, connection, picture }))
  }

  return { list, show }
}
