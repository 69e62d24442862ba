import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import {
  type Read,
  readJson,
  readNode,
  readPerl,
  readPhpIni,
  readProperties,
  readRuby,
  readShell,
  readXml,
  readYaml,
  runCurl,
} from '../configurations/readers.ts'
import { consentInBrowser, runCommandWith } from '../support/command.ts'
import { client, desktopClient, isAlive, temporaryFolder } from './credentials.ts'

let google: Sandbox
beforeAll(async () => {
  google = await startSandbox()
})
afterAll(() => google.close())

const generate = (...args: string[]) =>
  runCommandWith(
    { GOOGLE_ADS_DEVELOPER_TOKEN: 'abcdefghijklmnopqrstuv' },
    google,
    'generate-user-credentials',
    '-c',
    desktopClient(),
    ...args,
  )

async function finish(command: ReturnType<typeof generate>) {
  const page = await fetch(await consentInBrowser(google, await command.url()))
  return { ...(await command.ended), status: page.status }
}

const readCurl: Read = text =>
  Object.fromEntries([
    ...runCurl(text).token.flatMap(each => (/^\w+=/.test(each) ? [each.split('=') as [string, string]] : [])),
    ...runCurl(text).query.flatMap(each => (/^[a-z-]+: /.test(each) ? [each.split(': ') as [string, string]] : [])),
  ])

/** The library's own names of client id, client secret, refresh token, login customer. */
const snake = ['client_id', 'client_secret', 'refresh_token', 'login_customer_id']
const camel = ['clientId', 'clientSecret', 'refreshToken', 'loginCustomerId']
const pascal = ['OAuth2ClientId', 'OAuth2ClientSecret', 'OAuth2RefreshToken', 'LoginCustomerId']
const upper = snake.map(key => `GOOGLE_ADS_${key.toUpperCase()}`)

describe('--format with --output', () => {
  it.each<[format: string, output: string, read: Read, keys: string[]]>([
    ['python', 'google-ads.yaml', readYaml, snake],
    ['java', 'ads.properties', readProperties, camel.map(key => `api.googleads.${key}`)],
    ['dotnet', 'App.config', readXml, pascal],
    ['dotnet', 'appsettings.JSON', readJson, pascal],
    ['dotnet', 'whatever', readXml, pascal],
    ['php', 'google_ads_php.ini', readPhpIni, camel],
    ['ruby', 'google_ads_config.rb', readRuby, snake],
    ['perl', 'googleads.properties', readPerl, camel],
    ['node', 'google-ads.js', readNode, snake],
    ['curl', 'google-ads.sh', readCurl, [...snake.slice(0, 3), 'login-customer-id']],
    ['env', 'google-ads.env', readShell, upper],
  ])('%s writes %s, ready for its library', async (format, name, read, keys) => {
    const output = join(temporaryFolder(), name)
    const { code, out, status } = await finish(
      generate('--format', format, '--output', output, '--login-customer-id', '123-456-7890'),
    )
    expect({ code, status }).toEqual({ code: 0, status: 200 })
    expect(statSync(output).mode & 0o777).toBe(0o600)
    const text = readFileSync(output, 'utf8')
    const [id, secret, token = '', loginCustomer] = keys.map(key => read(text)[key])
    expect([id, secret, loginCustomer]).toEqual([client.client_id, client.client_secret, '1234567890'])
    expect(await isAlive(google, token)).toBe(true)
    expect(text).toContain('abcdefghijklmnopqrstuv')
    expect(out).not.toContain(token)
    expect(out.includes('INSERT_CUSTOMER_ID_HERE')).toBe(text.includes('INSERT_CUSTOMER_ID_HERE'))
  })

  it.each([[[]], [['--format', 'json']]])('json is what --output alone writes (%j)', async flags => {
    const output = join(temporaryFolder(), 'credentials.json')
    const { code, out } = await finish(generate(...flags, '-o', output))
    expect(code).toBe(0)
    const written = JSON.parse(readFileSync(output, 'utf8'))
    expect(written).toEqual({ type: 'authorized_user', ...client, refresh_token: expect.any(String) })
    expect(out).not.toContain(written.refresh_token)
    expect(statSync(output).mode & 0o777).toBe(0o600)
  })

  it('overwrites nothing, and says so before anybody signs in', async () => {
    const output = join(temporaryFolder(), 'google-ads.yaml')
    writeFileSync(output, 'mine')
    const before = await generate('--format', 'python', '-o', output).ended
    expect(before).toMatchObject({ code: 6, out: '', err: expect.stringContaining('was left as it is') })
    const nowhere = await generate('-o', join(temporaryFolder(), 'none', 'file')).ended
    expect(nowhere).toMatchObject({ code: 6, out: '', err: expect.stringContaining('ENOENT') })
    expect(readFileSync(output, 'utf8')).toBe('mine')
  })

  it('overwrites nothing that came while the person was away', async () => {
    const output = join(temporaryFolder(), 'google-ads.yaml')
    const command = generate('--format', 'python', '-o', output)
    await command.url()
    writeFileSync(output, 'mine')
    expect(await finish(command)).toMatchObject({ code: 6, status: 400, err: expect.stringContaining('is there') })
    expect(readFileSync(output, 'utf8')).toBe('mine')
  })
})

describe('--format alone', () => {
  it('prints the configuration and nothing else where programs read it', async () => {
    const { code, out, err } = await finish(generate('--format', 'python'))
    expect(code).toBe(0)
    const configuration = readYaml(out)
    expect(configuration).toMatchObject({ ...client, use_proto_plus: true })
    expect(configuration).not.toHaveProperty('login_customer_id')
    expect(err).toContain('Paste this URL')
    expect(err).not.toContain(configuration.refresh_token)
  })

  it('json is an authorized_user file', async () => {
    const { out } = await finish(generate('--format', 'json'))
    expect(JSON.parse(out)).toMatchObject({ type: 'authorized_user', ...client })
  })
})

it.each([
  ['a format that is none', ['--format', 'cobol'], 'java'],
  ['a login customer that is none', ['--format', 'java', '--login-customer-id', '12'], '--login-customer-id'],
  ['a login customer without a place', ['--login-customer-id', '1234567890'], '--format'],
  ['a login customer in json', ['--format', 'json', '--login_customer_id', '1234567890'], 'json has none'],
])('says what is wrong with %s', async (_name, args, text) => {
  expect(await generate(...args).ended).toMatchObject({ code: 2, out: '', err: expect.stringContaining(text) })
})
