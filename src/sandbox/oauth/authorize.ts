import type { Call } from '../http/call.ts'
import { htmlReply, type Reply, redirectReply } from '../http/reply.ts'
import { chooserPage, consentPage, googleErrorPage } from '../pages/sign-in-pages.ts'
import type { Person } from '../scenario.ts'
import type { World } from '../world.ts'
import {
  AuthorizationPageError,
  type AuthorizationRequest,
  checkPerson,
  readAuthorizationRequest,
} from './authorization-request.ts'
import { formatScopes } from './scopes.ts'
import { tickableScopes } from './tickable-scopes.ts'

/**
 * The authorization endpoint and its pages. The whole request stays in the address of each page and is checked anew at
 * every step; the forms add who signs in, what is ticked and the decision.
 */
export function authorize(call: Call, world: World): Reply {
  try {
    const request = readAuthorizationRequest(call.query, world)
    if (request.prompt.has('none')) return silently(request, call, world)
    const person = chosenPerson(request, call, world)
    if (!person) return htmlReply(200, chooserPage(request, world.scenario.people, call))
    checkPerson(person, request)
    return decide(person, request, call, world)
  } catch (error) {
    if (error instanceof AuthorizationPageError)
      return htmlReply(error.status, googleErrorPage(error.code, error.message))
    throw error
  }
}

function decide(person: Person, request: AuthorizationRequest, call: Call, world: World): Reply {
  const { project, scopes, prompt } = request
  const before = world.grants.consent(person.label, project.id)?.scopes ?? []
  if (!prompt.has('consent') && scopes.every(scope => before.includes(scope))) {
    return succeed(person, request, { scopes, call, world, consented: false })
  }
  switch (call.form.get('decision')) {
    case 'allow':
      return succeed(person, request, { scopes: tickedScopes(scopes, call.form), call, world, consented: true })
    case 'cancel':
      return back(request, { error: 'access_denied' }, call)
    default:
      return htmlReply(200, consentPage(request, person, call))
  }
}

function tickedScopes(scopes: readonly string[], form: URLSearchParams): string[] {
  const tickable = tickableScopes(scopes)
  const ticked = form.getAll('scope')
  return scopes.filter(scope => !tickable.includes(scope) || ticked.includes(scope))
}

function silently(request: AuthorizationRequest, call: Call, world: World): Reply {
  const person = hintedPerson(request, world)
  const before = person && world.grants.consent(person.label, request.project.id)?.scopes
  if (!person || !before || !request.scopes.every(scope => before.includes(scope))) {
    return back(request, { error: 'interaction_required' }, call)
  }
  checkPerson(person, request)
  return succeed(person, request, { scopes: request.scopes, call, world, consented: false })
}

function chosenPerson(request: AuthorizationRequest, call: Call, world: World): Person | undefined {
  const chosen = call.method === 'POST' ? call.form.get('person') : null
  const person = chosen === null ? undefined : world.person(chosen)
  if (person?.kind === 'person') return person
  return request.prompt.has('select_account') ? undefined : hintedPerson(request, world)
}

function hintedPerson({ loginHint }: Pick<AuthorizationRequest, 'loginHint'>, world: World): Person | undefined {
  const person = loginHint === undefined ? undefined : world.person(loginHint)
  return person?.kind === 'person' ? person : undefined
}

interface Outcome {
  scopes: string[]
  call: Call
  world: World
  consented: boolean
}

function succeed(person: Person, request: AuthorizationRequest, { scopes, call, world, consented }: Outcome): Reply {
  const { client, project, redirectUri, nonce, offline, challenge, challengeMethod } = request
  const before = world.grants.consent(person.label, project.id)?.scopes ?? []
  const refused = request.scopes.filter(scope => !scopes.includes(scope))
  const earlier = request.includeGranted ? before.filter(scope => !refused.includes(scope)) : []
  const granted = [...new Set([...scopes, ...earlier])]
  world.grants.addConsent(person.label, project.id, granted)
  const { code } = world.grants.issueCode({
    person: person.label,
    clientId: client.clientId,
    redirectUri,
    scopes: granted,
    offline,
    withRefreshToken: offline && consented,
    nonce,
    challenge,
    challengeMethod,
  })
  return back(
    request,
    {
      iss: 'https://accounts.google.com',
      code,
      scope: formatScopes(granted),
      authuser: '0',
      ...(person.hostedDomain !== undefined && { hd: person.hostedDomain }),
      prompt: consented ? 'consent' : 'none',
    },
    call,
  )
}

function back({ redirectUri, state }: AuthorizationRequest, answer: Record<string, string>, call: Call): Reply {
  const stated = state === undefined ? {} : { state }
  const params = new URLSearchParams('error' in answer ? { ...answer, ...stated } : { ...stated, ...answer })
  for (const { set, drop, append } of call.effects.callback ?? []) {
    for (const [name, value] of Object.entries(set ?? {})) params.set(name, value)
    for (const name of drop ?? []) params.delete(name)
    for (const [name, value] of Object.entries(append ?? {})) params.append(name, value)
  }
  return redirectReply(`${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${params}`)
}
