import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { consentInBrowser, runCommand } from '../support/command.ts'
import { desktopClient, saved, temporaryFolder } from './credentials.ts'

let google: Sandbox
const folder = temporaryFolder()

beforeAll(async () => {
  google = await startSandbox()
  for (const label of ['U2', 'ODD', 'NOADS', 'ADMIN']) {
    const paths = ['-c', desktopClient(), '-o', credentials(label)]
    const command = runCommand(google, 'generate-user-credentials', ...paths)
    await fetch(await consentInBrowser(google, await command.url(), { label }))
    expect((await command.ended).code).toBe(0)
  }
})
afterAll(() => google.close())

const credentials = (label: string) => join(folder, `${label}.json`)
const idOf = (label: string) => google.scenario.accounts.find(account => account.label === label)?.id ?? ''
const dashed = (label: string) => idOf(label).replace(/^(\d{3})(\d{3})/, '$1-$2-')
const run = (label: string, command: string, ...more: string[]) =>
  runCommand(google, command, '--credentials', credentials(label), ...more).ended
const keyFile = (label: string) => saved(google.serviceAccountKeyFile(label))

describe('list-accessible-customers', () => {
  it('prints the direct accounts, one a line, a cancelled one with its problem', async () => {
    const { code, out } = await run('ODD', 'list-accessible-customers')
    expect(code).toBe(0)
    expect(out.trim().split('\n')).toHaveLength(10)
    expect(out).toContain(`${dashed('O2')}  Manager  ENABLED  Northlight Asia`)
    expect(out).toMatch(new RegExp(`^${dashed('O5')}.*\\(CUSTOMER_NOT_ENABLED\\)$`, 'm'))
  })

  it('prints JSON for programs', async () => {
    const accounts = JSON.parse((await run('U2', 'list-accessible-customers', '--json')).out)
    expect(accounts.map((each: { customerId: string }) => each.customerId).sort()).toEqual(
      [idOf('M2'), idOf('M3')].sort(),
    )
  })

  it('says it when the person has no Google Ads account', async () => {
    expect(await run('NOADS', 'list-accessible-customers')).toMatchObject({
      code: 12,
      err: expect.stringContaining('NOT_ADS_USER'),
    })
  })
})

describe('names that others gave', () => {
  const hostile = 'Evil\u001b]0;owned\u0007\u001b[2J\u009b31m\n123-456-7890  Manager  ENABLED  Forged\u202egnp'
  let before: string | undefined
  const account = () => google.scenario.accounts.find(({ label }) => label === 'M2')
  beforeAll(() => {
    before = account()?.name
    Object.assign(account() ?? {}, { name: hostile })
  })
  afterAll(() => {
    Object.assign(account() ?? {}, { name: before })
  })

  it('command no terminal and forge no line', async () => {
    for (const command of [
      ['list-accessible-customers'],
      ['hierarchy', '--login-customer-id', idOf('M2')],
      ['hierarchy', '--login-customer-id', 'x\u001b[2J'],
    ]) {
      const { out, err } = await run('U2', ...(command as [string, ...string[]]))
      expect(out + err).not.toMatch(/[^\P{C}\n]/u)
      expect(out).not.toMatch(/^\s*123-456-7890/m)
      if (command.length === 1) expect(out).toContain('Evil\\u001b]0;owned\\u0007')
    }
  })

  it('are in the JSON as they are', async () => {
    const { out } = await run('U2', 'list-accessible-customers', '--json')
    expect(out).not.toMatch(/[^\P{C}\n]/u)
    const names = JSON.parse(out).map((each: { descriptiveName: string }) => each.descriptiveName)
    expect(names).toContain(hostile)
  })
})

describe('hierarchy', () => {
  it('prints the accounts below a login customer, indented, in any notation of the id', async () => {
    const { code, out } = await run('U2', 'hierarchy', '--login-customer-id', dashed('M2'))
    expect(code).toBe(0)
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toMatch(new RegExp(`^${dashed('M2')}  Manager`))
    expect(lines.slice(1).every(line => line.startsWith('  ') && line.includes('Client'))).toBe(true)
    expect(lines).toHaveLength(4)
  })

  it('prints JSON for programs', async () => {
    const hierarchy = JSON.parse((await run('U2', 'hierarchy', '--login_customer_id', idOf('M3'), '--json')).out)
    expect(hierarchy).toMatchObject({ loginCustomerId: idOf('M3'), complete: true })
    expect(hierarchy.accounts).toHaveLength(3)
  })

  it.each([
    [
      'lines',
      [],
      (out: string) => expect(out).toMatch(new RegExp(`^  ${dashed('O2')}.*\\(USER_PERMISSION_DENIED\\)$`, 'm')),
    ],
    [
      'JSON',
      ['--json'],
      (out: string) => expect(JSON.parse(out)).toMatchObject({ problems: [{ customerId: idOf('O2') }] }),
    ],
  ])('prints as %s what could be read, and says how much could not', async (_name, more, check) => {
    google.control.addFault({
      match: { host: 'googleads.googleapis.com', customerId: idOf('O2') },
      effect: {
        kind: 'google_ads_error',
        status: 403,
        family: 'authorizationError',
        code: 'USER_PERMISSION_DENIED',
        message: 'no',
      },
      times: 1,
    })
    const { code, out, err } = await run('ADMIN', 'hierarchy', '--login-customer-id', idOf('O1'), ...more)
    expect(code).toBe(12)
    expect(err).toContain('one branch failed')
    check(out)
  })

  it.each([
    ['no id', [], 2, '--login-customer-id'],
    ['an id that is none', ['--login-customer-id', '123'], 2, '--login-customer-id'],
    ['an account of others', ['--login-customer-id', '4620198301'], 12, 'USER_PERMISSION_DENIED'],
  ])('says what is wrong with %s', async (_name, more, code, text) => {
    expect(await run('U2', 'hierarchy', ...more)).toMatchObject({ code, err: expect.stringContaining(text) })
  })

  it('says it when the credentials are dead, or no credentials at all', async () => {
    expect(
      await runCommand(google, 'hierarchy', '-c', desktopClient(), '--login-customer-id', idOf('M2')).ended,
    ).toMatchObject({ code: 3, err: expect.stringContaining('authorized_user') })
    google.control.revokeGrant('U2')
    expect(await run('U2', 'hierarchy', '--login-customer-id', idOf('M2'))).toMatchObject({
      code: 10,
      err: expect.stringContaining('no longer accepts'),
    })
  })
})

describe('with the key of a service account', () => {
  it('prints what it opens', async () => {
    const key = keyFile('SA1')
    const list = await runCommand(google, 'list-accessible-customers', '-c', key).ended
    expect(list).toMatchObject({ code: 0, out: expect.stringMatching(new RegExp(`^${dashed('M1')}  Manager.*\n$`)) })
    const below = await runCommand(google, 'hierarchy', '-c', key, '--login-customer-id', idOf('M1'), '--json').ended
    expect(JSON.parse(below.out)).toMatchObject({ loginCustomerId: idOf('M1'), complete: true })
  })

  it('says it when Google refuses the signature, the file is no key, or nobody invited the account', async () => {
    const list = (key: object) => runCommand(google, 'list-accessible-customers', '-c', saved(key)).ended
    const key = google.serviceAccountKeyFile('SA1')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const replaced = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const email = expect.stringContaining(key.client_email)
    expect(await list({ ...key, private_key: replaced })).toMatchObject({ code: 10, err: email })
    expect(await list({ ...key, private_key: 'x' })).toMatchObject({
      code: 3,
      err: expect.stringContaining('JSON key'),
    })
    const message = 'no'
    google.control.addFault({
      match: { operation: 'listAccessibleCustomers' },
      effect: { kind: 'google_ads_error', status: 401, family: 'authenticationError', code: 'NOT_ADS_USER', message },
    })
    expect(await list(key)).toMatchObject({ code: 12, err: email })
  })
})
