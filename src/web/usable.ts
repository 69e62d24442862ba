import type { Request, Response } from 'express'
import type { Connection } from '../connections/connection.ts'
import type { Context } from '../context.ts'
import { type CustomerId, parseCustomerId } from '../customer-id.ts'
import { AppError } from '../errors.ts'

/** The connection in the address, when this member may use it; what they may not use does not exist (AppError `not_found`). */
export async function usableConnection({ connections }: Context, id: unknown, res: Response): Promise<Connection> {
  const { member } = res.locals
  const connection = typeof id === 'string' ? await connections.find(id) : null
  if (!member || !connection || (connection.owner.id !== member.id && !connection.shared)) {
    throw new AppError('not_found')
  }
  return connection
}

/** A customer id in the address, in any notation. Throws AppError `not_found`. */
export function customerIdIn(req: Request, name: 'loginCustomerId' | 'customerId'): CustomerId {
  const value = req.params[name]
  const customerId = typeof value === 'string' ? parseCustomerId(value) : null
  if (customerId === null) throw new AppError('not_found')
  return customerId
}
