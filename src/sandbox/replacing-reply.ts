import { AdsError, adsErrorReply } from './ads/ads-error.ts'
import { rpcError } from './ads/rpc-errors.ts'
import type { ReplacingEffect } from './faults.ts'
import { htmlReply, jsonReply, type Reply } from './http/reply.ts'
import { PAGE_STATUS } from './oauth/authorization-request.ts'
import { TokenError } from './oauth/token-errors.ts'
import { googleErrorPage } from './pages/sign-in-pages.ts'
import type { Route } from './routes.ts'

type Answering = Exclude<ReplacingEffect, { kind: 'hang' | 'reset' }>

/** The answer a fault gives in place of the real one. */
export function replacingReply(effect: Answering, route: Route, requestId: string): Reply {
  switch (effect.kind) {
    case 'status':
      return { status: effect.status, headers: { ...effect.headers }, body: effect.body ?? '' }
    case 'google_ads_error':
      return adsFault(effect, route, requestId)
    case 'google_rpc_error': {
      const reply = rpcError(effect.status, effect.rpcStatus, effect.message, effect.details)
      const inArray = route.operation === 'searchStream'
      return inArray ? { ...reply, body: `[${reply.body.trimEnd()}\n]\n` } : reply
    }
    case 'oauth_error':
      return new TokenError(effect.error, effect.error_description, {
        status: effect.status,
        ...(effect.extra && { extra: effect.extra }),
      }).toReply()
    case 'google_page':
      return htmlReply(
        effect.status ?? PAGE_STATUS[effect.error] ?? 400,
        googleErrorPage(effect.error, PAGE_TEXT[effect.error] ?? 'The request was refused.'),
      )
    case 'html':
      return htmlReply(
        200,
        '<!DOCTYPE html><html><head><title>Sorry...</title></head><body><h1>We’re sorry...</h1></body></html>',
      )
    case 'empty_json':
      return jsonReply(200, {})
    case 'redirect':
      return { status: effect.status, headers: { location: effect.to }, body: '' }
    case 'huge':
      return jsonReply(200, { padding: 'x'.repeat(effect.bytes) })
  }
}

function adsFault(
  effect: Extract<Answering, { kind: 'google_ads_error' }>,
  { ads, operation }: Route,
  requestId: string,
): Reply {
  const version = ads?.version ?? 25
  const code = version < 25 ? (effect.codeBeforeV25 ?? effect.code) : effect.code
  const { message, status, quota } = effect
  const retry = quota && `Too many requests. Retry in ${Number.parseFloat(quota.retryDelay)} seconds.`
  const error = new AdsError(effect.family, code, { message: message ?? retry, status, quota })
  const reply = adsErrorReply(error, { version, stream: operation === 'searchStream', requestId })
  return { ...reply, headers: { ...reply.headers, 'request-id': requestId } }
}

const PAGE_TEXT: Record<string, string> = {
  admin_policy_enforced: 'This app is blocked by your Workspace administrator. Contact your administrator for access.',
  disallowed_useragent: 'This browser or app may not be secure.',
  org_internal: 'This client is restricted to users within its organization.',
  invalid_client: 'The OAuth client was not found.',
  deleted_client: 'The OAuth client was deleted.',
  redirect_uri_mismatch: 'This app sent a redirect URI that is not registered for its client.',
  access_denied:
    'Access blocked: the app has not completed the Google verification process and you are not a test user.',
  invalid_request: 'This app sent an invalid request.',
}
