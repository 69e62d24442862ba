import type { RequestHandler } from 'express'
import { mayManage } from '../../connections/rights.ts'
import type { Context } from '../../context.ts'
import { maySignIn } from '../../members/roster.ts'
import { en } from '../../messages/en.ts'
import { memberIn } from '../actor.ts'
import { presentConnection, presentConnections } from '../present/connections.ts'
import { routes } from '../present/routes.ts'
import { visibleConnection } from '../usable.ts'
import { historyOf } from './audit.ts'
import { healthOf } from './health.ts'

/** Credentials and their health. Members see what they may use, admins all. */
export function createConnectionPages(context: Context) {
  const { config, connections, now, roster } = context
  const { revokedRetentionDays: retentionDays } = config

  const list: RequestHandler = async (_req, res) => {
    const member = memberIn(res)
    const visible = member.role === 'admin' ? connections.listAll() : connections.listUsableBy(member.id)
    await res.page('connections', presentConnections({ t: en, now: now(), member, connections: await visible }))
  }

  const show: RequestHandler = async (req, res) => {
    const member = memberIn(res)
    const connection = await visibleConnection(context, req.params.id, res)
    const { picture } = connection
    const history = await historyOf(context, connection, member)
    const owners = mayManage(connection, member) ? (await roster.list()).filter(maySignIn) : []
    const shown = { t: en, now: now(), member, retentionDays, connection, picture, owners }
    await res.page('connection', {
      ...presentConnection(shown),
      history,
      sendLinkHref: history && connection.kind === 'user' ? routes.links({ connection: connection.id }) : null,
      health: healthOf(context, connection, member),
    })
  }

  return { list, show }
}
