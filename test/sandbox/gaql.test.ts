import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdsError } from '../../src/sandbox/ads/ads-error.ts'
import { parseQuery } from '../../src/sandbox/gaql/parser.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { holds, hostileText } from '../support/fuzz.ts'
import { accessToken } from './access-token.ts'
import { accountId, accountLabel, errorCode, search } from './ads-client.ts'

/** 03:30 on Monday 2 March 2026 in UTC: still Sunday 1 March in New York, 12:30 in Tokyo. */
const NOW = Date.parse('2026-03-02T03:30:00Z')

let sandbox: Sandbox
let admin: string
let reader: string
beforeAll(async () => {
  sandbox = await startSandbox({ now: () => NOW })
  admin = await accessToken(sandbox, 'ADMIN')
  reader = await accessToken(sandbox, 'U1')
})
afterAll(() => sandbox.close())

const onRoot = (query: string) => search(sandbox, accountId(sandbox, 'O1'), query, { token: admin })
const onA3 = (query: string) =>
  search(sandbox, accountId(sandbox, 'A3'), query, { token: reader, loginCustomerId: accountId(sandbox, 'M1') })

async function labels(where: string): Promise<string[]> {
  const { status, body } = await onRoot(`SELECT customer_client.id FROM customer_client ${where}`)
  expect(status, JSON.stringify(body)).toBe(200)
  const rows: { customerClient: { id: string } }[] = body.results ?? []
  return rows.map(({ customerClient }) => accountLabel(sandbox, customerClient.id))
}

describe('conditions', () => {
  it.each([
    ['customer_client.level = 0', ['O1']],
    ['customer_client.manager = TRUE', ['O1', 'O2', 'O3']],
    ['customer_client.manager = true AND customer_client.level > 0', ['O2', 'O3']],
    ['customer_client.level >= 1 AND customer_client.level < 2 AND customer_client.manager != FALSE', ['O2', 'O3']],
    ["customer_client.status = 'CANCELED'", ['O5']],
    ['customer_client.status = SUSPENDED', ['O6']],
    ['customer_client.status IN (CANCELED, SUSPENDED)', ['O5', 'O6']],
    ["customer_client.status NOT IN ('ENABLED')", ['O5', 'O6']],
    ['customer_client.hidden = TRUE', ['O7']],
    ['customer_client.descriptive_name IS NULL', ['O10']],
    ['customer_client.descriptive_name IS NOT NULL AND customer_client.level = 0', ['O1']],
    [`customer_client.descriptive_name = 'O\\'Malley & Sons "Best" <b>Prices</b> \\\\ Ltd'`, ['O11']],
    [`customer_client.descriptive_name LIKE "%malley%"`, ['O11']],
    ["customer_client.descriptive_name LIKE 'Ice Cream%'", ['O12']],
    ["customer_client.descriptive_name NOT LIKE 'N%' AND customer_client.level = 0", []],
    ["customer_client.descriptive_name LIKE '=HYPERLINK[(]%'", ['O17']],
    ["customer_client.descriptive_name = '北京茶叶有限公司'", ['O15']],
    ["customer_client.descriptive_name REGEXP_MATCH '.*(Ventures|Asia)'", ['O2', 'O3']],
    ["customer_client.descriptive_name REGEXP_MATCH 'asia'", []],
    ["customer_client.descriptive_name REGEXP_MATCH '(?i).*ASIA'", ['O2']],
    ["customer_client.descriptive_name NOT REGEXP_MATCH '.*' ", []],
    ["customer_client.currency_code IN ('JPY', 'CNY')", ['O2', 'O15', 'O23']],
    ['customer_client.id BETWEEN 8800150002 AND 8800150003', ['O2', 'O3']],
    ['customer_client.id IN (8800150002, 8800150009)', ['O2', 'O9']],
    ["customer_client.client_customer = 'customers/8800150002'", ['O2']],
    ["customer_client.applied_labels CONTAINS ANY ('x')", []],
    ["customer_client.applied_labels CONTAINS NONE ('x') AND customer_client.level = 0", ['O1']],
    ["customer_client.applied_labels CONTAINS ALL ('x', 'y')", []],
  ])('%s', async (where, expected) => {
    expect((await labels(`WHERE ${where}`)).sort()).toEqual([...expected].sort())
  })

  it('take keywords in any case and line breaks anywhere', async () => {
    const { body } = await onRoot('select customer.id\nfrom customer\n where customer.manager = true limit 1')
    expect(body.results).toHaveLength(1)
  })

  it('order and limit', async () => {
    const order = 'ORDER BY customer_client.level DESC, customer_client.id LIMIT 2'
    expect(await labels(`WHERE customer_client.level <= 1 AND customer_client.manager = TRUE ${order}`)).toEqual([
      'O2',
      'O3',
    ])
    expect(await labels('WHERE customer_client.manager = TRUE ORDER BY customer_client.id DESC')).toEqual([
      'O3',
      'O2',
      'O1',
    ])
    expect(await labels('ORDER BY customer_client.id ASC LIMIT 1 PARAMETERS include_drafts=true')).toEqual(['O1'])
  })
})

describe('the shape of an answer', () => {
  it('has one object without results for no rows', async () => {
    const query = "SELECT customer_client.id FROM customer_client WHERE customer_client.descriptive_name = 'nobody'"
    const page = await onRoot(query)
    expect(page.body).not.toHaveProperty('results')
    const stream = await search(sandbox, accountId(sandbox, 'O1'), query, { token: admin, stream: true })
    expect(stream.body).toHaveLength(1)
    expect(Object.keys(stream.body[0])).toEqual(['fieldMask', 'requestId', 'queryResourceConsumption'])
  })

  it('has 64-bit integers as strings, zeros included, and the name of every resource selected', async () => {
    const { body } = await onA3(
      'SELECT campaign.id, campaign_budget.amount_micros, customer.id, metrics.clicks FROM campaign WHERE campaign.status = REMOVED AND segments.date DURING YESTERDAY',
    )
    expect(body.fieldMask).toBe('campaign.id,campaignBudget.amountMicros,customer.id,metrics.clicks')
    expect(body.results).toEqual([
      {
        campaign: { resourceName: 'customers/2841907703/campaigns/70003005', id: '70003005' },
        campaignBudget: { resourceName: 'customers/2841907703/campaignBudgets/570003005', amountMicros: '222000000' },
        customer: { resourceName: 'customers/2841907703', id: '2841907703' },
        metrics: { clicks: '0' },
      },
    ])
  })

  it('gives a leaf asked for its clients one row, itself', async () => {
    const { body } = await onA3('SELECT customer_client.id, customer_client.level FROM customer_client')
    expect(body.results).toMatchObject([{ customerClient: { id: accountId(sandbox, 'A3'), level: '0' } }])
  })

  it('shows links from both ends, whatever their status', async () => {
    const below = await onRoot(
      "SELECT customer_client_link.client_customer, customer_client_link.status FROM customer_client_link WHERE customer_client_link.status != 'ACTIVE'",
    )
    expect(
      below.body.results.map((row: { customerClientLink: { status: string } }) => row.customerClientLink.status).sort(),
    ).toEqual(['INACTIVE', 'PENDING', 'REFUSED'])
    const token = await accessToken(sandbox, 'GMAIL')
    const above = await search(
      sandbox,
      accountId(sandbox, 'O18'),
      'SELECT customer_manager_link.manager_customer, customer_manager_link.status FROM customer_manager_link',
      { token },
    )
    expect(above.body.results).toMatchObject([
      { customerManagerLink: { managerCustomer: 'customers/8800150001', status: 'PENDING' } },
    ])
  })
})

describe('dates and metrics', () => {
  const sum = async (where: string) => {
    const { body } = await onA3(`SELECT customer.id, metrics.clicks, metrics.cost_micros FROM customer WHERE ${where}`)
    return body.results[0].metrics as { clicks: string; costMicros: string }
  }

  it.each([
    ['TODAY', '2026-03-01', '2026-03-01'],
    ['YESTERDAY', '2026-02-28', '2026-02-28'],
    ['LAST_7_DAYS', '2026-02-22', '2026-02-28'],
    ['LAST_14_DAYS', '2026-02-15', '2026-02-28'],
    ['LAST_30_DAYS', '2026-01-30', '2026-02-28'],
    ['THIS_MONTH', '2026-03-01', '2026-03-01'],
    ['LAST_MONTH', '2026-02-01', '2026-02-28'],
    ['THIS_WEEK_MON_TODAY', '2026-02-23', '2026-03-01'],
    ['THIS_WEEK_SUN_TODAY', '2026-03-01', '2026-03-01'],
    ['LAST_WEEK_MON_SUN', '2026-02-16', '2026-02-22'],
    ['LAST_WEEK_SUN_SAT', '2026-02-22', '2026-02-28'],
    ['LAST_BUSINESS_WEEK', '2026-02-16', '2026-02-20'],
  ])('%s in New York is %s to %s', async (literal, from, to) => {
    const { body } = await onA3(
      `SELECT segments.date, metrics.clicks, customer.id FROM customer WHERE segments.date DURING ${literal} ORDER BY segments.date`,
    )
    const days = body.results.map((row: { segments: { date: string } }) => row.segments.date)
    expect([days[0], days[days.length - 1]]).toEqual([from, to])
    expect(await sum(`segments.date DURING ${literal}`)).toEqual(
      await sum(`segments.date BETWEEN '${from}' AND '${to}'`),
    )
  })

  it('follow the account’s own time zone', async () => {
    const { body } = await search(
      sandbox,
      accountId(sandbox, 'O23'),
      'SELECT segments.date, metrics.clicks, customer.id FROM customer WHERE segments.date DURING TODAY',
      {
        token: admin,
        loginCustomerId: accountId(sandbox, 'O1'),
      },
    )
    expect(body.results[0].segments.date).toBe('2026-03-02')
  })

  it('keep one row per campaign when the date only filters, and one per day when it is selected', async () => {
    const whole = await onA3('SELECT campaign.id, metrics.clicks FROM campaign WHERE segments.date DURING LAST_30_DAYS')
    expect(whole.body.results).toHaveLength(5)
    const daily = await onA3(
      'SELECT campaign.id, segments.date, metrics.clicks FROM campaign WHERE segments.date DURING LAST_30_DAYS AND campaign.id = 70003001',
    )
    expect(daily.body.results).toHaveLength(30)
    const clicks = (rows: { metrics: { clicks: string } }[]) =>
      rows.reduce((total, row) => total + Number(row.metrics.clicks), 0)
    expect(clicks(daily.body.results)).toBe(
      clicks(whole.body.results.filter((row: { campaign: { id: string } }) => row.campaign.id === '70003001')),
    )
  })

  it('add up the same by device, week and month', async () => {
    const range = "segments.date BETWEEN '2026-01-01' AND '2026-02-28'"
    const whole = await sum(range)
    for (const segment of ['device', 'week', 'month', 'quarter', 'year', 'day_of_week']) {
      const { body } = await onA3(
        `SELECT segments.${segment}, metrics.cost_micros, customer.id FROM customer WHERE ${range}`,
      )
      const cost = body.results.reduce(
        (total: number, row: { metrics: { costMicros: string } }) => total + Number(row.metrics.costMicros),
        0,
      )
      expect(String(cost), segment).toBe(whole.costMicros)
    }
  })

  it('leave campaigns without activity out of segmented rows', async () => {
    const { body } = await onA3(
      'SELECT campaign.id, segments.date, metrics.clicks FROM campaign WHERE segments.date DURING LAST_7_DAYS AND campaign.status = REMOVED',
    )
    expect(body.results).toBeUndefined()
  })

  it('filter on metrics after adding up', async () => {
    const query =
      'SELECT campaign.id, metrics.clicks FROM campaign WHERE segments.date DURING LAST_30_DAYS AND metrics.clicks > 0 ORDER BY metrics.clicks DESC'
    const { body } = await onA3(query)
    const clicks = body.results.map((row: { metrics: { clicks: string } }) => Number(row.metrics.clicks))
    expect(clicks).toHaveLength(4)
    expect(clicks).toEqual([...clicks].sort((a, b) => b - a))
  })
})

describe('query errors', () => {
  const C = 'SELECT customer.id FROM customer'
  it.each([
    ['', 'EXPECTED_SELECT'],
    ['FROM customer', 'EXPECTED_SELECT'],
    ['SELECT customer.id', 'EXPECTED_FROM'],
    ['SELECT customer.id WHERE customer.id = 1', 'EXPECTED_FROM'],
    ['SELECT FROM customer', 'UNEXPECTED_INPUT'],
    ['SELECT customer.id FROM', 'UNEXPECTED_END_OF_QUERY'],
    [`${C} WHERE`, 'UNEXPECTED_END_OF_QUERY'],
    [`${C} WHERE customer.id = 1 OR customer.id = 2`, 'UNEXPECTED_INPUT'],
    [`${C} extra`, 'UNEXPECTED_INPUT'],
    [`${C};`, 'UNEXPECTED_INPUT'],
    ['SELECT customer.id FROM client', 'BAD_RESOURCE_TYPE_IN_FROM_CLAUSE'],
    ['SELECT customer.nme FROM customer', 'UNRECOGNIZED_FIELD'],
    [`${C} WHERE customer.nme = 1`, 'UNRECOGNIZED_FIELD'],
    ['SELECT customer..id FROM customer', 'BAD_FIELD_NAME'],
    ['SELECT campaign.id FROM customer', 'PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE'],
    [`${C} WHERE campaign.id = 1`, 'PROHIBITED_RESOURCE_TYPE_IN_WHERE_CLAUSE'],
    ['SELECT customer_client.id, metrics.clicks FROM customer_client', 'PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE'],
    ['SELECT customer_client.id, segments.date FROM customer_client', 'PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE'],
    ['SELECT customer.id, metrics.clicks FROM customer', 'REQUESTED_METRICS_FOR_MANAGER'],
    ['SELECT campaign.id FROM campaign WHERE metrics.clicks > 1', 'REQUESTED_METRICS_FOR_MANAGER'],
    [
      'SELECT segments.date FROM campaign WHERE segments.date DURING TODAY',
      'EXPECTED_DIMENSION_FIELD_IN_SELECT_CLAUSE',
    ],
    [`${C} WHERE customer.status = OPEN`, 'BAD_ENUM_CONSTANT'],
    [`${C} WHERE customer.status > ENABLED`, 'OPERATOR_FIELD_MISMATCH'],
    [`${C} WHERE customer.id LIKE '1%'`, 'OPERATOR_FIELD_MISMATCH'],
    [`${C} WHERE customer.descriptive_name > 'a'`, 'OPERATOR_FIELD_MISMATCH'],
    [`${C} WHERE customer.descriptive_name DURING TODAY`, 'OPERATOR_FIELD_MISMATCH'],
    [`${C} WHERE customer.manager IN (TRUE)`, 'OPERATOR_FIELD_MISMATCH'],
    [`${C} WHERE customer.id = 'abc'`, 'BAD_VALUE'],
    [`${C} WHERE customer.manager = 2`, 'BAD_VALUE'],
    [`${C} WHERE customer.descriptive_name = 5`, 'INVALID_STRING_VALUE'],
    [`${C} WHERE customer.descriptive_name = 'open`, 'STRING_NOT_TERMINATED'],
    [`${C} WHERE customer.descriptive_name = 'a\nb'`, 'PROHIBITED_NEWLINE_IN_STRING'],
    [`${C} WHERE customer.descriptive_name = 'a\\qb'`, 'BAD_ESCAPE_SEQUENCE'],
    [`${C} WHERE customer.id = é`, 'BAD_SYMBOL'],
    [`${C} WHERE customer.id ~ 1`, 'UNEXPECTED_INPUT'],
    [`${C} WHERE customer.id SOUNDS 1`, 'BAD_OPERATOR'],
    [`${C} WHERE customer.id IN 1`, 'EXPECTED_LIST'],
    [`${C} WHERE customer.id = (1)`, 'EXPECTED_SINGLE_VALUE'],
    [`${C} WHERE customer.id IN ()`, 'PROHIBITED_EMPTY_LIST_IN_CONDITION'],
    [`${C} WHERE customer.id IN (1, 'a')`, 'PROHIBITED_VALUE_COMBINATION_IN_LIST'],
    [`${C} WHERE customer.id BETWEEN 1, 2`, 'EXPECTED_AND'],
    [`${C} WHERE segments.date DURING LAST_31_DAYS`, 'INVALID_VALUE_WITH_DURING_OPERATOR'],
    [`${C} WHERE segments.date = '1 March'`, 'INVALID_DATE_FORMAT'],
    [`${C} WHERE segments.date BETWEEN 'a' AND 'b'`, 'INVALID_VALUE_WITH_BETWEEN_OPERATOR'],
    [`${C} WHERE segments.date >= '2026-01-01'`, 'EXPECTED_FILTERS_ON_DATE_RANGE'],
    [`${C} WHERE segments.date BETWEEN '2026-02-01' AND '2026-01-01'`, 'DATE_RANGE_TOO_NARROW'],
    [`${C} WHERE segments.week = '2026-02-25'`, 'MISALIGNED_DATE_FOR_FILTER'],
    [`${C} WHERE segments.device = MOBILE`, 'EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE'],
    ['SELECT campaign.id FROM campaign ORDER BY metrics.clicks', 'EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE'],
    [
      'SELECT customer_client.id FROM customer_client ORDER BY customer_client.applied_labels',
      'PROHIBITED_FIELD_IN_ORDER_BY_CLAUSE',
    ],
    [`${C} ORDER customer.id`, 'EXPECTED_BY'],
    [`${C} LIMIT 0`, 'LIMIT_VALUE_TOO_LOW'],
    [`${C} LIMIT many`, 'BAD_LIMIT_VALUE'],
    [`${C} PARAMETERS nonsense=true`, 'BAD_PARAMETER_NAME'],
    [`${C} PARAMETERS include_drafts=perhaps`, 'BAD_PARAMETER_VALUE'],
  ])('%s', async (query, code) => {
    const answer = await onRoot(query)
    expect([answer.status, errorCode(answer)]).toEqual([400, `queryError.${code}`])
  })

  it.each([
    [`${C} WHERE customer.id = 1 OR customer.id = 2`, 'Error in query: unexpected input OR.'],
    ['SELECT customer.x FROM customer', "Unrecognized field in the query: 'customer.x'."],
    ['SELECT customer.x, customer.y FROM customer', "Unrecognized fields in the query: 'customer.x', 'customer.y'."],
  ])('words %s as Google does', async (query, message) => {
    const { body } = await onRoot(query)
    expect(body.error.details[0].errors[0].message).toBe(message)
  })
})

describe('any text', () => {
  const fields = [
    'customer.id',
    'customer.manager',
    'customer_client.level',
    'customer.descriptive_name',
    'segments.date',
  ]
  const words = [
    'SELECT',
    'FROM',
    'WHERE',
    'AND',
    'ORDER',
    'BY',
    'DESC',
    'LIMIT',
    'PARAMETERS',
    'NOT',
    'IS',
    'NULL',
    'IN',
  ]
  const more = ['LIKE', 'DURING', 'BETWEEN', 'CONTAINS', 'ANY', 'REGEXP_MATCH', 'customer', 'campaign', 'TODAY', 'TRUE']
  const signs = ['(', ')', ',', '=', '!=', '<', '>=', ';', '*', "'", '"', '\\', '-', '1e999', '0', '-1', '9'.repeat(40)]
  const pieces = fc.array(fc.oneof(fc.constantFrom(...fields, ...words, ...more, ...signs), hostileText), {
    maxLength: 14,
  })
  const tails = fc
    .array(fc.constantFrom(...fields, ...words.slice(2), ...more, ...signs, "'(a+)+$'", "'%_%'"), { maxLength: 8 })
    .map(parts => `SELECT customer.id FROM customer WHERE ${parts.join(' ')}`)
  const queries = fc.oneof(
    pieces.map(parts => parts.join(' ')),
    tails,
  )

  it('row 66: is a query or Google’s error about one', async () => {
    await holds(
      fc.property(queries, text => {
        try {
          const { select, from } = parseQuery(text)
          expect([select.length > 0, from.length > 0]).toEqual([true, true])
        } catch (error) {
          if (!(error instanceof AdsError)) throw error
        }
      }),
      3_000,
    )
  })

  it('row 66: is answered, never with a fault of the server', async () => {
    await holds(
      fc.asyncProperty(queries, async text => {
        const answer = await onRoot(text)
        expect([200, 400], `${text}: ${JSON.stringify(answer.body)}`).toContain(answer.status)
      }),
      150,
    )
  })
})

describe('pages', () => {
  it('refuse a page size and a token of another query', async () => {
    const ask = (settings: object) =>
      search(sandbox, accountId(sandbox, 'O1'), 'SELECT customer.id FROM customer', {
        token: admin,
        settings: { ...settings },
      })
    expect(errorCode(await ask({ pageSize: 100 }))).toBe('requestError.PAGE_SIZE_NOT_SUPPORTED')
    expect(errorCode(await ask({ page_token: 'abc' }))).toBe('requestError.INVALID_PAGE_TOKEN')
    expect((await ask({ colour: 'red' })).status).toBe(400)
  })
})
