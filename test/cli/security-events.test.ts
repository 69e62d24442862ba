import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from '../support/app.ts'
import { saved } from './credentials.ts'

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

async function run(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [new URL('../../dist/security-events.js', import.meta.url).pathname, ...args], {
    env: { PATH: process.env.PATH ?? '', GOOGLE_EMULATOR_HOST: app.google.host, PUBLIC_URL: app.url, ...env },
  })
  let out = ''
  let err = ''
  child.stdout.on('data', chunk => (out += chunk))
  child.stderr.on('data', chunk => (err += chunk))
  const [code] = await once(child, 'close')
  return { code, out, err }
}

const keyFile = () => saved(app.google.serviceAccountKeyFile('SA1'))

describe('the security-events command', () => {
  it('registers the receiver, has Google verify it, says what is registered, and ends it', async () => {
    expect((await run(['status', '--key-file', keyFile()])).out).toContain('Nothing is registered')
    expect(await run(['register', '--key-file', keyFile()])).toMatchObject({ code: 0, err: '' })
    expect((await run(['status', '--key-file', keyFile()])).out).toContain(
      `${app.url}/security-events; the stream is enabled`,
    )
    await app.connected('U1')
    expect(await app.google.control.sendSecurityEvent({ type: 'tokens-revoked', person: 'U1' })).toBe(202)
    expect(await run(['disable', '--key-file', keyFile()])).toMatchObject({ code: 0 })
    expect(await app.google.control.sendSecurityEvent({ type: 'tokens-revoked', person: 'U1' })).toBe(0)
    expect((await run(['status', '--key-file', keyFile()])).out).toContain('disabled')
  })

  it('says what is wrong with the address, the key and the file', async () => {
    const plain = await run(['register', '--key-file', keyFile()], {
      PUBLIC_URL: 'http://localhost:3000',
      GOOGLE_EMULATOR_HOST: '',
    })
    expect([plain.code, plain.err]).toEqual([1, expect.stringContaining('https')])
    expect(await run(['status', '--key-file', 'nowhere.json'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('nowhere.json cannot be read (ENOENT)'),
    })
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const stranger = {
      ...app.google.serviceAccountKeyFile('SA1'),
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
    const refused = await run(['status', '--key-file', saved(stranger)])
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('UNAUTHENTICATED')])
    expect(refused.err).not.toContain('PRIVATE KEY')
    expect(await run(['nonsense'])).toMatchObject({ code: 2, out: expect.stringContaining('Usage') })
  })
})
