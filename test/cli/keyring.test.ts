import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { adwords } from '../support/app.ts'
import { consentInBrowser, runCommandWith } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { json, type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts'
import { client, desktopClient, isAlive } from './credentials.ts'

const apiKey = 'ak_0123456789abcdef'
const connection = { id: 'c1', email: 'u1@example.com', status: 'active' }

let google: Sandbox
let keyring: ScriptedServer
let url: string
beforeEach(async () => {
  google = await startSandbox()
  keyring = await startScriptedServer()
  url = `http://${keyring.host}`
})
afterEach(async () => {
  await keyring.close()
  await google.close()
})

const generate = (...args: string[]) => generateWith({ ADS_KEYRING_API_KEY: apiKey }, ...args)
const generateWith = (env: Record<string, string>, ...args: string[]) =>
  runCommandWith(env, google, 'generate-user-credentials', '-c', desktopClient(), ...args)

async function finish(command: ReturnType<typeof generate>) {
  const page = await fetch(await consentInBrowser(google, await command.url()))
  return { ...(await command.ended), status: page.status, page: await page.text() }
}

const handedOver = () => JSON.parse(keyring.seen[0]?.body ?? '{}') as Record<string, string>
const permissions = 'https://myaccount.google.com/permissions'

describe('--keyring', () => {
  it('hands the credentials over and tells the browser only once they are kept', async () => {
    const command = generate('--keyring', `${url}/`)
    const address = await command.url()
    expect(new URL(address).searchParams.get('scope')).toBe(`${adwords} openid email profile`)
    let told = false
    const answered = new Promise<void>(resolve => {
      keyring.answer((req, res) => {
        expect(told).toBe(false)
        expect(req.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' })
        json(res, 201, { connection })
        resolve()
      })
    })
    const page = fetch(await consentInBrowser(google, address)).then(answer => {
      told = true
      return answer
    })
    await answered
    expect(await (await page).text()).toContain(`${url} keeps your credentials now`)
    const { code, out, err } = await command.ended
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('u1@example.com')
    expect(out).toContain(`${url}/connections/c1`)

    expect(keyring.seen).toMatchObject([{ method: 'POST', path: '/api/v1/connections' }])
    const { refreshToken = '', ...rest } = handedOver()
    expect(rest).toEqual({ clientId: client.client_id, clientSecret: client.client_secret })
    expect(await isAlive(google, refreshToken)).toBe(true)
    expect(out).not.toContain(refreshToken)
    expect(out).not.toContain(apiKey)
  })

  it('takes a one-time code instead of an API key', async () => {
    let authorization = ''
    keyring.answer((req, res) => {
      authorization = req.headers.authorization ?? ''
      json(res, 201, { connection })
    })
    expect(await finish(generate('--keyring', url, '--code', 'otc_1'))).toMatchObject({ code: 0, status: 200 })
    expect(authorization).toBe('Bearer otc_1')
  })

  it('says what the keyring says when it refuses, and leaves the access at Google alone', async () => {
    keyring.answer((req, res) => {
      const { refreshToken } = JSON.parse(req.bodyText)
      const detail = `This is \u001b[31mthe <connection> of another member: ${refreshToken}, ${apiKey}`
      json(res, 409, { code: 'connection_of_another_member', title: 'No', status: 409, detail })
    })
    const { code, out, err, status, page } = await finish(generate('--keyring', url))
    expect({ code, status }).toEqual({ code: 13, status: 400 })
    const { refreshToken = '' } = handedOver()
    for (const text of [out, err, page]) {
      for (const secret of [refreshToken, apiKey, '\u001b']) expect(text).not.toContain(secret)
    }
    expect(err).toContain('the <connection> of another member: …, … [connection_of_another_member]')
    expect(err).toContain(permissions)
    expect(page).toContain('of another member')
    expect(page).not.toContain('<connection>')
    expect(await isAlive(google, refreshToken)).toBe(true)
  })

  it('follows no redirect', async () => {
    const elsewhere = await startScriptedServer()
    keyring.answer((_req, res) => res.writeHead(307, { location: `http://${elsewhere.host}/api/v1/connections` }).end())
    expect(await finish(generate('--keyring', url))).toMatchObject({
      code: 14,
      status: 400,
      err: expect.stringContaining('to another address'),
    })
    expect(elsewhere.seen).toEqual([])
    await elsewhere.close()
  })

  it('says it when nobody answers', async () => {
    const { code, err } = await finish(generate('--keyring', `http://127.0.0.1:${await freePort()}`))
    expect(code).toBe(14)
    expect(err).toContain('did not answer (ECONNREFUSED)')
    expect(err).toContain(permissions)
  })

  it.each([
    ['a page', 404, '<h1>Not found</h1>'],
    ['JSON of somebody else', 400, '{"error":"no"}'],
    ['no connection', 201, '{}'],
    ['another success', 200, JSON.stringify({ connection })],
  ])('says it when %s comes back', async (_name, status, body) => {
    keyring.answer((_req, res) => res.writeHead(status).end(body))
    const end = await finish(generate('--keyring', url))
    expect(end).toMatchObject({ code: 14, status: 400, err: expect.stringContaining(`answered ${status}`) })
    expect(end.out + end.err).not.toContain(handedOver().refreshToken)
  })
})

describe('the arguments of --keyring', () => {
  it.each([
    ['plain http to another machine', ['--keyring', 'http://keyring.example.com'], 'Plain http'],
    ['a path', ['--keyring', 'https://keyring.example.com/connections'], 'without a path'],
    ['a password in the address', ['--keyring', 'https://a:b@keyring.example.com'], 'without a path'],
    ['another protocol', ['--keyring', 'ftp://127.0.0.1'], 'without a path'],
    ['no address', ['--keyring', 'keyring'], 'without a path'],
    ['--output beside it', ['--keyring', 'https://k.example', '-o', 'file'], '--output'],
    ['--format beside it', ['--keyring', 'https://k.example', '--format', 'python'], '--format'],
    ['--login-customer-id beside it', ['--keyring', 'https://k.example', '--login-customer-id', '1'], '--format'],
    ['a code for nothing', ['--code', 'otc_1'], '--keyring'],
    ['a code that cannot be one', ['--keyring', 'https://k.example', '--code', 'a b'], 'one-time code'],
    ['an API key among the arguments', ['--keyring', 'https://k.example', '--api-key=geheim'], 'ADS_KEYRING_API_KEY'],
  ])('says what is wrong with %s', async (_name, args, text) => {
    const { code, out, err } = await generate(...args).ended
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(text)
    expect(err).not.toContain('geheim')
  })

  it('asks for a key where there is none', async () => {
    const { code, err } = await generateWith({ ADS_KEYRING_API_KEY: '' }, '--keyring', url).ended
    expect(code).toBe(2)
    expect(err).toContain('ADS_KEYRING_API_KEY')
    expect(err).toContain('--code')
  })
})
