import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { CliError } from './cli-error.ts'

const shape = z.object({
  type: z.literal('authorized_user'),
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  refresh_token: z.string().min(1),
})

export interface UserCredentials {
  clientId: string
  clientSecret: string
  refreshToken: string
}

/**
 * Reads an `authorized_user` JSON file, as `generate-user-credentials --output` writes it and Google's own tools do.
 * Throws CliError `file_unreadable` or `credentials_wrong`.
 */
export function readCredentials(path: string): UserCredentials {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CliError('file_unreadable', { path, reason: (cause as NodeJS.ErrnoException).code ?? '' }, cause)
  }
  try {
    const { client_id, client_secret, refresh_token } = shape.parse(JSON.parse(text))
    return { clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token }
  } catch (cause) {
    throw new CliError('credentials_wrong', { path }, cause)
  }
}
