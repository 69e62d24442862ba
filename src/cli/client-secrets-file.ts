import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { OAuthClient } from '../config.ts'
import { CliError } from './cli-error.ts'

const clientShape = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  redirect_uris: z.array(z.string()).optional(),
})

export interface DesktopClient extends OAuthClient {
  /** For a client of type "Web application", the loopback redirect URI it has registered; null for desktop clients, which may use any port. */
  fixedRedirectUri: URL | null
}

/**
 * Reads the client secrets JSON as downloaded. A client of type "Web application" serves only with a redirect URI on this
 * machine, plain http with a port. Throws CliError `file_unreadable`, `file_wrong` or `client_without_loopback`.
 */
export function readClientSecrets(path: string): DesktopClient {
  const { installed, web } = parse(path)
  const client = installed ?? web
  if (!client) throw new CliError('file_wrong', { path })
  const fixedRedirectUri = installed ? null : (client.redirect_uris?.map(loopback).find(uri => uri !== null) ?? null)
  if (!installed && !fixedRedirectUri) throw new CliError('client_without_loopback', { path })
  return {
    clientId: client.client_id,
    clientSecret: client.client_secret,
    source: 'file',
    registeredRedirectUris: client.redirect_uris ?? null,
    fixedRedirectUri,
  }
}

function parse(path: string) {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CliError('file_unreadable', { path, reason: (cause as NodeJS.ErrnoException).code ?? '' }, cause)
  }
  try {
    const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    return z.object({ installed: clientShape.optional(), web: clientShape.optional() }).parse(json)
  } catch (cause) {
    throw new CliError('file_wrong', { path }, cause)
  }
}

function loopback(uri: string): URL | null {
  const url = URL.canParse(uri) ? new URL(uri) : null
  return url?.protocol === 'http:' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname) ? url : null
}
