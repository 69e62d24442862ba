import { z } from 'zod'
import { isLoopback, type OAuthClient } from '../config.ts'
import { CliError } from './cli-error.ts'
import { readText } from './read-text.ts'

const clientShape = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  redirect_uris: z.array(z.string()).optional(),
})

export interface DesktopClient extends OAuthClient {
  /**
   * For a client of type "Web application", the loopback redirect URI it has registered, to the letter; null for
   * desktop clients, which may use any port.
   */
  fixedRedirectUri: string | null
}

/**
 * Reads the client secrets JSON as downloaded. A client of type "Web application" serves only with a redirect URI on
 * this machine, plain http, at `port` unless that is 0. Throws CliError `file_unreadable`, `file_wrong`,
 * `client_without_loopback` or `port_not_registered`.
 */
export function readClientSecrets(path: string, port: number): DesktopClient {
  const { installed, web } = parse(path)
  const client = installed ?? web
  if (!client) throw new CliError('file_wrong', { path })
  return {
    clientId: client.client_id,
    clientSecret: client.client_secret,
    source: 'file',
    registeredRedirectUris: client.redirect_uris ?? null,
    fixedRedirectUri: installed ? null : fixedRedirectUri(client.redirect_uris ?? [], { path, port }),
  }
}

function parse(path: string) {
  const text = readText(path)
  try {
    return z.object({ installed: clientShape.optional(), web: clientShape.optional() }).parse(JSON.parse(text))
  } catch (cause) {
    throw new CliError('file_wrong', { path }, cause)
  }
}

function fixedRedirectUri(registered: string[], { path, port }: { path: string; port: number }): string {
  const loopback = registered.filter(uri => {
    const url = URL.canParse(uri) ? new URL(uri) : null
    return url?.protocol === 'http:' && isLoopback(url.hostname)
  })
  const [first] = loopback
  if (first === undefined) throw new CliError('client_without_loopback', { path })
  // A port of its own first: where none is named it is 80, which few may listen on.
  const fits = loopback.find(uri => (port === 0 ? new URL(uri).port !== '' : portOf(uri) === port))
  if (fits === undefined && port !== 0) {
    throw new CliError('port_not_registered', { path, port: String(port), registered: loopback.join(', ') })
  }
  return fits ?? first
}

/** The port of an http address. */
export function portOf(uri: string): number {
  return Number(new URL(uri).port || 80)
}
