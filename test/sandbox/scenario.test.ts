import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateScenario } from '../../src/sandbox/generate.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { loadScenario, parseScenario } from '../../src/sandbox/scenario.ts'
import { agencyScenario } from '../../src/sandbox/scenarios/agency.ts'
import { accessToken } from './access-token.ts'
import { listAccessible, search } from './ads-client.ts'
import { credentials, obtainTokens, postToken } from './sign-in.ts'

const running: Sandbox[] = []
async function started(options: Parameters<typeof startSandbox>[0]): Promise<Sandbox> {
  const sandbox = await startSandbox(options)
  running.push(sandbox)
  return sandbox
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-'))
})
afterAll(async () => {
  for (const sandbox of running) await sandbox.close()
  await rm(folder, { recursive: true })
})

describe('a scenario file', () => {
  it('holds all a scenario has', async () => {
    const file = join(folder, 'agency.json')
    await writeFile(file, JSON.stringify(agencyScenario))
    expect(await loadScenario(file)).toEqual(agencyScenario)
  })

  it('is refused with all its problems', () => {
    const account = { id: '1234567890', kind: 'client' }
    const broken = {
      ...agencyScenario,
      accounts: [
        account,
        account,
        { id: '2234567890', kind: 'manager', timeZone: 'Mars/Base' },
        { id: '3234567890', kind: 'manager' },
      ],
      links: [
        { manager: '1234567890', client: '2234567890', id: '1' },
        { manager: '2234567890', client: '3234567890', id: '2' },
        { manager: '3234567890', client: '2234567890', id: '3' },
      ],
      grants: [{ person: 'nobody', account: '9999999999', role: 'ADMIN' }],
      invitations: [],
    }
    const problems = [
      'occurs twice',
      'is no manager',
      'Mars/Base',
      'round in a circle',
      'no person nobody',
      'no account 9999999999',
    ]
    for (const problem of problems) expect(() => parseScenario(broken)).toThrow(problem)
    expect(() => parseScenario({ ...agencyScenario, colour: 'red' })).toThrow('colour')
  })

  it('carries daily metrics as listed', async () => {
    const [U1] = agencyScenario.people
    const campaign = {
      id: '1',
      name: 'Listed',
      budgetMicros: 1,
      activity: {
        kind: 'days',
        days: [{ daysAgo: 1, impressions: 10, clicks: 4, costMicros: 5_000_000, conversions: 1.5 }],
      },
    }
    const scenario = parseScenario({
      ...agencyScenario,
      people: [U1],
      accounts: [{ id: '1234567890', kind: 'client', campaigns: [campaign] }],
      links: [],
      grants: [{ person: 'U1', account: '1234567890', role: 'ADMIN' }],
      invitations: [],
    })
    const sandbox = await started({ scenario })
    const query =
      'SELECT campaign.id, metrics.clicks, metrics.ctr, metrics.conversions FROM campaign WHERE segments.date DURING YESTERDAY'
    const { body } = await search(sandbox, '1234567890', query, { token: await accessToken(sandbox, 'U1') })
    expect(body.results[0].metrics).toEqual({ clicks: '4', ctr: 0.4, conversions: 1.5 })
  })
})

describe('the generator', () => {
  it('makes the same from the same seed, another from another', () => {
    const make = (seed: number) => generateScenario({ seed, accounts: 60, managers: 9 })
    expect(make(7)).toEqual(make(7))
    expect(make(7)).not.toEqual(make(8))
  })

  it('makes 10,000 accounts under 500 managers that answer in pages and a stream', async () => {
    const scenario = generateScenario({ seed: 7, accounts: 10_050, managers: 500, direct: 25 })
    expect(scenario.links.filter(({ manager }) => manager === scenario.accounts[0]?.id).length).toBeGreaterThanOrEqual(
      8,
    )
    const sandbox = await started({ scenario })
    const token = await accessToken(sandbox, 'U1')
    expect((await listAccessible(sandbox, { token })).body.resourceNames).toHaveLength(26)
    const root = scenario.accounts[0]?.id ?? ''
    const query = 'SELECT customer_client.id, customer_client.level FROM customer_client'
    const first = await search(sandbox, root, query, { token })
    expect(first.body.results).toHaveLength(10_000)
    expect(first.headers.get('content-encoding')).toBe('gzip')
    const second = await search(sandbox, root, query, { token, settings: { pageToken: first.body.nextPageToken } })
    expect(second.body.results).toHaveLength(50)
    expect(second.body.nextPageToken).toBeUndefined()
    const stream = await search(sandbox, root, query, { token, stream: true })
    expect(stream.body.map((batch: { results: unknown[] }) => batch.results.length)).toEqual([10_000, 50])
    const ids = new Set([...first.body.results, ...second.body.results].map(row => row.customerClient.id))
    expect(ids.size).toBe(10_050)
  })
})

describe('a state file', () => {
  it('lets refresh tokens, keys and consents outlive a restart, for the owner’s eyes only', async () => {
    const stateFile = join(folder, 'state', 'sandbox.json')
    const before = await startSandbox({ stateFile })
    const { refresh_token = '' } = await obtainTokens(before, 'U1')
    const keyFile = before.serviceAccountKeyFile('SA1')
    before.control.rotateSigningKeys()
    const [kid] = before.control.world.signingKeys.map(key => key.kid)
    await before.close()
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600)
    const after = await started({ stateFile })
    const { status } = await postToken(after, { ...credentials, grant_type: 'refresh_token', refresh_token })
    expect(status).toBe(200)
    expect(after.serviceAccountKeyFile('SA1')).toEqual(keyFile)
    expect(after.control.world.signingKeys[0]?.kid).toBe(kid)
    expect((await obtainTokens(after, 'U1', { prompt: null })).refresh_token).toBeUndefined()
  })

  it('is refused when it cannot be read', async () => {
    const stateFile = join(folder, 'broken.json')
    await writeFile(stateFile, '{')
    await expect(startSandbox({ stateFile })).rejects.toThrow('cannot read its state file')
    expect(await readFile(stateFile, 'utf8')).toBe('{')
  })
})

describe('the address', () => {
  it.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('is refused when it is %s', async host => {
    await expect(startSandbox({ host })).rejects.toThrow('loopback only')
  })

  it('answers loopback names only', async () => {
    const sandbox = await started({})
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const ask = request({ port: sandbox.port, host: '127.0.0.1', headers: { host: 'rebound.example' } }, response => {
        response.resume()
        resolve(response.statusCode)
      })
      ask.on('error', reject)
      ask.end()
    })
    expect(status).toBe(421)
  })
})
