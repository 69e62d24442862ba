import { bearerToken, type Call } from '../http/call.ts'
import type { Reply } from '../http/reply.ts'
import type { AccessToken } from '../oauth/grant-store.ts'
import { ADWORDS_SCOPE } from '../oauth/scopes.ts'
import type { Account, Person } from '../scenario.ts'
import { loginCustomerHeader, type World } from '../world.ts'
import { AdsError } from './ads-error.ts'
import { credentialError, insufficientScopes, serviceDisabled } from './rpc-errors.ts'

export interface AdsCaller {
  person: Person
  token: AccessToken
}

/** What Google's front end checks: a live token, the scope, the API enabled. Answers the refusal itself. */
export function adsCaller(call: Call, world: World, method: string): AdsCaller | Reply {
  const presented = bearerToken(call)
  const token = presented === undefined ? undefined : world.grants.accessToken(presented)
  const person = token && world.person(token.person)
  if (!token || !person) return credentialError(presented !== undefined)
  const project = world.project(token.project)
  if (!project.adsApiEnabled) return serviceDisabled('Google Ads API', 'googleads.googleapis.com', project.number)
  if (!token.scopes.includes(ADWORDS_SCOPE)) return insufficientScopes('googleads.googleapis.com', method)
  return { person, token }
}

/** The accounts a person reaches directly. Throws NOT_ADS_USER when there are none. */
export function directAccounts({ person }: AdsCaller, world: World): string[] {
  const direct = world.graph.directAccess(person)
  if (direct.length === 0) throw new AdsError('authenticationError', 'NOT_ADS_USER')
  return direct
}

/**
 * Whether this person may call this customer through this login customer. The login customer (the called customer where
 * the header is absent) must be a direct account, and the called one must hang under it by active links. Throws AdsError.
 */
export function calledCustomer(
  caller: AdsCaller,
  world: World,
  { call, customerId, version }: { call: Call; customerId: string; version: number },
): Account {
  const direct = directAccounts(caller, world)
  checkLinkedCustomer(call)
  const login = loginCustomer(call)
  if (!/^\d{10}$/.test(customerId)) {
    throw new AdsError('requestError', 'INVALID_CUSTOMER_ID', { message: `Invalid customer ID '${customerId}'.` })
  }
  const account = reachableAccount(customerId, login ?? customerId, { direct, world })
  checkStatus(account)
  checkAccessLevel(account, caller, { world, version })
  return account
}

function reachableAccount(
  customerId: string,
  login: string,
  { direct, world }: { direct: string[]; world: World },
): Account {
  const { graph } = world
  const account = graph.accounts.get(customerId)
  if (!account || !direct.includes(login)) throw new AdsError('authorizationError', 'USER_PERMISSION_DENIED')
  if (graph.reach(login).has(customerId)) return account
  const otherWay = direct.some(root => graph.reach(root).has(customerId))
  throw new AdsError(
    'authorizationError',
    otherWay ? 'INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION' : 'USER_PERMISSION_DENIED',
  )
}

function loginCustomer(call: Call): string | undefined {
  const value = loginCustomerHeader(call)
  if (value === undefined || /^\d{10}$/.test(value)) return value
  throw new AdsError('headerError', 'INVALID_LOGIN_CUSTOMER_ID', {
    message: `The login customer id header 'Optional[${value}]' could not be validated.`,
  })
}

function checkLinkedCustomer(call: Call): void {
  const value = call.headers['linked-customer-id']
  if (value === undefined || /^\d{10}$/.test(String(value))) return
  throw new AdsError('headerError', 'INVALID_LINKED_CUSTOMER_ID', {
    message: `The linked customer id header 'Optional[${value}]' could not be validated.`,
  })
}

function checkStatus({ status, testAccount }: Account): void {
  const closed = status === 'CANCELED' || (status === 'CLOSED' && !testAccount)
  if (closed) throw new AdsError('authorizationError', 'CUSTOMER_NOT_ENABLED')
}

function checkAccessLevel(
  { testAccount }: Account,
  { token }: AdsCaller,
  { world, version }: { world: World; version: number },
) {
  if (testAccount || world.project(token.project).adsAccessLevel !== 'test') return
  throw version >= 25
    ? new AdsError('authorizationError', 'CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION')
    : new AdsError('authorizationError', 'ACTION_NOT_PERMITTED')
}
