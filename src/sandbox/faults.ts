import { z } from 'zod'

// biome-ignore format: one look
export const operations = [
  'discovery', 'authorize', 'token.code', 'token.refresh', 'token.jwt', 'token.other', 'revoke', 'certs', 'userinfo',
  'tokeninfo', 'people', 'risc', 'listAccessibleCustomers', 'search', 'searchStream', 'unknown',
] as const

export type Operation = (typeof operations)[number]

const match = z.strictObject({
  host: z.string().optional(),
  pathPrefix: z.string().optional(),
  operation: z.union([z.enum(operations), z.array(z.enum(operations))]).optional(),
  customerId: z.string().optional(),
  loginCustomerId: z.string().optional(),
  queryIncludes: z.string().optional(),
  /** A person's label or e-mail. */
  person: z.string().optional(),
})

const stringMap = z.record(z.string(), z.string())

const effect = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(100).max(599),
    body: z.string().optional(),
    headers: stringMap.optional(),
  }),
  z.strictObject({
    kind: z.literal('google_ads_error'),
    /** The key inside `errorCode`, as `quotaError`. */
    family: z.string(),
    code: z.string(),
    /** The code that v23 and v24 gave instead. */
    codeBeforeV25: z.string().optional(),
    message: z.string().optional(),
    status: z.int().optional(),
    quota: z.strictObject({ retryDelay: z.string(), rateScope: z.string(), rateName: z.string() }).optional(),
  }),
  z.strictObject({
    kind: z.literal('google_rpc_error'),
    status: z.int(),
    rpcStatus: z.string(),
    message: z.string(),
    details: z.array(z.record(z.string(), z.unknown())).default([]),
  }),
  z.strictObject({
    kind: z.literal('oauth_error'),
    error: z.string(),
    error_description: z.string().optional(),
    extra: z.record(z.string(), z.unknown()).optional(),
    status: z.int().default(400),
  }),
  /** One of the pages on which Google keeps the browser; only for `authorize`. */
  z.strictObject({ kind: z.literal('google_page'), error: z.string(), status: z.int().optional() }),
  z.strictObject({ kind: z.literal('slow'), ms: z.int().min(0) }),
  z.strictObject({ kind: z.literal('hang') }),
  z.strictObject({ kind: z.literal('truncate') }),
  z.strictObject({ kind: z.literal('reset') }),
  z.strictObject({ kind: z.literal('html') }),
  z.strictObject({ kind: z.literal('empty_json') }),
  z.strictObject({ kind: z.literal('redirect'), to: z.string(), status: z.int().default(307) }),
  z.strictObject({ kind: z.literal('huge'), bytes: z.int().min(1) }),
  z.strictObject({
    kind: z.literal('id_token'),
    set: z.record(z.string(), z.unknown()).optional(),
    drop: z.array(z.string()).optional(),
    header: z.record(z.string(), z.unknown()).optional(),
    sign: z.enum(['google', 'none', 'hs256 with client secret', 'foreign key', 'broken signature']).optional(),
  }),
  z.strictObject({
    kind: z.literal('token_response'),
    set: z.record(z.string(), z.unknown()).optional(),
    drop: z.array(z.string()).optional(),
  }),
  /** Changes the query of the redirect back to the application. */
  z.strictObject({
    kind: z.literal('callback'),
    set: stringMap.optional(),
    drop: z.array(z.string()).optional(),
    append: stringMap.optional(),
  }),
])

export const faultRuleSchema = z.strictObject({
  /** For switching off again. */
  id: z.string().optional(),
  match: match.default({}),
  /** How often it strikes; always when absent. */
  times: z.int().min(1).optional(),
  effect,
})

export type FaultRule = z.input<typeof faultRuleSchema>
export type FaultEffect = z.output<typeof effect>
type ActiveRule = z.output<typeof faultRuleSchema>

/** What is known of a request when faults are looked up. */
export interface FaultSubject {
  host: string
  path: string
  operation: Operation
  customerId?: string | undefined
  loginCustomerId?: string | undefined
  query?: string | undefined
  person?: { label: string; email: string } | undefined
}

type EffectOf<K extends FaultEffect['kind']> = Extract<FaultEffect, { kind: K }>

export interface CallEffects {
  idToken?: EffectOf<'id_token'>[]
  tokenResponse?: EffectOf<'token_response'>[]
  callback?: EffectOf<'callback'>[]
  truncate?: boolean
}

/** The effects in place of an answer. */
export type ReplacingEffect = Exclude<
  FaultEffect,
  { kind: 'slow' | 'truncate' | 'id_token' | 'token_response' | 'callback' }
>

export interface Strike {
  delayMs: number
  replace: ReplacingEffect | undefined
  effects: CallEffects
}

/** The fault rules in force. Slowness and changes add up; of the rules that replace the answer the first wins. */
export class FaultBook {
  #rules: ActiveRule[] = []

  get rules(): readonly ActiveRule[] {
    return this.#rules
  }

  /** Throws a ZodError for a rule that is not one. */
  add(rule: FaultRule): void {
    this.#rules.push(faultRuleSchema.parse(rule))
  }

  remove(id: string): void {
    this.#rules = this.#rules.filter(rule => rule.id !== id)
  }

  clear(): void {
    this.#rules = []
  }

  strike(subject: FaultSubject): Strike {
    const strike: Strike = { delayMs: 0, replace: undefined, effects: {} }
    for (const rule of this.#rules) {
      if (!matches(rule, subject)) continue
      if (!apply(rule.effect, strike)) continue
      if (rule.effect.kind !== 'callback') spend(rule)
    }
    this.#forgetSpent()
    return strike
  }

  /** Counts callback changes as used; a sign-in takes several requests, of which only the last leads back. */
  spendCallback(effects: CallEffects): void {
    for (const rule of this.#rules) if (effects.callback?.some(effect => effect === rule.effect)) spend(rule)
    this.#forgetSpent()
  }

  #forgetSpent(): void {
    this.#rules = this.#rules.filter(rule => rule.times !== 0)
  }
}

function spend(rule: ActiveRule): void {
  if (rule.times !== undefined) rule.times -= 1
}

function apply(effect: FaultEffect, strike: Strike): boolean {
  const { effects } = strike
  switch (effect.kind) {
    case 'slow':
      strike.delayMs += effect.ms
      return true
    case 'truncate':
      effects.truncate = true
      return true
    case 'id_token':
      effects.idToken = [...(effects.idToken ?? []), effect]
      return true
    case 'token_response':
      effects.tokenResponse = [...(effects.tokenResponse ?? []), effect]
      return true
    case 'callback':
      effects.callback = [...(effects.callback ?? []), effect]
      return true
    default:
      if (strike.replace) return false
      strike.replace = effect
      return true
  }
}

/** Effects that mean something to some operations only. */
const OPERATIONS_OF: Partial<Record<FaultEffect['kind'], Operation[]>> = {
  google_page: ['authorize'],
  callback: ['authorize'],
  id_token: ['token.code', 'token.refresh'],
  token_response: ['token.code', 'token.refresh', 'token.jwt'],
}

function matches({ match, effect }: ActiveRule, subject: FaultSubject): boolean {
  const wanted = match.operation === undefined ? undefined : [match.operation].flat()
  const { person } = subject
  return (
    (match.host === undefined || match.host === subject.host) &&
    (match.pathPrefix === undefined || subject.path.startsWith(match.pathPrefix)) &&
    (wanted === undefined || wanted.includes(subject.operation)) &&
    (match.customerId === undefined || match.customerId === subject.customerId) &&
    (match.loginCustomerId === undefined || match.loginCustomerId === subject.loginCustomerId) &&
    (match.queryIncludes === undefined || (subject.query ?? '').includes(match.queryIncludes)) &&
    (match.person === undefined || person?.label === match.person || person?.email === match.person) &&
    (OPERATIONS_OF[effect.kind]?.includes(subject.operation) ?? true)
  )
}
