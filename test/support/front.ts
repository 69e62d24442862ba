import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What stands in front of one of several instances: passes everything on under the public name. */
export async function startFront(port: number, publicUrl: string): Promise<{ url: string; close(): Promise<void> }> {
  const { host, origin } = new URL(publicUrl)
  const server = createServer((req, res) => {
    const headers = { ...req.headers, host, ...(req.headers.origin !== undefined && { origin }) }
    const onward = request({ port, method: req.method, path: req.url, headers }, answer => {
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(res)
    })
    onward.on('error', () => res.destroy())
    res.on('close', () => onward.destroy())
    req.pipe(onward)
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
