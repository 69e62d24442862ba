import { type AdsTarget, adsTarget, googleAds } from './ads/google-ads.ts'
import type { Operation } from './faults.ts'
import type { Call } from './http/call.ts'
import { googleNotFound, jsonReply, type Reply } from './http/reply.ts'
import { authorize } from './oauth/authorize.ts'
import { openidConfiguration, riscConfiguration } from './oauth/discovery.ts'
import { peopleMe, tokeninfo, userinfo, userinfoV2 } from './oauth/identity.ts'
import { revoke } from './oauth/revoke.ts'
import { JWT_BEARER } from './oauth/service-account-token.ts'
import { jsonWebKeySet, pemCertificates } from './oauth/signing-keys.ts'
import { token } from './oauth/token.ts'
import { securityStream } from './risc/stream.ts'
import type { World } from './world.ts'

export interface Route {
  operation: Operation
  ads?: AdsTarget | undefined
  answer: (call: Call, world: World) => Reply
}

const CERTS_MAX_AGE = 'public, max-age=20000, must-revalidate, no-transform'

/** Who answers a request to one of Google's hosts. */
export function routeFor(call: Call): Route {
  if (call.host === 'googleads.googleapis.com') {
    const ads = adsTarget(call.method, call.path)
    return { operation: ads?.method ?? 'unknown', ads, answer: (asked, world) => googleAds(asked, world, ads) }
  }
  if (call.host === 'risc.googleapis.com') return { operation: 'risc', answer: securityStream }
  return (
    ROUTES[`${call.method} ${call.host}${call.path}`]?.(call) ?? {
      operation: 'unknown',
      answer: asked => googleNotFound(asked.path),
    }
  )
}

type RouteOf = (call: Call) => Route

const tokenRoute: RouteOf = call => ({ operation: tokenOperation(call), answer: token })
const authorizeRoute: RouteOf = () => ({ operation: 'authorize', answer: authorize })
const revokeRoute: RouteOf = () => ({ operation: 'revoke', answer: revoke })
const tokeninfoRoute: RouteOf = () => ({ operation: 'tokeninfo', answer: tokeninfo })
const discoveryRoute: RouteOf = () => ({
  operation: 'discovery',
  answer: () => jsonReply(200, openidConfiguration(), { 'cache-control': 'public, max-age=3600' }),
})

const ROUTES: Record<string, RouteOf> = {
  'GET accounts.google.com/.well-known/openid-configuration': discoveryRoute,
  'GET accounts.google.com/.well-known/oauth-authorization-server': discoveryRoute,
  'GET accounts.google.com/.well-known/risc-configuration': () => ({
    operation: 'discovery',
    answer: () => jsonReply(200, riscConfiguration()),
  }),
  ...both('accounts.google.com/o/oauth2/v2/auth', authorizeRoute),
  ...both('accounts.google.com/o/oauth2/auth', authorizeRoute),
  'POST oauth2.googleapis.com/token': tokenRoute,
  'POST accounts.google.com/o/oauth2/token': tokenRoute,
  'POST www.googleapis.com/oauth2/v3/token': tokenRoute,
  'POST www.googleapis.com/oauth2/v4/token': tokenRoute,
  ...both('oauth2.googleapis.com/revoke', revokeRoute),
  ...both('accounts.google.com/o/oauth2/revoke', revokeRoute),
  ...both('oauth2.googleapis.com/tokeninfo', tokeninfoRoute),
  ...both('www.googleapis.com/oauth2/v3/tokeninfo', tokeninfoRoute),
  'GET www.googleapis.com/oauth2/v3/certs': () => ({
    operation: 'certs',
    answer: (_call, world) => jsonReply(200, jsonWebKeySet(world.signingKeys), { 'cache-control': CERTS_MAX_AGE }),
  }),
  'GET www.googleapis.com/oauth2/v1/certs': () => ({ operation: 'certs', answer: certificates }),
  ...both('openidconnect.googleapis.com/v1/userinfo', () => ({ operation: 'userinfo', answer: userinfo })),
  ...both('www.googleapis.com/oauth2/v3/userinfo', () => ({ operation: 'userinfo', answer: userinfo })),
  'GET www.googleapis.com/oauth2/v2/userinfo': () => ({ operation: 'userinfo', answer: userinfoV2 }),
  'GET people.googleapis.com/v1/people/me': () => ({ operation: 'people', answer: peopleMe }),
}

function both(address: string, route: RouteOf): Record<string, RouteOf> {
  return { [`GET ${address}`]: route, [`POST ${address}`]: route }
}

function certificates(_call: Call, world: World): Reply {
  const from = new Date(world.now() - 86_400_000)
  const name = 'federated-signon.system.gserviceaccount.com'
  return jsonReply(200, pemCertificates(world.signingKeys, name, from), { 'cache-control': CERTS_MAX_AGE })
}

function tokenOperation(call: Call): Operation {
  switch (call.form.get('grant_type')) {
    case 'authorization_code':
      return 'token.code'
    case 'refresh_token':
      return 'token.refresh'
    case JWT_BEARER:
      return 'token.jwt'
    default:
      return 'token.other'
  }
}
