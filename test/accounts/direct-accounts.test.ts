import { afterEach, expect, it } from 'vitest'
import { loadDirectAccounts } from '../../src/accounts/direct-accounts.ts'
import {
  type Asked,
  adsFailure,
  type Reply,
  type StandIn,
  startStandIn,
  streamed,
  token,
} from '../google/ads-stand-in.ts'

let standIn: StandIn
afterEach(() => standIn.close())

const email = 'ann@agency.example'
const names: Record<string, [name: string | undefined, manager: boolean]> = {
  '1000000001': ['zoo', false],
  '1000000002': [undefined, false],
  '1000000003': ['Ärzte', false],
  '1000000004': ['Umbrella', true],
  '1000000005': ['Agency', true],
}
const ids = Object.keys(names)

function answer(asked: Asked): Reply {
  if (asked.operation === 'listAccessibleCustomers') {
    return { json: { resourceNames: ids.map(id => `customers/${id}`).reverse() } }
  }
  const [name, manager] = names[asked.customerId ?? ''] ?? ['', false]
  if (asked.query.includes('FROM customer_user_access')) {
    const people = [
      { userId: '1', emailAddress: 'boss@agency.example', accessRole: 'ADMIN' },
      { userId: '2', emailAddress: 'Ann@Agency.EXAMPLE', accessRole: 'READ_ONLY' },
    ]
    return { json: [{ results: people.map(customerUserAccess => ({ customerUserAccess })) }] }
  }
  const customer = { id: asked.customerId, ...(name && { descriptiveName: name }), manager, status: 'ENABLED' }
  return { json: [{ results: [{ customer }] }] }
}

it('reads every account through itself, managers first, then by name, unnamed last', async () => {
  standIn = await startStandIn(answer)
  const accounts = await loadDirectAccounts(standIn.ads, token, email)
  expect(accounts.map(account => account.descriptiveName)).toEqual(['Agency', 'Umbrella', 'Ärzte', 'zoo', null])
  expect(accounts.every(account => account.accessRole === 'READ_ONLY' && account.problem === null)).toBe(true)
  const [list, ...queries] = standIn.asked
  expect(list?.loginCustomerId).toBeNull()
  expect(queries).toHaveLength(2 * ids.length)
  expect(queries.every(asked => asked.loginCustomerId === asked.customerId)).toBe(true)
})

it('takes two round trips however many accounts there are', async () => {
  const held: (() => void)[] = []
  standIn = await startStandIn(asked => {
    if (asked.operation === 'listAccessibleCustomers') return answer(asked)
    return new Promise(resolve => {
      held.push(() => resolve(answer(asked)))
      if (held.length === 2 * ids.length) for (const release of held) release()
    })
  })
  // Nothing is answered before everything has been asked: a third round trip would never begin.
  expect(await loadDirectAccounts(standIn.ads, token, email)).toHaveLength(ids.length)
  expect(standIn.asked.map(asked => asked.answersBefore)).toEqual([0, ...Array(2 * ids.length).fill(1)])
})

it('keeps an account that cannot be read as a row with its problem and no guess', async () => {
  const refused = streamed(adsFailure(403, { authorizationError: 'CUSTOMER_NOT_ENABLED' }))
  standIn = await startStandIn(asked => (asked.customerId === '1000000001' ? refused : answer(asked)))
  const accounts = await loadDirectAccounts(standIn.ads, token, email)
  const problem = { code: 'CUSTOMER_NOT_ENABLED', message: 'Said by Google.', requestId: 'from-failure' }
  expect(accounts).toHaveLength(ids.length)
  expect(accounts.find(account => account.customerId === '1000000001')).toEqual({
    customerId: '1000000001',
    descriptiveName: null,
    manager: null,
    status: null,
    currencyCode: null,
    timeZone: null,
    testAccount: null,
    accessRole: null,
    accessRoleProblem: problem,
    problem,
  })
})

it('says that a role is not listed rather than guess it', async () => {
  standIn = await startStandIn(answer)
  const [account] = await loadDirectAccounts(standIn.ads, token, 'somebody@else.example')
  expect(account).toMatchObject({ accessRole: null, accessRoleProblem: { code: 'role_not_listed' }, problem: null })
})

it('fails for a person without any account', async () => {
  standIn = await startStandIn(() => adsFailure(401, { authenticationError: 'NOT_ADS_USER' }))
  await expect(loadDirectAccounts(standIn.ads, token, email)).rejects.toMatchObject({ code: 'ads_not_ads_user' })
})
