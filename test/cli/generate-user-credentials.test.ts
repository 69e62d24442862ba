import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { DEFAULT_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { freePort } from '../support/app.ts'
import { consentInBrowser, runCommand } from '../support/command.ts'

let google: Sandbox
let folder: string
beforeEach(async () => {
  google = await startSandbox()
  folder = mkdtempSync(join(tmpdir(), 'keyring-cli-'))
})
afterEach(() => google.close())

const client = { client_id: DEFAULT_CLIENT.clientId, client_secret: DEFAULT_CLIENT.clientSecret }
const file = (content: unknown) => {
  const path = join(folder, 'client_secret.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
const desktop = () => file({ installed: { ...client, redirect_uris: ['http://localhost'] } })

const run = (...args: string[]) => runCommand(google, ...args)
const generate = (...args: string[]) => run('generate-user-credentials', ...args)
const consent = (url: string, decision: 'allow' | 'cancel' = 'allow', scopes?: string[]) =>
  consentInBrowser(google, url, { decision, ...(scopes && { scopes }) })

describe('generate-user-credentials', () => {
  it('prints a refresh token that Google takes, and tells the browser only then', async () => {
    const command = generate('--client_secrets_path', desktop())
    const redirect = await consent(await command.url())
    const page = await fetch(redirect)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('Your refresh token has been fetched')
    const { code, out } = await command.ended
    expect(code).toBe(0)
    const token = /^Your refresh token is: (.+)$/m.exec(out)?.[1] ?? ''
    const answer = await fetch(`${google.origin}/oauth2.googleapis.com/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...client, grant_type: 'refresh_token', refresh_token: token }),
    })
    expect(answer.status).toBe(200)
  })

  it('asks for offline access, with PKCE, state, and further scopes in either spelling', async () => {
    const command = generate('-c', desktop(), '--additional_scopes', 'openid', 'email')
    const query = new URL(await command.url()).searchParams
    expect(query.get('scope')?.split(' ')).toEqual(['https://www.googleapis.com/auth/adwords', 'openid', 'email'])
    expect(query.get('access_type')).toBe('offline')
    expect(query.get('code_challenge_method')).toBe('S256')
    expect(query.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    command.stop()
    await command.ended
  })

  it('survives stray requests, a foreign state and another method first', async () => {
    const command = generate('-c', desktop())
    const redirect = await consent(await command.url())
    const { origin } = new URL(redirect)
    for (const path of ['/', '/favicon.ico', '/?code=x', '/?code=x&state=foreign', '/?code=x&code=y&state=z']) {
      expect((await fetch(origin + path)).status, path).toBe(404)
    }
    expect((await fetch(redirect, { method: 'POST' })).status).toBe(404)
    expect((await fetch(redirect)).status).toBe(200)
    expect((await command.ended).code).toBe(0)
  })

  it('writes a file only its owner can read instead of showing the token, and overwrites nothing', async () => {
    const output = join(folder, 'credentials.json')
    const command = generate('-c', desktop(), '--output', output)
    await fetch(await consent(await command.url()))
    const { code, out } = await command.ended
    expect(code).toBe(0)
    const written = JSON.parse(readFileSync(output, 'utf8'))
    expect(written).toMatchObject({ type: 'authorized_user', ...client, refresh_token: expect.any(String) })
    expect(out).not.toContain(written.refresh_token)
    expect(statSync(output).mode & 0o777).toBe(0o600)

    const again = generate('-c', desktop(), '--output', output)
    expect((await fetch(await consent(await again.url()))).status).toBe(400)
    expect(await again.ended).toMatchObject({ code: 3, err: expect.stringContaining('was left as it is') })
    expect(JSON.parse(readFileSync(output, 'utf8'))).toEqual(written)
  })

  it('uses the registered loopback address of a web client', async () => {
    const port = await freePort()
    const command = generate('-c', file({ web: { ...client, redirect_uris: [`http://localhost:${port}/callback`] } }))
    const redirect = await consent(await command.url())
    expect(redirect.startsWith(`http://localhost:${port}/callback?`)).toBe(true)
    expect((await fetch(redirect.replace('localhost', '127.0.0.1'))).status).toBe(200)
    expect((await command.ended).code).toBe(0)
  })

  it('tells cancelling, an unticked box and a refused code apart', async () => {
    const cancelled = generate('-c', desktop())
    expect((await fetch(await consent(await cancelled.url(), 'cancel'))).status).toBe(400)
    expect(await cancelled.ended).toMatchObject({ code: 5, err: expect.stringContaining('You cancelled') })

    const unticked = generate('-c', desktop(), '--additional-scopes', 'openid')
    await fetch(await consent(await unticked.url(), 'allow', []))
    expect(await unticked.ended).toMatchObject({ code: 5, err: expect.stringContaining('tick the line') })

    const refused = generate('-c', desktop())
    const redirect = new URL(await consent(await refused.url()))
    redirect.searchParams.set('code', '4/0nonsense')
    expect((await fetch(redirect)).status).toBe(400)
    expect(await refused.ended).toMatchObject({ code: 7, err: expect.stringContaining('did not accept') })
  })

  it('gives up after its time', async () => {
    const command = generate('-c', desktop(), '--timeout', '1')
    expect(await command.ended).toMatchObject({ code: 6, err: expect.stringContaining('in time') })
  })

  it.each([
    ['no file', () => ['-c', join(folder, 'none.json')], 3, 'cannot be read (ENOENT)'],
    ['no JSON', () => ['-c', file('client_id=x')], 3, 'not the JSON of an OAuth client'],
    ['a key file', () => ['-c', file({ type: 'service_account' })], 3, 'not the JSON of an OAuth client'],
    [
      'a web client without loopback',
      () => ['-c', file({ web: { ...client, redirect_uris: ['https://x.example/'] } })],
      3,
      'Web application',
    ],
    ['no path', () => [], 2, '--client-secrets-path'],
    ['an unknown flag', () => ['--nonsense'], 2, 'nonsense'],
    ['a port that is none', () => ['-c', desktop(), '--port', '99999'], 2, '--port'],
  ])('says what is wrong with %s', async (_name, args, code, text) => {
    expect(await generate(...args()).ended).toMatchObject({ code, err: expect.stringContaining(text), out: '' })
  })

  it('shows help, and refuses a command it does not have', async () => {
    expect(await run('--help').ended).toMatchObject({
      code: 0,
      out: expect.stringContaining('generate-user-credentials'),
    })
    expect(await run('nothing').ended).toMatchObject({ code: 2 })
  })
})
