import { z } from 'zod'
import { isAppError } from '../errors.ts'
import { parseServiceAccountKey, type ServiceAccountKey } from '../google/service-account.ts'
import { CliError } from './cli-error.ts'
import { readText } from './read-text.ts'

export interface UserCredentials {
  clientId: string
  clientSecret: string
  refreshToken: string
}

export type Credentials = { kind: 'user'; user: UserCredentials } | { kind: 'service_account'; key: ServiceAccountKey }

const userShape = z.object({
  type: z.literal('authorized_user'),
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  refresh_token: z.string().min(1),
})
const typeShape = z.object({ type: z.string() })

/** An `authorized_user` JSON file, which Google's own tools read too. */
export function authorizedUserFile({ clientId, clientSecret, refreshToken }: UserCredentials): string {
  const file = {
    type: 'authorized_user',
    client_id: clientId,
    client_secret: clientSecret,
    refresh_token: refreshToken,
  } satisfies z.infer<typeof userShape>
  return `${JSON.stringify(file, null, 2)}\n`
}

/**
 * Reads an `authorized_user` JSON file or the key of a service account. Throws CliError `file_unreadable` or
 * `credentials_wrong`.
 */
export function readCredentials(path: string): Credentials {
  const text = readText(path)
  try {
    const json: unknown = JSON.parse(text)
    if (typeShape.parse(json).type === 'service_account') {
      return { kind: 'service_account', key: parseServiceAccountKey(text) }
    }
    const { client_id, client_secret, refresh_token } = userShape.parse(json)
    return { kind: 'user', user: { clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token } }
  } catch (cause) {
    if (isAppError(cause) || cause instanceof z.ZodError || cause instanceof SyntaxError) {
      throw new CliError('credentials_wrong', { path }, cause)
    }
    throw cause
  }
}
