import type { Request, Response } from 'express'
import type { Connection } from '../connections/connection.ts'
import { mayManage, maySee, mayUse } from '../connections/rights.ts'
import type { Context } from '../context.ts'
import { type CustomerId, parseCustomerId } from '../customer-id.ts'
import { AppError } from '../errors.ts'

/** The connection in the address, when this member may use it; what they may not use does not exist (AppError `not_found`). */
export async function usableConnection(context: Context, id: unknown, res: Response): Promise<Connection> {
  const { connection, member } = await visible(context, id, res)
  if (!mayUse(connection, member)) throw denied(connection)
  return connection
}

/** The connection in the address, when this member may at least know of it (AppError `not_found`). */
export async function visibleConnection(context: Context, id: unknown, res: Response): Promise<Connection> {
  return (await visible(context, id, res)).connection
}

/**
 * The connection in the address, when this member may decide about it. Throws AppError `not_found`, and `not_allowed`
 * for who may only use it.
 */
export async function manageableConnection(context: Context, id: unknown, res: Response): Promise<Connection> {
  const { connection, member } = await visible(context, id, res)
  if (!mayManage(connection, member)) throw denied(connection, 'not_allowed')
  return connection
}

async function visible({ connections }: Context, id: unknown, { locals: { member } }: Response) {
  const connection = typeof id === 'string' ? await connections.find(id) : null
  if (!member || !connection) throw new AppError('not_found')
  if (!maySee(connection, member)) throw denied(connection)
  return { connection, member }
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
