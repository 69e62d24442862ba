import { createHash } from 'node:crypto'
import { type CheckedQuery, checkQuery } from '../gaql/check-query.ts'
import { dayInZone } from '../gaql/date-ranges.ts'
import { evaluate, type Row, summarize } from '../gaql/evaluate.ts'
import { queryError } from '../gaql/parser.ts'
import { fieldMask, rowJson, type ShownField, shownFields } from '../gaql/row-json.ts'
import type { Account } from '../scenario.ts'
import type { World } from '../world.ts'
import { AdsError } from './ads-error.ts'
import { entitiesOf } from './resource-rows.ts'
import type { SearchRequest } from './search-request.ts'

const PAGE_ROWS = 10_000

interface Results {
  query: CheckedQuery
  rows: Row[]
  shown: ShownField[]
}

/** The body of googleAds:search: one page. Throws AdsError. */
export function searchPage(request: SearchRequest, account: Account, world: World): object {
  if (request.pageSize !== undefined && request.pageSize !== 0)
    throw new AdsError('requestError', 'PAGE_SIZE_NOT_SUPPORTED')
  const fingerprint = createHash('sha256').update(`${account.id}\n${request.query}`).digest('base64url').slice(0, 16)
  const offset = pageOffset(request.pageToken, fingerprint)
  const { query, rows, shown } = run(request.query, account, world)
  const { omitResults, returnSummaryRow, returnTotalResultsCount } = request
  const page = omitResults ? [] : rows.slice(offset, offset + PAGE_ROWS)
  const hasMore = !omitResults && offset + PAGE_ROWS < rows.length
  if (request.validateOnly) return {}
  return {
    ...(page.length > 0 && { results: page.map(row => rowJson(row, shown)) }),
    ...(hasMore && { nextPageToken: pageToken(offset + PAGE_ROWS, fingerprint) }),
    ...(returnTotalResultsCount && rows.length > 0 && { totalResultsCount: String(rows.length) }),
    fieldMask: fieldMask(query),
    ...(returnSummaryRow && rows.length > 0 && { summaryRow: summaryRow(rows, shown) }),
    queryResourceConsumption: consumption(rows),
  }
}

/** The batches of googleAds:searchStream. Throws AdsError. */
export function searchBatches(request: SearchRequest, account: Account, world: World, requestId: string): object[] {
  const { query, rows, shown } = run(request.query, account, world)
  const mask = fieldMask(query)
  const setting = request.summaryRowSetting
  const shownRows = setting === 'SUMMARY_ROW_ONLY' ? [] : rows
  const batches: object[] = []
  for (let at = 0; at < shownRows.length || at === 0; at += PAGE_ROWS) {
    const results = shownRows.slice(at, at + PAGE_ROWS).map(row => rowJson(row, shown))
    batches.push({ ...(results.length > 0 && { results }), fieldMask: mask, requestId })
  }
  const wantsSummary = setting === 'SUMMARY_ROW_ONLY' || setting === 'SUMMARY_ROW_WITH_RESULTS'
  Object.assign(batches[batches.length - 1] ?? {}, {
    ...(wantsSummary && rows.length > 0 && { summaryRow: summaryRow(rows, shown) }),
    queryResourceConsumption: consumption(rows),
  })
  return batches
}

function run(text: string, account: Account, world: World): Results {
  const today = dayInZone(world.now(), account.timeZone)
  const query = checkQuery(text, today)
  const wantsMetrics = query.mentioned.some(({ owner }) => owner === 'metrics')
  if (wantsMetrics && account.kind === 'manager') throw queryError('REQUESTED_METRICS_FOR_MANAGER')
  const withCustomer = query.mentioned.some(({ owner }) => owner === 'customer')
  const rows = evaluate(query, entitiesOf(query.from, account, { world, today, withCustomer }), today)
  return { query, rows, shown: shownFields(query) }
}

function summaryRow(rows: Row[], shown: ShownField[]): object {
  return rowJson(
    summarize(rows),
    shown.filter(({ field }) => field.owner === 'metrics'),
  )
}

function pageToken(offset: number, fingerprint: string): string {
  return Buffer.from(`${fingerprint}:${offset}`).toString('base64url')
}

function pageOffset(token: string | undefined, fingerprint: string): number {
  if (!token) return 0
  const [print, offset = ''] = Buffer.from(token, 'base64url').toString('utf8').split(':')
  if (print !== fingerprint || !/^\d+$/.test(offset)) throw new AdsError('requestError', 'INVALID_PAGE_TOKEN')
  return Number(offset)
}

function consumption(rows: readonly Row[]): string {
  return String(700 + rows.length)
}
