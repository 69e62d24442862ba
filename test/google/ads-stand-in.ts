import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AdsCall, createGoogleAds, type GoogleAds } from '../../src/google/ads.ts'
import { googleEndpoints } from '../../src/google/endpoints.ts'
import { createHttp } from '../../src/google/http.ts'

/** One request that reached the stand-in. */
export interface Asked {
  operation: 'listAccessibleCustomers' | 'searchStream' | 'other'
  customerId: string | null
  loginCustomerId: string | null
  query: string
  token: string | null
  headers: IncomingMessage['headers']
  /** How many answers had been sent completely when this request arrived. */
  answersBefore: number
}

export interface Reply {
  status?: number
  headers?: Record<string, string>
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is. */
  text?: string
  /** Breaks the connection off after the first half of the body. */
  cutOff?: boolean
  /** Breaks the connection off without any answer. */
  reset?: boolean
}

export interface StandIn {
  ads: GoogleAds
  asked: Asked[]
  calls: AdsCall[]
  /** Waits between attempts the client asked for, in milliseconds. */
  pauses: number[]
  close(): Promise<void>
}

interface StandInOptions {
  developerToken?: string
  concurrency?: number
}

/** A real HTTP server on loopback that answers as a test says, and a client of ours that asks it. */
export async function startStandIn(
  answer: (asked: Asked) => Reply | Promise<Reply>,
  { developerToken, concurrency }: StandInOptions = {},
): Promise<StandIn> {
  const asked: Asked[] = []
  const calls: AdsCall[] = []
  const pauses: number[] = []
  let answers = 0
  const server = createServer(async (request, response) => {
    const one = await read(request, answers)
    asked.push(one)
    const reply = await answer(one)
    response.on('finish', () => answers++)
    send(response, reply)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const endpoints = googleEndpoints(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  const ads = createGoogleAds({
    http: createHttp(endpoints.allowedOrigins),
    endpoints,
    apiVersion: 'v25',
    developerToken: developerToken ?? null,
    ...(concurrency && { concurrency }),
    onCall: call => calls.push(call),
    pause: async ms => void pauses.push(ms),
  })
  return {
    ads,
    asked,
    calls,
    pauses,
    close: () => {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

export const token = async () => 'ya29.test'

/** A GoogleAdsFailure answer as google-wire-facts B.6 shows it. */
export function adsFailure(
  status: number,
  errorCode: Record<string, string>,
  {
    message = 'Said by Google.',
    details = {},
    before = [] as unknown[],
    rpcMessage = 'Request contains an invalid argument.',
  } = {},
): Reply {
  return {
    status,
    headers: { 'request-id': 'from-header' },
    json: {
      error: {
        code: status,
        message: rpcMessage,
        status: 'SOME_STATUS',
        details: [
          ...before,
          {
            '@type': 'type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure',
            errors: [{ errorCode, message, ...(Object.keys(details).length > 0 && { details }) }],
            requestId: 'from-failure',
          },
        ],
      },
    },
  }
}

/** The same wrapped as searchStream wraps it. */
export function streamed(reply: Reply): Reply {
  return { ...reply, json: [reply.json] }
}

/** A google.rpc error without a GoogleAdsFailure. */
export function rpcError(status: number, rpcStatus: string, message: string, details?: unknown[]): Reply {
  return { status, json: { error: { code: status, message, status: rpcStatus, ...(details && { details }) } } }
}

async function read(request: IncomingMessage, answersBefore: number): Promise<Asked> {
  let body = ''
  for await (const chunk of request) body += chunk
  const path = request.url ?? ''
  const customerId = /\/customers\/(\d+)\/googleAds:searchStream$/.exec(path)?.[1] ?? null
  return {
    operation: customerId
      ? 'searchStream'
      : path.endsWith('/v25/customers:listAccessibleCustomers')
        ? 'listAccessibleCustomers'
        : 'other',
    customerId,
    loginCustomerId: (request.headers['login-customer-id'] as string | undefined) ?? null,
    query: body === '' ? '' : (JSON.parse(body).query ?? ''),
    token: request.headers.authorization?.replace('Bearer ', '') ?? null,
    headers: request.headers,
    answersBefore,
  }
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply.reset) {
    response.socket?.destroy()
    return
  }
  const body = reply.text ?? JSON.stringify(reply.json)
  response.writeHead(reply.status ?? 200, {
    'content-type': reply.text === undefined ? 'application/json; charset=UTF-8' : 'text/html',
    'content-length': Buffer.byteLength(body),
    ...reply.headers,
  })
  if (reply.cutOff) response.write(body.slice(0, body.length / 2), () => response.socket?.destroy())
  else response.end(body)
}
