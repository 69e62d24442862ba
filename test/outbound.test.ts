import { channel } from 'node:diagnostics_channel'
import { readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { googleEndpoints } from '../src/google/endpoints.ts'
import { createHttp } from '../src/google/http.ts'
import { createWebhook } from '../src/notices/webhook.ts'
import { type MailServer, startMailServer, startWebhookReceiver, type WebhookReceiver } from './notices/receivers.ts'
import { followConsent, startApp, type TestApp } from './support/app.ts'
import { type ScriptedServer, startScriptedServer } from './support/scripted-server.ts'

const src = new URL('../src/', import.meta.url).pathname
/** The sandbox is a program of its own and no part of what runs in production. */
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  name => name.endsWith('.ts') && !name.startsWith('sandbox/'),
)
const source = (file: string) => readFileSync(join(src, file), 'utf8')

describe('row 74: what leaves the server', () => {
  it('row 74: leaves through one module for HTTP, one for mail and one for the database', () => {
    const waysOut: [RegExp, string[]][] = [
      [/(?<![\w.])fetch\(|globalThis\.fetch/, ['google/http.ts', 'demo.ts']],
      [/from '(?:undici|axios|got|gaxios|node-fetch|ws|superagent)'|new WebSocket\(|new EventSource\(/, []],
      [/(?:\bimport|require)\('(?:node:)?(?:https?|http2|net|tls|dgram|dns)\b/, []],
      [/from 'nodemailer'/, ['notices/mail.ts']],
      [/from 'pg'/, ['db/database.ts', 'db/engine.ts', 'db/unavailable.ts']],
      [/\bgaxios\b/, ['google/oauth-transport.ts']],
      [
        /new (?:OAuth2Client|GoogleAuth|JWT|UserRefreshClient|Impersonated|Compute)\(|\b(?:http|https|net|tls)\.(?:request|get|connect)\(|createConnection\(/,
        // Text of a program that a person copies.
        ['configurations/formats/node.ts'],
      ],
    ]
    for (const [way, places] of waysOut) {
      const found = files.filter(file => way.test(source(file)))
      for (const file of found) expect(places, `${file} has a way out: ${way}`).toContain(file)
    }
    // google-auth-library brings a transport of its own; every client of it is given ours.
    const oauth = source('google/oauth.ts')
    expect(oauth.match(/new Client\(/g)).toHaveLength(1)
    expect(oauth).toMatch(/new Client\(\{[^}]*transporter: new OAuthTransport\(/)
    // Of Node's network modules only what listens or reads is imported, and nothing as a whole.
    const harmless = /^(?:type \w+|createServer|Server|isIP|isIPv4|isIPv6|STATUS_CODES)$/
    const network = /import (type )?([^'"]*?) from '(?:node:)?(?:http|https|http2|net|tls|dgram|dns)(?:\/\w+)?'/g
    for (const file of files) {
      for (const [, onlyTypes, names = ''] of source(file).matchAll(network)) {
        if (onlyTypes) continue
        for (const name of names.match(/\*|(?:type )?\w+/g) ?? []) expect(name, file).toMatch(harmless)
      }
    }
  })
})

describe('row 74: a host that is not configured', () => {
  let other: ScriptedServer
  beforeAll(async () => {
    other = await startScriptedServer()
  })
  afterAll(() => other.close())

  const real = googleEndpoints(null).allowedOrigins
  it.each([
    'https://oauth2.googleapis.com.evil.example/token',
    'https://oauth2.googleapis.com@evil.example/token',
    'https://evil.example/oauth2.googleapis.com/token',
    'https://oauth2.googleapis.com:8443/token',
    'http://oauth2.googleapis.com/token',
    'https://OAUTH2.googleapis.com.:443/token',
    'https://metadata.google.internal/computeMetadata/v1/',
    'http://169.254.169.254/latest/meta-data/',
    'https://oauth2。googleapis.com.evil.example/',
    'ftp://oauth2.googleapis.com/',
    'file:///etc/passwd',
    'data:text/plain,hello',
  ])('row 74: is refused before anything is sent: %s', async url => {
    await expect(createHttp(real)({ url, method: 'POST', timeoutMs: 1, maxBytes: 1 })).rejects.toMatchObject({
      failure: 'host_refused',
    })
  })

  it('row 74: gets nothing where it is the configured machine at another port, nor by the webhook', async () => {
    const one = createHttp(new Set(['http://127.0.0.1:9']))
    const ask = one({ url: `http://${other.host}/`, method: 'GET', timeoutMs: 1_000, maxBytes: 10 })
    await expect(ask).rejects.toMatchObject({ failure: 'host_refused' })
    const settings = { url: `http://${other.host}/hook`, secrets: ['x'] } as never
    const post = createWebhook(
      settings,
      one,
      () => new Date(),
      () => 'a checkpoint',
    )
    const delivery = { id: 'd', channel: 'webhook', recipient: '', attempts: 1, notice: {} }
    await expect(post(delivery as never)).rejects.toThrow('the webhook lies at another address')
    expect(other.seen).toEqual([])
  })
})

describe('row 74: the running application', () => {
  let app: TestApp
  let hook: WebhookReceiver
  let mail: MailServer
  beforeAll(async () => {
    hook = await startWebhookReceiver()
    mail = await startMailServer()
    app = await startApp({
      env: {
        WEBHOOK_URL: hook.url,
        WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
        SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
        MAIL_FROM: 'Ads Keyring <keyring@northlight.example.com>',
      },
    })
  })
  afterAll(async () => {
    await app.close()
    await Promise.all([hook.close(), mail.close()])
  })

  it('row 74: connects to nobody but Google, the webhook and the mail server, whatever it is asked', async () => {
    const reached = new Set<number | undefined>()
    const note = (message: unknown) => {
      const { socket } = message as { socket: Socket }
      socket.once('connect', () => reached.add(socket.remotePort))
      socket.once('lookup', (_error, address) => expect(address).toMatch(/^(?:127\.0\.0\.1|::1)$/))
    }
    const connections = channel('net.client.socket')
    connections.subscribe(note)
    try {
      const browser = await app.connected('U2')
      const { id } = JSON.parse((await browser.get('/api/v1/connections')).text).connections[0]
      const admin = await app.connected('ADMIN')
      const file = { ...app.google.serviceAccountKeyFile('SA1'), token_uri: 'http://127.0.0.1:9/token' }
      await admin.post('/service-accounts', { key: JSON.stringify(file) })
      await browser.get('/accounts')
      await browser.get(`/find?q=1234567890&url=${encodeURIComponent('http://127.0.0.1:9/')}`)
      await browser.post('/configuration/check', { text: '{"token_uri":"http://127.0.0.1:9/"}', format: 'python' })
      const event = { type: 'verification', state: 'x' } as const
      await fetch(`${app.url}/security-events`, { method: 'POST', body: app.google.control.securityEvent(event) })
      await followConsent(browser, await browser.get('/auth/start?intent=sign-in&login_hint=http://127.0.0.1:9/'), 'U2')
      app.google.control.revokeGrant('U2')
      await browser.get(`/api/v1/connections/${id}/customers?refresh=1`)
      await app.sweep()
    } finally {
      connections.unsubscribe(note)
    }
    const ports = [app.url, `http://${app.google.host}`, hook.url].map(url => Number(new URL(url).port))
    expect(hook.received).toHaveLength(1)
    expect(mail.mails).toHaveLength(1)
    expect([...reached].sort()).toEqual([...ports, mail.port].sort())
  })
})
