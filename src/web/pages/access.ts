import type { RequestHandler } from 'express'
import { accessMatrix, effectiveAccess, readAccess, storedAccess } from '../../accounts/access.ts'
import type { Connection } from '../../connections/connection.ts'
import type { Context } from '../../context.ts'
import type { CustomerId } from '../../customer-id.ts'
import { isAppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { type OtherRootsLocals, presentAccess, presentOtherRoots, readAccessQuery } from '../present/access.ts'
import { usableConnection } from '../usable.ts'

const pageWaitMs = 5_000

/** Accounts by login customers, for a whole connection. */
export function createAccessPages(context: Context) {
  const show: RequestHandler = async (req, res) => {
    const connection = await usableConnection(context, req.params.id, res)
    const matrix = accessMatrix(await readAccess(context.accounts, connection, { waitMs: pageWaitMs }))
    const query = readAccessQuery(req.query)
    await res.page('access', presentAccess({ t: en, now: context.now(), connection, matrix, query }))
  }

  return { show }
}

/** For the page of one account. Ways that cannot be had do not take the page away. */
export async function otherRootsOf(
  { accounts, now }: Context,
  connection: Connection,
  loginCustomerId: CustomerId,
  customerId: CustomerId,
): Promise<OtherRootsLocals | null> {
  try {
    const picture = await storedAccess(accounts, connection)
    const access = effectiveAccess(picture, customerId)
    return presentOtherRoots({ t: en, now: now(), connection, access, roots: picture.roots, loginCustomerId })
  } catch (error) {
    if (!isAppError(error)) throw error
    return null
  }
}
