import type { OAuthClient, Person, Project } from '../scenario.ts'
import type { World } from '../world.ts'
import { isRegisteredRedirect, isWellFormedRedirect } from './redirect-uri.ts'
import { isKnownScope, parseScopes } from './scopes.ts'

export interface AuthorizationRequest {
  client: OAuthClient
  project: Project
  redirectUri: string
  scopes: string[]
  state: string | undefined
  nonce: string | undefined
  offline: boolean
  includeGranted: boolean
  prompt: Set<string>
  loginHint: string | undefined
  challenge: string | undefined
  challengeMethod: 'plain' | 'S256' | undefined
}

/** An error Google shows on its own page; the browser does not come back. */
export class AuthorizationPageError extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, detail: string, status = PAGE_STATUS[code] ?? 400) {
    super(detail)
    this.code = code
    this.status = status
  }
}

/** Status of each page (wire facts A.6). */
export const PAGE_STATUS: Record<string, number> = {
  admin_policy_enforced: 400,
  disallowed_useragent: 403,
  org_internal: 403,
  invalid_client: 401,
  deleted_client: 401,
  redirect_uri_mismatch: 400,
  origin_mismatch: 400,
  invalid_request: 400,
  invalid_scope: 400,
  unsupported_response_type: 400,
  invalid_grant: 400,
  access_denied: 403,
}

/** Checks an authorization request as Google does. Throws AuthorizationPageError. */
export function readAuthorizationRequest(query: URLSearchParams, world: World): AuthorizationRequest {
  const repeated = [...new Set(query.keys())].find(name => query.getAll(name).length > 1)
  if (repeated)
    throw new AuthorizationPageError('invalid_request', `OAuth 2 parameters can only have a single value: ${repeated}`)
  const clientId = required(query, 'client_id')
  const client = world.client(clientId)
  if (!client) throw new AuthorizationPageError('invalid_client', 'The OAuth client was not found.')
  const redirectUri = checkedRedirect(required(query, 'redirect_uri'), client)
  const responseType = required(query, 'response_type')
  if (responseType !== 'code') {
    throw new AuthorizationPageError(
      'unsupported_response_type',
      `The sandbox only answers response_type=code, not ${responseType}.`,
    )
  }
  return {
    client,
    project: world.project(client.project),
    redirectUri,
    scopes: checkedScopes(required(query, 'scope')),
    state: query.get('state') ?? undefined,
    nonce: query.get('nonce') ?? undefined,
    offline: oneOf(query, 'access_type', ['online', 'offline'], 'online') === 'offline',
    includeGranted: oneOf(query, 'include_granted_scopes', ['true', 'false'], 'false') === 'true',
    prompt: checkedPrompt(query.get('prompt') ?? ''),
    loginHint: query.get('login_hint') ?? undefined,
    ...checkedChallenge(query),
  }
}

/** Checks that hold only once it is known who signs in. Throws AuthorizationPageError. */
export function checkPerson(person: Person, { project }: AuthorizationRequest): void {
  if (project.internalDomain !== undefined && person.hostedDomain !== project.internalDomain) {
    throw new AuthorizationPageError('org_internal', `${project.appName} can only be used within its organization.`)
  }
  if (
    project.publishingStatus === 'testing' &&
    ![person.email, person.label].some(who => project.testUsers.includes(who))
  ) {
    throw new AuthorizationPageError(
      'access_denied',
      `Access blocked: ${project.appName} has not completed the Google verification process. The app is being tested and can only be accessed by developer-approved testers.`,
    )
  }
}

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name)
  if (value === null || value === '') {
    throw new AuthorizationPageError('invalid_request', `Missing required parameter: ${name}`)
  }
  return value
}

function checkedRedirect(uri: string, client: OAuthClient): string {
  if (uri.startsWith('urn:ietf:wg:oauth:2.0:oob')) {
    throw new AuthorizationPageError('redirect_uri_mismatch', 'The out-of-band flow has been blocked.')
  }
  if (!isWellFormedRedirect(uri)) {
    throw new AuthorizationPageError(
      'invalid_request',
      `This redirect_uri breaks Google’s rules for such addresses: ${uri}`,
    )
  }
  if (!isRegisteredRedirect(uri, client)) {
    throw new AuthorizationPageError(
      'redirect_uri_mismatch',
      `The redirect URI in the request, ${uri}, does not match the ones authorized for the OAuth client.`,
    )
  }
  return uri
}

function checkedScopes(text: string): string[] {
  const scopes = parseScopes(text)
  const unknown = scopes.filter(scope => !isKnownScope(scope))
  if (unknown.length > 0) {
    throw new AuthorizationPageError(
      'invalid_scope',
      `Some requested scopes were invalid. {invalid=[${unknown.join(', ')}]}`,
    )
  }
  return scopes
}

function checkedPrompt(text: string): Set<string> {
  const prompt = new Set(text.split(' ').filter(Boolean))
  const unknown = [...prompt].find(word => !['none', 'consent', 'select_account'].includes(word))
  if (unknown !== undefined)
    throw new AuthorizationPageError('invalid_request', `Invalid parameter value for prompt: ${unknown}`)
  if (prompt.has('none') && prompt.size > 1) {
    throw new AuthorizationPageError('invalid_request', 'Invalid parameter value for prompt: none must stand alone')
  }
  return prompt
}

function checkedChallenge(query: URLSearchParams): Pick<AuthorizationRequest, 'challenge' | 'challengeMethod'> {
  const challenge = query.get('code_challenge') ?? undefined
  const method = query.get('code_challenge_method') ?? undefined
  if (challenge === undefined) {
    if (method === undefined) return { challenge, challengeMethod: undefined }
    throw new AuthorizationPageError('invalid_grant', 'code_challenge is missing')
  }
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(challenge))
    throw new AuthorizationPageError('invalid_grant', 'code_challenge is invalid')
  if (method !== undefined && method !== 'S256' && method !== 'plain') {
    throw new AuthorizationPageError('invalid_request', `Invalid parameter value for code_challenge_method: ${method}`)
  }
  return { challenge, challengeMethod: method ?? 'plain' }
}

function oneOf(query: URLSearchParams, name: string, allowed: string[], otherwise: string): string {
  const value = query.get(name) ?? otherwise
  if (!allowed.includes(value))
    throw new AuthorizationPageError('invalid_request', `Invalid parameter value for ${name}: ${value}`)
  return value
}
