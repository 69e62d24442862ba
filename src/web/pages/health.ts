import type { RequestHandler } from 'express'
import type { Connection } from '../../connections/connection.ts'
import type { Context } from '../../context.ts'
import type { Member } from '../../members/member.ts'
import { en } from '../../messages/en.ts'
import { actorOf, memberIn } from '../actor.ts'
import { connectionJson } from '../present/connection-json.ts'
import { type HealthLocals, presentHealth } from '../present/health.ts'
import { routes } from '../present/routes.ts'
import { tellOutcome } from '../tell-outcome.ts'
import { visibleConnection } from '../usable.ts'

/** "Check now", on the page and as JSON. */
export function createHealthPages(context: Context) {
  const { healthChecks } = context

  const check: RequestHandler = async (req, res) => {
    const { id } = await visibleConnection(context, req.params.id, res)
    await tellOutcome(req, healthChecks.check(id, actorOf(res)), en.health.checkedFlash)
    res.redirect(303, routes.connection(id))
  }

  const checkJson: RequestHandler = async (req, res) => {
    const { id } = await visibleConnection(context, req.params.id, res)
    await healthChecks.check(id, actorOf(res))
    const connection = await visibleConnection(context, id, res)
    const { findings } = healthOf(context, connection, memberIn(res))
    res.json({
      connection: connectionJson(connection),
      checkedAt: connection.checkedAt,
      findings: findings.map(({ cause, title, text }) => ({ cause, title, text })),
    })
  }

  return { check, checkJson }
}

export function healthOf({ config, now }: Context, connection: Connection, member: Member): HealthLocals {
  const { oauthClient, publicUrl } = config
  return presentHealth({ t: en, now: now(), member, connection, clientId: oauthClient.clientId, publicUrl })
}
