import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A call to the Google Ads API on its way. */
export interface AdsCall {
  operation: 'listAccessibleCustomers' | 'searchStream'
  customerId: string | null
  query: string
}

/**
 * Stands between the application and the local Google and holds the calls a test picks, so that a test says which answers
 * there are instead of measuring how long they take.
 */
export interface GoogleGate {
  /** `host:port`, for GOOGLE_EMULATOR_HOST. */
  host: string
  /** Every call of the Google Ads API that has arrived, held or not. */
  calls: AdsCall[]
  /** Calls standing before the gate. */
  readonly held: number
  /** Calls answered completely. */
  readonly answered: number
  /** Counts from here on. */
  forget(): void
  connectTo(googleHost: string): void
  /** From now on, calls for which this is true stand still. */
  hold(which: (call: AdsCall) => boolean): void
  /** Settles once that many calls stand before the gate. */
  until(held: number): Promise<void>
  /** Lets the first `count` of the held calls pass. */
  pass(count: number): void
  /** Holds nothing any more. */
  open(): void
  close(): Promise<void>
}

export async function startGoogleGate(): Promise<GoogleGate> {
  const calls: AdsCall[] = []
  const waiting: (() => void)[] = []
  const watching = new Set<() => void>()
  let google = ''
  let isHeld: (call: AdsCall) => boolean = () => false
  let answered = 0

  const server = createServer(async (incoming, outgoing) => {
    const body = await bodyOf(incoming)
    const call = adsCall(incoming, body)
    if (call) {
      calls.push(call)
      outgoing.on('finish', () => answered++)
      if (isHeld(call)) await heldBack()
    }
    forward(incoming, body, outgoing)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    get held() {
      return waiting.length
    },
    get answered() {
      return answered
    },
    connectTo(host) {
      google = host
    },
    forget() {
      calls.length = 0
      answered = 0
    },
    hold(which) {
      isHeld = which
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
    pass,
    open() {
      isHeld = () => false
      pass(waiting.length)
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  function pass(count: number): void {
    for (const goOn of waiting.splice(0, count)) goOn()
  }

  function heldBack(): Promise<void> {
    return new Promise(resolve => {
      waiting.push(resolve)
      for (const look of [...watching]) look()
    })
  }

  function forward(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): void {
    const [host, port] = google.split(':')
    const { method, url: path, headers } = incoming
    const onward = request({ host, port, method, path, headers }, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    onward.end(body)
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function adsCall({ url = '' }: IncomingMessage, body: Buffer): AdsCall | null {
  const [, rest = ''] = /^\/googleads\.googleapis\.com\/v\d+\/(.*)$/.exec(url) ?? []
  if (rest === 'customers:listAccessibleCustomers') {
    return { operation: 'listAccessibleCustomers', customerId: null, query: '' }
  }
  const [, customerId] = /^customers\/(\d+)\/googleAds:searchStream$/.exec(rest) ?? []
  if (customerId === undefined) return null
  const { query } = JSON.parse(body.toString()) as { query: string }
  return { operation: 'searchStream', customerId, query }
}
