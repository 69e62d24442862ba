import { z } from 'zod'
import { AppError } from '../errors.ts'
import { issuer } from './oauth.ts'

/** The parameters of the callback that matter (RFC 6749 4.1.2, RFC 9207); all others are ignored, as Google asks. */
export interface CallbackParameters {
  state: string
  result: { code: string } | { error: string }
}

const once = z.string().min(1).max(2048).optional()
const parameters = z.object({ state: once, code: once, error: once, iss: once })
const implicit = ['id_token', 'access_token', 'response', 'token_type']

/**
 * Reads the query of the callback, decoded exactly once. Throws AppError `oauth_callback_malformed` (a parameter
 * twice, both or neither of code and error, tokens in the URL), `oauth_state_missing` or `oauth_issuer_mismatch`.
 * `iss` may be absent: Google sends it since 2026 without announcing it (google-wire-facts A.2).
 */
export function parseCallback(query: Record<string, unknown>): CallbackParameters {
  const parsed = parameters.safeParse(query)
  if (!parsed.success || implicit.some(name => name in query)) throw new AppError('oauth_callback_malformed')
  const { state, code, error, iss } = parsed.data
  if (state === undefined || state.trim() === '') throw new AppError('oauth_state_missing')
  if (iss !== undefined && iss !== issuer) throw new AppError('oauth_issuer_mismatch')
  if (code !== undefined && error === undefined) return { state, result: { code } }
  if (error !== undefined && code === undefined) return { state, result: { error } }
  throw new AppError('oauth_callback_malformed')
}
