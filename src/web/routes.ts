import { type RequestHandler, Router } from 'express'
import type { Context } from '../context.ts'
import { AppError } from '../errors.ts'
import type { ApiKeyScope } from '../members/api-keys.ts'
import { memberIn } from './actor.ts'
import { createAccessApi } from './api/access.ts'
import { createApi } from './api/api.ts'
import { createConfigurationApi } from './api/configuration.ts'
import { createConfigurationCheckApi } from './api/configuration-check.ts'
import { createCredentialsApi } from './api/credentials.ts'
import { createFindApi } from './api/find.ts'
import { createHierarchyEvents } from './api/hierarchy-events.ts'
import { createLifecycleApi } from './api/lifecycle.ts'
import { createSecurityEventReceiver } from './api/security-events.ts'
import { createOpenPlaces } from './open-places.ts'
import { createAccessPages } from './pages/access.ts'
import { createAccountPages } from './pages/accounts.ts'
import { createAuditPages } from './pages/audit.ts'
import { createAuthPages } from './pages/auth.ts'
import { createConfigurationPages } from './pages/configuration.ts'
import { createConfigurationCheckPages } from './pages/configuration-check.ts'
import { createConnectionPages } from './pages/connections.ts'
import { createFindPages } from './pages/find.ts'
import { createHealthPages } from './pages/health.ts'
import { createHierarchyPages } from './pages/hierarchy.ts'
import { createKeyPages } from './pages/keys.ts'
import { createLeavePages } from './pages/leave.ts'
import { createLifecyclePages } from './pages/lifecycle.ts'
import { createLinkPages } from './pages/links.ts'
import { createMemberPages } from './pages/members.ts'
import { createPasskeyPages } from './pages/passkeys.ts'
import { createSelfPages } from './pages/self.ts'
import { createServiceAccountPages } from './pages/service-accounts.ts'
import { createStartPages } from './pages/start.ts'
import { createRateLimits, type RateLimit } from './rate-limits.ts'
import { onlyReadableBodies, refuseOtherSites } from './security.ts'
import { mustHavePasskey } from './session.ts'
import { type Step, stepUp } from './step-up.ts'
import type { AskedRight } from './still-allowed.ts'

export interface Route {
  method: 'get' | 'post' | 'delete'
  path: string
  /** Who may come here at all; what a member may see there is the handler's to ask the domain. */
  who: 'anyone' | 'member' | 'admin'
  /** The scope an API key needs here; without one, keys do not work. */
  key?: ApiKeyScope
  /** How often one caller may use this route; null only for reading stored data. */
  limit: RateLimit | null
  /** Whether a GET writes an audit entry in the reader's name, so that a link on another site must not cause it. */
  recorded?: true
  /** What the member has to confirm first, with a passkey or, without one, as `step-up.ts` says. */
  stepUp?: Step
  /** Held open for long, so that one member may have a few at a time: always, or where the caller asks to wait. */
  held?: 'always' | 'if-waiting'
  handler: RequestHandler
}

/** The table of contents: every address of the application, except the two health checks and the static files. */
export function routeTable(context: Context, stopping: AbortSignal): Route[] {
  const start = createStartPages(context)
  const auth = createAuthPages(context)
  const accounts = createAccountPages(context)
  const health = createHealthPages(context)
  const hierarchy = createHierarchyPages(context)
  const audit = createAuditPages(context)
  const links = createLinkPages(context)
  const connections = createConnectionPages(context)
  const lifecycle = createLifecyclePages(context)
  const lifecycleApi = createLifecycleApi(context)
  const leave = createLeavePages(context)
  const serviceAccounts = createServiceAccountPages(context)
  const keys = createKeyPages(context)
  const find = createFindPages(context)
  const members = createMemberPages(context)
  const self = createSelfPages(context)
  const passkeys = createPasskeyPages(context)
  const configuration = createConfigurationPages(context)
  const configurationCheck = createConfigurationCheckPages(context)
  const api = createApi(context)
  const credentials = createCredentialsApi(context)
  const events = createHierarchyEvents(context, stopping)

  return [
    { method: 'get', path: '/', who: 'anyone', limit: null, handler: start.home },
    { method: 'get', path: '/setup', who: 'anyone', limit: null, handler: start.setup },

    { method: 'get', path: '/auth/start', who: 'anyone', limit: 'sign-in', handler: auth.start },
    { method: 'get', path: '/oauth2callback', who: 'anyone', limit: 'callback', handler: auth.callback },
    { method: 'post', path: '/auth/sign-out', who: 'anyone', limit: 'write', handler: auth.signOut },

    {
      method: 'post',
      path: '/security-events',
      who: 'anyone',
      limit: 'security-event',
      handler: createSecurityEventReceiver(context),
    },

    { method: 'get', path: '/accounts', who: 'member', limit: 'read', handler: accounts.list },
    {
      method: 'post',
      path: '/login-customer',
      who: 'member',
      limit: 'write',
      handler: accounts.pickLoginCustomer,
    },
    { method: 'get', path: '/find', who: 'member', limit: 'google', handler: find.show },
    { method: 'post', path: '/find', who: 'member', limit: 'google', handler: find.askAgain },

    { method: 'get', path: '/links', who: 'member', limit: null, handler: links.list },
    { method: 'post', path: '/links', who: 'member', limit: 'write', stepUp: 'link', handler: links.create },
    { method: 'get', path: '/links/done', who: 'anyone', limit: null, handler: links.done },
    { method: 'get', path: '/links/:secret', who: 'anyone', limit: 'secret', handler: links.open },
    { method: 'get', path: '/links/:secret/start', who: 'anyone', limit: 'sign-in', handler: auth.startThroughLink },
    { method: 'post', path: '/links/:id/withdraw', who: 'member', limit: 'write', handler: links.withdraw },

    { method: 'get', path: '/audit', who: 'admin', limit: 'read', recorded: true, handler: audit.show },
    { method: 'get', path: '/audit/export', who: 'admin', limit: 'heavy', recorded: true, handler: audit.download },
    { method: 'post', path: '/audit/verify', who: 'admin', limit: 'heavy', handler: audit.verify },

    { method: 'get', path: '/service-accounts', who: 'admin', limit: null, handler: serviceAccounts.show },
    {
      method: 'post',
      path: '/service-accounts',
      who: 'admin',
      limit: 'credential',
      stepUp: 'service-account',
      handler: serviceAccounts.add,
    },
    { method: 'get', path: '/keys', who: 'admin', limit: null, handler: keys.show },
    { method: 'get', path: '/keys/verification', who: 'admin', limit: 'heavy', handler: keys.verify },
    { method: 'post', path: '/keys/rotate', who: 'admin', limit: 'write', stepUp: 'rotate-keys', handler: keys.rotate },
    { method: 'post', path: '/keys/retire', who: 'admin', limit: 'write', stepUp: 'retire-key', handler: keys.retire },
    { method: 'get', path: '/connections', who: 'member', limit: null, handler: connections.list },
    { method: 'get', path: '/connections/:id', who: 'member', limit: null, handler: connections.show },
    { method: 'post', path: '/connections/:id/check', who: 'member', limit: 'google', handler: health.check },
    { method: 'post', path: '/connections/:id/pause', who: 'member', limit: 'write', handler: lifecycle.pause },
    { method: 'post', path: '/connections/:id/resume', who: 'member', limit: 'write', handler: lifecycle.resume },
    {
      method: 'post',
      path: '/connections/:id/share',
      who: 'member',
      limit: 'write',
      stepUp: 'share',
      handler: lifecycle.share,
    },
    { method: 'post', path: '/connections/:id/unshare', who: 'member', limit: 'write', handler: lifecycle.unshare },
    {
      method: 'post',
      path: '/connections/:id/transfer',
      who: 'member',
      limit: 'write',
      stepUp: 'transfer',
      handler: lifecycle.transfer,
    },
    { method: 'get', path: '/connections/:id/revoke', who: 'member', limit: null, handler: lifecycle.confirm },
    {
      method: 'post',
      path: '/connections/:id/revoke',
      who: 'member',
      limit: 'google',
      stepUp: 'revoke',
      handler: lifecycle.revoke,
    },
    { method: 'post', path: '/connections/:id/revoke/retry', who: 'member', limit: 'google', handler: lifecycle.retry },
    { method: 'post', path: '/connections/:id/remove', who: 'member', limit: 'write', handler: lifecycle.remove },
    { method: 'get', path: '/members/:memberId/leave', who: 'admin', limit: null, handler: leave.show },
    {
      method: 'post',
      path: '/members/:memberId/leave',
      who: 'admin',
      limit: 'google',
      stepUp: 'offboard',
      handler: leave.carryOut,
    },
    {
      method: 'get',
      path: '/connections/:id/access',
      who: 'member',
      limit: 'read',
      handler: createAccessPages(context).show,
    },
    { method: 'get', path: '/configuration/check', who: 'member', limit: null, handler: configurationCheck.show },
    { method: 'post', path: '/configuration/check', who: 'member', limit: 'paste', handler: configurationCheck.check },
    {
      method: 'post',
      path: '/configuration/import',
      who: 'member',
      limit: 'credential',
      handler: configurationCheck.add,
    },
    {
      method: 'get',
      path: '/connections/:id/configuration',
      who: 'member',
      limit: 'read',
      handler: configuration.show,
    },
    {
      method: 'get',
      path: '/connections/:id/configuration/reveal',
      who: 'member',
      limit: 'read',
      stepUp: 'reveal',
      handler: configuration.confirmReveal,
    },
    {
      method: 'post',
      path: '/connections/:id/configuration/reveal',
      who: 'member',
      limit: 'secret',
      stepUp: 'reveal',
      handler: configuration.reveal,
    },
    {
      method: 'post',
      path: '/connections/:id/refresh',
      who: 'member',
      limit: 'google',
      handler: accounts.refresh,
    },

    {
      method: 'get',
      path: '/connections/:id/accounts/:loginCustomerId',
      who: 'member',
      limit: 'read',
      handler: hierarchy.show,
    },
    {
      method: 'post',
      path: '/connections/:id/accounts/:loginCustomerId/refresh',
      who: 'member',
      limit: 'google',
      handler: hierarchy.refresh,
    },
    {
      method: 'post',
      path: '/connections/:id/accounts/:loginCustomerId/retry',
      who: 'member',
      limit: 'google',
      handler: hierarchy.retry,
    },
    {
      method: 'get',
      path: '/connections/:id/accounts/:loginCustomerId/:customerId',
      who: 'member',
      limit: 'read',
      handler: hierarchy.account,
    },

    { method: 'get', path: '/self', who: 'member', limit: null, handler: self.show },
    { method: 'post', path: '/self/sessions/:sessionId/end', who: 'member', limit: 'write', handler: self.endSession },
    {
      method: 'post',
      path: '/self/sessions/end-others',
      who: 'member',
      limit: 'write',
      handler: self.endOtherSessions,
    },
    {
      method: 'post',
      path: '/self/api-keys',
      who: 'member',
      limit: 'write',
      stepUp: 'api-key',
      handler: self.createApiKey,
    },
    { method: 'post', path: '/self/api-keys/:keyId/revoke', who: 'member', limit: 'write', handler: self.revokeApiKey },
    {
      method: 'post',
      path: '/self/import-codes',
      who: 'member',
      limit: 'write',
      stepUp: 'import-code',
      handler: self.createImportCode,
    },

    {
      method: 'get',
      path: '/self/passkeys/new',
      who: 'member',
      limit: null,
      stepUp: 'add-passkey',
      handler: passkeys.start,
    },
    {
      method: 'post',
      path: '/self/passkeys/challenge',
      who: 'member',
      limit: 'write',
      stepUp: 'add-passkey',
      handler: passkeys.challengeToAdd,
    },
    {
      method: 'post',
      path: '/self/passkeys',
      who: 'member',
      limit: 'write',
      stepUp: 'add-passkey',
      handler: passkeys.add,
    },
    {
      method: 'post',
      path: '/self/passkeys/:passkeyId/rename',
      who: 'member',
      limit: 'write',
      handler: passkeys.rename,
    },
    {
      method: 'post',
      path: '/self/passkeys/:passkeyId/remove',
      who: 'member',
      limit: 'write',
      stepUp: 'remove-passkey',
      handler: passkeys.remove,
    },
    {
      method: 'post',
      path: '/self/recovery-codes',
      who: 'member',
      limit: 'write',
      stepUp: 'recovery-codes',
      handler: passkeys.renewCodes,
    },
    { method: 'post', path: '/confirm', who: 'member', limit: 'confirm', handler: passkeys.confirm },
    { method: 'post', path: '/confirm/challenge', who: 'member', limit: 'write', handler: passkeys.challengeToConfirm },

    { method: 'get', path: '/members', who: 'admin', limit: null, handler: members.list },
    { method: 'get', path: '/members/:memberId', who: 'admin', limit: null, handler: members.show },
    {
      method: 'post',
      path: '/members/:memberId/promote',
      who: 'admin',
      limit: 'write',
      stepUp: 'promote',
      handler: members.change('promote'),
    },
    {
      method: 'post',
      path: '/members/:memberId/demote',
      who: 'admin',
      limit: 'write',
      stepUp: 'demote',
      handler: members.change('demote'),
    },
    {
      method: 'post',
      path: '/members/:memberId/suspend',
      who: 'admin',
      limit: 'write',
      stepUp: 'suspend',
      handler: members.change('suspend'),
    },
    {
      method: 'post',
      path: '/members/:memberId/resume',
      who: 'admin',
      limit: 'write',
      stepUp: 'resume',
      handler: members.change('resume'),
    },
    {
      method: 'post',
      path: '/members/:memberId/reset-passkeys',
      who: 'admin',
      limit: 'write',
      stepUp: 'reset-passkeys',
      handler: members.resetPasskeys,
    },
    {
      method: 'post',
      path: '/members/:memberId/end-sessions',
      who: 'admin',
      limit: 'write',
      handler: members.endSessions,
    },
    {
      method: 'post',
      path: '/members/:memberId/revoke-api-keys',
      who: 'admin',
      limit: 'write',
      handler: members.revokeApiKeys,
    },

    { method: 'get', path: '/api/v1/me', who: 'member', key: 'read', limit: null, handler: api.me },
    { method: 'get', path: '/api/v1/connections', who: 'member', key: 'read', limit: null, handler: api.connections },
    {
      method: 'get',
      path: '/api/v1/find',
      who: 'member',
      key: 'read',
      limit: 'google',
      handler: createFindApi(context),
    },
    {
      method: 'delete',
      path: '/api/v1/connections/:id',
      who: 'member',
      key: 'manage',
      limit: 'google',
      stepUp: 'revoke',
      handler: lifecycleApi.revoke,
    },
    {
      method: 'post',
      path: '/api/v1/connections/:id/pause',
      who: 'member',
      key: 'manage',
      limit: 'write',
      handler: lifecycleApi.pause,
    },
    {
      method: 'post',
      path: '/api/v1/connections/:id/resume',
      who: 'member',
      key: 'manage',
      limit: 'write',
      handler: lifecycleApi.resume,
    },
    {
      method: 'post',
      path: '/api/v1/connections/:id/check',
      who: 'member',
      key: 'read',
      limit: 'google',
      handler: health.checkJson,
    },
    {
      method: 'get',
      path: '/api/v1/connections/:id/customers',
      who: 'member',
      key: 'read',
      limit: 'google-if-refreshed',
      handler: api.customers,
    },
    {
      method: 'post',
      path: '/api/v1/connections',
      who: 'anyone',
      key: 'connect',
      limit: 'credential',
      handler: credentials.add,
    },
    {
      method: 'post',
      path: '/api/v1/connections/:id/access-token',
      who: 'member',
      key: 'token',
      limit: 'access-token',
      handler: credentials.accessToken,
    },
    {
      method: 'post',
      path: '/api/v1/configuration/check',
      who: 'member',
      key: 'read',
      limit: 'paste',
      handler: createConfigurationCheckApi(context),
    },
    {
      method: 'get',
      path: '/api/v1/connections/:id/config/:format',
      who: 'member',
      key: 'read',
      limit: 'secret-if-revealed',
      handler: createConfigurationApi(context),
    },
    {
      method: 'post',
      path: '/api/v1/connections/:id/config/:format',
      who: 'member',
      key: 'read',
      limit: 'secret-if-revealed',
      handler: createConfigurationApi(context),
    },
    {
      method: 'get',
      path: '/api/v1/connections/:id/customers/:loginCustomerId/hierarchy',
      who: 'member',
      key: 'read',
      limit: 'google-if-refreshed',
      held: 'if-waiting',
      handler: api.hierarchy,
    },
    {
      method: 'get',
      path: '/api/v1/connections/:id/customers/:loginCustomerId/hierarchy/events',
      who: 'member',
      key: 'read',
      limit: 'read',
      held: 'always',
      handler: events,
    },
    {
      method: 'get',
      path: '/api/v1/connections/:id/access/:customerId',
      who: 'member',
      key: 'read',
      limit: 'read',
      handler: createAccessApi(context).show,
    },
  ]
}

export function routes(context: Context, stopping: AbortSignal): Router {
  const router = Router({ strict: false, caseSensitive: true })
  const table = routeTable(context, stopping)
  const limits = createRateLimits(context)
  const doors = createDoors(context)
  const place = createOpenPlaces()
  const held: Record<NonNullable<Route['held']>, RequestHandler> = {
    always: place,
    'if-waiting': (req, res, next) => (req.query.wait === undefined ? next() : place(req, res, next)),
  }
  for (const route of table) {
    const { method, path, who, key, limit, recorded, stepUp: step, handler } = route
    const more = [
      ...(recorded ? [notFromOtherSites] : []),
      ...(limit ? [limits[limit]] : []),
      ...(step ? [stepUp(context, step)] : []),
      ...(route.held ? [held[route.held]] : []),
    ]
    router[method](path, onlyScope(key), ...doors[who], ...more, onlyReadableBodies, handler)
  }
  for (const { path } of table) router.all(path, wrongMethod(table.filter(route => route.path === path)))
  return router
}

/** What only admins may use does not exist for others. */
const onlyAdmins: RequestHandler = (_req, res, next) => {
  const ask: AskedRight = ({ role }) => {
    if (role !== 'admin') throw new AppError('not_found', { denied: null })
  }
  ask(memberIn(res))
  res.locals.rights?.push(ask)
  next()
}

const onlyScope =
  (scope: ApiKeyScope | undefined): RequestHandler =>
  (_req, res, next) => {
    const { apiKey } = res.locals
    next(!apiKey || (scope && apiKey.scopes.includes(scope)) ? undefined : new AppError('not_allowed'))
  }

const notFromOtherSites: RequestHandler = (req, _res, next) => {
  refuseOtherSites(req)
  next()
}

const onlyMembers: RequestHandler = (_req, res, next) =>
  next(res.locals.member ? undefined : new AppError('signed_out'))

function createDoors({ config, passkeys }: Context): Record<Route['who'], RequestHandler[]> {
  /** Whether administrators may need a passkey here, if the settings say so. */
  const onlyWithPasskey: RequestHandler = async (_req, res, next) => {
    const { member, apiKey } = res.locals
    const missing =
      member && !apiKey && mustHavePasskey(config, member) && (await passkeys.listOf(member.id)).length === 0
    next(missing ? new AppError('passkey_required') : undefined)
  }
  return {
    anyone: [],
    member: [onlyMembers],
    admin: [onlyMembers, onlyAdmins, onlyWithPasskey],
  }
}

/** RFC 9110 15.5.6: 405 comes with the methods that are allowed. */
const wrongMethod =
  (rightOnes: Route[]): RequestHandler =>
  (_req, res, next) => {
    res.set('Allow', rightOnes.map(({ method }) => method.toUpperCase()).join(', '))
    next(new AppError('method_not_allowed'))
  }
