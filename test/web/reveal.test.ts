import { load } from 'cheerio'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_CLIENT, FOREIGN_CLIENT } from '../../src/sandbox/scenarios/default-client.ts'
import { readShell, readYaml } from '../configurations/readers.ts'
import { grantedOutside, postToken } from '../sandbox/sign-in.ts'
import { adwords, startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { press } from '../support/forms.ts'
import { openSqlite } from '../support/sqlite.ts'

let app: TestApp
/** Tomasz owns `id`; Mei is another member, Dagny an administrator. */
let tomasz: BrowserSession
let mei: BrowserSession
let dagny: BrowserSession
let id: string
beforeAll(async () => {
  app = await startApp({ env: { GOOGLE_ADS_DEVELOPER_TOKEN: 'a-configured-developer-token' } })
  mei = await app.connected('U3')
  dagny = await app.connected('ADMIN')
})
afterAll(() => app.close())
beforeEach(async () => {
  app.now.value = () => new Date()
  tomasz = await app.connected('U2')
  const [connection] = JSON.parse((await tomasz.get('/api/v1/connections')).text).connections
  id = connection.id
  if (connection.shared) await tomasz.post(`/connections/${id}/unshare`)
})

const file = (format: string, query = '?reveal=1') => `/api/v1/connections/${id}/config/${format}${query}`
const page = (format = 'python') => `/connections/${id}/configuration/reveal?format=${format}`
const codeOf = (answer: { text: string }) => JSON.parse(answer.text).code
const later = (minutes: number) => {
  app.now.value = () => new Date(Date.now() + minutes * 60_000)
}
const revealed = () => {
  const database = openSqlite(app.databaseFile)
  try {
    return database.prepare("select * from audit_entries where action = 'secret.revealed' order by seq desc").all() as {
      actor_name: string
      target_id: string
      changes: string
      via: string
    }[]
  } finally {
    database.close()
  }
}
/** Whether Google takes the refresh token and the secret that stand in a file. */
const works = async (found: Record<string, string>) =>
  (
    await postToken(app.google, {
      grant_type: 'refresh_token',
      client_id: found.client_id ?? '',
      client_secret: found.client_secret ?? '',
      refresh_token: found.refresh_token ?? '',
    })
  ).status

describe('secrets', () => {
  it('are shown to the owner as a file that works, once asked for, and the trail says so', async () => {
    const before = revealed().length
    const answer = await tomasz.post(file('python'))
    const found = readYaml(answer.text) as Record<string, string>
    expect(await works(found)).toBe(200)
    expect(found.developer_token).toBe('a-configured-developer-token')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const entries = revealed()
    expect(entries).toHaveLength(before + 1)
    expect(entries[0]).toMatchObject({
      target_id: id,
      via: 'browser',
      actor_name: expect.stringContaining('tomasz'),
      changes: expect.stringContaining('python'),
    })
    expect(JSON.stringify(entries)).not.toContain(found.refresh_token)
  })

  it('are asked for on a page that says what they are, and shown in the answer alone', async () => {
    const configuration = await tomasz.get(`/connections/${id}/configuration?format=env`)
    const link = load(configuration.text)('a[href*="/configuration/reveal"]').attr('href') ?? ''
    const before = await tomasz.get(link)
    expect(before.text).toContain('until the connection is revoked')
    expect(before.text).not.toContain('1//0')
    const after = await press(tomasz, before, { text: `Show the secrets of ${emailOf(before.text)}` })
    expect(after.status).toBe(200)
    const [text] = load(after.text)('pre code')
      .toArray()
      .map(element => load(element).text())
    const { GOOGLE_ADS_REFRESH_TOKEN: refresh_token, GOOGLE_ADS_CLIENT_SECRET: client_secret } = readShell(text ?? '')
    expect(await works({ client_id: DEFAULT_CLIENT.clientId, client_secret, refresh_token } as never)).toBe(200)
    expect(after.headers.get('cache-control')).toBe('no-store')
    expect((await tomasz.get(link)).text).not.toContain('1//0')
  })

  it('want a sign-in not older than ten minutes, of a person', async () => {
    later(11)
    const before = revealed().length
    expect(codeOf(await tomasz.post(file('python')))).toBe('sign_in_again')
    const asked = await tomasz.get(page())
    expect(asked.status).toBe(403)
    expect(load(asked.text)('a.button-primary').attr('href')).toContain('intent=sign-in')
    expect((await tomasz.post(page(), { format: 'python' })).status).toBe(403)
    expect(revealed()).toHaveLength(before)
  })

  it('come back after the sign-in to the page that asked for it', async () => {
    later(11)
    const href = load((await tomasz.get(page('env'))).text)('a.button-primary').attr('href') ?? ''
    expect(new URL(href, app.url).searchParams.get('return_to')).toContain(`/connections/${id}/configuration/reveal`)
    expect(new URL(href, app.url).searchParams.get('return_to')).toContain('format=env')
  })

  it('are not for a member who may only use the connection, and do not exist for others', async () => {
    expect((await mei.post(file('python'))).status).toBe(404)
    expect((await mei.get(page())).status).toBe(404)
    await tomasz.post(`/connections/${id}/share`)
    expect(codeOf(await mei.post(file('python')))).toBe('not_allowed')
    expect((await mei.get(page())).status).toBe(403)
    expect((await mei.post(page(), { format: 'python' })).status).toBe(403)
    const configuration = await mei.get(`/connections/${id}/configuration?format=python`)
    expect(configuration.status).toBe(200)
    expect(configuration.text).not.toContain('/configuration/reveal')
  })

  it('are shown to an administrator, who sees none of the accounts by that', async () => {
    const answer = await dagny.post(file('python'))
    expect(await works(readYaml(answer.text) as Record<string, string>)).toBe(200)
    expect((await dagny.get(file('python', ''))).status).toBe(404)
    expect(revealed()[0]?.actor_name).toContain('dagny')
  })

  it('are never shown by a GET with a session, whatever the browser says about where it comes from', async () => {
    const before = revealed().length
    for (const headers of [{}, { 'sec-fetch-site': 'none' }, { 'sec-fetch-site': 'same-origin' }]) {
      const answer = await tomasz.get(file('python'), headers as Record<string, string>)
      expect([answer.status, codeOf(answer)]).toEqual([405, 'method_not_allowed'])
    }
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'none' }]) {
      const answer = await tomasz.post(file('python'), {}, headers)
      expect([answer.status, codeOf(answer)]).toEqual([403, 'cross_origin'])
    }
    expect(revealed()).toHaveLength(before)
  })

  it('can be downloaded with a button', async () => {
    const shown = await tomasz.post(page(), { format: 'python' })
    const form = load(shown.text)('form[action*="/config/python"]')
    expect(form.attr('method')).toBe('post')
    const answer = await tomasz.post(form.attr('action') ?? '')
    expect(answer.headers.get('content-disposition')).toContain('attachment')
    expect(await works(readYaml(answer.text) as Record<string, string>)).toBe(200)
  })

  it('of a paused, a dead and a service account’s connection are not shown', async () => {
    await tomasz.post(`/connections/${id}/pause`)
    expect(codeOf(await tomasz.post(file('python')))).toBe('connection_unusable')
    await tomasz.post(`/connections/${id}/resume`)
    const key = JSON.stringify(app.google.serviceAccountKeyFile('SA1'))
    await dagny.post('/service-accounts', { key })
    const { connections } = JSON.parse((await dagny.get('/api/v1/connections')).text)
    const robot = connections.find((each: { kind: string }) => each.kind === 'service_account').id
    const answer = await dagny.post(`/api/v1/connections/${robot}/config/python?reveal=1`)
    expect([answer.status, codeOf(answer)]).toEqual([403, 'reveal_not_available'])
    expect((await dagny.get(`/connections/${robot}/configuration/reveal?format=python`)).status).toBe(404)
  })
})

describe('a pasted configuration with a working refresh token', () => {
  async function yaml(scope = `openid email profile ${adwords}`): Promise<string> {
    const { refreshToken } = await grantedOutside(app.google, 'ODD', FOREIGN_CLIENT, { scope })
    return [
      'use_proto_plus: true',
      `client_id: ${FOREIGN_CLIENT.clientId}`,
      `client_secret: ${FOREIGN_CLIENT.clientSecret}`,
      `refresh_token: ${refreshToken}`,
    ].join('\n')
  }

  it('becomes a connection, whose configuration then names the client it belongs to', async () => {
    const answer = await dagny.post('/configuration/import', { text: await yaml(), format: '' })
    expect(answer.status).toBe(303)
    const made = await dagny.get(answer.location ?? '')
    expect(made.text).toContain('rafael.quint@northlight.example.com')
    const own = answer.location?.split('/').at(-1)
    const found = readYaml((await dagny.post(`/api/v1/connections/${own}/config/python?reveal=1`)).text) as Record<
      string,
      string
    >
    expect(found.client_id).toBe(FOREIGN_CLIENT.clientId)
    expect(await works(found)).toBe(200)
  })

  it('is not kept when there is nothing to import, and is shown masked', async () => {
    const text = (await yaml()).replace(/refresh_token.*/, '')
    const answer = await dagny.post('/configuration/import', { text, format: 'python' })
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('no whole credential')
    expect(answer.text).not.toContain(FOREIGN_CLIENT.clientSecret)
  })

  it('that Google refuses, or that does not say whose it is, says so', async () => {
    const dead = (await yaml()).replace(/refresh_token: .*/, 'refresh_token: 1//0dead')
    expect((await dagny.post('/configuration/import', { text: dead })).text).toContain('Google does not accept')
    const nameless = await dagny.post('/configuration/import', { text: await yaml(adwords) })
    expect(nameless.text).toContain('does not say whose it is')
    expect(app.log()).not.toContain('1//0')
  })
})

function emailOf(text: string): string {
  return /Show the secrets of (\S+?)</.exec(text)?.[1] ?? ''
}
