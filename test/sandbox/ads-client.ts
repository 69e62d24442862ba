import type { Sandbox } from '../../src/sandbox/sandbox.ts'

export interface AdsAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by path in assertions
  body: any
}

interface Options {
  token: string
  version?: string
  loginCustomerId?: string
  headers?: Record<string, string>
  settings?: Record<string, unknown>
}

/** The ten digits of an account, by its label in the scenario. */
export function accountId(sandbox: Sandbox, label: string): string {
  const account = sandbox.scenario.accounts.find(known => known.label === label)
  if (!account) throw new Error(`no account ${label}`)
  return account.id
}

export function accountLabel(sandbox: Sandbox, id: string): string {
  return sandbox.scenario.accounts.find(known => known.id === id)?.label ?? id
}

export async function listAccessible(
  sandbox: Sandbox,
  { token, version = 'v25', headers }: Options,
): Promise<AdsAnswer> {
  return answerOf(
    await fetch(`${sandbox.origin}/googleads.googleapis.com/${version}/customers:listAccessibleCustomers`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    }),
  )
}

/** One GAQL query by googleAds:search or, with `stream`, googleAds:searchStream. */
export async function search(
  sandbox: Sandbox,
  customerId: string,
  query: string,
  { token, version = 'v25', loginCustomerId, headers, settings, stream = false }: Options & { stream?: boolean },
): Promise<AdsAnswer> {
  const method = stream ? 'searchStream' : 'search'
  return answerOf(
    await fetch(`${sandbox.origin}/googleads.googleapis.com/${version}/customers/${customerId}/googleAds:${method}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(loginCustomerId !== undefined && { 'login-customer-id': loginCustomerId }),
        ...headers,
      },
      body: JSON.stringify({ query, ...settings }),
    }),
  )
}

async function answerOf(response: Response): Promise<AdsAnswer> {
  const text = await response.text()
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

/** `family.CODE` of the first error in an answer, array or not. */
export function errorCode({ body }: AdsAnswer): string | undefined {
  const error = (Array.isArray(body) ? body[0] : body)?.error
  const code = error?.details?.[0]?.errors?.[0]?.errorCode ?? {}
  const [family] = Object.keys(code)
  return family === undefined ? undefined : `${family}.${code[family]}`
}
