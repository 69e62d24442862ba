import { createHmac } from 'node:crypto'
import type { Now } from '../clock.ts'
import type { WebhookSettings } from '../config.ts'
import { type Http, HttpError } from '../google/http.ts'
import { DeliveryError } from './notice.ts'
import type { Delivery } from './outbox.ts'

const timeoutMs = 10_000
const maxBytes = 65_536

/**
 * Posts a notice, signed as Standard Webhooks has it: `webhook-signature` holds `v1,` and the base64 of HMAC-SHA256 over
 * `id.timestamp.body`, once for each secret. Each carries a checkpoint of the audit trail, so that the receiver can tell
 * later whether it was set back. Any 2xx is a success; a redirect is none. Throws DeliveryError.
 */
export function createWebhook({ url, secrets }: WebhookSettings, http: Http, now: Now, checkpoint: () => string) {
  return async ({ id, notice }: Delivery): Promise<void> => {
    const body = JSON.stringify({ id, ...notice })
    const timestamp = String(Math.floor(now().getTime() / 1000))
    const signatures = secrets.map(
      secret => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
    )
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Ads-Keyring',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
      'audit-checkpoint': checkpoint(),
    }
    const { status } = await http({ url, method: 'POST', headers, body, timeoutMs, maxBytes }).catch(failed)
    if (status < 200 || status > 299) throw new DeliveryError(`the webhook answered with status ${status}`)
  }
}

const words: Record<HttpError['failure'], string> = {
  unreachable: 'the webhook could not be reached',
  timeout: 'the webhook did not answer within ten seconds',
  too_large: 'the answer of the webhook was too large',
  redirect_refused: 'the webhook answered with a redirect',
  host_refused: 'the webhook lies at another address',
  silent: 'the webhook has not been answering',
  cut_off: 'the answer of the webhook was cut off',
}

/** The cause is left out: it names the address, and a webhook's address may itself be a secret. */
function failed(error: unknown): never {
  throw error instanceof HttpError ? new DeliveryError(words[error.failure]) : error
}
