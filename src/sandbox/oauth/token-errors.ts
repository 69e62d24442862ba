import { jsonReply, type Reply } from '../http/reply.ts'

/** An answer of the token endpoint that is not a token (RFC 6749 section 5.2, texts as observed: wire facts A.8). */
export class TokenError extends Error {
  readonly error: string
  readonly description: string | undefined
  readonly status: number
  readonly extra: Record<string, unknown>

  constructor(error: string, description?: string, more: { status?: number; extra?: Record<string, unknown> } = {}) {
    super(description ?? error)
    this.error = error
    this.description = description
    this.status = more.status ?? 400
    this.extra = more.extra ?? {}
  }

  toReply(): Reply {
    const { error, description, extra } = this
    const body = { error, ...(description !== undefined && { error_description: description }), ...extra }
    return jsonReply(this.status, body, noStore)
  }
}

export const noStore = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-cache, no-store, max-age=0, must-revalidate',
  pragma: 'no-cache',
}
