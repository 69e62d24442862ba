import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import protobuf from 'protobufjs'

const V25 = 'google.ads.googleads.v25'
const root = protobuf.Root.fromJSON(
  JSON.parse(readFileSync(createRequire(import.meta.url).resolve('google-ads-node/build/protos/protos.json'), 'utf8')),
)
root.resolveAll()

const INT64 = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64'])

/**
 * Everything in `json` that the published v25 message would not accept: unknown keys, unknown enum names, 64-bit integers
 * that are not strings, wrong types, and values lost between encoding and decoding.
 */
export function problemsWith(messageName: string, json: Record<string, unknown>): string[] {
  const type = root.lookupType(`${V25}.${messageName}`)
  const problems = check(type, json, messageName)
  if (problems.length > 0) return problems
  const plain = toMessage(type, json)
  const decoded = type.toObject(type.decode(type.encode(type.fromObject(plain)).finish()), {
    longs: String,
    enums: String,
  })
  return JSON.stringify(sorted(decoded)) === JSON.stringify(sorted(plain)) ? [] : [`${messageName}: lost in encoding`]
}

/** What the published schema says of a field named as in GAQL: its type, its enum names, and whether zero is written. */
export function publishedField(name: string) {
  const [owner = '', ...path] = name.split('.')
  const message = owner.replace(/(^|_)([a-z])/g, (_, _gap, letter: string) => letter.toUpperCase())
  let type = root.lookupType(
    `${V25}.${owner === 'metrics' || owner === 'segments' ? 'common' : 'resources'}.${message}`,
  )
  for (const step of path.slice(0, -1)) {
    const nested = type.fields[step]?.resolvedType
    if (!(nested instanceof protobuf.Type)) return undefined
    type = nested
  }
  const field = type.fields[path.at(-1) ?? '']
  if (!field) return undefined
  const values = field.resolvedType instanceof protobuf.Enum ? Object.keys(field.resolvedType.values) : undefined
  return { type: values ? 'enum' : field.type, values, repeated: field.repeated, hasPresence: field.hasPresence }
}

function check(type: protobuf.Type, json: Record<string, unknown>, at: string): string[] {
  return Object.entries(json).flatMap(([key, value]) => {
    if (key === '@type' || key === 'fieldMask') return typeof value === 'string' ? [] : [`${at}.${key}: no string`]
    const field = fieldOf(type, key)
    if (!field) return [`${at}.${key}: no such field in ${type.name}`]
    if (!field.repeated) return checkValue(field, value, `${at}.${key}`)
    if (!Array.isArray(value)) return [`${at}.${key}: no list`]
    if (value.length === 0) return [`${at}.${key}: an empty list is left out`]
    return value.flatMap((item, index) => checkValue(field, item, `${at}.${key}[${index}]`))
  })
}

/** The JSON under the field names of the proto files, without what has a JSON form of its own (masks, durations). */
function toMessage(type: protobuf.Type, json: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, value]) => {
      const field = fieldOf(type, key)
      if (!field || key === 'fieldMask' || field.resolvedType?.fullName === '.google.protobuf.Duration') return []
      const convert = (item: unknown) =>
        field.resolvedType instanceof protobuf.Type
          ? toMessage(field.resolvedType, item as Record<string, unknown>)
          : item
      return [[field.name, Array.isArray(value) ? value.map(convert) : convert(value)]]
    }),
  )
}

const fieldsByJsonName = new Map<protobuf.Type, Map<string, protobuf.Field>>()

function fieldOf(type: protobuf.Type, jsonName: string): protobuf.Field | undefined {
  let fields = fieldsByJsonName.get(type)
  if (!fields) {
    const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    fields = new Map(type.fieldsArray.map(field => [camel(field.name), field]))
    fieldsByJsonName.set(type, fields)
  }
  return fields.get(jsonName)
}

function checkValue(field: protobuf.Field, value: unknown, at: string): string[] {
  const resolved = field.resolvedType
  if (resolved?.fullName === '.google.protobuf.Duration') {
    return typeof value === 'string' && /^\d+(\.\d+)?s$/.test(value) ? [] : [`${at}: no duration`]
  }
  if (resolved instanceof protobuf.Enum) {
    return typeof value === 'string' && value in resolved.values && resolved.values[value] !== 0
      ? []
      : [`${at}: ${value} is no ${resolved.name}`]
  }
  if (resolved instanceof protobuf.Type) {
    return typeof value === 'object' && value !== null
      ? check(resolved, value as Record<string, unknown>, at)
      : [`${at}: no object`]
  }
  if (INT64.has(field.type))
    return typeof value === 'string' && /^-?\d+$/.test(value) ? [] : [`${at}: 64-bit integers are strings`]
  const expected = field.type === 'string' ? 'string' : field.type === 'bool' ? 'boolean' : 'number'
  return typeof value === expected ? [] : [`${at}: no ${expected}`]
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}
