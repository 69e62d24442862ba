import { AccountGraph } from './account-graph.ts'
import { bearerToken, type Call, header } from './http/call.ts'
import { GrantStore } from './oauth/grant-store.ts'
import { generateSigningKey, type SigningKey } from './oauth/signing-keys.ts'
import type { OAuthClient, Person, Project, Scenario } from './scenario.ts'

/** Where Google pushes a project's security events, and whether it does. */
export interface SecurityStream {
  url: string | null
  eventsRequested: string[]
  enabled: boolean
}

let sharedKey: SigningKey | undefined
const sharedServiceAccountKeys = new Map<string, SigningKey>()

/** Everything the handlers know: the scenario, who granted what, and Google's keys. */
export class World {
  readonly scenario: Scenario
  readonly graph: AccountGraph
  readonly grants: GrantStore
  readonly now: () => number
  /** The newest key signs; all are published. */
  signingKeys: SigningKey[]
  readonly serviceAccountKeys = new Map<string, SigningKey>()
  readonly stream: SecurityStream = { url: null, eventsRequested: [], enabled: true }
  readonly #people = new Map<string, Person>()
  readonly #projects: Map<string, Project>
  readonly #clients: Map<string, OAuthClient>

  constructor(scenario: Scenario, now: () => number, changed: () => void = () => {}) {
    this.scenario = scenario
    this.now = now
    this.graph = new AccountGraph(scenario)
    this.grants = new GrantStore(now, changed)
    sharedKey ??= generateSigningKey()
    this.signingKeys = [sharedKey]
    for (const person of scenario.people) {
      for (const name of [person.label, person.email, person.sub]) this.#people.set(name, person)
    }
    this.#projects = new Map(scenario.projects.map(project => [project.id, { ...project }]))
    this.#clients = new Map(scenario.clients.map(client => [client.clientId, client]))
  }

  /** Finds a person by label, e-mail or sub. */
  person(name: string): Person | undefined {
    return this.#people.get(name)
  }

  client(clientId: string): OAuthClient | undefined {
    return this.#clients.get(clientId)
  }

  project(id: string): Project {
    const project = this.#projects.get(id)
    if (!project) throw new Error(`no project ${id} in the scenario`)
    return project
  }

  get projects(): Project[] {
    return [...this.#projects.values()]
  }

  serviceAccountKey(person: Person): SigningKey {
    const known = this.serviceAccountKeys.get(person.label) ?? sharedServiceAccountKeys.get(person.email)
    const key = known ?? generateSigningKey()
    sharedServiceAccountKeys.set(person.email, key)
    this.serviceAccountKeys.set(person.label, key)
    return key
  }

  /** The person a request acts for, as far as it can be told before any check. */
  actor(call: Call): Person | undefined {
    const { grants } = this
    const token = bearerToken(call) ?? call.form.get('token') ?? call.query.get('token') ?? undefined
    const owner =
      grants.peekCode(call.form.get('code') ?? '')?.person ??
      grants.refreshToken(call.form.get('refresh_token') ?? token ?? '')?.person ??
      grants.accessToken(token ?? call.query.get('access_token') ?? '')?.person ??
      assertionIssuer(call.form.get('assertion')) ??
      call.form.get('person') ??
      undefined
    return owner === undefined ? undefined : this.person(owner)
  }
}

/** The `login-customer-id` header as sent, or undefined. */
export function loginCustomerHeader(call: Call): string | undefined {
  return header(call, 'login-customer-id')
}

function assertionIssuer(assertion: string | null): string | undefined {
  const [, payload] = (assertion ?? '').split('.')
  if (!payload) return undefined
  try {
    const { iss } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined
  }
}
