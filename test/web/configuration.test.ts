import { load } from 'cheerio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { files, formats } from '../../src/configurations/formats.ts'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault } from '../../src/vault/vault.ts'
import { readJson, readShell, readXml, readYaml } from '../configurations/readers.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { BrowserSession } from '../support/browser-session.ts'
import { openSqlite } from '../support/sqlite.ts'

const tokenKeys = `k1:${Buffer.from('0123456789abcdef0123456789ABCDEF').toString('base64url')}`
const developerToken = 'abcdefghijklmnopqrstuv'

let app: TestApp
let u2: BrowserSession
let other: BrowserSession
let id: string
let root: string
let below: string

beforeAll(async () => {
  app = await startApp({ env: { TOKEN_KEYS: tokenKeys, GOOGLE_ADS_DEVELOPER_TOKEN: developerToken } })
  u2 = await app.connected('U2')
  other = await app.connected('U1')
  id = JSON.parse((await u2.get('/api/v1/connections')).text).connections[0].id
  root = idOf('M2')
  below = idOf('A1')
})
afterAll(() => app.close())

const idOf = (label: string) => app.google.scenario.accounts.find(account => account.label === label)?.id ?? ''
const dashed = (customerId: string) => customerId.replace(/^(...)(...)/, '$1-$2-')
const file = (format: string, query = '') => `/api/v1/connections/${id}/config/${format}${query}`
const page = (query = '') => `/connections/${id}/configuration${query}`

describe('the files', () => {
  it.each(formats)('%s is text with the login customer asked for, and never kept', async format => {
    const answer = await u2.get(file(format, `?login_customer_id=${dashed(root)}`))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-disposition')).toBeNull()
    expect(answer.text).toContain(root)
    expect(answer.text).toContain('INSERT_REFRESH_TOKEN_HERE')
    expect(answer.text).toContain('INSERT_DEVELOPER_TOKEN_HERE')
  })

  it.each(formats)('%s is saved under the name its library looks for', async format => {
    const { headers } = await u2.get(file(format, '?download=1'))
    expect(headers.get('content-disposition')).toBe(`attachment; filename="${files[format][0].name}"`)
  })

  it('has the keys of this installation', async () => {
    const { text } = await u2.get(file('python', `?login_customer_id=${root}`))
    expect(readYaml(text)).toEqual({
      developer_token: 'INSERT_DEVELOPER_TOKEN_HERE',
      client_id: expect.stringMatching(/googleusercontent\.com$/),
      client_secret: 'INSERT_CLIENT_SECRET_HERE',
      refresh_token: 'INSERT_REFRESH_TOKEN_HERE',
      login_customer_id: root,
      use_proto_plus: true,
    })
  })

  it('C# comes as XML, and as JSON on request', async () => {
    const query = `?login_customer_id=${root}`
    const asXml = readXml((await u2.get(file('dotnet', query))).text)
    const asJson = await u2.get(file('dotnet', `${query}&variant=json&download=1`))
    expect(asXml.LoginCustomerId).toBe(root)
    expect(readJson(asJson.text)).toEqual(asXml)
    expect(asJson.headers.get('content-disposition')).toContain('"appsettings.json"')
  })

  it('names the account to call where the format does', async () => {
    for (const format of ['curl', 'node']) {
      const { text } = await u2.get(file(format, `?customer_id=${dashed(below)}`))
      expect(text).toContain(`'${below}'`.replaceAll("'", format === 'node' ? '"' : "'"))
    }
  })

  it('has the chosen login customer when none is named, and none when an empty one is', async () => {
    const own = u2.copy()
    expect(readShell((await own.get(file('env'))).text)).not.toHaveProperty('GOOGLE_ADS_LOGIN_CUSTOMER_ID')
    await own.post('/login-customer', { connection_id: id, customer_id: idOf('M3') })
    expect(readShell((await own.get(file('env'))).text).GOOGLE_ADS_LOGIN_CUSTOMER_ID).toBe(idOf('M3'))
    const none = await own.get(file('env', '?login_customer_id='))
    expect(readShell(none.text)).not.toHaveProperty('GOOGLE_ADS_LOGIN_CUSTOMER_ID')
  })

  it.each([
    ['python?login_customer_id=123', 400, 'invalid_customer_id'],
    ['python?customer_id=abc', 400, 'invalid_customer_id'],
    ['python?login_customer_id=1111111111', 404, 'not_found'],
    ['python?login_customer_id=1&login_customer_id=2', 400, 'bad_request'],
    ['python?variant=json', 400, 'bad_request'],
    ['python?variant=toml', 400, 'bad_request'],
    ['cobol', 404, 'not_found'],
    ['access-token', 404, 'not_found'],
    ['__proto__', 404, 'not_found'],
  ])('%s is refused with %i %s', async (path, status, code) => {
    const answer = await u2.get(file(path))
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(JSON.parse(answer.text)).toMatchObject({ status, code })
  })
})

it("other people's connections do not exist, revealed or not", async () => {
  for (const path of [file('python'), file('python', '?reveal=1'), page()]) {
    expect((await other.get(path)).status, path).toBe(404)
  }
  expect((await app.browser().get(file('python'))).status).toBe(401)
})

it('no answer holds a secret', async () => {
  const answers = [await u2.get(page()), await u2.get(page('?reveal=1')), await u2.get(file('python', '?reveal=0'))]
  for (const format of formats) {
    for (const query of ['', '?download=1', `?login_customer_id=${root}`])
      answers.push(await u2.get(file(format, query)))
    answers.push(await u2.get(page(`?format=${format}`)))
  }
  const database = openSqlite(app.databaseFile, { readOnly: true })
  const row = database.prepare('select credential, version from connections where id = ?').get(id) as {
    credential: string
    version: number
  }
  database.close()
  const refreshToken = await createVault(parseTokenKeys(tokenKeys).ring).open(row.credential, {
    purpose: 'refresh-token',
    context: `connections/${id}/credential/${row.version}`,
  })
  expect(refreshToken.length).toBeGreaterThan(16)
  for (const { url, text } of answers) {
    for (const secret of [refreshToken, 'sandbox-client-secret', developerToken])
      expect(text, url).not.toContain(secret)
  }
})

describe('a service account', () => {
  let admin: BrowserSession
  let robot: string

  beforeAll(async () => {
    admin = await app.connected('ADMIN')
    await admin.post('/service-accounts', { key: JSON.stringify(app.google.serviceAccountKeyFile('SA1')) })
    const { connections } = JSON.parse((await admin.get('/api/v1/connections')).text)
    robot = connections.find((each: { kind: string }) => each.kind === 'service_account').id
  })

  it.each(formats)('%s names the path of its key file, and neither the key nor an OAuth client', async format => {
    const { private_key } = app.google.serviceAccountKeyFile('SA1')
    for (const path of [
      `/api/v1/connections/${robot}/config/${format}`,
      `/connections/${robot}/configuration?format=${format}`,
    ]) {
      const { status, text } = await admin.get(path)
      expect(status, path).toBe(200)
      expect(text, path).toContain('INSERT_PATH_TO_KEY_FILE_HERE')
      expect(text, path).not.toMatch(/INSERT_(CLIENT_SECRET|REFRESH_TOKEN)_HERE|googleusercontent/)
      expect(text, path).not.toContain(private_key.split('\n')[3])
    }
  })

  it('is said to act for nobody else', async () => {
    const { text } = await admin.get(`/api/v1/connections/${robot}/config/python`)
    expect(text).toContain('# impersonated_email is left out')
    expect(text).toContain('reporting@ads-keyring-sandbox.iam.example.com')
    expect(readYaml(text)).not.toHaveProperty('impersonated_email')
  })

  it('is offered its configuration like any other connection', async () => {
    const $ = load((await admin.get(`/connections/${robot}`)).text)
    expect($(`a[href="/connections/${robot}/configuration"]`)).toHaveLength(1)
  })
})

describe('the page', () => {
  it.each(formats)('shows %s as it is downloaded', async format => {
    const $ = load((await u2.get(page(`?format=${format}&login_customer_id=${root}&customer_id=${below}`))).text)
    expect($('.tabs [aria-current]').attr('href')).toContain(`format=${format}`)
    expect($('.tabs a')).toHaveLength(formats.length + 1)
    const downloads = $('section a[href*="/config/"]').toArray()
    expect(downloads).toHaveLength(files[format].length)
    for (const [index, link] of downloads.entries()) {
      const { status, text } = await u2.get($(link).attr('href') ?? '')
      expect(status).toBe(200)
      expect($('.code-file code').eq(index).text()).toBe(text)
      expect($('.code-file + .actions [data-copy]').eq(index).attr('data-copy')).toBe(text)
    }
  })

  it('offers the direct accounts as login customer and says which header follows', async () => {
    const $ = load((await u2.get(page(`?login_customer_id=${root}`))).text)
    const offered = $('option[data-customer-id]').toArray()
    expect(offered.map(each => $(each).attr('value')).sort()).toEqual([idOf('M2'), idOf('M3')].sort())
    expect($('option[selected]').attr('value')).toBe(root)
    expect($('main').text()).toContain(`login-customer-id: ${root}`)
    const none = load((await u2.get(page('?login_customer_id='))).text)
    expect(none('main').text()).not.toContain('login-customer-id:')
  })

  it('offers an access token of an hour first, asked for with an API key and for nothing lasting', async () => {
    const answer = await u2.get(page(`?login_customer_id=${root}&customer_id=${below}`))
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const $ = load(answer.text)
    expect($('.tabs a').first().attr('aria-current')).toBe('page')
    const script = $('.code-file code').text()
    expect(script).toContain(`ACCESS_TOKEN_URL='${app.url}/api/v1/connections/${id}/access-token'`)
    expect(script).toContain(`LOGIN_CUSTOMER_ID='${root}'`)
    expect(script).not.toMatch(/INSERT_(CLIENT_SECRET|REFRESH_TOKEN)_HERE|CLIENT_ID/)
    expect($('.fill-in dt').text()).toBe('INSERT_API_KEY_HERE')
    expect($('.code-file + .actions [data-copy]').attr('data-copy')).toBe(script)
  })

  it('explains every placeholder it shows', async () => {
    for (const format of ['access-token', ...formats]) {
      const $ = load((await u2.get(page(`?format=${format}`))).text)
      const explained = $('.fill-in dt')
        .toArray()
        .map(each => $(each).text())
      const shown = new Set(
        $('.code-file')
          .text()
          .match(/INSERT_\w+_HERE/g),
      )
      expect(explained.sort(), format).toEqual([...shown].sort())
    }
  })

  it('is reached from the connection and from an account', async () => {
    const links = async (path: string) => load((await u2.get(path)).text)('a[href*="/configuration"]').attr('href')
    expect(await links(`/connections/${id}`)).toBe(page())
    await u2.get(`/api/v1/connections/${id}/customers/${root}/hierarchy?wait=10`)
    const link = await links(`/connections/${id}/accounts/${root}/${below}`)
    expect(link).toBe(page(`?login_customer_id=${root}&customer_id=${below}`))
  })

  it('knows no other format', async () => {
    expect((await u2.get(page('?format=cobol'))).status).toBe(404)
  })
})
