import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { GoogleEndpoints } from './endpoints.ts'
import { type Http, HttpError } from './http.ts'
import { type ServiceAccountKey, signSelf } from './service-account.ts'
import { withoutSecrets } from './without-secrets.ts'

export interface SecurityStream {
  /** Tells Google to push every event we act on to this address, and to begin. */
  register(receiver: string): Promise<void>
  /** What Google has registered for this project; null when nothing. */
  read(): Promise<{ receiver: string; events: string[]; enabled: boolean } | null>
  /** Asks Google to send a verification event. */
  verify(): Promise<void>
  disable(): Promise<void>
}

const base = 'https://risc.googleapis.com/v1beta'
const audience = 'https://risc.googleapis.com/google.identity.risc.v1beta.RiscManagementService'
const push = 'https://schemas.openid.net/secevent/risc/delivery-method/push'
const events = [
  'oauth/event-type/tokens-revoked',
  'oauth/event-type/token-revoked',
  'risc/event-type/sessions-revoked',
  'risc/event-type/account-disabled',
  'risc/event-type/account-enabled',
  'risc/event-type/account-credential-change-required',
  'risc/event-type/verification',
].map(type => `https://schemas.openid.net/secevent/${type}`)

const stream = z.object({
  delivery: z.object({ url: z.string() }),
  events_requested: z.array(z.string()).default([]),
})
const status = z.object({ status: z.string() })

/**
 * The registration for Google's security events (google-wire-facts A.15; developers.google.com/identity/protocols/risc).
 * Signed by a service account with the role roles/riscconfigs.admin in the project of our OAuth client. Every call
 * rejects with AppError `ads_api_not_enabled` where the RISC API is off, `service_account_key_refused`, `google_unreachable`.
 */
export function createSecurityStream(
  key: ServiceAccountKey,
  { http, endpoints, now }: { http: Http; endpoints: GoogleEndpoints; now: () => Date },
): SecurityStream {
  async function call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const token = await signSelf(key, audience, now())
    try {
      const answer = await http({
        url: endpoints.url(`${base}/${path}`),
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
        timeoutMs: 10_000,
        maxBytes: 65_536,
      })
      if (answer.status === 404) return null
      if (answer.status >= 200 && answer.status < 300) return JSON.parse(answer.text || '{}')
      throw refused(key, answer.status, answer.text, token)
    } catch (error) {
      if (error instanceof AppError) throw error
      throw new AppError(error instanceof HttpError ? 'google_unreachable' : 'ads_unexpected_answer', { cause: error })
    }
  }

  return {
    async register(receiver) {
      await call('POST', 'stream:update', {
        delivery: { delivery_method: push, url: receiver },
        events_requested: events,
      })
      await call('POST', 'stream/status:update', { status: 'enabled' })
    },
    async read() {
      const found = stream.nullable().parse(await call('GET', 'stream'))
      if (found === null) return null
      const state = status.parse(await call('GET', 'stream/status'))
      return { receiver: found.delivery.url, events: found.events_requested, enabled: state.status === 'enabled' }
    },
    async verify() {
      await call('POST', 'stream:verify', { state: randomUUID() })
    },
    async disable() {
      await call('POST', 'stream/status:update', { status: 'disabled' })
    },
  }
}

function refused(key: ServiceAccountKey, httpStatus: number, text: string, token: string): AppError {
  let message = text.slice(0, 300)
  let code: string | null = null
  try {
    const { error } = z.object({ error: z.object({ message: z.string(), status: z.string() }) }).parse(JSON.parse(text))
    message = error.message
    code = error.status
  } catch {
    // Not Google's usual form: the beginning of what came says more than nothing.
  }
  const google = withoutSecrets({ code, message, requestId: null, status: httpStatus }, [token])
  if (httpStatus === 429 || httpStatus >= 500) return new AppError('google_unreachable', { google })
  const notEnabled = /has not been used|is disabled/.test(message)
  const params = { email: key.clientEmail, keyId: key.privateKeyId }
  return new AppError(notEnabled ? 'ads_api_not_enabled' : 'service_account_key_refused', { google, params })
}
