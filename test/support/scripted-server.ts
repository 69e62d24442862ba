import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Seen {
  method: string
  path: string
  body: string
}

export interface ScriptedServer {
  /** `host:port`, for googleEndpoints. */
  host: string
  seen: Seen[]
  answer(handler: (req: IncomingMessage & { bodyText: string }, res: ServerResponse) => void): void
  close(): Promise<void>
}

/** A server that answers as a test tells it to, and remembers what it was asked. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const seen: Seen[] = []
  let handle: Parameters<ScriptedServer['answer']>[0] = (_req, res) => res.writeHead(404).end()
  const server = createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    seen.push({ method: req.method ?? '', path: req.url ?? '', body })
    handle(Object.assign(req, { bodyText: body }), res)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer(handler) {
      handle = handler
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export function json(res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(JSON.stringify(body))
}
