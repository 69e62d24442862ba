import { activityOn, activityWindow, addTotals, byDevice, noTotals, type Totals } from '../ads/campaign-activity.ts'
import type { Entity } from '../ads/resource-rows.ts'
import type { Activity } from '../scenario.ts'
import { type CheckedQuery, dayWindow } from './check-query.ts'
import type { Predicate, Value } from './condition.ts'
import { type DayNumber, isoDate, monthStart, quarterStart, weekday, weekStart } from './date-ranges.ts'

/** Field values by full name. */
export type Row = Record<string, Value>

/** Runs a checked query over entities: filter, add up metrics by the selected segments, order, limit. */
export function evaluate(query: CheckedQuery, entities: readonly Entity[], today: DayNumber): Row[] {
  const on = (...owners: string[]) => query.where.filter(({ field }) => owners.includes(field.owner))
  const onMetrics = on('metrics')
  const onSegments = on('segments')
  const onAttributes = query.where.filter(({ field }) => field.owner !== 'metrics' && field.owner !== 'segments')
  const isReport = query.mentioned.some(({ owner }) => owner === 'metrics' || owner === 'segments')
  const rows: Row[] = []
  for (const entity of entities) {
    if (!passes(onAttributes, entity.attributes)) continue
    if (!isReport) rows.push(entity.attributes)
    else for (const row of reportRows(entity, query, onSegments, today)) if (passes(onMetrics, row)) rows.push(row)
  }
  return order(rows, query).slice(0, query.limit)
}

/** The metrics of many rows together, for a summary row. */
export function summarize(rows: readonly Row[]): Row {
  const sum = noTotals()
  for (const row of rows) {
    addTotals(sum, {
      impressions: Number(row['metrics.impressions'] ?? 0),
      clicks: Number(row['metrics.clicks'] ?? 0),
      costMicros: Number(row['metrics.cost_micros'] ?? 0),
      conversions: Number(row['metrics.conversions'] ?? 0),
      conversionsValue: Number(row['metrics.conversions_value'] ?? 0),
    })
  }
  return metricsOf(sum)
}

function reportRows(entity: Entity, query: CheckedQuery, onSegments: Predicate[], today: DayNumber): Row[] {
  const segments = query.select.filter(({ owner }) => owner === 'segments').map(({ name }) => name)
  const withDevice = query.mentioned.some(({ name }) => name === 'segments.device')
  const window = dayWindow(onSegments.filter(({ field }) => field.name === 'segments.date'))
  const buckets = new Map<string, { row: Row; totals: Totals }>()
  for (const { values, totals } of slices(entity.activities, window, { withDevice, today })) {
    if (!passes(onSegments, values)) continue
    const key = segments.map(name => values[name]).join('|')
    let bucket = buckets.get(key)
    if (!bucket) {
      bucket = { row: Object.fromEntries(segments.map(name => [name, values[name]])), totals: noTotals() }
      buckets.set(key, bucket)
    }
    addTotals(bucket.totals, totals)
  }
  if (segments.length === 0 && buckets.size === 0) buckets.set('', { row: {}, totals: noTotals() })
  return [...buckets.values()].map(({ row, totals }) => ({ ...entity.attributes, ...row, ...metricsOf(totals) }))
}

function* slices(
  activities: readonly Activity[],
  [first, last]: [DayNumber, DayNumber],
  { withDevice, today }: { withDevice: boolean; today: DayNumber },
): Generator<{ values: Row; totals: Totals }> {
  for (const activity of activities) {
    const [from, to] = activityWindow(activity, today)
    for (let day = Math.max(first, from); day <= Math.min(last, to); day += 1) {
      const totals = activityOn(activity, day, today)
      if (!totals) continue
      const values = segmentsOf(day)
      if (!withDevice) yield { values, totals }
      else
        for (const [device, part] of byDevice(totals))
          yield { values: { ...values, 'segments.device': device }, totals: part }
    }
  }
}

const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']
const segmentsByDay = new Map<DayNumber, Row>()

function segmentsOf(day: DayNumber): Row {
  let segments = segmentsByDay.get(day)
  if (!segments) {
    segments = {
      'segments.date': isoDate(day),
      'segments.week': isoDate(weekStart(day)),
      'segments.month': isoDate(monthStart(day)),
      'segments.quarter': isoDate(quarterStart(day)),
      'segments.year': Number(isoDate(day).slice(0, 4)),
      'segments.day_of_week': WEEKDAYS[weekday(day)],
    }
    segmentsByDay.set(day, segments)
  }
  return segments
}

function metricsOf({ impressions, clicks, costMicros, conversions, conversionsValue }: Totals): Row {
  const value = Math.round(conversionsValue * 100) / 100
  return {
    'metrics.impressions': impressions,
    'metrics.clicks': clicks,
    'metrics.interactions': clicks,
    'metrics.cost_micros': costMicros,
    'metrics.ctr': ratio(clicks, impressions),
    'metrics.interaction_rate': ratio(clicks, impressions),
    'metrics.average_cpc': ratio(costMicros, clicks),
    'metrics.average_cost': ratio(costMicros, clicks),
    'metrics.average_cpm': ratio(costMicros * 1000, impressions),
    'metrics.conversions': conversions,
    'metrics.all_conversions': conversions,
    'metrics.conversions_value': value,
    'metrics.cost_per_conversion': ratio(costMicros, conversions),
    'metrics.value_per_conversion': ratio(value, conversions),
    'metrics.conversions_from_interactions_rate': ratio(conversions, clicks),
  }
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

function passes(predicates: readonly Predicate[], row: Row): boolean {
  return predicates.every(({ field, test }) => test(row[field.name]))
}

function order(rows: Row[], { orderBy }: CheckedQuery): Row[] {
  if (orderBy.length === 0) return rows
  return rows.sort((a, b) => {
    for (const { field, descending } of orderBy) {
      const result = compareValues(a[field.name], b[field.name])
      if (result !== 0) return descending ? -result : result
    }
    return 0
  })
}

function compareValues(a: Value, b: Value): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  return a < b ? -1 : 1
}
