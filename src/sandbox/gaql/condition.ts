import { type DayNumber, dayNumber, duringRange, isoDate, monthStart, quarterStart, weekStart } from './date-ranges.ts'
import type { Field, FieldType } from './field-catalog.ts'
import { type Condition, type Literal, type Operator, queryError } from './parser.ts'

export type Value = string | number | boolean | readonly string[] | undefined

export interface Predicate {
  field: Field
  test: (value: Value) => boolean
  /** For a date: the first and last day that can pass; infinite where the condition leaves it open. */
  days?: [DayNumber, DayNumber] | undefined
}

const COMPARISONS: Operator[] = ['=', '!=', '<', '<=', '>', '>=']
const LISTS: Operator[] = ['IN', 'NOT IN']
const NULLS: Operator[] = ['IS NULL', 'IS NOT NULL']
const PATTERNS: Operator[] = ['LIKE', 'NOT LIKE', 'REGEXP_MATCH', 'NOT REGEXP_MATCH']
const CONTAINS: Operator[] = ['CONTAINS ANY', 'CONTAINS ALL', 'CONTAINS NONE']

const ALLOWED: Record<FieldType, Operator[]> = {
  INT64: [...COMPARISONS, ...LISTS, ...NULLS, 'BETWEEN'],
  INT32: [...COMPARISONS, ...LISTS, ...NULLS, 'BETWEEN'],
  DOUBLE: [...COMPARISONS, ...LISTS, ...NULLS, 'BETWEEN'],
  DATE: [...COMPARISONS, ...LISTS, ...NULLS, 'BETWEEN', 'DURING'],
  STRING: ['=', '!=', ...LISTS, ...NULLS, ...PATTERNS],
  RESOURCE_NAME: ['=', '!=', ...LISTS, ...NULLS],
  ENUM: ['=', '!=', ...LISTS, ...NULLS],
  BOOLEAN: ['=', '!=', ...NULLS],
}

const MOST_VALUES = 20_000

/** Turns a condition into a test on the field's value. Throws AdsError (queryError) where types do not fit. */
export function compileCondition(condition: Condition, field: Field, today: DayNumber): Predicate {
  const { operator, values } = condition
  const allowed = field.repeated ? [...CONTAINS, ...NULLS] : ALLOWED[field.type]
  if (!allowed.includes(operator)) {
    throw queryError('OPERATOR_FIELD_MISMATCH', `Operator '${operator}' cannot be used with field '${field.name}'.`)
  }
  if (values.length > MOST_VALUES) {
    throw queryError('FILTER_HAS_TOO_MANY_VALUES', `The filter on '${field.name}' has too many values.`)
  }
  if (operator === 'DURING') return during(field, values[0], today)
  const operands = values.map(value => operandOf(value, field, operator))
  if (operator === 'BETWEEN' && typeof operands[0] !== typeof operands[1]) {
    throw queryError('PROHIBITED_VALUE_COMBINATION_WITH_BETWEEN_OPERATOR', 'The values of BETWEEN are not of one type.')
  }
  return {
    field,
    test: testFor(operator, operands, field),
    ...(field.type === 'DATE' && { days: dayRange(operator, operands) }),
  }
}

function during(field: Field, literal: Literal | undefined, today: DayNumber): Predicate {
  const range = literal?.kind === 'word' ? duringRange(literal.text.toUpperCase(), today) : undefined
  if (!range) {
    throw queryError(
      'INVALID_VALUE_WITH_DURING_OPERATOR',
      `Invalid value '${literal?.text}' with DURING: expected a date range literal such as LAST_30_DAYS.`,
    )
  }
  const [from, to] = range.map(isoDate) as [string, string]
  return {
    field,
    days: range,
    test: value => typeof value === 'string' && value.slice(0, 10) >= from && value.slice(0, 10) <= to,
  }
}

type Operand = string | number | boolean

function operandOf(literal: Literal, field: Field, operator: Operator): Operand {
  const { kind, text } = literal
  switch (field.type) {
    case 'INT64':
    case 'INT32':
    case 'DOUBLE': {
      const number = Number(text)
      if (kind === 'word' || text === '' || Number.isNaN(number)) throw badValue(field, text)
      return number
    }
    case 'BOOLEAN':
      if (!/^(true|false)$/i.test(text)) throw badValue(field, text)
      return text.toLowerCase() === 'true'
    case 'ENUM':
      if (kind === 'number') throw badValue(field, text)
      if (!field.values.includes(text.toUpperCase())) {
        throw queryError('BAD_ENUM_CONSTANT', `Invalid enum value cannot be included in WHERE clause: '${text}'.`)
      }
      return text.toUpperCase()
    case 'DATE':
      return dateOperand(literal, field, operator)
    default:
      if (kind !== 'string') {
        throw queryError('INVALID_STRING_VALUE', `Value '${text}' of field '${field.name}' must be a quoted string.`)
      }
      return text
  }
}

function dateOperand({ text }: Literal, field: Field, operator: Operator): string {
  const isDate = /^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/.test(text) && !Number.isNaN(Date.parse(text.slice(0, 10)))
  if (!isDate) {
    if (operator === 'BETWEEN') {
      throw queryError('INVALID_VALUE_WITH_BETWEEN_OPERATOR', `Value '${text}' with BETWEEN is not a date.`)
    }
    throw queryError('INVALID_DATE_FORMAT', `Invalid date '${text}' for field '${field.name}': expected 'YYYY-MM-DD'.`)
  }
  const align = ALIGNMENT[field.name]
  const day = dayNumber(text.slice(0, 10))
  if (align && align(day) !== day) {
    throw queryError('MISALIGNED_DATE_FOR_FILTER', `Date '${text}' is not the start of its ${field.name.slice(9)}.`)
  }
  return text
}

const ALIGNMENT: Record<string, (day: DayNumber) => DayNumber> = {
  'segments.week': weekStart,
  'segments.month': monthStart,
  'segments.quarter': quarterStart,
}

function testFor(operator: Operator, operands: Operand[], field: Field): (value: Value) => boolean {
  const [first, second] = operands
  switch (operator) {
    case 'IS NULL':
      return value => isUnset(value)
    case 'IS NOT NULL':
      return value => !isUnset(value)
    case '=':
      return value => compare(value, first) === 0
    case '!=':
      return value => compare(value, first) !== 0
    case '<':
      return value => (compare(value, first) ?? 0) < 0
    case '<=':
      return value => (compare(value, first) ?? 1) <= 0
    case '>':
      return value => (compare(value, first) ?? 0) > 0
    case '>=':
      return value => (compare(value, first) ?? -1) >= 0
    case 'IN':
      return value => operands.some(operand => compare(value, operand) === 0)
    case 'NOT IN':
      return value => operands.every(operand => compare(value, operand) !== 0)
    case 'BETWEEN':
      return value => (compare(value, first) ?? -1) >= 0 && (compare(value, second) ?? 1) <= 0
    case 'CONTAINS ANY':
      return value => operands.some(operand => items(value).includes(String(operand)))
    case 'CONTAINS ALL':
      return value => operands.every(operand => items(value).includes(String(operand)))
    case 'CONTAINS NONE':
      return value => !operands.some(operand => items(value).includes(String(operand)))
    default:
      return patternTest(operator, String(first), field)
  }
}

function patternTest(operator: Operator, pattern: string, field: Field): (value: Value) => boolean {
  const expression = operator.endsWith('LIKE') ? likeExpression(pattern) : fullMatch(pattern, field)
  const wanted = !operator.startsWith('NOT')
  return value => expression.test(typeof value === 'string' ? value : '') === wanted
}

/** `%` any text, `_` any character, a character in brackets stands for itself; case does not matter. */
function likeExpression(pattern: string): RegExp {
  const source = pattern.replace(/\[(.)\]|%|_|[\\^$.*+?()[\]{}|]/gs, (found, literal: string | undefined) => {
    if (literal !== undefined) return `\\u{${literal.codePointAt(0)?.toString(16)}}`
    if (found === '%') return '.*'
    return found === '_' ? '.' : `\\${found}`
  })
  return new RegExp(`^${source}$`, 'isu')
}

function fullMatch(pattern: string, field: Field): RegExp {
  const insensitive = pattern.startsWith('(?i)')
  try {
    return new RegExp(`^(?:${insensitive ? pattern.slice(4) : pattern})$`, insensitive ? 'isu' : 'su')
  } catch {
    throw badValue(field, pattern)
  }
}

/** Negative, zero, positive; undefined when there is nothing to compare. A day compares with a date and time by its day. */
function compare(value: Value, operand: Operand | undefined): number | undefined {
  if (value === undefined || operand === undefined || typeof value !== typeof operand) return undefined
  if (typeof value === 'string' && typeof operand === 'string') {
    const shown = operand.length === 10 && /^\d{4}-\d\d-\d\d \d\d:/.test(value) ? value.slice(0, 10) : value
    return shown < operand ? -1 : shown > operand ? 1 : 0
  }
  return Number(value) - Number(operand)
}

function dayRange(operator: Operator, operands: Operand[]): [DayNumber, DayNumber] {
  const days = operands.map(operand => dayNumber(String(operand).slice(0, 10)))
  const [first = -Infinity, second = Infinity] = days
  switch (operator) {
    case '=':
      return [first, first]
    case 'IN':
      return [Math.min(...days), Math.max(...days)]
    case 'BETWEEN':
      return [first, second]
    case '<':
    case '<=':
      return [-Infinity, first]
    case '>':
    case '>=':
      return [first, Infinity]
    default:
      return [-Infinity, Infinity]
  }
}

function isUnset(value: Value): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0)
}

function items(value: Value): readonly string[] {
  return Array.isArray(value) ? value : []
}

function badValue(field: Field, text: string) {
  return queryError('BAD_VALUE', `Invalid value '${text}' for field '${field.name}'.`)
}
