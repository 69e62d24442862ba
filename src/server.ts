import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Express } from 'express'

export interface RunningServer {
  port: number
  /** Stops accepting, lets requests under way finish for up to ten seconds, then cuts what is left. */
  close(): Promise<void>
}

const drainMs = 10_000

/** Resolves once the port is really bound; rejects when it cannot be. Port 0 takes any free one. */
export async function listen(app: Express, { host, port }: { host: string; port: number }): Promise<RunningServer> {
  const server = createServer(
    { maxHeaderSize: 16_384, headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 },
    // An absolute or otherwise odd request target never comes from a browser, and Express cannot route it.
    (req, res) => (req.url?.startsWith('/') ? app(req, res) : res.writeHead(400).end()),
  )
  server.maxConnections = 2_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    const cut = setTimeout(() => server.closeAllConnections(), drainMs)
    // A connection kept alive becomes idle only after its answer, so once is not enough.
    const idle = setInterval(() => server.closeIdleConnections(), 50)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(idle)
      resolve()
    })
  })
}

/** Resolves with the name of the signal that asks this process to stop. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
}
