import { randomUUID } from 'node:crypto'
import { presetRules } from './fault-presets.ts'
import { FaultBook, type FaultRule } from './faults.ts'
import { generateSigningKey } from './oauth/signing-keys.ts'
import { type SecurityEventRequest, signSecurityEvent } from './risc/security-event.ts'
import { deliver } from './risc/stream.ts'
import type { Project } from './scenario.ts'
import type { World } from './world.ts'

/** One request the sandbox saw. Holds no token, code or secret. */
export interface RecordedRequest {
  at: number
  method: string
  host: string
  path: string
  operation: string
  query: string | undefined
  loginCustomerId: string | undefined
  customerId: string | undefined
  grantType: string | undefined
  /** Whether a developer token was sent; it is ignored. */
  developerToken: boolean
  person: string | undefined
  status: number
}

/** Which event to make up; `person` takes a label, e-mail or sub. */
export interface SecurityEventWish
  extends Pick<SecurityEventRequest, 'type' | 'tokenBy' | 'reason' | 'state' | 'claims'> {
  person?: string | undefined
}

const KEPT_REQUESTS = 20_000

/** The switches of the sandbox: what goes wrong, for whom, and how slowly. The control page offers the same. */
export class Control {
  readonly requests: RecordedRequest[] = []
  readonly #faults = new FaultBook()
  readonly #makeWorld: () => World
  #world: World
  #latencyMs: number
  #presets = new Map<string, string[]>()

  constructor(world: World, makeWorld: () => World) {
    this.#world = world
    this.#makeWorld = makeWorld
    this.#latencyMs = world.scenario.latencyMs
  }

  get world(): World {
    return this.#world
  }

  get faults(): FaultBook {
    return this.#faults
  }

  get latencyMs(): number {
    return this.#latencyMs
  }

  /** Delays every answer of a Google host. */
  setLatency(ms: number): void {
    this.#latencyMs = ms
  }

  /** Adds a rule and answers its id. Throws a ZodError for a rule that is not one. */
  addFault(rule: FaultRule): string {
    const id = rule.id ?? randomUUID()
    this.#faults.add({ ...rule, id })
    return id
  }

  /** Like addFault, for the next matching request only. */
  failNext(rule: FaultRule): string {
    return this.addFault({ ...rule, times: rule.times ?? 1 })
  }

  removeFault(id: string): void {
    this.#faults.remove(id)
  }

  clearFaults(): void {
    this.#faults.clear()
    this.#presets.clear()
  }

  /** Switches a named failure on, for everybody or for one person. Throws for an unknown name. */
  switchOn(preset: string, person?: string): void {
    this.switchOff(preset)
    this.#presets.set(
      preset,
      presetRules(preset).map(rule => this.addFault(person ? { ...rule, match: { ...rule.match, person } } : rule)),
    )
  }

  switchOff(preset: string): void {
    for (const id of this.#presets.get(preset) ?? []) this.removeFault(id)
    this.#presets.delete(preset)
  }

  isOn(preset: string): boolean {
    const ids = this.#presets.get(preset) ?? []
    return this.#faults.rules.some(rule => ids.includes(rule.id ?? ''))
  }

  /** The person withdrew the app's access: consent, refresh and access tokens are gone. Takes a label, e-mail or sub. */
  revokeGrant(person: string): void {
    this.#world.grants.withdraw(this.#label(person))
  }

  /** The person's refresh tokens ran out (as after seven days in Testing); access tokens too. */
  expireGrants(person: string): void {
    this.#world.grants.expire(this.#label(person))
  }

  /** Access tokens run out now, refresh tokens stay; for one person or all. */
  expireAccessTokens(person?: string): void {
    this.#world.grants.expireAccessTokens(person === undefined ? undefined : this.#label(person))
  }

  /** Google begins to sign with a new key. The old one stays published unless `forgetOld`. */
  rotateSigningKeys({ forgetOld = false }: { forgetOld?: boolean } = {}): void {
    this.#world.signingKeys = [generateSigningKey(), ...(forgetOld ? [] : this.#world.signingKeys)]
  }

  /** Changes a Cloud project: publishing status, access level, enabled APIs. Throws for an unknown project. */
  setProject(id: string, change: Partial<Omit<Project, 'id'>>): void {
    Object.assign(this.#world.project(id), change)
  }

  /** A security event as Google would push it, signed. Throws for an unknown person. */
  securityEvent(event: SecurityEventWish): string {
    const { grants, scenario, signingKeys, now } = this.#world
    const label = event.person === undefined ? undefined : this.#label(event.person)
    const [key] = signingKeys
    if (!key) throw new Error('Google has no signing key')
    return signSecurityEvent({
      ...event,
      person: label === undefined ? undefined : this.#world.person(label),
      refreshToken: label === undefined ? undefined : grants.newestRefreshToken(label),
      clientIds: scenario.clients.map(client => client.clientId),
      key,
      nowMs: now(),
    })
  }

  /** Pushes it to the receiver; answers the receiver's status, 0 without one. */
  sendSecurityEvent(event: SecurityEventWish): Promise<number> {
    return deliver(this.#world, this.securityEvent(event))
  }

  /** Where security events are pushed, as if a service account had registered it. */
  setSecurityEventsUrl(url: string | null): void {
    this.#world.stream.url = url
  }

  clearRequests(): void {
    this.requests.length = 0
  }

  /** As freshly started: no faults, no grants, the scenario's latency, no recorded requests. */
  reset(): void {
    const { serviceAccountKeys, stream } = this.#world
    this.#world = this.#makeWorld()
    Object.assign(this.#world.stream, { url: stream.url, eventsRequested: stream.eventsRequested })
    for (const [label, key] of serviceAccountKeys) this.#world.serviceAccountKeys.set(label, key)
    this.clearFaults()
    this.clearRequests()
    this.#latencyMs = this.#world.scenario.latencyMs
  }

  record(request: RecordedRequest): void {
    this.requests.push(request)
    if (this.requests.length > KEPT_REQUESTS) this.requests.splice(0, this.requests.length - KEPT_REQUESTS)
  }

  #label(name: string): string {
    const person = this.#world.person(name)
    if (!person) throw new Error(`no person ${name} in the scenario`)
    return person.label
  }
}
