import type { Call } from '../http/call.ts'
import { jsonReply, type Reply } from '../http/reply.ts'
import type { World } from '../world.ts'
import { noStore, TokenError } from './token-errors.ts'

/** Revocation: `token` in the query or the body of a POST, or in the query of a GET (wire facts A.9). */
export function revoke(call: Call, world: World): Reply {
  const token = call.form.get('token') ?? call.query.get('token')
  if (!token) return new TokenError('invalid_request', 'Missing required parameter: token').toReply()
  if (world.grants.revoke(token)) return jsonReply(200, {}, noStore)
  return new TokenError('invalid_token', 'Token expired or revoked').toReply()
}
