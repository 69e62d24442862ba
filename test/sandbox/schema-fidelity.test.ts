import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faultPresets } from '../../src/sandbox/fault-presets.ts'
import { catalog, findField, resources } from '../../src/sandbox/gaql/field-catalog.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { accessToken } from './access-token.ts'
import { type AdsAnswer, accountId, listAccessible, search } from './ads-client.ts'
import { problemsWith, publishedField } from './published-schema.ts'

let sandbox: Sandbox
let admin: string
let odd: string
let inspector: string

beforeAll(async () => {
  sandbox = await startSandbox()
  admin = await accessToken(sandbox, 'ADMIN')
  odd = await accessToken(sandbox, 'ODD')
  inspector = await accessToken(sandbox, 'U2')
})
afterAll(() => sandbox.close())

const METRICS =
  'impressions clicks interactions cost_micros ctr interaction_rate average_cpc average_cpm average_cost conversions all_conversions conversions_value cost_per_conversion value_per_conversion conversions_from_interactions_rate'
const SEGMENTS = 'date week month quarter year day_of_week device'
const names = (owner: string, list: string) => list.split(' ').map(name => `${owner}.${name}`)

/** Every field the sandbox knows for a resource, its attributed resources, metrics and segments. */
function everyField(resource: string): string[] {
  const spec = resources[resource]
  return [resource, ...(spec?.attributed ?? [])].flatMap(
    owner => resources[owner]?.fields.map(({ name }) => name) ?? [],
  )
}

const PUBLISHED_TYPES: Record<string, string> = {
  INT64: 'int64',
  INT32: 'int32',
  DOUBLE: 'double',
  BOOLEAN: 'bool',
  ENUM: 'enum',
  STRING: 'string',
  DATE: 'string',
  RESOURCE_NAME: 'string',
}

describe('the field catalog', () => {
  it.each(catalog.map(field => [field.name, field] as const))('has %s as published', (name, field) => {
    const published = publishedField(name)
    expect(published).toMatchObject({ type: PUBLISHED_TYPES[field.type], repeated: field.repeated })
    for (const value of field.values) expect(published?.values).toContain(value)
    const isName = name.endsWith('.resource_name')
    if (!field.repeated && !isName)
      expect({ omitsZero: field.omitsZero }).toEqual({ omitsZero: !published?.hasPresence })
  })
})

/** What no account of the scenario has, so that no row shows it. */
const NEVER_SET = new Set([
  'customer.tracking_url_template',
  'customer.final_url_suffix',
  'customer.optimization_score_weight',
  'customer.conversion_tracking_setting.conversion_tracking_id',
  'customer_client.applied_labels',
  'customer_user_access.pending_multi_party_auth_review',
  'campaign.end_date_time',
  'campaign.labels',
])

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

function leaves(value: object, path = ''): string[] {
  return Object.entries(value).flatMap(([key, item]) =>
    typeof item === 'object' && !Array.isArray(item) ? leaves(item, `${path}${key}.`) : [`${path}${key}`],
  )
}

describe('rows decode with the published v25 schema', () => {
  it.each(Object.keys(resources))('%s, every field', async resource => {
    const query = `SELECT ${everyField(resource).join(', ')} FROM ${resource}`
    const roots = [
      [admin, 'O1', 'O1'],
      [admin, 'O1', 'O10'],
      [inspector, 'M3', 'A1'],
    ] as const
    const seen = new Set<string>()
    for (const [token, login, called] of roots) {
      const answer = await search(sandbox, accountId(sandbox, called), query, {
        token,
        loginCustomerId: accountId(sandbox, login),
      })
      expect(answer.status).toBe(200)
      expect(problemsWith('services.SearchGoogleAdsResponse', answer.body)).toEqual([])
      for (const row of answer.body.results ?? []) for (const path of leaves(row)) seen.add(path)
    }
    const own = resources[resource]?.fields.map(({ name }) => name) ?? []
    const missing = own.filter(name => !seen.has(camel(name)) && !NEVER_SET.has(name))
    expect(missing).toEqual([])
  })

  it.each(['campaign', 'customer'])('%s with every metric and segment, and a summary row', async resource => {
    const fields = [`${resource}.id`, ...names('metrics', METRICS), ...names('segments', SEGMENTS)]
    for (const name of fields) expect(findField(name), name).toBeDefined()
    const query = `SELECT ${fields.join(', ')} FROM ${resource} WHERE segments.date DURING LAST_30_DAYS`
    const options = {
      token: inspector,
      loginCustomerId: accountId(sandbox, 'M3'),
      settings: { summaryRowSetting: 'SUMMARY_ROW_WITH_RESULTS' },
    }
    const answer = await search(sandbox, accountId(sandbox, 'A1'), query, { ...options, stream: true })
    expect(answer.body[0].results.length).toBeGreaterThan(30)
    expect(answer.body[0].summaryRow.metrics.impressions).toMatch(/^\d+$/)
    for (const batch of answer.body) expect(problemsWith('services.SearchGoogleAdsStreamResponse', batch)).toEqual([])
  })

  it('listAccessibleCustomers', async () => {
    const { body } = await listAccessible(sandbox, { token: odd })
    expect(problemsWith('services.ListAccessibleCustomersResponse', body)).toEqual([])
  })

  it('a search page with a total', async () => {
    const query = 'SELECT customer_client.id FROM customer_client'
    const settings = { searchSettings: { returnTotalResultsCount: true } }
    const { body } = await search(sandbox, accountId(sandbox, 'O1'), query, { token: admin, settings })
    expect(body.totalResultsCount).toBe(String(body.results.length))
    expect(problemsWith('services.SearchGoogleAdsResponse', body)).toEqual([])
  })
})

describe('errors decode with the published v25 schema', () => {
  const failureOf = ({ body }: AdsAnswer) => (Array.isArray(body) ? body[0] : body).error.details[0]

  it.each([
    [
      'a query error',
      () => search(sandbox, accountId(sandbox, 'O1'), 'SELECT campaign.nme FROM campaign', { token: admin }),
    ],
    ['a refused customer', () => search(sandbox, '1234567890', 'SELECT customer.id FROM customer', { token: admin })],
    [
      'a cancelled customer',
      () => search(sandbox, accountId(sandbox, 'O5'), 'SELECT customer.id FROM customer', { token: odd }),
    ],
    ['a bad customer id', () => search(sandbox, '123-456-7890', 'SELECT customer.id FROM customer', { token: odd })],
    [
      'dashes in the login customer',
      () => search(sandbox, accountId(sandbox, 'O1'), 'x', { token: admin, loginCustomerId: '880-015-0001' }),
    ],
    [
      'a page size',
      () =>
        search(sandbox, accountId(sandbox, 'O1'), 'SELECT customer.id FROM customer', {
          token: admin,
          settings: { pageSize: 5 },
        }),
    ],
    [
      'a bad page token',
      () =>
        search(sandbox, accountId(sandbox, 'O1'), 'SELECT customer.id FROM customer', {
          token: admin,
          settings: { pageToken: 'x' },
        }),
    ],
    ['in a stream', () => search(sandbox, accountId(sandbox, 'O1'), 'SELECT', { token: admin, stream: true })],
  ])('%s', async (_what, ask) => {
    const answer = await ask()
    const failure = failureOf(answer)
    expect(failure['@type']).toBe('type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure')
    expect(answer.headers.get('request-id')).toBe(failure.requestId)
    expect(problemsWith('errors.GoogleAdsFailure', failure)).toEqual([])
  })

  const presets = faultPresets.filter(({ rules }) => rules.some(({ effect }) => effect.kind === 'google_ads_error'))
  it.each(presets.map(({ name }) => name))('the failure switch %s', async preset => {
    sandbox.control.switchOn(preset)
    const answer = await search(sandbox, accountId(sandbox, 'O1'), 'SELECT customer.id FROM customer', { token: admin })
    sandbox.control.clearFaults()
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(problemsWith('errors.GoogleAdsFailure', failureOf(answer))).toEqual([])
  })

  it('knows only query error codes that exist', async () => {
    const queries = [
      '',
      'SELECT',
      'SELECT customer.id',
      'SELECT customer.id FROM x',
      "SELECT customer.id FROM customer WHERE customer.id = 'a",
      'SELECT customer.id FROM customer LIMIT 0',
    ]
    for (const query of queries) {
      const answer = await search(sandbox, accountId(sandbox, 'O1'), query, { token: admin })
      expect(problemsWith('errors.GoogleAdsFailure', failureOf(answer))).toEqual([])
    }
  })
})

describe('versions', () => {
  const ask = (version: string) =>
    search(sandbox, accountId(sandbox, 'O1'), 'SELECT customer.id FROM customer', { token: admin, version })

  it.each(['v23', 'v24', 'v25', 'v26'])('%s lives', async version => {
    expect((await ask(version)).status).toBe(200)
    const refused = await search(sandbox, '1234567890', 'SELECT customer.id FROM customer', { token: admin, version })
    expect(failureType(refused)).toContain(`.${version}.errors`)
  })

  it.each(['v20', 'v21', 'v22'])('%s is refused with UNSUPPORTED_VERSION', async version => {
    const answer = await ask(version)
    expect(answer.status).toBe(400)
    expect(answer.body.error.details[0].errors[0].errorCode).toEqual({ requestError: 'UNSUPPORTED_VERSION' })
  })

  it.each(['v19', 'v1', 'v27', 'v99'])('%s is an HTML 404', async version => {
    const answer = await ask(version)
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
  })

  const failureType = ({ body }: AdsAnswer) => body.error.details[0]['@type']
})
