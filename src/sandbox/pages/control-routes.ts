import { z } from 'zod'
import type { Control } from '../control.ts'
import { faultPresets } from '../fault-presets.ts'
import type { FaultRule } from '../faults.ts'
import { type Call, header } from '../http/call.ts'
import { htmlReply, jsonReply, type Reply } from '../http/reply.ts'
import { serviceAccountKeyFile } from '../oauth/service-account-key-file.ts'
import { type SecurityEventType, securityEventTypes } from '../risc/security-event.ts'
import { controlPage } from './control-page.ts'
import { STYLESHEET } from './layout.ts'

/**
 * The sandbox's own page at `/` and its control under `/_sandbox/`: the functions of Control for tests and other
 * processes. A POST takes JSON and answers JSON; sent by a form of the page it leads back to the page.
 */
export async function controlReply(call: Call, control: Control): Promise<Reply> {
  if (call.host === '' && call.method === 'GET') return htmlReply(200, controlPage(control, call.origin))
  if (call.host !== '_sandbox') return jsonReply(404, { error: 'Nothing here.' })
  if (call.method === 'GET') return read(call, control)
  if (isForeign(call)) return jsonReply(403, { error: 'Only the sandbox’s own page and local programs may do this.' })
  return act(call, control)
}

function read(call: Call, control: Control): Reply {
  const keyFile = /^\/service-accounts\/([^/]+)\.json$/.exec(call.path)?.[1]
  if (keyFile !== undefined) return keyFileReply(decodeURIComponent(keyFile), control)
  switch (call.path) {
    case '/sandbox.css':
      return { status: 200, headers: { 'content-type': 'text/css; charset=utf-8' }, body: STYLESHEET }
    case '/state':
      return jsonReply(200, state(control))
    case '/requests':
      return jsonReply(200, { requests: control.requests })
    case '/scenario':
      return jsonReply(200, control.world.scenario)
    default:
      return jsonReply(404, { error: `No such control: ${call.path}` })
  }
}

function state(control: Control): object {
  const { scenario, projects } = control.world
  return {
    scenario: scenario.name,
    latencyMs: control.latencyMs,
    faults: control.faults.rules,
    presets: faultPresets.map(({ name, title }) => ({ name, title, on: control.isOn(name) })),
    projects,
    people: scenario.people.map(({ label, email, kind }) => ({ label, email, kind })),
  }
}

function keyFileReply(name: string, control: Control): Reply {
  const person = control.world.person(name)
  if (person?.kind !== 'service_account') return jsonReply(404, { error: `${name} is no service account.` })
  return jsonReply(200, serviceAccountKeyFile(person, control.world), {
    'content-disposition': `attachment; filename="${person.label}.json"`,
    'cache-control': 'no-store',
  })
}

async function act(call: Call, control: Control): Promise<Reply> {
  const isForm = (header(call, 'content-type') ?? '').startsWith('application/x-www-form-urlencoded')
  try {
    const given: unknown = isForm ? Object.fromEntries(call.form) : JSON.parse(call.body || '{}')
    const action = ACTIONS[`${call.method} ${call.path}`]
    if (!action) return jsonReply(404, { error: `No such control: ${call.method} ${call.path}` })
    const result = await action(control, given)
    return isForm ? { status: 303, headers: { location: '/' }, body: '' } : jsonReply(200, result ?? {})
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
    return jsonReply(400, { error: message })
  }
}

type Action = (control: Control, given: unknown) => object | undefined | Promise<object | undefined>

const named = z.object({ person: z.string() })
const maybeNamed = z.object({ person: z.string().optional() })
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform(text => text === 'true')])
const projectChange = z.object({
  id: z.string(),
  publishingStatus: z.enum(['production', 'testing']).optional(),
  adsAccessLevel: z.enum(['test', 'explorer', 'basic', 'standard']).optional(),
  adsApiEnabled: flag.optional(),
  peopleApiEnabled: flag.optional(),
  testUsers: z.array(z.string()).optional(),
  internalDomain: z.string().optional(),
})

const securityEvent = z.object({
  type: z.enum(Object.keys(securityEventTypes) as [SecurityEventType, ...SecurityEventType[]]),
  person: z.string().optional(),
  reason: z.string().optional(),
  tokenBy: z.enum(['prefix', 'hash_base64_sha512_sha512']).optional(),
})

export const ACTIONS: Record<string, Action> = {
  'POST /latency': (control, given) => {
    control.setLatency(z.object({ ms: z.coerce.number().int().min(0).max(600_000) }).parse(given).ms)
    return undefined
  },
  'POST /faults': (control, given) => ({ id: control.addFault(given as FaultRule) }),
  'POST /fail-next': (control, given) => ({ id: control.failNext(given as FaultRule) }),
  'DELETE /faults': control => {
    control.clearFaults()
    return undefined
  },
  'POST /clear-faults': control => {
    control.clearFaults()
    return undefined
  },
  'POST /remove-fault': (control, given) => {
    control.removeFault(z.object({ id: z.string() }).parse(given).id)
    return undefined
  },
  'POST /presets': (control, given) => {
    const { name, on, person } = z.object({ name: z.string(), on: flag, person: z.string().optional() }).parse(given)
    if (on) control.switchOn(name, person || undefined)
    else control.switchOff(name)
    return undefined
  },
  'POST /revoke-grant': (control, given) => {
    control.revokeGrant(named.parse(given).person)
    return undefined
  },
  'POST /expire-grants': (control, given) => {
    control.expireGrants(named.parse(given).person)
    return undefined
  },
  'POST /expire-access-tokens': (control, given) => {
    control.expireAccessTokens(maybeNamed.parse(given).person)
    return undefined
  },
  'POST /security-event': async (control, given) => {
    const { type, person, reason, tokenBy } = securityEvent.parse(given)
    return { status: await control.sendSecurityEvent({ type, person, reason: reason || undefined, tokenBy }) }
  },
  'POST /rotate-keys': (control, given) => {
    control.rotateSigningKeys({ forgetOld: z.object({ forgetOld: flag.default(false) }).parse(given).forgetOld })
    return undefined
  },
  'POST /project': (control, given) => {
    const { id, ...change } = projectChange.parse(given)
    const changes = Object.entries(change).filter(([, value]) => value !== undefined)
    control.setProject(id, Object.fromEntries(changes))
    return undefined
  },
  'POST /clear-requests': control => {
    control.clearRequests()
    return undefined
  },
  'POST /reset': control => {
    control.reset()
    return undefined
  },
}

function isForeign(call: Call): boolean {
  const site = header(call, 'sec-fetch-site')
  const origin = header(call, 'origin')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  return origin !== undefined && origin !== `http://${header(call, 'host')}`
}
