import type { RequestHandler } from 'express'
import {
  accessMatrix,
  type EffectiveAccess,
  effectiveAccess,
  readAccess,
  storedAccess,
  testedAccess,
} from '../../accounts/access.ts'
import type { Connection } from '../../connections/connection.ts'
import type { Context } from '../../context.ts'
import type { CustomerId } from '../../customer-id.ts'
import { isAppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { withinTime } from '../../within-time.ts'
import { type OtherRootsLocals, presentAccess, presentOtherRoots, readAccessQuery } from '../present/access.ts'
import { connectionBanner } from '../present/health.ts'
import { usableConnection } from '../usable.ts'

const pageWaitMs = 5_000
const testWaitMs = 2_000

/** Accounts by login customers, for a whole connection. */
export function createAccessPages(context: Context) {
  const show: RequestHandler = async (req, res) => {
    const connection = await usableConnection(context, req.params.id, res)
    const matrix = accessMatrix(await readAccess(context.accounts, connection, { waitMs: pageWaitMs }))
    const query = readAccessQuery(req.query)
    const { member } = res.locals
    const now = context.now()
    const banner = member && connectionBanner({ t: en, now, member, connection }, matrix.fetchedAt)
    await res.page('access', { ...presentAccess({ t: en, now, connection, matrix, query }), banner })
  }

  return { show }
}

/** For the page of one account. Ways that cannot be had do not take the page away. */
export async function otherRootsOf(
  context: Context,
  connection: Connection,
  loginCustomerId: CustomerId,
  customerId: CustomerId,
): Promise<OtherRootsLocals | null> {
  const { accounts, now } = context
  try {
    const picture = await storedAccess(accounts, connection)
    const access = await tested(context, connection, effectiveAccess(picture, customerId))
    return presentOtherRoots({ t: en, now: now(), connection, access, roots: picture.roots, loginCustomerId })
  } catch (error) {
    if (!isAppError(error)) throw error
    return null
  }
}

/** Where there is a choice, what is recommended has been tried; a page does not wait long for that. */
async function tested({ probes }: Context, connection: Connection, access: EffectiveAccess): Promise<EffectiveAccess> {
  if (access.routes.length < 2) return access
  return (await withinTime(testedAccess(probes, connection, access), testWaitMs)) ?? access
}
