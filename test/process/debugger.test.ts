import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { serverSettings, startServerProcess } from '../support/server-process.ts'

let google: Sandbox
let env: Record<string, string>
beforeAll(async () => {
  google = await startSandbox()
  env = await serverSettings(google.host)
})
afterAll(() => google.close())

describe('row 54: the memory of a process that holds keys', () => {
  it('is closed to a debugger: after SIGUSR1 the server answers and nothing else listens', async () => {
    const server = await startServerProcess({ ...env, NODE_ENV: 'production' })
    server.child.kill('SIGUSR1')
    for (let asked = 0; asked < 5; asked++)
      expect((await fetch(`http://localhost:${env.PORT}/healthz`)).status).toBe(200)
    expect(server.output()).not.toMatch(/debugger/i)
    expect(await server.kill('SIGTERM')).toBe(0)
    expect(server.output()).not.toMatch(/debugger/i)
  })

  it.each(['--inspect=0', '--heapsnapshot-signal=SIGUSR2', '--report-on-signal'])(
    'is not opened by %s in production: the server does not start',
    async option => {
      const failure = await startServerProcess({ ...env, NODE_ENV: 'production', NODE_OPTIONS: option }).catch(String)
      expect(failure).toContain(`${option}: start without it.`)
    },
  )
})
