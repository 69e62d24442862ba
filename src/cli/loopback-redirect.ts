import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../errors.ts'
import { type CallbackParameters, parseCallback } from '../google/callback.ts'
import { CliError } from './cli-error.ts'
import { portOf } from './client-secrets-file.ts'

/** What the browser is shown once the command knows how it ended. */
export type Answer = (page: { status: number; title: string; text: string }) => void

export interface LoopbackRedirect {
  redirectUri: string
  /**
   * The first request that carries this `state`. All others (favicon, preconnect, another program's) get 404 and change
   * nothing. Rejects with CliError `timed_out`. The browser waits for `answer`.
   */
  callback(state: string, timeoutMs: number): Promise<{ result: CallbackParameters['result']; answer: Answer }>
  close(): Promise<void>
}

/**
 * Listens on this machine for Google's redirect (RFC 8252 7.3). Without `fixed`, on 127.0.0.1 at `port` or any free one;
 * with it, exactly there, since a web client's redirect URI is compared to the letter.
 */
export async function listenForRedirect(fixed: string | null, port: number): Promise<LoopbackRedirect> {
  let handle: (url: URL, res: ServerResponse) => void = (_url, res) => notFound(res)
  const server = createServer((req: IncomingMessage, res) => {
    const target = req.url ?? '/'
    if (req.method !== 'GET' || !target.startsWith('/') || !URL.canParse(target, 'http://127.0.0.1'))
      return notFound(res)
    handle(new URL(target, 'http://127.0.0.1'), res)
  })
  const wanted = fixed === null ? port : portOf(fixed)
  const unusable = fixed === null ? 'port_in_use' : 'registered_port_in_use'
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => reject(new CliError(unusable, { port: String(wanted) }, cause)))
    server.listen(wanted, fixed === null ? '127.0.0.1' : interfaceOf(fixed), resolve)
  })
  const path = fixed === null ? '/' : new URL(fixed).pathname

  return {
    redirectUri: fixed ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    callback(state, timeoutMs) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new CliError('timed_out')), timeoutMs)
        handle = (url, res) => {
          const parameters = url.pathname === path ? readCallback(url) : null
          if (parameters?.state !== state) return notFound(res)
          clearTimeout(timer)
          handle = (_url, other) => notFound(other)
          resolve({ result: parameters.result, answer: page => sendPage(res, page) })
        }
      })
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 500).unref()
      }),
  }
}

function interfaceOf(uri: string): string {
  const { hostname } = new URL(uri)
  if (hostname === '[::1]') return '::1'
  return hostname === 'localhost' ? '127.0.0.1' : hostname
}

/** Null for a request that is no callback of ours, whatever it is. */
function readCallback(url: URL): CallbackParameters | null {
  const query: Record<string, unknown> = {}
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name)
    query[name] = values.length === 1 ? values[0] : values
  }
  try {
    return parseCallback(query)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

function notFound(res: ServerResponse): void {
  res.writeHead(404, { connection: 'close' }).end()
}

function sendPage(res: ServerResponse, { status, title, text }: Parameters<Answer>[0]): void {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><h1>${escaped(title)}</h1><p>${escaped(text)}</p></html>`
  res.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  })
  res.end(html)
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
