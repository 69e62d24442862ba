import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Express } from 'express'
import type { Config } from './config.ts'
import type { ErrorCode } from './errors.ts'
import { networksOf } from './web/client-address.ts'
import { createPlainAnswers, type PlainAnswer } from './web/plain-answer.ts'

export interface RunningServer {
  port: number
  /** Stops accepting, lets requests under way finish for up to ten seconds, then cuts what is left. */
  close(): Promise<void>
}

const drainMs = 10_000
const methods = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']
const mostConnections = 2_000
/** Of one address, where nothing in front of us gathers many callers in one. */
const mostConnectionsOfOne = 200

/** How long a request may take to arrive, and how often that is looked at. */
export const arrival = { headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 }

/**
 * Resolves once the port is really bound; rejects when it cannot be. Port 0 takes any free one. What Express cannot be
 * asked (a request that cannot be parsed, is too slow, is not for a path of ours, or names no host or two) is answered
 * here, with the same headers.
 */
export async function listen(app: Express, config: Config, deadlines = arrival): Promise<RunningServer> {
  const { host, port, trustProxy } = config
  const plainAnswer = createPlainAnswers(config)
  const options = {
    maxHeaderSize: 16_384,
    // A proxy must not send a request over a connection we are just closing.
    keepAliveTimeout: trustProxy > 0 ? 65_000 : 5_000,
    // It is refused below, with the usual headers.
    requireHostHeader: false,
    ...deadlines,
  }
  const answer: RequestListener = (req, res) => {
    const code = unroutable(req)
    if (code === null) return app(req, res)
    const { status, headers, body } = plainAnswer(code, req.url ?? '')
    res.writeHead(status, headers).end(body)
  }
  const server = createServer(options, answer)
  server.on('checkExpectation', answer)
  server.on('clientError', (error: ClientError, socket) => {
    refuse(socket, plainAnswer(codeOf(error), targetIn(error.rawPacket)))
  })
  server.on('connect', (_req, socket) => refuse(socket, plainAnswer('method_not_allowed', '')))
  server.maxConnections = mostConnections
  if (trustProxy === 0) limitConnections(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
}

/** Why Express is not asked; null where it is. An absolute target never comes from a browser. */
function unroutable({ url, method, headersDistinct, httpVersion }: IncomingMessage): ErrorCode | null {
  if (!methods.includes(method ?? '')) return 'method_not_allowed'
  const isProbe = url === '/healthz' || url === '/readyz'
  const hosts = headersDistinct.host?.length ?? 0
  const named = hosts === 1 || (hosts === 0 && httpVersion === '1.0' && isProbe)
  return url?.startsWith('/') && named ? null : 'bad_request'
}

interface ClientError extends Error {
  code?: string
  rawPacket?: Buffer
}

function codeOf({ code }: ClientError): ErrorCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large'
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_too_slow'
  return code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW' ? 'request_too_large' : 'bad_request'
}

/** The path of a request line, where the packet begins with one. */
function targetIn(packet: Buffer | undefined): string {
  const start = packet?.subarray(0, 200).toString('latin1') ?? ''
  return /^[A-Z]{1,10} (\/[!-~]{0,100})/.exec(start)?.[1] ?? ''
}

/** Answers on the bare connection, unless an answer is on its way there already, and ends it. */
function refuse(
  socket: Duplex & { _httpMessage?: ServerResponse | null },
  { status, headers, body }: PlainAnswer,
): void {
  if (!socket.writable || socket._httpMessage?.headersSent) {
    socket.destroy()
    return
  }
  const lines = Object.entries({ ...headers, Date: new Date().toUTCString() }).map(each => each.join(': '))
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'), () => socket.destroy())
}

/** Addresses of this machine are not limited: a proxy may stand there, whether TRUST_PROXY says so or not. */
export function limitConnections(server: Pick<Server, 'on'>): void {
  const open = new Map<string, number>()
  server.on('connection', socket => {
    const name = networksOf(socket.remoteAddress ?? '')[0]?.name ?? ''
    if (name === '::/64' || name.startsWith('127.')) return
    const count = (open.get(name) ?? 0) + 1
    open.set(name, count)
    socket.once('close', () => {
      const left = (open.get(name) ?? 1) - 1
      if (left === 0) open.delete(name)
      else open.set(name, left)
    })
    if (count > mostConnectionsOfOne) socket.destroy()
  })
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
