import { compileCondition, type Predicate } from './condition.ts'
import type { DayNumber } from './date-ranges.ts'
import { CORE_DATE_SEGMENTS, type Field, findField, resources } from './field-catalog.ts'
import { parseQuery, type Query, queryError } from './parser.ts'

/** A query whose every name and value is known to fit. */
export interface CheckedQuery {
  from: string
  select: Field[]
  where: Predicate[]
  orderBy: { field: Field; descending: boolean }[]
  limit: number | undefined
  /** All fields the query mentions. */
  mentioned: Field[]
}

/** Parses a query and checks it against the field catalog. Throws AdsError (queryError). */
export function checkQuery(text: string, today: DayNumber): CheckedQuery {
  const query = parseQuery(text)
  if (!resources[query.from]) {
    throw queryError('BAD_RESOURCE_TYPE_IN_FROM_CLAUSE', `'${query.from}' is not a valid resource in the FROM clause.`)
  }
  checkNames(query)
  const select = [...new Set(query.select)].map(known)
  const where = query.where.map(condition => compileCondition(condition, known(condition.field), today))
  const orderBy = query.orderBy.map(({ field, descending }) => ({ field: known(field), descending }))
  checkCombination(query, select)
  checkOrdering(select, orderBy, query.from)
  checkReferences(select, where)
  checkDateRange(select, where)
  const mentioned = [...select, ...where.map(({ field }) => field), ...orderBy.map(({ field }) => field)]
  return { from: query.from, select, where, orderBy, limit: query.limit, mentioned }
}

function checkNames({ select, where, orderBy }: Query): void {
  const names = [...select, ...where.map(({ field }) => field), ...orderBy.map(({ field }) => field)]
  const bad = names.find(name => /\.\.|\.$/.test(name))
  if (bad !== undefined) throw queryError('BAD_FIELD_NAME', `Invalid field name in the query: '${bad}'.`)
  const unknown = [...new Set(names.filter(name => !findField(name)))].map(name => `'${name}'`)
  if (unknown.length > 0) {
    throw queryError(
      'UNRECOGNIZED_FIELD',
      `Unrecognized field${unknown.length > 1 ? 's' : ''} in the query: ${unknown.join(', ')}.`,
    )
  }
}

function checkCombination({ from, select: names, where }: Query, select: Field[]): void {
  for (const field of select) checkOwner(field, from, 'SELECT')
  for (const { field } of where) checkOwner(known(field), from, 'WHERE')
  if (names.length > 0 && select.every(field => field.owner === 'segments')) {
    throw queryError('EXPECTED_DIMENSION_FIELD_IN_SELECT_CLAUSE', 'The SELECT clause has segments only.')
  }
}

function checkOwner({ name, owner }: Field, from: string, clause: 'SELECT' | 'WHERE'): void {
  const resource = resources[from]
  if (!resource || owner === from || resource.attributed.includes(owner)) return
  if (owner === 'metrics' || owner === 'segments') {
    if (resource.hasMetrics) return
    const kind = owner === 'metrics' ? 'METRIC' : 'SEGMENT'
    throw queryError(
      `PROHIBITED_${kind}_IN_SELECT_OR_WHERE_CLAUSE`,
      `Cannot select or filter on the following ${owner}: '${name}', since it is incompatible with the resource in the FROM clause '${from}'.`,
    )
  }
  throw queryError(
    `PROHIBITED_RESOURCE_TYPE_IN_${clause}_CLAUSE`,
    `The field '${name}' in the ${clause} clause belongs to a resource that cannot be used with '${from}'.`,
  )
}

function checkOrdering(select: Field[], orderBy: CheckedQuery['orderBy'], from: string): void {
  for (const { field } of orderBy) {
    if (field.repeated) {
      throw queryError('PROHIBITED_FIELD_IN_ORDER_BY_CLAUSE', `The field '${field.name}' cannot be used in ORDER BY.`)
    }
    if (field.owner === from || select.includes(field)) continue
    throw missingReference(field.name)
  }
}

function checkReferences(select: Field[], where: Predicate[]): void {
  for (const { field } of where) {
    if (field.owner !== 'segments' || CORE_DATE_SEGMENTS.has(field.name) || select.includes(field)) continue
    throw missingReference(field.name)
  }
}

function missingReference(name: string) {
  return queryError(
    'EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE',
    `The following field must be present in SELECT clause: '${name}'.`,
  )
}

function checkDateRange(select: Field[], where: Predicate[]): void {
  const filters = where.filter(({ field }) => CORE_DATE_SEGMENTS.has(field.name))
  const isSegmented = filters.length > 0 || select.some(field => CORE_DATE_SEGMENTS.has(field.name))
  if (!isSegmented) return
  const [from, to] = dayWindow(filters)
  const hasYear = filters.some(({ field }) => field.name === 'segments.year')
  if (!hasYear && (from === -Infinity || to === Infinity)) {
    throw queryError(
      'EXPECTED_FILTERS_ON_DATE_RANGE',
      'Expected filters on date range: the core date segments need a finite date range in the WHERE clause.',
    )
  }
  if (from > to) throw queryError('DATE_RANGE_TOO_NARROW', 'The date filters have a start date after the end date.')
}

/** The days that can pass all filters on `segments.date`. */
export function dayWindow(where: readonly Predicate[]): [DayNumber, DayNumber] {
  const ranges = where.flatMap(({ days }) => (days ? [days] : []))
  return [Math.max(-Infinity, ...ranges.map(([from]) => from)), Math.min(Infinity, ...ranges.map(([, to]) => to))]
}

function known(name: string): Field {
  const field = findField(name)
  if (!field) throw new Error(`field ${name} was not checked`)
  return field
}
