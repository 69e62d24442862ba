import { gaxios } from 'google-auth-library'
import { z } from 'zod'
import { type Http, type HttpAnswer, retryAfterSeconds } from './http.ts'
import { withoutSecrets } from './without-secrets.ts'

/** Google's OAuth endpoints answered, but not with success. Carries RFC 6749 5.2's fields where the body had them. */
export class OAuthAnswerError extends Error {
  override readonly name = 'OAuthAnswerError'
  readonly status: number
  readonly error: string | null
  readonly description: string | null
  readonly subtype: string | null
  /** Seconds Google asked to wait; null when it did not. */
  readonly retryAfterSeconds: number | null

  constructor(status: number, body: OAuthErrorBody | null, retryAfterSeconds: number | null = null) {
    super(`${status} ${body?.error ?? 'unexpected answer'}`)
    this.status = status
    this.error = body?.error ?? null
    this.description = body?.error_description ?? null
    this.subtype = body?.error_subtype ?? null
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const oauthErrorBody = z.object({
  error: z.string(),
  error_description: z.string().optional(),
  error_subtype: z.string().optional(),
})
type OAuthErrorBody = z.infer<typeof oauthErrorBody>

/**
 * The transport given to google-auth-library in place of its own: one attempt, no redirects, ten seconds, 64 KB, JSON
 * only. Left alone, that library posts an authorization code four times on a 500, follows a 307 with the client secret,
 * takes an HTML page for tokens, and waits for ever (measured, security.md section 8).
 */
export class OAuthTransport extends gaxios.Gaxios {
  readonly #http: Http
  readonly #timeoutMs: number

  constructor(http: Http, timeoutMs: number) {
    super()
    this.#http = http
    this.#timeoutMs = timeoutMs
  }

  override async request<T = unknown>(options: gaxios.GaxiosOptions = {}): gaxios.GaxiosPromise<T> {
    const body = await postForm(
      this.#http,
      String(options.url),
      new URLSearchParams(String(options.data)),
      this.#timeoutMs,
    )
    const response = Object.assign(new Response(null), { data: body as T })
    return response as unknown as gaxios.GaxiosResponse<T>
  }
}

const secretFields = ['code', 'code_verifier', 'client_secret', 'refresh_token', 'assertion', 'token']

/** POSTs a form to an OAuth endpoint. Returns the JSON object of a 200; throws OAuthAnswerError or HttpError. */
export async function postForm(
  http: Http,
  url: string,
  form: URLSearchParams,
  timeoutMs = 10_000,
): Promise<Record<string, unknown>> {
  const answer = await post(http, url, form, timeoutMs)
  const json = answer.status === 200 && !saysOtherwise(answer.headers) && parseObject(answer.text)
  if (json) return json
  throw answerError(answer, form)
}

/**
 * POSTs a token to the revocation endpoint. Its success has no content of note (RFC 7009 2.2), but a page, which a proxy
 * may answer with, is none. Throws OAuthAnswerError or HttpError.
 */
export async function postRevocation(http: Http, url: string, token: string): Promise<void> {
  const form = new URLSearchParams({ token })
  const answer = await post(http, url, form, 10_000)
  const done = answer.status === 200 && !saysOtherwise(answer.headers)
  if (!done || (answer.text !== '' && !parseObject(answer.text))) throw answerError(answer, form)
}

function post(http: Http, url: string, form: URLSearchParams, timeoutMs: number): Promise<HttpAnswer> {
  return http({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: form.toString(),
    timeoutMs,
    maxBytes: 65_536,
  })
}

function answerError({ status, headers, text }: HttpAnswer, form: URLSearchParams): OAuthAnswerError {
  const failure = oauthErrorBody.safeParse(parseObject(text))
  const sent = secretFields.flatMap(name => form.getAll(name))
  const body = failure.success ? withoutSecrets(failure.data, sent) : null
  return new OAuthAnswerError(status, body, retryAfterSeconds(headers))
}

/** An answer that names a type other than JSON is not Google's; one that names none may be. */
function saysOtherwise(headers: Headers): boolean {
  const type = headers.get('content-type')
  return type !== null && !/^application\/(?:[\w.-]+\+)?json\b/i.test(type)
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    // HTML, or a body that was cut off: the caller reports it as an unexpected answer.
    return null
  }
}
