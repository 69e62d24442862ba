import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'

export const client = { client_id: DEFAULT_CLIENT.clientId, client_secret: DEFAULT_CLIENT.clientSecret }

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'keyring-cli-'))
}

/** The path of a new file of that content. */
export function saved(content: unknown): string {
  const path = join(temporaryFolder(), 'file.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** The JSON of a client of type "Desktop app". */
export const desktopClient = () => saved({ installed: { ...client, redirect_uris: ['http://localhost'] } })

/** Whether Google takes a refresh token. */
export async function isAlive(google: Sandbox, refreshToken: string): Promise<boolean> {
  const answer = await fetch(`${google.origin}/oauth2.googleapis.com/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...client, grant_type: 'refresh_token', refresh_token: refreshToken }),
  })
  return answer.status === 200
}
