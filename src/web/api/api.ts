import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { DirectAccount, Hierarchy, Problem } from '../../accounts/account.ts'
import { mayManage } from '../../connections/rights.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { memberIn } from '../actor.ts'
import { connectionJson } from '../present/connection-json.ts'
import { problemMessage } from '../present/problem.ts'
import { customerIdIn, loadingConnection, usableConnection } from '../usable.ts'

const hierarchyQuery = z.object({
  wait: z.coerce
    .number()
    .min(0)
    .transform(seconds => Math.min(seconds, 300))
    .optional(),
  refresh: z.enum(['', '0', '1', 'false', 'true']).optional(),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .transform(rows => Math.min(rows, 50_000))
    .default(10_000),
  cursor: z
    .string()
    .max(200)
    .transform(text => text || undefined)
    .optional(),
})

/** The JSON under /api/v1 (design.md section 5). */
export function createApi(context: Context) {
  const { accounts, connections } = context

  const me: RequestHandler = (_req, res) => {
    const member = memberIn(res)
    res.json({ member: { id: member.id, email: member.email, name: member.name, role: member.role } })
  }

  const list: RequestHandler = async (req, res) => {
    const member = memberIn(res)
    const listed =
      req.query.manageable === '1'
        ? (await connections.listAll()).filter(each => mayManage(each, member))
        : await connections.listUsableBy(member.id)
    res.json({ connections: listed.map(connectionJson) })
  }

  const customers: RequestHandler = async (req, res) => {
    const connection = await usableConnection(context, req.params.id, res)
    const direct = await accounts.direct(connection, { refresh: req.query.refresh === '1' })
    res.json({ customers: direct.accounts.map(customerJson), fetchedAt: direct.fetchedAt })
  }

  const hierarchy: RequestHandler = async (req, res) => {
    const query = hierarchyQuery.safeParse(req.query)
    const waiting = query.success && query.data.wait !== undefined
    const connection = await (waiting ? loadingConnection : usableConnection)(context, req.params.id, res)
    if (!query.success) throw new AppError('bad_request')
    const { wait, refresh, limit, cursor } = query.data
    const answer = await accounts.hierarchy(connection, customerIdIn(req, 'loginCustomerId'), {
      refresh: (refresh === '1' || refresh === 'true') && cursor === undefined,
      ...(wait !== undefined && { waitMs: wait * 1000 }),
    })
    res.json(hierarchyJson(answer, cursor === undefined ? 0 : offsetOf(cursor, answer), limit))
  }

  return { me, connections: list, customers, hierarchy }
}

function customerJson(account: DirectAccount) {
  const { customerId, descriptiveName, manager, status, currencyCode, timeZone, testAccount, accessRole } = account
  const problem = account.problem && problemJson(account.problem)
  return { customerId, descriptiveName, manager, status, currencyCode, timeZone, testAccount, accessRole, problem }
}

function hierarchyJson(hierarchy: Hierarchy, offset: number, limit: number) {
  const end = offset + limit
  return {
    loginCustomerId: hierarchy.loginCustomerId,
    // While it is read anew the earlier picture is shown, which is whole; but what was asked for is not there yet.
    complete: hierarchy.complete && !hierarchy.loading,
    fetchedAt: hierarchy.fetchedAt,
    accounts: hierarchy.accounts.slice(offset, end),
    problems: hierarchy.problems.map(problem => ({ customerId: problem.customerId, ...problemJson(problem) })),
    nextCursor: end < hierarchy.accounts.length ? cursorFor(end, hierarchy) : null,
  }
}

function problemJson(problem: Problem) {
  return { code: problem.code, message: problemMessage(problem, en) }
}

function cursorFor(offset: number, hierarchy: Hierarchy): string {
  return Buffer.from(JSON.stringify([offset, hierarchy.fetchedAt])).toString('base64url')
}

/** A cursor belongs to the picture it was made for; once that was replaced, paging starts again. */
function offsetOf(cursor: string, hierarchy: Hierarchy): number {
  const [, offset, fetchedAt] = /^\[(\d+),"([^"]*)"\]$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (offset === undefined || fetchedAt !== hierarchy.fetchedAt) throw new AppError('bad_request')
  return Number(offset)
}
