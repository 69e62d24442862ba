import type { Request, RequestHandler, Response } from 'express'
import type { CampaignReport, DirectAccount, Hierarchy } from '../../accounts/account.ts'
import type { Connection } from '../../connections/connection.ts'
import type { Context } from '../../context.ts'
import type { CustomerId } from '../../customer-id.ts'
import { AppError, isAppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { memberIn } from '../actor.ts'
import { createPictures } from '../pictures.ts'
import { presentAccount } from '../present/account.ts'
import { connectionBanner } from '../present/health.ts'
import { presentHierarchy } from '../present/hierarchy.ts'
import { readHierarchyQuery } from '../present/hierarchy-query.ts'
import { routes } from '../present/routes.ts'
import { tellFailure } from '../tell-outcome.ts'
import { customerIdIn, usableConnection } from '../usable.ts'
import { otherRootsOf } from './access.ts'

const arrivalMs = 5_000

/** The accounts below a login customer, and one account through it. */
export function createHierarchyPages(context: Context) {
  const { accounts, now, offLoop } = context
  const pictures = createPictures(offLoop)

  const show: RequestHandler = async (req, res) => {
    const { connection, root, loginCustomerId } = await place(req, res)
    const hierarchy = await accounts.hierarchy(connection, loginCustomerId)
    const query = readHierarchyQuery(req.query)
    await res.page('hierarchy', {
      ...presentHierarchy({
        t: en,
        now: now(),
        connection,
        hierarchy,
        query,
        drawing: query.view === 'picture' ? await pictures(hierarchy, query.at, memberIn(res).id) : null,
        accessRole: root.accessRole,
        loginCustomer: req.session.loginCustomer ?? null,
        requestId: res.locals.requestId,
      }),
      banner: await bannerFor(connection, res, hierarchy.fetchedAt),
    })
  }

  const refresh: RequestHandler = async (req, res) => {
    const { connection, loginCustomerId } = await place(req, res)
    await tellFailure(req, accounts.hierarchy(connection, loginCustomerId, { refresh: true }))
    res.redirect(303, routes.hierarchy(connection.id, loginCustomerId))
  }

  const retry: RequestHandler = async (req, res) => {
    const { connection, loginCustomerId } = await place(req, res)
    await tellFailure(req, accounts.hierarchy(connection, loginCustomerId, { retryFailed: true }))
    res.redirect(303, routes.hierarchy(connection.id, loginCustomerId))
  }

  const account: RequestHandler = async (req, res) => {
    const { connection, direct, root, loginCustomerId } = await place(req, res)
    const customerId = customerIdIn(req, 'customerId')
    const hierarchy = await withAccount(connection, loginCustomerId, customerId)
    const [report, otherRoots] = await Promise.all([
      campaignsOf(connection, loginCustomerId, customerId),
      otherRootsOf(context, connection, loginCustomerId, customerId),
    ])
    await res.page('account', {
      ...presentAccount({
        t: en,
        now: now(),
        connection,
        hierarchy,
        customerId,
        accessRole: root.accessRole,
        direct: direct.some(each => each.customerId === customerId),
        loginCustomer: req.session.loginCustomer ?? null,
        ...report,
        requestId: res.locals.requestId,
      }),
      otherRoots,
      banner: await bannerFor(connection, res, hierarchy.fetchedAt),
    })
  }

  return { show, refresh, retry, account }

  async function place(req: Request, res: Response) {
    const connection = await usableConnection(context, req.params.id, res)
    const loginCustomerId = customerIdIn(req, 'loginCustomerId')
    const direct = (await accounts.direct(connection)).accounts
    const root = direct.find(each => each.customerId === loginCustomerId)
    if (!root) throw new AppError('not_found')
    return { connection, direct, root: root satisfies DirectAccount, loginCustomerId }
  }

  /** Read again: the work of this very page may have found the connection dead. */
  async function bannerFor({ id }: Connection, res: Response, fetchedAt: string) {
    const { member } = res.locals
    const connection = await context.connections.find(id)
    return member && connection && connectionBanner({ t: en, now: now(), member, connection }, fetchedAt)
  }

  /** An account may stand deep in a hierarchy that is still being read; one that is not in it does not exist here. */
  async function withAccount(connection: Connection, loginCustomerId: CustomerId, customerId: CustomerId) {
    const holds = (each: Hierarchy) => each.accounts.some(account => account.customerId === customerId)
    let hierarchy = await accounts.hierarchy(connection, loginCustomerId)
    if (!holds(hierarchy)) hierarchy = await accounts.hierarchy(connection, loginCustomerId, { waitMs: arrivalMs })
    if (!hierarchy.loading && !holds(hierarchy)) {
      throw new AppError('not_found', { params: { connectionId: connection.id, loginCustomerId, customerId } })
    }
    return hierarchy
  }

  /** Figures that cannot be had do not take the page away: the account is shown with the reason. */
  async function campaignsOf(
    connection: Connection,
    loginCustomerId: CustomerId,
    customerId: CustomerId,
  ): Promise<{ report: CampaignReport | null; reportError: AppError | null }> {
    try {
      return { report: await accounts.campaigns(connection, loginCustomerId, customerId), reportError: null }
    } catch (error) {
      if (!isAppError(error)) throw error
      return { report: null, reportError: error }
    }
  }
}
