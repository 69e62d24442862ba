import { createPublicKey, verify } from 'node:crypto'
import { z } from 'zod'
import { bearerToken, type Call } from '../http/call.ts'
import { jsonReply, type Reply } from '../http/reply.ts'
import type { World } from '../world.ts'
import { signSecurityEvent } from './security-event.ts'

const PUSH = 'https://schemas.openid.net/secevent/risc/delivery-method/push'
const AUDIENCE = 'https://risc.googleapis.com/google.identity.risc.v1beta.RiscManagementService'

const update = z.object({
  delivery: z.object({ delivery_method: z.literal(PUSH), url: z.url() }),
  events_requested: z.array(z.string()),
})

/** The management calls of Cross-Account Protection, for a service account that signs for itself. */
export function securityStream(call: Call, world: World): Reply {
  if (!isAuthorized(call, world)) {
    return rpcError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')
  }
  const { stream } = world
  try {
    switch (`${call.method} ${call.path}`) {
      case 'GET /v1beta/stream':
        if (stream.url === null) return rpcError(404, 'NOT_FOUND', 'Requested entity was not found.')
        return jsonReply(200, {
          delivery: { delivery_method: PUSH, url: stream.url },
          events_requested: stream.eventsRequested,
        })
      case 'POST /v1beta/stream:update': {
        const { delivery, events_requested } = update.parse(JSON.parse(call.body))
        if (!isAcceptable(delivery.url)) {
          return rpcError(400, 'INVALID_ARGUMENT', 'The receiver must be HTTPS.')
        }
        Object.assign(stream, { url: delivery.url, eventsRequested: events_requested })
        return jsonReply(200, {})
      }
      case 'GET /v1beta/stream/status':
        return jsonReply(200, { status: stream.enabled ? 'enabled' : 'disabled' })
      case 'POST /v1beta/stream/status:update':
        stream.enabled =
          z.object({ status: z.enum(['enabled', 'disabled']) }).parse(JSON.parse(call.body)).status === 'enabled'
        return jsonReply(200, {})
      case 'POST /v1beta/stream:verify': {
        const { state } = z.object({ state: z.string() }).parse(JSON.parse(call.body))
        const [key] = world.signingKeys
        if (key) {
          const clientIds = world.scenario.clients.map(client => client.clientId)
          void deliver(world, signSecurityEvent({ type: 'verification', state, clientIds, key, nowMs: world.now() }))
        }
        return jsonReply(200, {})
      }
      default:
        return rpcError(404, 'NOT_FOUND', 'Requested entity was not found.')
    }
  } catch {
    return rpcError(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.')
  }
}

/** Pushes a token to the receiver; answers its status, 0 when there is none or it cannot be reached. */
export async function deliver({ stream }: World, token: string): Promise<number> {
  if (stream.url === null || !stream.enabled) return 0
  try {
    const headers = { 'content-type': 'application/secevent+jwt', accept: 'application/json' }
    const { status } = await fetch(stream.url, { method: 'POST', headers, body: token, redirect: 'manual' })
    return status
  } catch {
    // Google gives up after some attempts, too; whoever asked sees the 0.
    return 0
  }
}

function isAuthorized(call: Call, world: World): boolean {
  const [header = '', payload = '', signature = ''] = (bearerToken(call) ?? '').split('.')
  try {
    const { iss, sub, aud, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const account = world.person(String(iss))
    if (account?.kind !== 'service_account' || iss !== sub || aud !== AUDIENCE) return false
    const publicKey = createPublicKey(world.serviceAccountKey(account).privateKey)
    const signed = Buffer.from(`${header}.${payload}`)
    return exp * 1000 > world.now() && verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}

/** Google wants HTTPS; on this machine a receiver may do without. */
function isAcceptable(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname)
}

function rpcError(code: number, status: string, message: string): Reply {
  return jsonReply(code, { error: { code, message, status } })
}
