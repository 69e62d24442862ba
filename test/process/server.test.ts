import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { callbackUrl } from '../support/app.ts'
import { BrowserSession } from '../support/browser-session.ts'
import { databaseFileOf, type ServerProcess, serverSettings, startServerProcess } from '../support/server-process.ts'
import { openSqlite } from '../support/sqlite.ts'

let google: Sandbox
let env: Record<string, string>
let running: ServerProcess[]

beforeEach(async () => {
  google = await startSandbox()
  running = []
  env = await serverSettings(google.host)
})
afterEach(async () => {
  await Promise.all(running.map(server => server.kill('SIGKILL')))
  await google.close()
})

async function start(change: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await startServerProcess({ ...env, ...change })
  running.push(server)
  return server
}

const browser = () => new BrowserSession(`http://localhost:${env.PORT}`)
const databaseFile = () => databaseFileOf(env)

describe('the server process', () => {
  it('row 63: killed at any moment, has kept every connection it said was saved', async () => {
    const people = ['U1', 'U2', 'U3', 'ADMIN', 'ODD']
    for (let killAfter = 0; killAfter <= people.length; killAfter++) {
      env = await serverSettings(google.host)
      const server = await start()
      const told: string[] = []
      const arriving = people.map(async label => {
        const person = browser()
        const url = await callbackUrl(person, await person.get('/auth/start'), label)
        return { person, url, label }
      })
      const arrivals = await Promise.all(arriving)
      if (killAfter === 0) server.child.kill('SIGKILL')
      await Promise.allSettled(
        arrivals.map(async ({ person, url, label }) => {
          const page = await person.get(url)
          if (page.status === 303) told.push(label)
          if (told.length === killAfter) server.child.kill('SIGKILL')
        }),
      )
      await server.kill('SIGKILL')

      await start()
      const database = openSqlite(databaseFile(), { readOnly: true })
      expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
      database.close()
      for (const label of told) {
        const person = browser()
        await person.get(await callbackUrl(person, await person.get('/auth/start?intent=sign-in'), label))
        const { connections } = JSON.parse((await person.get('/api/v1/connections')).text)
        expect(connections, `round ${killAfter}, ${label}`).toHaveLength(1)
        const accounts = await person.get(`/api/v1/connections/${connections[0].id}/customers?refresh=1`)
        expect(accounts.status).toBe(200)
      }
    }
  })

  it('row 63b: asked to stop, finishes what it has begun, and ends by itself', async () => {
    const server = await start()
    const person = browser()
    const url = await callbackUrl(person, await person.get('/auth/start'), 'U1')
    google.control.setLatency(300)
    const answer = person.get(url)
    await expect.poll(() => google.requests.some(request => request.path.includes('/token'))).toBe(true)
    const ended = server.kill('SIGTERM')
    expect((await answer).status).toBe(303)
    expect(await ended).toBe(0)
  })

  it('row 48: does not start with settings that cannot work, and names all of them', async () => {
    const failure = await start({ TOKEN_KEYS: '', SESSION_SECRETS: 'short', ALLOWED_DOMAINS: '' }).catch(String)
    for (const name of ['TOKEN_KEYS', 'SESSION_SECRETS', 'ADMIN_EMAILS']) expect(failure).toContain(name)
  })

  it('row 48: does not start with another key, or without one that stored credentials need', async () => {
    const server = await start()
    const person = browser()
    await person.get(await callbackUrl(person, await person.get('/auth/start'), 'U1'))
    await server.kill('SIGTERM')
    const wrong = await start({ TOKEN_KEYS: `k1:${randomBytes(32).toString('base64url')}` }).catch(String)
    expect(wrong).toContain('key k1 is not the key of that name')
    const missing = await start({ TOKEN_KEYS: `k2:${randomBytes(32).toString('base64url')}` }).catch(String)
    expect(missing).toContain('key k1 is missing; 1 stored credential')
    const both = await start({ TOKEN_KEYS: `k2:${randomBytes(32).toString('base64url')},${env.TOKEN_KEYS}` })
    expect(both.output()).toContain('ready')
  })
})
