import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { launchHere } from './chromium.ts'
import { type RunningPostgres, startPostgres } from './start-postgres.ts'

/**
 * What all test files share is made once, and only when one of them asks: a PostgreSQL, a browser that is unpacked.
 * Workers are processes of their own, so they ask over HTTP on loopback.
 */
export default async function serveOnDemand({ provide }: TestProject): Promise<() => Promise<void>> {
  let postgres: Promise<RunningPostgres> | undefined
  let browser: Promise<void> | undefined
  const parts: Record<string, () => Promise<string>> = {
    '/postgres': async () => {
      postgres ??= startPostgres()
      return (await postgres).url
    },
    '/browser': async () => {
      browser ??= launchHere().then(each => each.close())
      await browser
      return ''
    },
  }
  const server = createServer((req, res) => {
    const part = parts[req.url ?? '']
    if (!part) {
      res.writeHead(404).end()
      return
    }
    part().then(
      answer => res.end(answer),
      error => res.writeHead(500).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  provide('onDemand', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return async () => {
    server.closeAllConnections()
    server.close()
    // Whoever asked for it was told why it did not start.
    const running = await postgres?.catch(() => null)
    await running?.stop()
  }
}
