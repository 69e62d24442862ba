import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { CallEffects } from '../faults.ts'

/** One request to one of Google's hosts, as the handlers see it. */
export interface Call {
  method: string
  /** The Google host, from the first segment of the path. */
  host: string
  /** The path on that host, still percent-encoded. */
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
  form: URLSearchParams
  /** The sandbox's own `http://host:port`. */
  origin: string
  /** What a fault rule wants changed in the answer. */
  effects: CallEffects
}

const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Reads a request to the end. Throws when the body is over 4 MB. */
export async function readCall(request: IncomingMessage, origin: string): Promise<Call> {
  const [target = '/', query = ''] = splitOnce(request.url ?? '/', '?')
  const [, host = '', ...rest] = target.split('/')
  const body = await readBody(request)
  const isForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  return {
    method: request.method ?? 'GET',
    host,
    path: `/${rest.join('/')}`,
    query: new URLSearchParams(query),
    headers: request.headers,
    body,
    form: new URLSearchParams(isForm ? body : ''),
    origin,
    effects: {},
  }
}

export function header(call: Call, name: string): string | undefined {
  const value = call.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** The token of an `Authorization: Bearer` header. */
export function bearerToken(call: Call): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header(call, 'authorization') ?? '')?.[1]
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error('request body over 4 MB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
