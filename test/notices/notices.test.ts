import { createHmac, randomBytes } from 'node:crypto'
import { load } from 'cheerio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkpointsIn } from '../../src/audit/checkpoint.ts'
import { createMailer } from '../../src/notices/mail.ts'
import { callbackUrl, followConsent, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { openSqlite, rowsIn } from '../support/sqlite.ts'
import {
  type MailServer,
  type Received,
  startMailServer,
  startWebhookReceiver,
  type WebhookReceiver,
} from './receivers.ts'

const secret = randomBytes(32)
const owner = 'tomasz.wojcik@northlight.example.com'

let app: TestApp
let hook: WebhookReceiver
let mail: MailServer
let browser: BrowserSession
let id: string

beforeEach(async () => {
  hook = await startWebhookReceiver()
  mail = await startMailServer()
})
afterEach(async () => {
  await app.close()
  await hook.close()
  await mail.close()
})

async function begin(env: Record<string, string> = {}): Promise<void> {
  app = await startApp({ env })
  browser = await app.connected('U2')
  id = JSON.parse((await browser.get('/api/v1/connections')).text).connections[0].id
}
const withWebhook = () => ({ WEBHOOK_URL: hook.url, WEBHOOK_SECRET: `whsec_${secret.toString('base64')}` })
const withMail = () => ({
  SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
  MAIL_FROM: 'Ads Keyring <keyring@northlight.example.com>',
})
/** The owner removed the app at Google, and the next call finds out. */
async function die(): Promise<void> {
  app.google.control.revokeGrant('U2')
  expect((await browser.get(`/api/v1/connections/${id}/customers?refresh=1`)).status).toBe(409)
}
const minutes = (count: number) => {
  const at = Date.now() + count * 60_000
  app.now.value = () => new Date(at)
}
const days = (count: number) => minutes(count * 24 * 60)
const rows = (sql: string) => rowsIn<Record<string, unknown>>(app.databaseFile, sql)
function change(sql: string): void {
  const database = openSqlite(app.databaseFile)
  database.exec(sql)
  database.close()
}
async function setupPage(label: string): Promise<string> {
  const person = app.browser()
  await followConsent(person, await person.get('/auth/start?intent=sign-in'), label)
  return load((await person.get('/setup')).text)('main').text()
}

/** As the specification of Standard Webhooks tells a receiver to do it. */
function isGenuine({ headers, body }: Received, key: Buffer): boolean {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const expected = createHmac('sha256', key).update(signed).digest('base64')
  return String(headers['webhook-signature'])
    .split(' ')
    .some(signature => signature === `v1,${expected}`)
}

describe('a connection that dies', () => {
  it('is told to the webhook: signed, with a link, without anything secret', async () => {
    await begin(withWebhook())
    await app.sweep()
    expect(hook.received).toEqual([])
    await die()
    await app.sweep()
    await app.sweep()
    expect(hook.received).toHaveLength(1)
    const [post] = hook.received as [Received]
    expect(post).toMatchObject({ method: 'POST', path: '/hooks/keyring' })
    expect(post.headers['content-type']).toBe('application/json')
    expect(isGenuine(post, secret)).toBe(true)
    expect(checkpointsIn(String(post.headers['audit-checkpoint']))).toMatchObject([{ genuine: true }])
    expect(isGenuine(post, randomBytes(32))).toBe(false)
    expect(Math.abs(Number(post.headers['webhook-timestamp']) * 1000 - Date.now())).toBeLessThan(60_000)
    const body = JSON.parse(post.body)
    expect(body).toEqual({
      id: post.headers['webhook-id'],
      event: 'connection.needs_reconnect',
      at: expect.stringMatching(/^20\d\d-.*Z$/),
      connection: { id, email: owner, reason: 'expired_or_revoked' },
      reconnectUrl: `${app.url}/auth/start?intent=reconnect&connection=${id}`,
    })
  })

  it('is signed with every secret while a receiver changes over', async () => {
    const next = randomBytes(24)
    const { WEBHOOK_URL, WEBHOOK_SECRET } = withWebhook()
    await begin({ WEBHOOK_URL, WEBHOOK_SECRET: `${WEBHOOK_SECRET},whsec_${next.toString('base64')}` })
    await die()
    await app.sweep()
    const [post] = hook.received as [Received]
    expect(isGenuine(post, secret)).toBe(true)
    expect(isGenuine(post, next)).toBe(true)
  })

  it('is told to its owner by e-mail, with the reason and a link', async () => {
    await begin(withMail())
    await die()
    await app.sweep()
    await app.sweep()
    expect(mail.mails).toHaveLength(1)
    const [{ from, to, text }] = mail.mails as [MailServer['mails'][number]]
    expect({ from, to }).toEqual({ from: 'keyring@northlight.example.com', to: [owner] })
    const read = text.replace(/=\r?\n/g, '').replace(/=3D/g, '=')
    expect(read).toContain(`Subject: Reconnect ${owner} to Google Ads`)
    expect(read).toContain('Auto-Submitted: auto-generated')
    expect(read).toContain('Google says the credential has expired or was withdrawn')
    expect(read).toContain(`${app.url}/auth/start?intent=reconnect&connection=${id}`)
  })

  it('gives a link that leads a signed-out owner through signing in to reconnecting', async () => {
    await begin(withWebhook())
    await die()
    await app.sweep()
    const { reconnectUrl } = JSON.parse(hook.received[0]?.body ?? '{}')
    const stranger = app.browser()
    const refused = await stranger.get(reconnectUrl)
    expect(refused.status).toBe(401)
    const signIn = load(refused.text)('main a.button-primary').attr('href') ?? ''
    const back = await stranger.get(await callbackUrl(stranger, await stranger.get(signIn), 'U2'))
    expect(back).toMatchObject({ status: 303, location: `/connections/${id}` })
    const again =
      load((await stranger.get(back.location ?? '')).text)('[data-health] a.button-primary').attr('href') ?? ''
    expect(await followConsent(stranger, await stranger.get(again), 'U2')).toMatchObject({ status: 303 })
    const { connections } = JSON.parse((await stranger.get('/api/v1/connections')).text)
    expect(connections[0]).toMatchObject({ id, status: 'active' })
  })

  it('and the notice of it are one: neither is kept without the other', async () => {
    await begin(withWebhook())
    change("create trigger full before insert on deliveries begin select raise(abort, 'no space'); end")
    app.google.control.revokeGrant('U2')
    expect((await browser.get(`/api/v1/connections/${id}/customers?refresh=1`)).status).toBe(500)
    expect(rows('select status from connections')).toEqual([{ status: 'active' }])
    expect(rows("select * from audit_entries where action = 'connection.needs_reconnect'")).toEqual([])
    change('drop trigger full')
    await die()
    await app.sweep()
    expect(hook.received).toHaveLength(1)
  })

  it('because Google said so in a security event is told as well, and there is nothing left to check', async () => {
    await begin(withWebhook())
    const event = await fetch(`${app.url}/security-events`, {
      method: 'POST',
      body: app.google.control.securityEvent({ type: 'tokens-revoked', person: 'U2' }),
      headers: { 'content-type': 'application/secevent+jwt' },
    })
    expect(event.status).toBe(202)
    await app.sweep()
    expect(hook.received.map(({ body }) => JSON.parse(body).connection.reason)).toEqual(['withdrawn_at_google'])
    expect((await browser.get(`/connections/${id}`)).text).not.toContain('Check now')
    expect((await browser.post(`/api/v1/connections/${id}/check`)).status).toBe(409)
  })

  it('is told to nobody where neither setting is set', async () => {
    await begin()
    await die()
    await app.sweep()
    expect(rows('select * from deliveries')).toEqual([])
    expect(await setupPage('ADMIN')).toContain('Off. Set WEBHOOK_URL')
    expect(await setupPage('U2')).not.toContain('WEBHOOK_URL')
  })
})

describe('a notice that does not arrive', () => {
  const refuse = () => hook.answer(res => void res.writeHead(500).end('no'))

  it('is sent again after growing waits under the same id, then given up and shown to admins', async () => {
    await begin(withWebhook())
    await die()
    refuse()
    const dueAt = [0, 1, 6, 36, 156, 516, 1236, 2676]
    for (const [index, minute] of dueAt.entries()) {
      if (index > 0) {
        minutes(minute - 0.5)
        await app.sweep()
        expect(hook.received, `half a minute before ${minute}`).toHaveLength(index)
      }
      minutes(minute + index / 10)
      await app.sweep()
      expect(hook.received, `at ${minute}`).toHaveLength(index + 1)
      if (index === 0) expect(await setupPage('ADMIN')).toContain('1 notice is waiting to be sent again')
    }
    expect(new Set(hook.received.map(post => post.headers['webhook-id'])).size).toBe(1)
    const shown = await setupPage('ADMIN')
    expect(shown).toContain('1 notice could not be delivered')
    expect(shown).toContain('the webhook answered with status 500')
    expect(await setupPage('U2')).not.toContain('could not be delivered')
    minutes(2676 + 1440)
    await app.sweep()
    expect(hook.received).toHaveLength(dueAt.length)
  })

  it('arrives on a later attempt, and then no more', async () => {
    await begin(withWebhook())
    await die()
    refuse()
    await app.sweep()
    hook.answer(res => void res.writeHead(200).end())
    minutes(1.1)
    await app.sweep()
    minutes(10)
    await app.sweep()
    expect(hook.received).toHaveLength(2)
    expect(await setupPage('ADMIN')).not.toMatch(/waiting to be sent|could not be delivered/)
  })

  it.each([
    [
      'a redirect, which is not followed',
      'a redirect',
      (res: import('node:http').ServerResponse) => void res.writeHead(307, { location: '/elsewhere' }).end(),
    ],
    [
      'an endless answer',
      'too large',
      (res: import('node:http').ServerResponse) => void res.writeHead(200).end('x'.repeat(200_000)),
    ],
    ['a broken connection', 'could not be reached', (res: import('node:http').ServerResponse) => void res.destroy()],
  ])('because of %s is tried again', async (_name, why, answer) => {
    await begin(withWebhook())
    await die()
    hook.answer(answer)
    await app.sweep()
    expect(hook.received).toHaveLength(1)
    expect(rows('select attempts, delivered_at, last_error from deliveries')).toEqual([
      { attempts: 1, delivered_at: null, last_error: expect.stringContaining(why) },
    ])
    expect(app.log()).not.toContain('/hooks/keyring')
  })

  it('does not keep the other channel from its work', async () => {
    await begin({ ...withWebhook(), ...withMail() })
    await die()
    let let_go = () => {}
    hook.answer(res => {
      let_go = () => void res.writeHead(204).end()
    })
    const sweeping = app.sweep()
    await expect.poll(() => mail.mails.length).toBe(1)
    let_go()
    await sweeping
    expect(rows('select channel from deliveries where delivered_at is null')).toEqual([])
  })

  it('because the mail server refuses is shown without what the server wrote', async () => {
    await mail.close()
    mail = await startMailServer({
      onRcptTo: (_address, _session, done) =>
        done(Object.assign(new Error('secret-looking words'), { responseCode: 550 })),
    })
    await begin(withMail())
    await die()
    await app.sweep()
    expect(rows('select last_error from deliveries')).toEqual([
      { last_error: expect.stringMatching(/mail server .*550/) },
    ])
    expect(app.log()).not.toContain('secret-looking words')
  })

  it('is given up when its channel stays switched off for three days', async () => {
    await begin({ ...withWebhook(), ...withMail() })
    await die()
    hook.answer(res => void res.writeHead(500).end())
    await app.restart({ WEBHOOK_URL: '', WEBHOOK_SECRET: '' })
    await app.sweep()
    days(3.1)
    await app.sweep()
    expect(rows("select failed_at is not null as failed from deliveries where channel = 'webhook'")).toEqual([
      { failed: 1 },
    ])
  })
})

describe('what is waiting to go out', () => {
  it('survives a restart and goes out at the next start', async () => {
    await begin(withWebhook())
    await die()
    expect(hook.received).toEqual([])
    await app.restart()
    await expect.poll(() => hook.received.length).toBe(1)
  })

  it('is sent once although two processes look', async () => {
    await begin(withWebhook())
    await die()
    const twin = await app.twin()
    await Promise.all([app.sweep(), twin.sweep()])
    await twin.close()
    expect(hook.received).toHaveLength(1)
  })

  it('of a process that died while sending is sent again by another, under the same id', async () => {
    await begin(withWebhook())
    await die()
    hook.answer(res => void res.destroy())
    await app.sweep()
    // As that process would have left the row: claimed, and no word of how it went.
    change(`update deliveries set last_error = null, next_at = '${new Date(Date.now() + 120_000).toISOString()}'`)
    hook.answer(res => void res.writeHead(204).end())
    minutes(1.5)
    await app.sweep()
    expect(hook.received).toHaveLength(1)
    minutes(2.1)
    await app.sweep()
    expect(hook.received).toHaveLength(2)
    expect(hook.received[0]?.headers['webhook-id']).toBe(hook.received[1]?.headers['webhook-id'])
  })
})

describe('a known end', () => {
  beforeEach(async () => {
    await begin({ ...withWebhook(), ...withMail() })
    app.google.control.switchOn('seven-day-token')
    await followConsent(browser, await browser.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
  })

  it('is warned of once, three days before', async () => {
    days(3.9)
    await app.sweep()
    expect(hook.received).toEqual([])
    days(4.1)
    await app.sweep()
    await app.sweep()
    await app.restart()
    days(5)
    await app.sweep()
    expect(hook.received).toHaveLength(1)
    expect(mail.mails).toHaveLength(1)
    expect(mail.mails[0]?.text.replace(/\r\n[ \t]+/g, ' ')).toContain(
      `Subject: Google Ads access of ${owner} ends soon`,
    )
    expect(JSON.parse(hook.received[0]?.body ?? '{}')).toMatchObject({
      event: 'connection.ends_soon',
      connection: { id, email: owner, reason: null, endsAt: expect.stringMatching(/Z$/) },
    })
  })

  it('of a credential that lives shorter is warned of after half its life, not right after the consent', async () => {
    app.google.control.clearFaults()
    app.google.control.addFault({
      match: { operation: 'token.code' },
      effect: { kind: 'token_response', set: { refresh_token_expires_in: 86_400 } },
    })
    await followConsent(browser, await browser.get(`/auth/start?intent=reconnect&connection=${id}`), 'U2')
    days(0.4)
    await app.sweep()
    expect(hook.received).toEqual([])
    days(0.6)
    await app.sweep()
    expect(hook.received).toHaveLength(1)
  })

  it('is not warned of where nobody could do anything any more', async () => {
    change("update connections set status = 'paused'")
    days(5)
    await app.sweep()
    expect(hook.received).toEqual([])
  })
})

describe('mail across a network', () => {
  it('is not sent in clear: a server without TLS gets nothing', async () => {
    await begin()
    const { port } = mail
    const settings = { host: '127.0.0.1', port, implicitTls: false, loopback: false, auth: null, from: 'k@example.com' }
    const connection = { id: 'c', email: owner, reason: null }
    const notice = {
      event: 'connection.needs_reconnect' as const,
      at: '2026-11-23T12:00:00Z',
      connection,
      reconnectUrl: 'x',
    }
    const send = createMailer(settings, 'https://keyring.example.com')
    const delivery = { id: 'msg_1', channel: 'email' as const, recipient: owner, notice, attempts: 1 }
    await expect(send(delivery)).rejects.toThrow(/mail server/)
    expect(mail.mails).toEqual([])
  })
})

describe('the audit trail', () => {
  it('that was set back is told to every administrator and to the webhook', async () => {
    await begin({ ...withWebhook(), ...withMail(), ADMIN_EMAILS: `dagny.holm@northlight.example.com,${owner}` })
    await setupPage('ADMIN')
    change(`delete from audit_entries where seq = (select max(seq) from audit_entries);
      update audit_head set seq = seq - 1`)
    await app.sweep()
    await app.sweep()
    expect(mail.mails.map(({ to }) => to.join()).sort()).toEqual(['dagny.holm@northlight.example.com', owner])
    expect(mail.mails[0]?.text).toContain('Subject: Someone changed the audit trail of Ads Keyring')
    expect(hook.received.map(({ body }) => JSON.parse(body))).toMatchObject([
      { event: 'audit.rollback_detected', auditUrl: `${app.url}/audit` },
    ])
  })

  it('sends a checkpoint to the webhook on the day after one on which it moved, and not again', async () => {
    await begin(withWebhook())
    const twin = await app.twin()
    await app.sweep()
    expect(hook.checkpoints).toEqual([])
    days(1)
    for (const process of [app, twin, app]) await process.sweep()
    expect(hook.checkpoints).toHaveLength(1)
    const { checkpoint, event } = JSON.parse(hook.checkpoints[0]?.body ?? '{}')
    expect(event).toBe('audit.checkpoint')
    expect(checkpointsIn(checkpoint)).toMatchObject([{ genuine: true, seq: 3 }])
    days(3)
    await app.sweep()
    expect(hook.checkpoints).toHaveLength(1)
    await twin.close()
  })
})
