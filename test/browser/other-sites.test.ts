import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Context } from '../../src/context.ts'
import { routeTable } from '../../src/web/routes.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { connectedPage, launchChromium } from '../support/chromium.ts'
import { openSqlite } from '../support/sqlite.ts'

const posts = routeTable(
  { config: { publicUrl: 'http://localhost' } } as unknown as Context,
  new AbortController().signal,
).filter(({ method }) => method === 'post')

let app: TestApp
let chromium: Browser
let evil: Server

beforeAll(async () => {
  app = await startApp()
  chromium = await launchChromium()
  evil = createServer((_req, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Win a prize</h1>'))
  await new Promise<void>(resolve => evil.listen(0, resolve))
})
afterAll(async () => {
  await chromium?.close()
  await app?.close()
  await new Promise(resolve => evil?.close(resolve))
})

function kept(): string {
  const database = openSqlite(app.databaseFile, { readOnly: true })
  const rows = ['members', 'connections', 'api_keys', 'links'].map(name =>
    database.prepare(`select * from ${name}`).all(),
  )
  const sessions = database.prepare('select id_hash, data, ended_at from sessions').all()
  const deeds = database.prepare("select seq from audit_entries where outcome = 'done'").all()
  database.close()
  return JSON.stringify([rows, sessions, deeds])
}

const kinds = ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']
/** What the evil page does: requests of each kind a page may send unasked, then forms of its own and from a frame without an origin. */
const attack = `async ({ addresses, kinds, id }) => {
  const send = { method: 'POST', mode: 'no-cors', credentials: 'include', body: 'connection_id=' + id }
  for (const address of addresses) {
    await Promise.allSettled(kinds.map(type => fetch(address, { ...send, headers: { 'content-type': type } })))
    for (const sandbox of ['allow-forms allow-scripts', 'allow-forms allow-scripts allow-same-origin']) {
      const frame = document.createElement('iframe')
      frame.setAttribute('sandbox', sandbox)
      frame.srcdoc = '<form method="post" action="' + address + '"><input name="connection_id" value="' + id +
        '"></form><script>document.forms[0].submit()</scr' + 'ipt>'
      document.body.append(frame)
    }
  }
}`

// A neighbour on this machine is the same site, and the browser sends it our cookies; 127.0.0.1 is another one.
it.each(['localhost', '127.0.0.1'])(
  'row 34: a page at %s changes nothing, by no kind of form or request',
  async host => {
    const page = await connectedPage(chromium, app.url, 'ADMIN')
    const id = JSON.parse(await page.evaluate('fetch("/api/v1/connections").then(answer => answer.text())'))
      .connections[0].id
    const addresses = posts.map(({ path }) => app.url + path.replace(':id', id).replace(/:\w+/g, 'x'))
    const before = kept()
    const logged = app.log().length
    await page.goto(`http://${host}:${(evil.address() as AddressInfo).port}/`)
    await page.evaluate(`(${attack})(${JSON.stringify({ addresses, kinds, id })})`)

    const answers = () =>
      app
        .log()
        .slice(logged)
        .split('\n')
        .filter(line => line.includes('"method":"POST"'))
        .map(line => JSON.parse(line).status)
    await expect.poll(() => answers().length).toBe(addresses.length * (kinds.length + 2))
    expect(new Set(answers())).toEqual(new Set([403]))
    expect(kept()).toBe(before)
    await page.goto(`${app.url}/accounts`)
    expect(await page.locator('h1').textContent()).not.toContain('Sign in')
  },
)
