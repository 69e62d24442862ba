import { AppError } from '../errors.ts'

/**
 * The one way out: every request to Google passes here. Pins the origins, refuses redirects, bounds the time and the
 * size of the answer, and never repeats a request by itself (security.md 3.1: google-auth-library's own transport
 * posts an authorization code up to four times and follows redirects with the client secret).
 */
export interface HttpRequest {
  url: string
  method: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string
  /** Whole exchange, from connecting to the last byte. */
  timeoutMs: number
  /** The answer is refused once it grows beyond this many bytes (after decompression). */
  maxBytes: number
}

export interface HttpAnswer {
  status: number
  headers: Headers
  /** The body as text; may be anything, Google also answers HTML. */
  text: string
}

export type HttpFailure =
  | 'unreachable'
  | 'timeout'
  | 'too_large'
  | 'redirect_refused'
  | 'host_refused'
  | 'cut_off'
  /** The host did not answer earlier, so it was not asked this time (google/breaker.ts). */
  | 'silent'

/** No usable answer arrived. The message holds no header, body or query. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly failure: HttpFailure
  /** Seconds after which trying again may help; null if unknown. */
  readonly retryAfterSeconds: number | null

  constructor(failure: HttpFailure, url: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(`${failure}: ${withoutQuery(url)}`, { cause: options.cause })
    this.failure = failure
    this.retryAfterSeconds = options.retryAfterSeconds ?? null
  }
}

/** Turns a missing answer from Google into our error `google_unreachable`. `params` are for the sentence people read. */
export function unreachable(error: unknown, params: Record<string, string> = {}): AppError {
  const retryAfterSeconds = error instanceof HttpError ? error.retryAfterSeconds : null
  return new AppError('google_unreachable', { params, cause: error, retryAfterSeconds })
}

export type Http = (request: HttpRequest) => Promise<HttpAnswer>

/** An Http that reaches only `allowedOrigins`. Throws HttpError; any answer with a status is returned, not thrown. */
export function createHttp(allowedOrigins: ReadonlySet<string>): Http {
  return async request => {
    if (!allowedOrigins.has(new URL(request.url).origin)) throw new HttpError('host_refused', request.url)
    // Unlike AbortSignal.timeout, this timer is gone when the exchange is.
    const tooLong = new AbortController()
    const timer = setTimeout(() => tooLong.abort(), request.timeoutMs).unref()
    try {
      const response = await send(request, tooLong.signal)
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel()
        throw new HttpError('redirect_refused', request.url)
      }
      return { status: response.status, headers: response.headers, text: await readText(response, request) }
    } finally {
      clearTimeout(timer)
    }
  }
}

async function send(request: HttpRequest, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(request.url, {
      method: request.method,
      redirect: 'manual',
      signal,
      ...(request.headers && { headers: request.headers }),
      ...(request.body !== undefined && { body: request.body }),
    })
  } catch (error) {
    throw new HttpError(isTimeout(error) ? 'timeout' : 'unreachable', request.url, { cause: error })
  }
}

async function readText(response: Response, request: HttpRequest): Promise<string> {
  if (!response.body) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    for await (const chunk of response.body) {
      bytes += chunk.byteLength
      if (bytes > request.maxBytes) throw new HttpError('too_large', request.url)
      text += decoder.decode(chunk, { stream: true })
    }
    return text + decoder.decode()
  } catch (error) {
    if (error instanceof HttpError) throw error
    throw new HttpError(isTimeout(error) ? 'timeout' : 'cut_off', request.url, { cause: error })
  }
}

/** Seconds the `Retry-After` header asks to wait (RFC 9110 10.2.3); null without a usable one. */
export function retryAfterSeconds(headers: Headers): number | null {
  const value = headers.get('retry-after')?.trim()
  if (!value) return null
  if (/^\d+$/.test(value)) return Number(value)
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000))
}

/** Milliseconds to wait before attempt `attempt` (1 = first repeat), with full jitter, never longer than `capMs`. */
export function backOffMs(attempt: number, capMs: number): number {
  return Math.random() * Math.min(capMs, 250 * 2 ** attempt)
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError')
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '')
}
