import { AdsError } from '../ads/ads-error.ts'
import { type Token, tokenize } from './lexer.ts'

export type Operator =
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'IN'
  | 'NOT IN'
  | 'LIKE'
  | 'NOT LIKE'
  | 'CONTAINS ANY'
  | 'CONTAINS ALL'
  | 'CONTAINS NONE'
  | 'IS NULL'
  | 'IS NOT NULL'
  | 'DURING'
  | 'BETWEEN'
  | 'REGEXP_MATCH'
  | 'NOT REGEXP_MATCH'

export interface Literal {
  kind: 'string' | 'number' | 'word'
  text: string
}

export interface Condition {
  field: string
  operator: Operator
  values: Literal[]
}

export interface Query {
  select: string[]
  from: string
  where: Condition[]
  orderBy: { field: string; descending: boolean }[]
  limit: number | undefined
}

const CLAUSES = new Set(['SELECT', 'FROM', 'WHERE', 'ORDER', 'LIMIT', 'PARAMETERS'])

/** Parses a GAQL query. Throws AdsError (queryError), with the codes of Google's QueryErrorEnum. */
export function parseQuery(text: string): Query {
  return new Parser(tokenize(text)).query()
}

class Parser {
  readonly #tokens: Token[]
  #at = 0

  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }

  query(): Query {
    if (this.#peek().kind === 'end' || !this.#take('SELECT')) {
      throw queryError('EXPECTED_SELECT', 'Error in query: expected SELECT at the beginning of the query.')
    }
    const select = this.#fieldList()
    if (!this.#take('FROM')) {
      if (this.#peek().kind === 'end' || this.#isClause()) {
        throw queryError('EXPECTED_FROM', 'Error in query: missing FROM clause.')
      }
      throw this.#unexpected()
    }
    const from = this.#word()
    const where = this.#take('WHERE') ? this.#conditions() : []
    const orderBy = this.#take('ORDER') ? this.#ordering() : []
    const limit = this.#take('LIMIT') ? this.#limit() : undefined
    if (this.#take('PARAMETERS')) this.#parameters()
    if (this.#peek().kind !== 'end') throw this.#unexpected()
    return { select, from, where, orderBy, limit }
  }

  #fieldList(): string[] {
    const fields = [this.#word()]
    while (this.#takeSymbol(',')) fields.push(this.#word())
    return fields
  }

  #conditions(): Condition[] {
    const conditions = [this.#condition()]
    while (this.#take('AND')) conditions.push(this.#condition())
    return conditions
  }

  #condition(): Condition {
    const field = this.#word()
    const operator = this.#operator()
    return { field, operator, values: this.#operands(operator) }
  }

  #operator(): Operator {
    const token = this.#next()
    if (token.kind === 'symbol' && ['=', '!=', '<', '<=', '>', '>=', '<>'].includes(token.text)) {
      return token.text === '<>' ? '!=' : (token.text as Operator)
    }
    if (token.kind === 'end') throw endOfQuery()
    switch (token.text.toUpperCase()) {
      case 'IN':
      case 'LIKE':
      case 'DURING':
      case 'BETWEEN':
      case 'REGEXP_MATCH':
        return token.text.toUpperCase() as Operator
      case 'NOT':
        return this.#negated()
      case 'CONTAINS':
        return this.#contains()
      case 'IS': {
        const negated = this.#take('NOT')
        if (!this.#take('NULL')) throw this.#unexpected()
        return negated ? 'IS NOT NULL' : 'IS NULL'
      }
      default:
        throw queryError('BAD_OPERATOR', `Error in query: invalid operator '${token.text}'.`)
    }
  }

  #negated(): Operator {
    for (const operator of ['IN', 'LIKE', 'REGEXP_MATCH'] as const) if (this.#take(operator)) return `NOT ${operator}`
    throw queryError('BAD_OPERATOR', `Error in query: invalid operator 'NOT ${this.#peek().text}'.`)
  }

  #contains(): Operator {
    for (const which of ['ANY', 'ALL', 'NONE'] as const) if (this.#take(which)) return `CONTAINS ${which}`
    throw queryError('BAD_OPERATOR', `Error in query: invalid operator 'CONTAINS ${this.#peek().text}'.`)
  }

  #operands(operator: Operator): Literal[] {
    if (operator === 'IS NULL' || operator === 'IS NOT NULL') return []
    if (operator === 'BETWEEN') {
      const from = this.#literal()
      if (!this.#take('AND'))
        throw queryError('EXPECTED_AND', 'Error in query: expected AND between the values of BETWEEN.')
      return [from, this.#literal()]
    }
    const wantsList = operator.endsWith('IN') || operator.startsWith('CONTAINS')
    if (this.#takeSymbol('(')) {
      if (!wantsList) {
        throw queryError('EXPECTED_SINGLE_VALUE', `Error in query: operator ${operator} expects a single value.`)
      }
      return this.#list()
    }
    if (wantsList) throw queryError('EXPECTED_LIST', `Error in query: operator ${operator} expects a list.`)
    return [this.#literal()]
  }

  #list(): Literal[] {
    if (this.#takeSymbol(')')) {
      throw queryError('PROHIBITED_EMPTY_LIST_IN_CONDITION', 'Error in query: empty list in a condition.')
    }
    const values = [this.#literal()]
    while (this.#takeSymbol(',')) values.push(this.#literal())
    if (!this.#takeSymbol(')')) throw this.#unexpected()
    if (new Set(values.map(value => value.kind === 'number')).size > 1) {
      throw queryError(
        'PROHIBITED_VALUE_COMBINATION_IN_LIST',
        'Error in query: list contains values of different types.',
      )
    }
    return values
  }

  #literal(): Literal {
    const token = this.#peek()
    if (token.kind === 'end') throw endOfQuery()
    if (token.kind === 'symbol') throw this.#unexpected()
    this.#at += 1
    return { kind: token.kind, text: token.text }
  }

  #ordering(): Query['orderBy'] {
    if (!this.#take('BY')) throw queryError('EXPECTED_BY', 'Error in query: expected BY after ORDER.')
    const orderBy: Query['orderBy'] = []
    do {
      const field = this.#word()
      const descending = this.#take('DESC')
      if (!descending) this.#take('ASC')
      orderBy.push({ field, descending })
    } while (this.#takeSymbol(','))
    return orderBy
  }

  #limit(): number {
    const token = this.#next()
    if (token.kind === 'end') throw endOfQuery()
    if (token.kind !== 'number' || !/^[-+]?\d+$/.test(token.text)) {
      throw queryError('BAD_LIMIT_VALUE', `Error in query: invalid limit value '${token.text}'.`)
    }
    const limit = Number(token.text)
    if (limit < 1) throw queryError('LIMIT_VALUE_TOO_LOW', 'Error in query: limit value must be at least 1.')
    return limit
  }

  #parameters(): void {
    do {
      const name = this.#word()
      if (!['include_drafts', 'omit_unselected_resource_names'].includes(name.toLowerCase())) {
        throw queryError('BAD_PARAMETER_NAME', `Error in query: unknown parameter '${name}'.`)
      }
      if (!this.#takeSymbol('=')) throw this.#unexpected()
      const value = this.#literal()
      if (!/^(true|false)$/i.test(value.text)) {
        throw queryError(
          'BAD_PARAMETER_VALUE',
          `Error in query: invalid value '${value.text}' for parameter '${name}'.`,
        )
      }
    } while (this.#takeSymbol(','))
  }

  #word(): string {
    const token = this.#peek()
    if (token.kind === 'end') throw endOfQuery()
    if (token.kind !== 'word' || this.#isClause()) throw this.#unexpected()
    this.#at += 1
    return token.text
  }

  #isClause(): boolean {
    return this.#peek().kind === 'word' && CLAUSES.has(this.#peek().text.toUpperCase())
  }

  #take(keyword: string): boolean {
    const token = this.#peek()
    if (token.kind !== 'word' || token.text.toUpperCase() !== keyword) return false
    this.#at += 1
    return true
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#peek()
    if (token.kind !== 'symbol' || token.text !== symbol) return false
    this.#at += 1
    return true
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' }
  }

  #next(): Token {
    const token = this.#peek()
    this.#at += 1
    return token
  }

  #unexpected(): AdsError {
    const { kind, text } = this.#peek()
    if (kind === 'end') return endOfQuery()
    return queryError('UNEXPECTED_INPUT', `Error in query: unexpected input ${text}.`)
  }
}

export function queryError(code: string, message?: string): AdsError {
  return new AdsError('queryError', code, { message })
}

function endOfQuery(): AdsError {
  return queryError('UNEXPECTED_END_OF_QUERY', 'Error in query: unexpected end of query.')
}
