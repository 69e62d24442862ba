import { type RequestHandler, Router } from 'express'
import type { Context } from '../context.ts'
import { AppError } from '../errors.ts'
import type { ApiKeyScope } from '../members/api-keys.ts'
import { createAccessApi } from './api/access.ts'
import { createApi } from './api/api.ts'
import { createConfigurationApi } from './api/configuration.ts'
import { createCredentialsApi } from './api/credentials.ts'
import { createHierarchyEvents } from './api/hierarchy-events.ts'
import { createAccessPages } from './pages/access.ts'
import { createAccountPages } from './pages/accounts.ts'
import { createAuthPages } from './pages/auth.ts'
import { createConfigurationPage } from './pages/configuration.ts'
import { createConnectionPages } from './pages/connections.ts'
import { createHierarchyPages } from './pages/hierarchy.ts'
import { createServiceAccountPages } from './pages/service-accounts.ts'
import { createStartPages } from './pages/start.ts'

export interface Route {
  method: 'get' | 'post' | 'delete'
  path: string
  /** Who may come here at all; what a member may see there is the handler's to ask the domain. */
  who: 'anyone' | 'member' | 'admin'
  /** The scope an API key needs here; without one, keys do not work. */
  key?: ApiKeyScope
  handler: RequestHandler
}

/** The table of contents: every address of the application, except the two health checks and the static files. */
export function routeTable(context: Context, stopping: AbortSignal): Route[] {
  const start = createStartPages(context)
  const auth = createAuthPages(context)
  const accounts = createAccountPages(context)
  const hierarchy = createHierarchyPages(context)
  const connections = createConnectionPages(context)
  const serviceAccounts = createServiceAccountPages(context)
  const api = createApi(context)
  const credentials = createCredentialsApi(context)
  const events = createHierarchyEvents(context, stopping)

  return [
    { method: 'get', path: '/', who: 'anyone', handler: start.home },
    { method: 'get', path: '/setup', who: 'anyone', handler: start.setup },

    { method: 'get', path: '/auth/start', who: 'anyone', handler: auth.start },
    { method: 'get', path: '/oauth2callback', who: 'anyone', handler: auth.callback },
    { method: 'post', path: '/auth/sign-out', who: 'anyone', handler: auth.signOut },

    { method: 'get', path: '/accounts', who: 'member', handler: accounts.list },
    { method: 'post', path: '/login-customer', who: 'member', handler: accounts.pickLoginCustomer },

    { method: 'get', path: '/service-accounts', who: 'admin', handler: serviceAccounts.show },
    { method: 'post', path: '/service-accounts', who: 'admin', handler: serviceAccounts.add },
    { method: 'get', path: '/connections', who: 'member', handler: connections.list },
    { method: 'get', path: '/connections/:id', who: 'member', handler: connections.show },
    { method: 'get', path: '/connections/:id/access', who: 'member', handler: createAccessPages(context).show },
    { method: 'get', path: '/connections/:id/configuration', who: 'member', handler: createConfigurationPage(context) },
    { method: 'post', path: '/connections/:id/refresh', who: 'member', handler: accounts.refresh },

    { method: 'get', path: '/connections/:id/accounts/:loginCustomerId', who: 'member', handler: hierarchy.show },
    {
      method: 'post',
      path: '/connections/:id/accounts/:loginCustomerId/refresh',
      who: 'member',
      handler: hierarchy.refresh,
    },
    {
      method: 'post',
      path: '/connections/:id/accounts/:loginCustomerId/retry',
      who: 'member',
      handler: hierarchy.retry,
    },
    {
      method: 'get',
      path: '/connections/:id/accounts/:loginCustomerId/:customerId',
      who: 'member',
      handler: hierarchy.account,
    },

    { method: 'get', path: '/api/v1/me', who: 'member', key: 'read', handler: api.me },
    { method: 'get', path: '/api/v1/connections', who: 'member', key: 'read', handler: api.connections },
    { method: 'get', path: '/api/v1/connections/:id/customers', who: 'member', key: 'read', handler: api.customers },
    { method: 'post', path: '/api/v1/connections', who: 'anyone', key: 'connect', handler: credentials.add },
    {
      method: 'post',
      path: '/api/v1/connections/:id/access-token',
      who: 'member',
      key: 'token',
      handler: credentials.accessToken,
    },
    {
      method: 'get',
      path: '/api/v1/connections/:id/config/:format',
      who: 'member',
      key: 'read',
      handler: createConfigurationApi(context),
    },
    {
      method: 'get',
      path: '/api/v1/connections/:id/customers/:loginCustomerId/hierarchy',
      who: 'member',
      key: 'read',
      handler: api.hierarchy,
    },
    {
      method: 'get',
      path: '/api/v1/connections/:id/customers/:loginCustomerId/hierarchy/events',
      who: 'member',
      key: 'read',
      handler: events,
    },
    {
      method: 'get',
      path: '/api/v1/connections/:id/access/:customerId',
      who: 'member',
      key: 'read',
      handler: createAccessApi(context).show,
    },
  ]
}

export function routes(context: Context, stopping: AbortSignal): Router {
  const router = Router({ strict: false, caseSensitive: true })
  const table = routeTable(context, stopping)
  for (const { method, path, who, key, handler } of table) {
    router[method](path, onlyScope(key), ...doors[who], handler)
  }
  for (const { path } of table) router.all(path, wrongMethod)
  return router
}

/** What only admins may use does not exist for others. */
const onlyAdmins: RequestHandler = (_req, res, next) =>
  next(res.locals.member?.role === 'admin' ? undefined : new AppError('not_found'))

const onlyScope =
  (scope: ApiKeyScope | undefined): RequestHandler =>
  (_req, res, next) => {
    const { apiKey } = res.locals
    next(!apiKey || (scope && apiKey.scopes.includes(scope)) ? undefined : new AppError('not_allowed'))
  }

const onlyMembers: RequestHandler = (_req, res, next) =>
  next(res.locals.member ? undefined : new AppError('signed_out'))

const doors: Record<Route['who'], RequestHandler[]> = {
  anyone: [],
  member: [onlyMembers],
  admin: [onlyMembers, onlyAdmins],
}

const wrongMethod: RequestHandler = (_req, _res, next) => next(new AppError('method_not_allowed'))
