import type { RequestHandler } from 'express'
import { type EffectiveAccess, effectiveAccess, readAccess, type Tested, testedAccess } from '../../accounts/access.ts'
import type { Connection } from '../../connections/connection.ts'
import type { Context } from '../../context.ts'
import type { CustomerId } from '../../customer-id.ts'
import { en } from '../../messages/en.ts'
import { findingSentence, rootNames } from '../present/access.ts'
import { problemMessage } from '../present/problem.ts'
import { customerIdIn, usableConnection } from '../usable.ts'

const waitMs = 20_000

/** Who can do what, through which login customer, as JSON (design.md section 5). */
export function createAccessApi(context: Context) {
  const show: RequestHandler = async (req, res) => {
    const connection = await usableConnection(context, req.params.id, res)
    const customerId = customerIdIn(req, 'customerId')
    const picture = await readAccess(context.accounts, connection, { waitMs })
    const access = await testedAccess(context.probes, connection, effectiveAccess(picture, customerId))
    res.json(accessJson(access, connection, rootNames(picture.roots)))
  }

  return { show }
}

function accessJson(access: EffectiveAccess, connection: Connection, names: ReadonlyMap<string, string>) {
  const { customerId, reachable, direct, routes, recommended, findings } = access
  return {
    customerId,
    reachable,
    direct,
    routes: routes.map(({ loginCustomerId, accessRole, paths, tested }) => ({
      loginCustomerId,
      accessRole,
      paths,
      tested: tested && testedJson(tested),
    })),
    recommended,
    findings: [
      ...stale(connection, customerId),
      ...findings.map(each => ({
        code: each.code,
        customerId: each.customerId,
        message: findingSentence(each, names, en),
      })),
    ],
  }
}

/** What a dead connection reached is what was read while it lived. */
function stale({ status }: Connection, customerId: CustomerId) {
  if (status === 'active') return []
  return [{ code: `connection_${status}`, customerId, message: en.connections.statusMeanings[status] }]
}

/** What Google answered when the account was asked for through a login customer, or without one. */
export function testedJson({ ok, at, problem }: Tested) {
  return {
    ok,
    at,
    problem: problem && {
      code: problem.code,
      message: problemMessage(problem, en),
      requestId: problem.requestId,
    },
  }
}
