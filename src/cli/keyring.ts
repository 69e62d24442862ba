import { z } from 'zod'
import { isLoopback } from '../config.ts'
import { createHttp, type HttpAnswer, HttpError } from '../google/http.ts'
import { CliError } from './cli-error.ts'
import type { UserCredentials } from './credentials-file.ts'

/** A running Ads Keyring and what opens it to us. */
export interface Keyring {
  origin: string
  /** An API key, or a one-time code. */
  key: string
}

/** How many characters of another machine's answer are shown. */
const longestAnswer = 600

const accepted = z.object({ connection: z.object({ id: z.string().min(1), email: z.string().min(1) }) })
/** RFC 9457, as Ads Keyring answers it. */
const problem = z.object({ code: z.string().min(1), detail: z.string().min(1) })

/** The origin of an Ads Keyring, as its PUBLIC_URL has it: https, or http on this machine; no path. Null for the rest. */
export function parseKeyringUrl(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.pathname !== '/' || url.search || url.hash || url.username || url.password) return null
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)) ? url.origin : null
}

/**
 * Hands credentials over (`POST /api/v1/connections`), in one attempt; resolves with the connection they became. Throws
 * CliError `keyring_refused` (with what the keyring said, less any secret it repeated), `keyring_unreachable`,
 * `keyring_redirects` or `keyring_unreadable`.
 */
export async function handOver(keyring: Keyring, credentials: UserCredentials) {
  const { origin, key } = keyring
  const { status, text } = await post(keyring, credentials)
  const json = parsed(text)
  const refusal = problem.safeParse(json)
  if (status >= 400 && refusal.success) {
    const said = `${refusal.data.detail} [${refusal.data.code}]`
    const secrets = [key, credentials.refreshToken, credentials.clientSecret]
    const shown = secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), said)
    throw new CliError('keyring_refused', { origin, text: shown.slice(0, longestAnswer) })
  }
  const result = accepted.safeParse(json)
  if (status !== 201 || !result.success) throw new CliError('keyring_unreadable', { origin, status: String(status) })
  const { id, email } = result.data.connection
  return { email, address: `${origin}/connections/${encodeURIComponent(id)}` }
}

async function post({ origin, key }: Keyring, credentials: UserCredentials): Promise<HttpAnswer> {
  try {
    return await createHttp(new Set([origin]))({
      url: `${origin}/api/v1/connections`,
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        accept: 'application/json, application/problem+json',
      },
      body: JSON.stringify(credentials),
      timeoutMs: 60_000,
      maxBytes: 65_536,
    })
  } catch (cause) {
    if (!(cause instanceof HttpError)) throw cause
    if (cause.failure === 'redirect_refused') throw new CliError('keyring_redirects', { origin }, cause)
    throw new CliError('keyring_unreachable', { origin, reason: reasonOf(cause) }, cause)
  }
}

/** What Node calls the failure beneath, such as ECONNREFUSED or CERT_HAS_EXPIRED. */
function reasonOf(error: HttpError): string {
  const beneath = (error.cause as { cause?: { code?: unknown } } | undefined)?.cause?.code
  return typeof beneath === 'string' ? beneath : error.failure
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // An answer that is no JSON holds no field either.
    return null
  }
}
