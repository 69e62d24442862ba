import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands between the application and the local Google, and holds the requests a test picks by their path. */
export interface GoogleRelay {
  /** `host:port`, for GOOGLE_EMULATOR_HOST. */
  host: string
  connectTo(googleHost: string): void
  /** Requests of this path wait: before Google has seen them, or with Google's answer in hand. */
  hold(pathPart: string, when: 'before' | 'answered'): void
  /** Settles once that many are held. */
  until(held: number): Promise<void>
  /** Lets all that is held go on, and holds nothing any more. */
  open(): void
  /** Lets nothing of what is held go on, and holds nothing any more. */
  drop(): void
  close(): Promise<void>
}

export async function startGoogleRelay(): Promise<GoogleRelay> {
  let google = ''
  let holding: { pathPart: string; when: 'before' | 'answered' } | null = null
  const waiting: (() => void)[] = []
  const watching = new Set<() => void>()

  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    await pass(incoming, 'before')
    const { method, url: path, headers } = incoming
    const [host, port] = google.split(':')
    const onward = request({ host, port, method, path, headers }, async answer => {
      const body: Buffer[] = []
      for await (const chunk of answer) body.push(chunk as Buffer)
      await pass(incoming, 'answered')
      reply(outgoing, answer, Buffer.concat(body))
    })
    onward.on('error', () => outgoing.destroy())
    onward.end(Buffer.concat(chunks))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connectTo(host) {
      google = host
    },
    hold(pathPart, when) {
      holding = { pathPart, when }
    },
    until(held) {
      return new Promise(resolve => {
        const look = () => {
          if (waiting.length < held) return
          watching.delete(look)
          resolve()
        }
        watching.add(look)
        look()
      })
    },
    open() {
      holding = null
      for (const goOn of waiting.splice(0)) goOn()
    },
    drop() {
      holding = null
      waiting.length = 0
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  function pass({ url = '' }: IncomingMessage, at: 'before' | 'answered'): Promise<void> {
    if (holding?.when !== at || !url.includes(holding.pathPart)) return Promise.resolve()
    return new Promise(resolve => {
      waiting.push(resolve)
      for (const look of [...watching]) look()
    })
  }
}

function reply(outgoing: ServerResponse, answer: IncomingMessage, body: Buffer): void {
  const { 'transfer-encoding': _chunked, ...headers } = answer.headers
  outgoing.writeHead(answer.statusCode ?? 502, headers).end(body)
}
