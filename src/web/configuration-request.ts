import type { Request, Response } from 'express'
import { z } from 'zod'
import type { DirectAccount } from '../accounts/account.ts'
import { type ClientConfiguration, placeholders } from '../configurations/configuration.ts'
import type { Format } from '../configurations/formats.ts'
import type { Connection } from '../connections/connection.ts'
import { mayUse } from '../connections/rights.ts'
import type { Context } from '../context.ts'
import { type CustomerId, parseCustomerId } from '../customer-id.ts'
import { AppError, isAppError } from '../errors.ts'
import { actorOf } from './actor.ts'
import { routes } from './present/routes.ts'
import { requireConfirmation } from './session.ts'
import { manageableConnection, usableConnection } from './usable.ts'

const idsQuery = z.object({ login_customer_id: z.string().optional(), customer_id: z.string().optional() })

export interface ConfigurationRequest {
  connection: Connection
  configuration: ClientConfiguration
  /** Null when they could not be read. */
  direct: DirectAccount[] | null
}

/**
 * What the configuration page and its files are asked for. Secrets are placeholders here, whatever the request says.
 * `revealing` asks for the right to decide about the connection instead of that to use it. Throws AppError `not_found`,
 * also for a login customer this connection does not open directly, `not_allowed`, `bad_request` and `invalid_customer_id`.
 */
export async function readConfigurationRequest(
  context: Context,
  req: Request,
  res: Response,
  { revealing = false }: { revealing?: boolean } = {},
): Promise<ConfigurationRequest> {
  const connection = await (revealing ? manageableConnection : usableConnection)(context, req.params.id, res)
  const query = idsQuery.safeParse({ ...req.query, ...req.body })
  if (!query.success) throw new AppError('bad_request')
  const { login_customer_id: asked, customer_id: customer } = query.data
  const customerId = customer === undefined ? null : idOrNone(customer)
  const wanted = asked === undefined ? undefined : idOrNone(asked)
  const { member } = res.locals
  // Administrators decide about connections whose accounts are not theirs to see.
  const direct = member && mayUse(connection, member) ? await directOf(context, connection) : null
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

/**
 * The same with everything secret filled in, for a program's or a person's eyes; the trail says so. Whoever asks in a
 * browser has confirmed it lately, and pressed a button. Throws AppError `not_allowed`, `method_not_allowed`, and as
 * `requireConfirmation` and `Disclosures.revealCredential` do.
 */
export async function revealedConfiguration(
  context: Context,
  req: Request,
  res: Response,
  { connection, configuration }: ConfigurationRequest,
  format: Format,
): Promise<ClientConfiguration> {
  const { config, disclosures } = context
  const { apiKey } = res.locals
  if (apiKey && !apiKey.scopes.includes('reveal')) throw new AppError('not_allowed')
  // A link must not reveal secrets: it may be opened from anywhere, and older browsers do not say from where.
  if (!apiKey && req.method !== 'POST') throw new AppError('method_not_allowed', { params: { reveal: 'yes' } })
  const { loginCustomerId, customerId } = configuration
  const address = { format, login_customer_id: loginCustomerId ?? '', customer_id: customerId ?? undefined }
  const returnTo = routes.revealConfiguration(connection.id, address)
  await requireConfirmation(context, req, res, { freshSignIn: true, returnTo })
  const { client, refreshToken } = await disclosures.revealCredential(connection.id, format, actorOf(res))
  const { clientId, clientSecret } = client ?? config.oauthClient
  return {
    ...configuration,
    credential: {
      kind: 'user',
      clientId,
      clientSecret: { revealed: clientSecret },
      refreshToken: { revealed: refreshToken },
    },
    developerToken: config.developerToken === null ? null : { revealed: config.developerToken },
  }
}

function credentialOf(connection: Connection, { config }: Context): ClientConfiguration['credential'] {
  if (connection.kind === 'service_account') {
    return { kind: 'service_account', keyFilePath: placeholders.keyFilePath.placeholder, email: connection.email }
  }
  const { clientSecret, refreshToken } = placeholders
  const clientId = connection.clientId ?? config.oauthClient.clientId
  return { kind: 'user', clientId, clientSecret, refreshToken }
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
