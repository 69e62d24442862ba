import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { adwords } from '../support/app.ts'
import { consentInBrowser, runCommand } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { client, desktopClient, isAlive, saved, temporaryFolder } from './credentials.ts'

let google: Sandbox
beforeEach(async () => {
  google = await startSandbox()
})
afterEach(() => google.close())

const run = (...args: string[]) => runCommand(google, ...args)
const generate = (...args: string[]) => run('generate-user-credentials', ...args)
const consent = (url: string, decision: 'allow' | 'cancel' = 'allow', scopes?: string[]) =>
  consentInBrowser(google, url, { decision, ...(scopes && { scopes }) })
const webClient = (...uris: string[]) => saved({ web: { ...client, redirect_uris: uris } })

describe('generate-user-credentials', () => {
  it('prints a refresh token that Google takes, and tells the browser only then', async () => {
    const command = generate('--client_secrets_path', desktopClient())
    const redirect = await consent(await command.url())
    const page = await fetch(redirect)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('Your refresh token has been fetched')
    const { code, out } = await command.ended
    expect(code).toBe(0)
    const token = /^Your refresh token is: (.+)$/m.exec(out)?.[1] ?? ''
    expect(await isAlive(google, token)).toBe(true)
  })

  it('asks for offline access, with PKCE, state, and further scopes in either spelling', async () => {
    const scopes = ['--additional_scopes', 'openid', 'email', '--additional-scopes=profile', '--timeout', '60']
    const command = generate(`--client_secrets_path=${desktopClient()}`, ...scopes)
    const query = new URL(await command.url()).searchParams
    expect(query.get('scope')?.split(' ')).toEqual([adwords, 'openid', 'email', 'profile'])
    expect(query.get('state')).toMatch(/^.{43}$/)
    expect(query.get('access_type')).toBe('offline')
    expect(query.get('code_challenge_method')).toBe('S256')
    expect(query.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    command.stop()
    await command.ended
  })

  it('survives stray requests, a silent connection, a foreign state and another method first', async () => {
    const command = generate('-c', desktopClient())
    const redirect = await consent(await command.url())
    const { origin, port, searchParams } = new URL(redirect)
    const silent = connect(Number(port), '127.0.0.1')
    const closed = once(silent, 'close')
    await once(silent, 'connect')
    const twice = `/?code=x&error=y&state=${searchParams.get('state')}`
    for (const path of ['/', '/favicon.ico', '/?code=x', '/?code=x&state=foreign', '/?code=x&code=y&state=z', twice]) {
      expect((await fetch(origin + path)).status, path).toBe(404)
    }
    expect((await fetch(redirect, { method: 'POST' })).status).toBe(404)
    expect((await fetch(redirect)).status).toBe(200)
    expect((await command.ended).code).toBe(0)
    await closed
  })

  it('uses the registered loopback address of a web client to the letter', async () => {
    const port = await freePort()
    const command = generate('-c', webClient('https://x.example/', `http://localhost:${port}/callback`))
    const redirect = await consent(await command.url())
    expect(redirect.startsWith(`http://localhost:${port}/callback?`)).toBe(true)
    expect((await fetch(redirect.replace('localhost', '127.0.0.1'))).status).toBe(200)
    expect((await command.ended).code).toBe(0)

    const bare = generate('-c', webClient('http://127.0.0.1', `http://127.0.0.1:${port}`))
    const address = await bare.url()
    expect(new URL(address).searchParams.get('redirect_uri')).toBe(`http://127.0.0.1:${port}`)
    expect((await fetch(await consent(address))).status).toBe(200)
    expect((await bare.ended).code).toBe(0)
  })

  it('takes the port it is told, of a web client only one that is registered', async () => {
    const [first, second] = [await freePort(), await freePort()]
    const desktop = generate('-c', desktopClient(), '--port', String(first))
    expect(new URL(await desktop.url()).searchParams.get('redirect_uri')).toBe(`http://127.0.0.1:${first}`)
    desktop.stop()
    await desktop.ended

    const registered = ['-c', webClient(`http://127.0.0.1:${first}/a`, `http://127.0.0.1:${second}/b`)]
    const web = generate(...registered, '--port', String(second))
    expect(new URL(await web.url()).searchParams.get('redirect_uri')).toBe(`http://127.0.0.1:${second}/b`)
    web.stop()
    await web.ended
    expect(await generate(...registered, '--port', '9').ended).toMatchObject({
      code: 4,
      err: expect.stringContaining(`http://127.0.0.1:${first}/a, http://127.0.0.1:${second}/b`),
    })
  })

  it('says which port is taken, and what helps with either type of client', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    expect(await generate('-c', desktopClient(), '--port', String(port)).ended).toMatchObject({
      code: 5,
      out: '',
      err: expect.stringMatching(new RegExp(`${port}.*--port`)),
    })
    expect(await generate('-c', webClient(`http://127.0.0.1:${port}/`)).ended).toMatchObject({
      code: 5,
      err: expect.stringMatching(new RegExp(`${port}.*Desktop app`)),
    })
    other.close()
  })

  it('tells cancelling, another refusal, an unticked box and a refused code apart', async () => {
    const cancelled = generate('-c', desktopClient())
    const page = await fetch(await consent(await cancelled.url(), 'cancel'))
    expect(page.status).toBe(400)
    expect(await page.text()).toContain('You cancelled')
    expect(await cancelled.ended).toMatchObject({ code: 7, err: expect.stringContaining('You cancelled') })

    const blocked = generate('-c', desktopClient())
    const denial = new URL(await consent(await blocked.url(), 'cancel'))
    denial.searchParams.set('error', 'admin_policy_enforced')
    await fetch(denial)
    expect(await blocked.ended).toMatchObject({ code: 10, err: expect.stringContaining('admin_policy_enforced') })

    const unticked = generate('-c', desktopClient(), '--additional-scopes', 'openid')
    await fetch(await consent(await unticked.url(), 'allow', []))
    expect(await unticked.ended).toMatchObject({ code: 9, err: expect.stringContaining('tick the line') })

    const misunderstood = generate('-c', desktopClient())
    const effect = { kind: 'oauth_error' as const, status: 400, error: 'invalid_request' }
    google.control.addFault({ match: { operation: 'token.code' }, effect, times: 1 })
    await fetch(await consent(await misunderstood.url()))
    expect(await misunderstood.ended).toMatchObject({ code: 10, err: expect.stringContaining('invalid_request') })

    const refused = generate('-c', desktopClient())
    const redirect = new URL(await consent(await refused.url()))
    redirect.searchParams.set('code', '4/0nonsense')
    expect((await fetch(redirect)).status).toBe(400)
    expect(await refused.ended).toMatchObject({ code: 10, err: expect.stringContaining('did not accept the author') })

    const wrongSecret = generate('-c', saved({ installed: { ...client, client_secret: 'changed' } }))
    await fetch(await consent(await wrongSecret.url()))
    expect(await wrongSecret.ended).toMatchObject({ code: 10, err: expect.stringContaining('OAuth client') })
  })

  it('says it when Google is gone before the exchange', async () => {
    const command = generate('-c', desktopClient())
    const redirect = await consent(await command.url())
    await google.close()
    expect((await fetch(redirect)).status).toBe(400)
    expect(await command.ended).toMatchObject({ code: 11, err: expect.stringContaining('cannot be reached') })
    google = await startSandbox()
  })

  it('gives up after its time', async () => {
    const command = generate('-c', desktopClient(), '--timeout', '1')
    expect(await command.ended).toMatchObject({ code: 8, err: expect.stringContaining('in time') })
  })

  it.each([
    ['no file', () => ['-c', join(temporaryFolder(), 'none.json')], 3, 'cannot be read (ENOENT)'],
    ['no JSON', () => ['-c', saved('client_id=x')], 3, 'not the JSON of an OAuth client'],
    ['a key file', () => ['-c', saved({ type: 'service_account' })], 3, 'not the JSON of an OAuth client'],
    ['a web client without loopback', () => ['-c', webClient('https://x.example/')], 4, 'Web application'],
    ['no path', () => [], 2, '--client-secrets-path'],
    ['an unknown flag', () => ['--nonsense'], 2, 'nonsense'],
    ['a port that is none', () => ['-c', desktopClient(), '--port', '99999'], 2, '--port'],
    ['no time at all', () => ['-c', desktopClient(), '--timeout', '0'], 2, '--timeout'],
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
