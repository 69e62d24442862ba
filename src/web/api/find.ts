import type { RequestHandler } from 'express'
import type { FindAnswer } from '../../accounts/find.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { answerFind } from '../find-request.ts'
import { presentFind } from '../present/find.ts'
import { readFindQuery } from '../present/find-query.ts'
import { testedJson } from './access.ts'

const waitMs = 15_000

/** The facts of `GET /find` as JSON: one answer for each connection, the most hopeful first; or the accounts a name fits. */
export function createFindApi(context: Context): RequestHandler {
  return async (req, res) => {
    const query = readFindQuery(req.query)
    if (query.text === '') throw new AppError('bad_request')
    const request = await answerFind(context, res, query, waitMs)
    const { result } = presentFind({
      ...request,
      t: en,
      now: context.now(),
      query,
      loginCustomer: null,
      publicUrl: context.config.publicUrl,
    })
    const { connections, names, found } = request
    const emailOf = (id: string) => connections.find(each => each.id === id)?.email ?? null
    res.json({
      customerId: found?.customerId ?? null,
      expected: query.expected,
      at: found?.at ?? context.now().toISOString(),
      matches: names && {
        total: names.total,
        accounts: names.matches.map(({ account: { customerId, descriptiveName, manager, status }, connectionIds }) => ({
          customerId,
          descriptiveName,
          manager,
          status,
          connectionIds,
        })),
      },
      finding: result && {
        title: result.title,
        whatHappened: result.what.join(' '),
        whatToDo: result.steps,
        who: result.who,
        message: result.message?.text ?? null,
      },
      answers: (found?.answers ?? []).map(answer => ({ email: emailOf(answer.connectionId), ...answerJson(answer) })),
    })
  }
}

function answerJson(answer: FindAnswer) {
  const { connectionId, code, problem, account, access, links, admins, late, withoutHeader } = answer
  return {
    connectionId,
    code,
    problem,
    account,
    direct: access?.direct ?? null,
    reachable: access?.reachable ?? null,
    recommended: access?.recommended ?? null,
    roots: answer.roots.map(({ account: root, route, searched, verdict }) => ({
      loginCustomerId: root.customerId,
      descriptiveName: root.descriptiveName,
      accessRole: root.accessRole,
      paths: route?.paths ?? [],
      searched,
      tested: verdict && testedJson(verdict),
    })),
    withoutLoginCustomer: withoutHeader && testedJson(withoutHeader),
    links,
    admins,
    late,
  }
}
