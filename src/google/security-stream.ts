import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { GoogleEndpoints } from './endpoints.ts'
import { type Http, type HttpAnswer, HttpError, retryAfterSeconds, unreachable } from './http.ts'
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
const done = z.looseObject({})

/**
 * The registration for Google's security events (google-wire-facts A.15; developers.google.com/identity/protocols/risc).
 * Signed by a service account with the role roles/riscconfigs.admin in the project of our OAuth client. Every call
 * rejects with AppError `ads_api_not_enabled` where the RISC API is off, `service_account_key_refused`,
 * `google_unreachable`, `ads_unexpected_answer`.
 */
export function createSecurityStream(
  key: ServiceAccountKey,
  { http, endpoints, now }: { http: Http; endpoints: GoogleEndpoints; now: () => Date },
): SecurityStream {
  /** What Google answers, checked; null stands for its 404. */
  async function call<T>(method: 'GET' | 'POST', path: string, expected: z.ZodType<T>, body?: object): Promise<T> {
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
      if (answer.status === 404) return expected.parse(null)
      if (answer.status >= 200 && answer.status < 300) return expected.parse(JSON.parse(answer.text || '{}'))
      throw refused(key, answer, token)
    } catch (error) {
      if (error instanceof AppError) throw error
      if (error instanceof HttpError) throw unreachable(error)
      throw new AppError('ads_unexpected_answer', { cause: error })
    }
  }

  return {
    async register(receiver) {
      const delivery = { delivery_method: push, url: receiver }
      await call('POST', 'stream:update', done, { delivery, events_requested: events })
      await call('POST', 'stream/status:update', done, { status: 'enabled' })
    },
    async read() {
      const found = await call('GET', 'stream', stream.nullable())
      if (found === null) return null
      const state = await call('GET', 'stream/status', status)
      return { receiver: found.delivery.url, events: found.events_requested, enabled: state.status === 'enabled' }
    },
    async verify() {
      await call('POST', 'stream:verify', done, { state: randomUUID() })
    },
    async disable() {
      await call('POST', 'stream/status:update', done.nullable(), { status: 'disabled' })
    },
  }
}

function refused(key: ServiceAccountKey, { status: httpStatus, headers, text }: HttpAnswer, token: string): AppError {
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
  if (httpStatus === 429 || httpStatus >= 500) {
    return new AppError('google_unreachable', { google, retryAfterSeconds: retryAfterSeconds(headers) })
  }
  const notEnabled = /has not been used|is disabled/.test(message)
  const params = { email: key.clientEmail, keyId: key.privateKeyId }
  return new AppError(notEnabled ? 'ads_api_not_enabled' : 'service_account_key_refused', { google, params })
}
