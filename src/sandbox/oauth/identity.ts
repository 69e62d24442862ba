import { createHash } from 'node:crypto'
import { credentialError, insufficientScopes, serviceDisabled } from '../ads/rpc-errors.ts'
import { bearerToken, type Call } from '../http/call.ts'
import { jsonReply, type Reply } from '../http/reply.ts'
import type { Person } from '../scenario.ts'
import type { World } from '../world.ts'
import type { AccessToken } from './grant-store.ts'
import { profileClaims } from './id-token.ts'
import { EMAIL_SCOPE, formatScopes, PROFILE_SCOPE } from './scopes.ts'
import { TokenError } from './token-errors.ts'

/** OpenID Connect userinfo. */
export function userinfo(call: Call, world: World): Reply {
  const caller = callerOf(call, world)
  if (!caller) return new TokenError('invalid_request', 'Invalid Credentials', { status: 401 }).toReply()
  const { person, token } = caller
  return jsonReply(200, {
    sub: person.sub,
    ...(token.scopes.includes(PROFILE_SCOPE) && profileClaims(person)),
    ...(token.scopes.includes(EMAIL_SCOPE) && { email: person.email, email_verified: person.emailVerified }),
    ...(person.hostedDomain !== undefined && { hd: person.hostedDomain }),
  })
}

/** The older userinfo at www.googleapis.com/oauth2/v2, with its own field names. */
export function userinfoV2(call: Call, world: World): Reply {
  const caller = callerOf(call, world)
  if (!caller) return credentialError(bearerToken(call) !== undefined)
  const { person, token } = caller
  return jsonReply(200, {
    id: person.sub,
    ...(token.scopes.includes(EMAIL_SCOPE) && { email: person.email, verified_email: person.emailVerified }),
    ...(token.scopes.includes(PROFILE_SCOPE) && profileClaims(person)),
    ...(person.hostedDomain !== undefined && { hd: person.hostedDomain }),
  })
}

/** tokeninfo: every value a string (wire facts A.11). */
export function tokeninfo(call: Call, world: World): Reply {
  const idToken = call.query.get('id_token') ?? call.form.get('id_token')
  if (idToken) return idTokenInfo(idToken)
  const presented = call.query.get('access_token') ?? call.form.get('access_token') ?? bearerToken(call) ?? ''
  const token = world.grants.accessToken(presented)
  const person = token && world.person(token.person)
  if (!token || !person) return new TokenError('invalid_token', 'Invalid Value').toReply()
  return jsonReply(200, {
    azp: token.clientId,
    aud: token.clientId,
    sub: person.sub,
    scope: formatScopes(token.scopes),
    exp: String(Math.floor(token.expiresAt / 1000)),
    expires_in: String(Math.floor((token.expiresAt - world.now()) / 1000)),
    ...(token.scopes.includes(EMAIL_SCOPE) && { email: person.email, email_verified: String(person.emailVerified) }),
    access_type: token.offline ? 'offline' : 'online',
  })
}

function idTokenInfo(idToken: string): Reply {
  try {
    const payload: unknown = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const claims = Object.entries(payload as Record<string, unknown>).map(([name, value]) => [name, String(value)])
    return jsonReply(200, Object.fromEntries(claims))
  } catch {
    return new TokenError('invalid_token', 'Invalid Value').toReply()
  }
}

/** `people/me` of the People API, names and e-mail addresses. */
export function peopleMe(call: Call, world: World): Reply {
  const caller = callerOf(call, world)
  if (!caller) return credentialError(bearerToken(call) !== undefined)
  const { person, token } = caller
  const project = world.project(token.project)
  if (!project.peopleApiEnabled) return serviceDisabled('People API', 'people.googleapis.com', project.number)
  if (![EMAIL_SCOPE, PROFILE_SCOPE].some(scope => token.scopes.includes(scope))) {
    return insufficientScopes('people.googleapis.com', 'google.people.v1.PeopleService.GetPerson')
  }
  const fields = (call.query.get('personFields') ?? '').split(',').filter(Boolean)
  if (fields.length === 0) {
    const message =
      'personFields mask is required. Please specify one or more valid paths. Valid paths are documented at https://developers.google.com/people/api/rest/v1/people/get.'
    return jsonReply(400, { error: { code: 400, message, status: 'INVALID_ARGUMENT' } })
  }
  return jsonReply(200, {
    resourceName: `people/${person.sub}`,
    etag: `%${createHash('sha256').update(person.email).digest('base64url').slice(0, 22)}`,
    ...(fields.includes('names') && token.scopes.includes(PROFILE_SCOPE) && { names: [nameOf(person)] }),
    ...(fields.includes('emailAddresses') &&
      token.scopes.includes(EMAIL_SCOPE) && { emailAddresses: [emailOf(person)] }),
  })
}

function nameOf(person: Person): object {
  const { name = person.email, givenName, familyName } = person
  return {
    metadata: { primary: true, source: { type: 'PROFILE', id: person.sub }, sourcePrimary: true },
    displayName: name,
    ...(familyName !== undefined && { familyName }),
    ...(givenName !== undefined && { givenName }),
    displayNameLastFirst: [familyName, givenName].filter(Boolean).join(', ') || name,
    unstructuredName: name,
  }
}

function emailOf(person: Person): object {
  return {
    metadata: { primary: true, verified: true, source: { type: 'ACCOUNT', id: person.sub }, sourcePrimary: true },
    value: person.email,
  }
}

function callerOf(call: Call, world: World): { person: Person; token: AccessToken } | undefined {
  const token = world.grants.accessToken(bearerToken(call) ?? call.query.get('access_token') ?? '')
  const person = token && world.person(token.person)
  return token && person && { token, person }
}
