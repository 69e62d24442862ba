import type { Reply } from '../http/reply.ts'
import { rpcError } from './rpc-errors.ts'

export interface SearchRequest {
  query: string
  pageToken?: string | undefined
  pageSize?: number | undefined
  validateOnly: boolean
  omitResults: boolean
  returnSummaryRow: boolean
  returnTotalResultsCount: boolean
  summaryRowSetting?: string | undefined
}

const FIELDS = new Set([
  'query',
  'pageToken',
  'pageSize',
  'validateOnly',
  'searchSettings',
  'summaryRowSetting',
  'customerId',
])

/** Reads the JSON body, either casing; a body that is not one gets the front end's own 400. */
export function readSearchRequest(body: string): SearchRequest | Reply {
  let json: unknown
  try {
    json = body.trim() === '' ? {} : JSON.parse(body)
  } catch {
    return invalidPayload('Invalid JSON payload received. Unexpected token.')
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return invalidPayload('Invalid JSON payload received. Root element must be a message.')
  }
  const fields = camelKeys(json)
  const unknown = Object.keys(fields).find(name => !FIELDS.has(name))
  if (unknown !== undefined) {
    return invalidPayload(`Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`)
  }
  const settings = camelKeys((fields.searchSettings ?? {}) as object)
  return {
    query: typeof fields.query === 'string' ? fields.query : '',
    pageToken: typeof fields.pageToken === 'string' ? fields.pageToken : undefined,
    pageSize: fields.pageSize === undefined ? undefined : Number(fields.pageSize),
    validateOnly: fields.validateOnly === true,
    omitResults: settings.omitResults === true,
    returnSummaryRow: settings.returnSummaryRow === true,
    returnTotalResultsCount: settings.returnTotalResultsCount === true,
    summaryRowSetting: typeof fields.summaryRowSetting === 'string' ? fields.summaryRowSetting : undefined,
  }
}

function invalidPayload(message: string): Reply {
  return rpcError(400, 'INVALID_ARGUMENT', message)
}

function camelKeys(object: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()), value]),
  )
}
