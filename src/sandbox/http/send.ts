import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { Reply } from './reply.ts'

const compress = promisify(gzip)
const WORTH_COMPRESSING = 1400

/** Sends an answer, compressed where it is large and the client takes gzip. `cut` breaks off half way. */
export async function send(
  reply: Reply,
  { request, response, cut }: { request: IncomingMessage; response: ServerResponse; cut: boolean },
): Promise<void> {
  const plain = Buffer.from(reply.body)
  const zipped = plain.length > WORTH_COMPRESSING && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  const body = zipped ? await compress(plain, { level: constants.Z_BEST_SPEED }) : plain
  response.writeHead(reply.status, {
    'x-content-type-options': 'nosniff',
    server: 'ESF',
    ...reply.headers,
    ...(zipped && { 'content-encoding': 'gzip', vary: 'Accept-Encoding' }),
    'content-length': body.length,
  })
  if (!cut) {
    response.end(request.method === 'HEAD' ? undefined : body)
    return
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy())
}
