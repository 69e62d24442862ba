import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { Connection } from '../../connections/connection.ts'
import type { Context } from '../../context.ts'
import { parseCustomerId } from '../../customer-id.ts'
import { AppError, isAppError } from '../../errors.ts'
import { en } from '../../messages/en.ts'
import { memberIn } from '../actor.ts'
import { type ConnectionAccounts, presentAccounts } from '../present/accounts.ts'
import { routes } from '../present/routes.ts'
import { saveSession } from '../session.ts'
import { tellOutcome } from '../tell-outcome.ts'
import { usableConnection, usableConnections } from '../usable.ts'

const pickForm = z.object({ connection_id: z.string(), customer_id: z.string() })

/** The accounts that the connections of a member open directly. */
export function createAccountPages(context: Context) {
  const { accounts, now } = context

  const list: RequestHandler = async (req, res) => {
    const member = memberIn(res)
    const usable = await usableConnections(context, res)
    await res.page(
      'accounts',
      presentAccounts({
        t: en,
        now: now(),
        member,
        connections: await Promise.all(usable.map(read)),
        loginCustomer: req.session.loginCustomer ?? null,
        q: typeof req.query.q === 'string' ? req.query.q : '',
        requestId: res.locals.requestId,
      }),
    )
  }

  const refresh: RequestHandler = async (req, res) => {
    const connection = await usableConnection(context, req.params.id, res)
    await tellOutcome(req, accounts.direct(connection, { refresh: true }), en.flashes.refreshed)
    res.redirect(303, routes.accounts())
  }

  const pickLoginCustomer: RequestHandler = async (req, res) => {
    const form = pickForm.safeParse(req.body)
    if (!form.success) throw new AppError('bad_request')
    const connection = await usableConnection(context, form.data.connection_id, res)
    const customerId = parseCustomerId(form.data.customer_id)
    if (customerId === null) throw new AppError('invalid_customer_id', { params: { input: form.data.customer_id } })
    const { accounts: direct } = await accounts.direct(connection)
    if (!direct.some(account => account.customerId === customerId)) throw new AppError('not_found')
    req.session.loginCustomer = { connectionId: connection.id, customerId }
    await saveSession(req)
    res.redirect(303, routes.hierarchy(connection.id, customerId))
  }

  return { list, refresh, pickLoginCustomer }

  /** One connection's failure is shown in its section and spoils no other. */
  async function read(connection: Connection): Promise<ConnectionAccounts> {
    const { picture } = connection
    try {
      return { connection, picture, direct: await accounts.direct(connection), error: null }
    } catch (error) {
      if (!isAppError(error)) throw error
      return { connection, picture, direct: null, error }
    }
  }
}
