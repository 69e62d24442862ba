import type { CheckedQuery } from './check-query.ts'
import type { Value } from './condition.ts'
import type { Row } from './evaluate.ts'
import { type Field, findField } from './field-catalog.ts'

type Json = { [key: string]: Json | string | number | boolean | readonly string[] }

/** A row in Google's JSON: camel case, 64-bit integers as strings, resource names unasked (wire facts B.5). */
export function rowJson(row: Row, shown: readonly ShownField[]): Json {
  const json: Json = {}
  for (const { field, path } of shown) {
    const value = shownValue(row[field.name], field)
    if (value === undefined) continue
    let target = json
    for (const key of path.slice(0, -1)) {
      target[key] ??= {}
      target = target[key] as Json
    }
    target[path[path.length - 1] ?? ''] = value
  }
  return json
}

export interface ShownField {
  field: Field
  path: string[]
}

/** The fields that come out: those selected, and the resource name of the FROM resource and of each selected one. */
export function shownFields({ from, select }: CheckedQuery): ShownField[] {
  const owners = new Set([from, ...select.map(({ owner }) => owner)])
  const names = [...owners].flatMap(owner => findField(`${owner}.resource_name`) ?? [])
  return [...new Set([...names, ...select])].map(field => ({ field, path: camelPath(field.name) }))
}

export function fieldMask({ select }: CheckedQuery): string {
  return select.map(({ name }) => camelPath(name).join('.')).join(',')
}

function shownValue(
  value: Value,
  { type, omitsZero }: Field,
): string | number | boolean | readonly string[] | undefined {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return undefined
  if (omitsZero && (value === 0 || value === '' || value === 'UNSPECIFIED')) return undefined
  return type === 'INT64' ? String(value) : value
}

function camelPath(name: string): string[] {
  return name.split('.').map(part => part.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()))
}
