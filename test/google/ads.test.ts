import { afterEach, expect, it } from 'vitest'
import { customerQuery, directClientsQuery } from '../../src/google/ads-queries.ts'
import {
  type Asked,
  adsFailure,
  type Reply,
  rpcError,
  type StandIn,
  startStandIn,
  streamed,
  token,
} from './ads-stand-in.ts'

let standIn: StandIn
afterEach(() => standIn.close())

const accountRow = { customer: { resourceName: 'customers/2841907701', id: '2841907701', manager: false } }
const well: Reply = { json: [{ results: [accountRow], fieldMask: 'customer.id', requestId: 'r' }] }
const ask = { token, customerId: '2841907701', loginCustomerId: '4620198301', ...customerQuery }

/** Answers one after the other; the last again and again. */
function inTurn(...replies: Reply[]): (asked: Asked) => Reply {
  let next = 0
  return () => replies[Math.min(next++, replies.length - 1)] ?? well
}

it('sends ten digits, the token and nothing it has not been given', async () => {
  standIn = await startStandIn(() => well)
  await standIn.ads.search({ ...ask, customerId: '284-190-7701', loginCustomerId: '462-019-8301' })
  await standIn.ads.search({ ...ask, loginCustomerId: null })
  const [through, own] = standIn.asked
  expect(through).toMatchObject({ customerId: '2841907701', loginCustomerId: '4620198301', token: 'ya29.test' })
  expect(through?.headers['developer-token']).toBeUndefined()
  expect(through?.headers['accept-encoding']).toContain('gzip')
  expect(own?.loginCustomerId).toBeNull()
})

it('sends the developer token when there is one, and never repeats it in an error', async () => {
  const message =
    'Developer token abcdefghijklmnopqrstuv is not allowed with project 471192. And abcdefghijklmnopqrstuv.'
  const refusal = adsFailure(403, { authorizationError: 'DEVELOPER_TOKEN_PROHIBITED' }, { message })
  standIn = await startStandIn(() => refusal, { developerToken: 'abcdefghijklmnopqrstuv' })
  const error = await standIn.ads.search(ask).catch(error => error)
  expect(standIn.asked[0]?.headers['developer-token']).toBe('abcdefghijklmnopqrstuv')
  expect(JSON.stringify(error) + error.message).not.toContain('abcdefghijklmnopqrstuv')
  expect(error).toMatchObject({ code: 'ads_project_refused', params: { project: '471192' } })
})

it('refuses what is no customer id before asking', async () => {
  standIn = await startStandIn(() => well)
  await expect(standIn.ads.search({ ...ask, customerId: '../../x' })).rejects.toMatchObject({
    code: 'invalid_customer_id',
  })
  expect(standIn.asked).toHaveLength(0)
})

it('lists accessible customers sorted, once each, without a login customer', async () => {
  const resourceNames = ['customers/9999999999', 'customers/1111111111', 'customers/9999999999']
  standIn = await startStandIn(inTurn({ json: { resourceNames } }, { json: {} }))
  expect(await standIn.ads.listAccessibleCustomers(token)).toEqual(['1111111111', '9999999999'])
  expect(await standIn.ads.listAccessibleCustomers(token)).toEqual([])
  expect(standIn.asked[0]?.headers['login-customer-id']).toBeUndefined()
})

it('reads several batches, batches without rows, a bare object and an empty array', async () => {
  const empty = { fieldMask: 'customer.id', requestId: 'r' }
  standIn = await startStandIn(
    inTurn(
      { json: [empty, { results: [accountRow] }, { results: [accountRow] }] },
      { json: { results: [accountRow] } },
      { json: [] },
    ),
  )
  expect(await standIn.ads.search(ask)).toHaveLength(2)
  expect(await standIn.ads.search(ask)).toHaveLength(1)
  expect(await standIn.ads.search(ask)).toEqual([])
})

it('fills in what Google left out and calls what it does not know UNKNOWN', async () => {
  const rows = [
    {
      customerClient: {
        clientCustomer: 'customers/2841907701',
        status: 'ARCHIVED_IN_2031',
        descriptiveName: '',
        extra: 1,
      },
    },
    { customerClient: { id: 2841907702, level: '1', manager: true, status: 'CLOSED', hidden: true } },
  ]
  standIn = await startStandIn(() => ({ json: [{ results: rows }] }))
  expect(await standIn.ads.search({ ...ask, ...directClientsQuery })).toEqual([
    {
      customerId: '2841907701',
      level: 0,
      hidden: false,
      manager: false,
      status: 'UNKNOWN',
      descriptiveName: null,
      currencyCode: null,
      timeZone: null,
      testAccount: false,
    },
    expect.objectContaining({ customerId: '2841907702', level: 1, manager: true, status: 'CLOSED', hidden: true }),
  ])
})

const internal = streamed(adsFailure(500, { internalError: 'INTERNAL_ERROR' }))
const shortly = adsFailure(
  429,
  { quotaError: 'RESOURCE_TEMPORARILY_EXHAUSTED' },
  { details: { quotaErrorDetails: { retryDelay: '7s' } } },
)

it.each([
  ['a reset connection', { reset: true }],
  ['an answer cut off', { ...well, cutOff: true }],
  ['500', internal],
  ['502 as a page', { status: 502, text: '<html>' }],
  ['503', rpcError(503, 'UNAVAILABLE', 'The service is currently unavailable.')],
  ['504', rpcError(504, 'DEADLINE_EXCEEDED', 'Deadline exceeded')],
  ['a short rate limit', shortly],
] as [string, Reply][])('row 59: repeats after %s, twice at most', async (_, failure) => {
  standIn = await startStandIn(inTurn(failure, failure, well))
  expect(await standIn.ads.search(ask)).toHaveLength(1)
  expect(standIn.asked).toHaveLength(3)
  await standIn.close()
  standIn = await startStandIn(() => failure)
  await expect(standIn.ads.search(ask)).rejects.toThrow()
  expect(standIn.asked).toHaveLength(3)
})

it.each([400, 403, 404, 409, 499, 501])('row 59: never repeats after %i', async status => {
  standIn = await startStandIn(() => rpcError(status, 'X', 'no'))
  await expect(standIn.ads.search(ask)).rejects.toThrow()
  expect(standIn.asked).toHaveLength(1)
})

it('row 59: waits as long as a short rate limit says', async () => {
  standIn = await startStandIn(inTurn(shortly, well))
  await standIn.ads.search(ask)
  expect(standIn.pauses).toHaveLength(1)
  expect(standIn.pauses[0]).toBeGreaterThanOrEqual(7000)
  expect(standIn.pauses[0]).toBeLessThan(8000)
})

it.each([
  [
    'in the way of every Google API',
    rpcError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
  ],
  ['as expired', adsFailure(401, { authenticationError: 'OAUTH_TOKEN_EXPIRED' })],
  ['as revoked', adsFailure(401, { authenticationError: 'OAUTH_TOKEN_REVOKED' })],
])('gets one fresh token when Google rejects the old one %s, telling which', async (_, expired) => {
  const rejected: (string | undefined)[] = []
  const source = async (old?: string) => {
    rejected.push(old)
    return old ? 'ya29.fresh' : 'ya29.stale'
  }
  standIn = await startStandIn(one => (one.token === 'ya29.stale' ? streamed(expired) : well))
  await standIn.ads.search({ ...ask, token: source })
  expect(standIn.asked.map(one => one.token)).toEqual(['ya29.stale', 'ya29.fresh'])
  expect(rejected).toEqual([undefined, 'ya29.stale'])
  await standIn.close()
  standIn = await startStandIn(() => expired)
  await expect(standIn.ads.search({ ...ask, token: source })).rejects.toMatchObject({ code: 'ads_token_rejected' })
  expect(standIn.asked).toHaveLength(2)
})

it.each(['NOT_ADS_USER', 'TWO_STEP_VERIFICATION_NOT_ENROLLED', 'GOOGLE_ACCOUNT_DELETED'])(
  'asks for no fresh token when Google knew the person: %s',
  async code => {
    standIn = await startStandIn(() => streamed(adsFailure(401, { authenticationError: code })))
    await expect(standIn.ads.listAccessibleCustomers(token)).rejects.toMatchObject({ google: { code } })
    expect(standIn.asked).toHaveLength(1)
  },
)

it('passes on why there is no token', async () => {
  standIn = await startStandIn(() => well)
  const dead = new Error('the credential is gone')
  await expect(standIn.ads.search({ ...ask, token: () => Promise.reject(dead) })).rejects.toBe(dead)
  expect(standIn.asked).toHaveLength(0)
})

it('keeps to its number of calls at once, first come first served', async () => {
  const limit = 3
  let most = 0
  const held: (() => void)[] = []
  standIn = await startStandIn(
    () =>
      new Promise<Reply>(resolve => {
        held.push(() => resolve(well))
        most = Math.max(most, held.length)
        if (held.length === limit) for (const answer of held.splice(0)) answer()
      }),
    { concurrency: limit },
  )
  const order: number[] = []
  const numbers = Array.from({ length: limit * 7 }, (_, n) => n)
  const source = (n: number) => async () => {
    order.push(n)
    return 'ya29.test'
  }
  await Promise.all(numbers.map(n => standIn.ads.search({ ...ask, token: source(n) })))
  expect(most).toBe(limit)
  expect(order).toEqual(numbers)
})

it('stops waiting and repeating when told to', async () => {
  const stop = new AbortController()
  standIn = await startStandIn(() => {
    stop.abort()
    return internal
  })
  await expect(standIn.ads.search({ ...ask, signal: stop.signal })).rejects.toMatchObject({ code: 'unavailable' })
})

it('reports each exchange without a token or a query', async () => {
  standIn = await startStandIn(inTurn({ ...internal, headers: { 'request-id': 'r1' } }, well))
  await standIn.ads.search(ask)
  expect(standIn.calls).toEqual([
    {
      operation: 'searchStream',
      customerId: '2841907701',
      loginCustomerId: '4620198301',
      status: 500,
      requestId: 'r1',
      ms: expect.any(Number),
      attempt: 1,
    },
    expect.objectContaining({ status: 200, requestId: null, attempt: 2 }),
  ])
})
