import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { accessToken } from './access-token.ts'
import { accountId, accountLabel, errorCode, listAccessible, search } from './ads-client.ts'

interface AccessModel {
  accounts: Record<string, unknown>
  tables: {
    directAndIndirectAccess: { user: string; direct: string[]; indirect: string[] }[]
    loginCustomerIdAndCallableAccounts: { user: string; loginCustomerId: string; callable: string[] }[]
    effectiveAccess: { user: string; loginCustomerId: string; role: string }[]
    headerMayBeOmitted: { user: string; account: string }[]
  }
}

const model = JSON.parse(readFileSync(new URL('access-model.json', import.meta.url), 'utf8')) as AccessModel
const { tables } = model

let sandbox: Sandbox
const tokens = new Map<string, string>()

beforeAll(async () => {
  sandbox = await startSandbox()
  for (const user of ['U1', 'U2', 'U3', 'SA1']) tokens.set(user, await accessToken(sandbox, user))
})
afterAll(() => sandbox.close())

const tokenOf = (user: string) => tokens.get(user) ?? ''
const ONE_ROW = 'SELECT customer.id FROM customer'

async function mayCall(user: string, account: string, through?: string): Promise<boolean> {
  const { status, body } = await search(sandbox, accountId(sandbox, account), ONE_ROW, {
    token: tokenOf(user),
    ...(through !== undefined && { loginCustomerId: accountId(sandbox, through) }),
  })
  if (status === 200) expect(body.results[0].customer.id).toBe(accountId(sandbox, account))
  else expect(status).toBe(403)
  return status === 200
}

describe('the tables of the access model', () => {
  it.each(tables.directAndIndirectAccess)(
    'gives $user exactly the documented direct accounts',
    async ({ user, direct }) => {
      const { body } = await listAccessible(sandbox, { token: tokenOf(user) })
      const labels = body.resourceNames.map((name: string) => accountLabel(sandbox, name.slice('customers/'.length)))
      expect(labels.sort()).toEqual([...direct].sort())
    },
  )

  it.each(tables.directAndIndirectAccess)(
    'lists under the direct accounts of $user exactly the documented indirect ones',
    async ({ user, direct, indirect }) => {
      const found = new Set<string>()
      for (const root of direct) {
        const { body } = await search(
          sandbox,
          accountId(sandbox, root),
          'SELECT customer_client.id FROM customer_client',
          {
            token: tokenOf(user),
          },
        )
        for (const { customerClient } of body.results) found.add(accountLabel(sandbox, customerClient.id))
      }
      expect([...found].filter(label => !direct.includes(label)).sort()).toEqual([...indirect].sort())
    },
  )

  it.each(tables.loginCustomerIdAndCallableAccounts)(
    'lets $user call through $loginCustomerId the documented accounts and no other',
    async ({ user, loginCustomerId, callable }) => {
      const called: string[] = []
      for (const account of Object.keys(model.accounts)) {
        if (await mayCall(user, account, loginCustomerId)) called.push(account)
      }
      expect(called.sort()).toEqual([...callable].sort())
    },
  )

  it.each(tables.effectiveAccess)(
    'shows $user as $role on $loginCustomerId',
    async ({ user, loginCustomerId, role }) => {
      const { body } = await search(
        sandbox,
        accountId(sandbox, loginCustomerId),
        'SELECT customer_user_access.email_address, customer_user_access.access_role FROM customer_user_access',
        { token: tokenOf(user) },
      )
      const email = sandbox.scenario.people.find(({ label }) => label === user)?.email
      const row = body.results.find(
        (result: { customerUserAccess: { emailAddress: string } }) => result.customerUserAccess.emailAddress === email,
      )
      expect(row.customerUserAccess.accessRole).toBe(role)
    },
  )

  it.each(tables.headerMayBeOmitted)('lets $user call $account without the header', async ({ user, account }) => {
    expect(await mayCall(user, account)).toBe(true)
  })

  it.each([
    ['U1', 'A1'],
    ['U1', 'M2'],
    ['U2', 'A4'],
  ])('refuses %s on %s without the header: access runs through a manager', async (user, account) => {
    expect(await mayCall(user, account)).toBe(false)
  })
})

describe('refusals', () => {
  it.each([
    ['a login customer the person is no user of', 'U3', 'A4', 'M3', 'authorizationError.USER_PERMISSION_DENIED'],
    ['an indirect manager as login customer', 'U1', 'A1', 'M2', 'authorizationError.USER_PERMISSION_DENIED'],
    ['another tree', 'U1', 'A4', 'M1', 'authorizationError.USER_PERMISSION_DENIED'],
    [
      'the wrong one of two roots',
      'U2',
      'A4',
      'M2',
      'authorizationError.INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION',
    ],
  ])('names %s', async (_what, user, account, through, expected) => {
    const answer = await search(sandbox, accountId(sandbox, account), ONE_ROW, {
      token: tokenOf(user),
      loginCustomerId: accountId(sandbox, through),
    })
    expect([answer.status, errorCode(answer)]).toEqual([403, expected])
  })

  it('treats an unknown customer like a forbidden one', async () => {
    const answer = await search(sandbox, '1111111111', ONE_ROW, { token: tokenOf('U1') })
    expect([answer.status, errorCode(answer)]).toEqual([403, 'authorizationError.USER_PERMISSION_DENIED'])
  })

  it('answers 401 NOT_ADS_USER to a person without any account', async () => {
    const answer = await listAccessible(sandbox, { token: await accessToken(sandbox, 'NOADS') })
    expect([answer.status, errorCode(answer)]).toEqual([401, 'authenticationError.NOT_ADS_USER'])
  })

  it('does not follow a pending, refused or inactive link', async () => {
    const token = await accessToken(sandbox, 'ADMIN')
    const root = accountId(sandbox, 'O1')
    const { body } = await search(sandbox, root, 'SELECT customer_client.id FROM customer_client', { token })
    const labels = body.results.map((row: { customerClient: { id: string } }) =>
      accountLabel(sandbox, row.customerClient.id),
    )
    for (const label of ['O18', 'O19', 'O24']) {
      expect(labels).not.toContain(label)
      const answer = await search(sandbox, accountId(sandbox, label), ONE_ROW, { token, loginCustomerId: root })
      expect(answer.status).toBe(403)
    }
    expect(labels).toContain('O7')
    expect(labels.filter((label: string) => label === 'O9')).toHaveLength(1)
  })
})

describe('odd accounts', () => {
  it('lists a cancelled account and refuses to open it', async () => {
    const token = await accessToken(sandbox, 'ODD')
    const { body } = await listAccessible(sandbox, { token, headers: { 'login-customer-id': 'nonsense' } })
    expect(body.resourceNames).toContain(`customers/${accountId(sandbox, 'O5')}`)
    expect(body.resourceNames.length).toBeGreaterThanOrEqual(8)
    const answer = await search(sandbox, accountId(sandbox, 'O5'), ONE_ROW, { token })
    expect([answer.status, errorCode(answer)]).toEqual([403, 'authorizationError.CUSTOMER_NOT_ENABLED'])
  })

  it.each([
    ['O6', 'SUSPENDED'],
    ['O8', 'CLOSED'],
    ['O4', 'CLOSED'],
  ])('lets %s be read although it is %s', async (label, status) => {
    const token = await accessToken(sandbox, 'ODD')
    const query = 'SELECT customer.status, customer.test_account FROM customer'
    const answer = await search(sandbox, accountId(sandbox, label), query, { token })
    expect(answer.body.results[0].customer.status).toBe(status)
    expect(answer.body.results[0].customer.testAccount).toBe(status === 'CLOSED')
  })

  it('keeps a test-level project off production accounts, in the words of each version', async () => {
    const token = await accessToken(sandbox, 'ODD')
    sandbox.control.setProject('ads-keyring-sandbox', { adsAccessLevel: 'test' })
    const on = (label: string, version: string) =>
      search(sandbox, accountId(sandbox, label), ONE_ROW, { token, version })
    expect(errorCode(await on('O6', 'v25'))).toBe('authorizationError.CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION')
    expect(errorCode(await on('O6', 'v24'))).toBe('authorizationError.ACTION_NOT_PERMITTED')
    expect((await on('O8', 'v25')).status).toBe(200)
    sandbox.control.setProject('ads-keyring-sandbox', { adsAccessLevel: 'standard' })
  })
})
