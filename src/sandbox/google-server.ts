import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Control } from './control.ts'
import type { Strike } from './faults.ts'
import { type Call, header, readCall } from './http/call.ts'
import { jsonReply, type Reply } from './http/reply.ts'
import { send } from './http/send.ts'
import { controlReply } from './pages/control-routes.ts'
import { replacingReply } from './replacing-reply.ts'
import { type Route, routeFor } from './routes.ts'
import type { Person } from './scenario.ts'

const OWN_HOSTS = new Set(['', '_sandbox', 'favicon.ico'])

/** Takes each request to its Google host or to the control page, lets faults strike, and records what was asked. */
export class GoogleServer {
  origin = ''
  readonly #control: Control

  constructor(control: Control) {
    this.#control = control
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (!isLoopbackName(request.headers.host)) {
        await send(jsonReply(421, { sandbox_error: 'not a loopback name' }), { request, response, cut: false })
        return
      }
      const call = await readCall(request, this.origin)
      if (OWN_HOSTS.has(call.host)) {
        await send(await controlReply(call, this.#control), { request, response, cut: false })
        return
      }
      await this.#google(call, request, response)
    } catch (error) {
      if (response.headersSent || response.destroyed) return
      const message = error instanceof Error ? error.message : 'unknown'
      await send(jsonReply(500, { sandbox_error: message }), { request, response, cut: false })
    }
  }

  async #google(call: Call, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = routeFor(call)
    const actor = this.#control.world.actor(call)
    const query = gaqlOf(call, route)
    const { effects, delayMs, replace } = this.#strike(call, route, actor, query)
    call.effects = effects
    const delay = delayMs + this.#control.latencyMs
    if (delay > 0) await wait(delay, undefined, { ref: false })
    const note = (status: number) => this.#record({ call, route, actor, query, status })
    if (replace?.kind === 'hang') {
      note(0)
      return
    }
    if (replace?.kind === 'reset') {
      note(0)
      request.socket.resetAndDestroy()
      return
    }
    const requestId = randomBytes(16).toString('base64url')
    const reply: Reply = replace ? replacingReply(replace, route, requestId) : route.answer(call, this.#control.world)
    if (reply.status === 302) this.#control.faults.spendCallback(effects)
    note(reply.status)
    await send(reply, { request, response, cut: effects.truncate === true })
  }

  #strike(call: Call, route: Route, person: Person | undefined, query: string | undefined): Strike {
    return this.#control.faults.strike({
      host: call.host,
      path: call.path,
      operation: route.operation,
      customerId: route.ads?.customerId || undefined,
      loginCustomerId: header(call, 'login-customer-id'),
      query,
      person,
    })
  }

  #record({
    call,
    route,
    actor,
    query,
    status,
  }: {
    call: Call
    route: Route
    actor: Person | undefined
    query: string | undefined
    status: number
  }): void {
    this.#control.record({
      at: this.#control.world.now(),
      method: call.method,
      host: call.host,
      path: call.path,
      operation: route.operation,
      query,
      loginCustomerId: header(call, 'login-customer-id'),
      customerId: route.ads?.customerId || undefined,
      grantType: call.form.get('grant_type') ?? undefined,
      developerToken: call.headers['developer-token'] !== undefined,
      person: actor?.label,
      status,
    })
  }
}

/** Keeps out pages of other sites that point a name of theirs at this machine. */
function isLoopbackName(host: string | undefined): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host ?? '')
}

function gaqlOf(call: Call, { ads }: Route): string | undefined {
  if (!ads || ads.method === 'listAccessibleCustomers') return undefined
  try {
    const { query } = JSON.parse(call.body)
    return typeof query === 'string' ? query : undefined
  } catch {
    return undefined
  }
}
