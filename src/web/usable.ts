import type { Request, Response } from 'express'
import { type Connection, unusable } from '../connections/connection.ts'
import { mayManage, maySee, mayUse } from '../connections/rights.ts'
import type { Context } from '../context.ts'
import { type CustomerId, parseCustomerId } from '../customer-id.ts'
import { AppError } from '../errors.ts'
import type { Member } from '../members/member.ts'
import { memberIn } from './actor.ts'

type Right = typeof mayUse

/** The connection in the address, when this member may use it; what they may not use does not exist (AppError `not_found`). */
export function usableConnection(context: Context, id: unknown, res: Response): Promise<Connection> {
  return connectionWith(mayUse, context, id, res)
}

/** The same for what waits until its accounts are read: once somebody paused or revoked it, nothing more is told. */
export async function loadingConnection(context: Context, id: unknown, res: Response): Promise<Connection> {
  const connection = await usableConnection(context, id, res)
  if (connection.status !== 'active') return connection
  res.locals.rights?.push(async () => {
    const present = await context.connections.find(connection.id)
    if (present?.status === 'paused' || present?.status === 'revoked') throw unusable(present)
  })
  return connection
}

/** The connection in the address, when this member may at least know of it (AppError `not_found`). */
export function visibleConnection(context: Context, id: unknown, res: Response): Promise<Connection> {
  return connectionWith(maySee, context, id, res)
}

/**
 * The connection in the address, when this member may decide about it. Throws AppError `not_found`, and `not_allowed`
 * for who may only use it.
 */
export function manageableConnection(context: Context, id: unknown, res: Response): Promise<Connection> {
  return connectionWith(mayManage, context, id, res)
}

/** All connections this member may use. What is answered about one that they may not use any more, they do not get. */
export async function usableConnections({ connections }: Context, res: Response): Promise<Connection[]> {
  const listed = await connections.listUsableBy(memberIn(res).id)
  res.locals.rights?.push(async member => {
    const present = new Set((await connections.listUsableBy(member.id)).map(({ id }) => id))
    if (!listed.every(({ id }) => present.has(id))) throw new AppError('not_found')
  })
  return listed
}

/** The right is asked again before the answer leaves; see `onlyWhileAllowed`. */
async function connectionWith(right: Right, context: Context, id: unknown, { locals }: Response): Promise<Connection> {
  const { member, rights } = locals
  if (!member) throw new AppError('not_found')
  const connection = await look(member)
  rights?.push(async present => void (await look(present)))
  return connection

  async function look(person: Pick<Member, 'id' | 'role'>): Promise<Connection> {
    const found = typeof id === 'string' ? await context.connections.find(id) : null
    if (!found) throw new AppError('not_found')
    if (!maySee(found, person)) throw denied(found)
    if (!right(found, person)) throw denied(found, right === mayManage ? 'not_allowed' : 'not_found')
    return found
  }
}

/** The answer is the same as for a connection that doesn't exist; the audit trail names it. */
function denied({ id, email }: Connection, code: 'not_found' | 'not_allowed' = 'not_found'): AppError {
  return new AppError(code, { denied: { kind: 'connection', id, name: email } })
}

/** A customer id in the address, in any notation. Throws AppError `not_found`. */
export function customerIdIn(req: Request, name: 'loginCustomerId' | 'customerId'): CustomerId {
  const value = req.params[name]
  const customerId = typeof value === 'string' ? parseCustomerId(value) : null
  if (customerId === null) throw new AppError('not_found')
  return customerId
}
