import { type Call, header } from '../http/call.ts'
import type { OAuthClient } from '../scenario.ts'
import type { World } from '../world.ts'
import { TokenError } from './token-errors.ts'

/** Who calls the token endpoint, by form fields or Basic. Throws TokenError. */
export function authenticateClient(call: Call, world: World): OAuthClient {
  const { id, secret } = credentials(call)
  if (!id) throw new TokenError('invalid_request', 'Could not determine client ID from request.')
  const client = world.client(id)
  if (!client) throw new TokenError('invalid_client', 'The OAuth client was not found.', { status: 401 })
  if (!secret) throw new TokenError('invalid_request', 'client_secret is missing.')
  if (secret !== client.clientSecret) {
    throw new TokenError('invalid_client', 'The provided client secret is invalid.', { status: 401 })
  }
  return client
}

function credentials(call: Call): { id: string | undefined; secret: string | undefined } {
  const basic = /^Basic +(\S+)$/i.exec(header(call, 'authorization') ?? '')?.[1]
  if (basic !== undefined) {
    const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString('utf8').split(/:(.*)/s)
    return { id: formDecode(id), secret: formDecode(secret) }
  }
  return { id: call.form.get('client_id') ?? undefined, secret: call.form.get('client_secret') ?? undefined }
}

function formDecode(text: string): string {
  return new URLSearchParams(`x=${text}`).get('x') ?? ''
}
