import type { Request, Response } from 'express'
import { z } from 'zod'
import type { DirectAccount } from '../accounts/account.ts'
import { type ClientConfiguration, placeholders } from '../configurations/configuration.ts'
import type { Connection } from '../connections/connection.ts'
import type { Context } from '../context.ts'
import { type CustomerId, parseCustomerId } from '../customer-id.ts'
import { AppError, isAppError } from '../errors.ts'
import { usableConnection } from './usable.ts'

const idsQuery = z.object({ login_customer_id: z.string().optional(), customer_id: z.string().optional() })

export interface ConfigurationRequest {
  connection: Connection
  configuration: ClientConfiguration
  /** Null when they could not be read. */
  direct: DirectAccount[] | null
}

/**
 * What the configuration page and its files are asked for. Secrets are placeholders here, whatever the request says.
 * Throws AppError `not_found`, also for a login customer this connection does not open directly, `bad_request` and
 * `invalid_customer_id`.
 */
export async function readConfigurationRequest(
  context: Context,
  req: Request,
  res: Response,
): Promise<ConfigurationRequest> {
  const connection = await usableConnection(context, req.params.id, res)
  const query = idsQuery.safeParse(req.query)
  if (!query.success) throw new AppError('bad_request')
  const { login_customer_id: asked, customer_id: customer } = query.data
  const customerId = customer === undefined ? null : idOrNone(customer)
  const wanted = asked === undefined ? undefined : idOrNone(asked)
  const direct = await directOf(context, connection)
  const opens = (id: CustomerId) => direct === null || direct.some(account => account.customerId === id)
  if (wanted && !opens(wanted)) throw new AppError('not_found')
  return {
    connection,
    direct,
    configuration: {
      credential: credentialOf(connection, context),
      developerToken: context.config.developerToken === null ? null : placeholders.developerToken,
      loginCustomerId: wanted === undefined ? chosen() : wanted,
      customerId,
      apiVersion: context.config.adsApiVersion,
    },
  }

  function chosen(): CustomerId | null {
    const choice = req.session.loginCustomer
    return choice?.connectionId === connection.id && opens(choice.customerId) ? choice.customerId : null
  }
}

function credentialOf(connection: Connection, { config }: Context): ClientConfiguration['credential'] {
  if (connection.kind === 'service_account') {
    return { kind: 'service_account', keyFilePath: placeholders.keyFilePath.placeholder, email: connection.email }
  }
  const { clientSecret, refreshToken } = placeholders
  return { kind: 'user', clientId: config.oauthClient.clientId, clientSecret, refreshToken }
}

/** An empty field of a form names none. */
function idOrNone(input: string): CustomerId | null {
  if (input.trim() === '') return null
  const customerId = parseCustomerId(input)
  if (customerId === null) throw new AppError('invalid_customer_id', { params: { input } })
  return customerId
}

/** A configuration can be had of a connection that Google refuses just now. */
async function directOf({ accounts }: Context, connection: Connection): Promise<DirectAccount[] | null> {
  try {
    return (await accounts.direct(connection)).accounts
  } catch (error) {
    if (!isAppError(error)) throw error
    return null
  }
}
