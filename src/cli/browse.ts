import type { DirectAccount, Hierarchy, HierarchyAccount } from '../accounts/account.ts'
import { loadDirectAccounts } from '../accounts/direct-accounts.ts'
import { accountGraph } from '../accounts/graph.ts'
import { loadHierarchy } from '../accounts/hierarchy-load.ts'
import { type CustomerId, formatCustomerId } from '../customer-id.ts'
import { isAppError } from '../errors.ts'
import { type AccessTokenSource, createGoogleAds, type GoogleAds } from '../google/ads.ts'
import { googleEndpoints } from '../google/endpoints.ts'
import { createHttp } from '../google/http.ts'
import { createGoogleOAuth } from '../google/oauth.ts'
import { en } from '../messages/en.ts'
import { CliError } from './cli-error.ts'
import { readCredentials } from './credentials-file.ts'

export interface BrowseOptions {
  credentialsPath: string
  apiVersion: string
  developerToken: string | null
  googleEmulatorHost: string | null
  /** Print JSON instead of lines. */
  json: boolean
  say: (line: string) => void
}

/** The accounts the credentials open directly, one a line: id, kind, status, name. Throws CliError. */
export async function listAccessibleCustomers(options: BrowseOptions): Promise<void> {
  const { ads, token, serviceAccount } = connect(options)
  const accounts = await orCliError(loadDirectAccounts(ads, token, ''), serviceAccount)
  if (options.json) return sayJson(options, accounts.map(withoutRole))
  for (const account of accounts) options.say(line(account, account.problem?.code ?? null))
}

/** The hierarchy below a login customer, indented; an account under several managers stands under each. Throws CliError. */
export async function printHierarchy(options: BrowseOptions, loginCustomerId: CustomerId): Promise<void> {
  const { ads, token, serviceAccount } = connect(options)
  const load = loadHierarchy({ ads, token, loginCustomerId, now: () => new Date() })
  await orCliError(load.done, serviceAccount)
  const hierarchy = load.current()
  if (options.json) {
    const { complete, fetchedAt, accounts, problems } = hierarchy
    sayJson(options, { loginCustomerId, complete, fetchedAt, accounts, problems })
  } else {
    printLines(hierarchy, loginCustomerId, options.say)
  }
  const { length: failed } = hierarchy.problems
  if (failed > 0) throw new CliError('incomplete', { count: String(failed) })
}

function sayJson({ say }: BrowseOptions, value: unknown): void {
  for (const line of JSON.stringify(value, null, 2).split('\n')) say(line)
}

function printLines(hierarchy: Hierarchy, loginCustomerId: CustomerId, say: (line: string) => void): void {
  const graph = accountGraph(hierarchy)
  const failed = new Map(hierarchy.problems.map(problem => [problem.customerId, problem.code]))
  const print = (account: HierarchyAccount, above: CustomerId[]) => {
    say(`${'  '.repeat(above.length)}${line(account, failed.get(account.customerId) ?? null)}`)
    if (above.includes(account.customerId)) return
    for (const child of graph.children(account.customerId)) print(child, [...above, account.customerId])
  }
  const root = graph.get(loginCustomerId)
  if (root) print(root, [])
  for (const orphan of graph.orphans()) say(`? ${line(orphan, null)}`)
}

interface Session {
  ads: GoogleAds
  token: AccessTokenSource
  /** Null for the credentials of a person, which do not tell whose they are. */
  serviceAccount: { email: string; keyId: string } | null
}

function connect(options: BrowseOptions): Session {
  const credentials = readCredentials(options.credentialsPath)
  const endpoints = googleEndpoints(options.googleEmulatorHost)
  const http = createHttp(endpoints.allowedOrigins)
  // A service account signs for itself, without an OAuth client.
  const client = credentials.kind === 'user' ? credentials.user : { clientId: '', clientSecret: '' }
  const oauth = createGoogleOAuth({
    client: { ...client, source: 'file', registeredRedirectUris: null },
    redirectUri: '',
    http,
    endpoints,
    now: () => new Date(),
  })
  const ads = createGoogleAds({
    http,
    endpoints,
    apiVersion: options.apiVersion,
    developerToken: options.developerToken,
  })
  const fetchToken = () =>
    credentials.kind === 'user'
      ? oauth.refresh(credentials.user.refreshToken)
      : oauth.serviceAccountToken(credentials.key)
  let held: Promise<string> | null = null
  return {
    ads,
    token(rejected) {
      if (held === null || rejected !== undefined) {
        held = fetchToken().then(answer => answer.accessToken)
        // Whoever awaits it is told; this only keeps the shared promise from counting as unhandled.
        held.catch(() => {})
      }
      return held
    },
    serviceAccount:
      credentials.kind === 'user' ? null : { email: credentials.key.clientEmail, keyId: credentials.key.privateKeyId },
  }
}

function line(account: DirectAccount | HierarchyAccount, problem: string | null): string {
  const { kinds, unnamed } = en.words
  const kind = account.manager === null ? kinds.unknown : account.manager ? kinds.manager : kinds.client
  const parts = [formatCustomerId(account.customerId), kind, account.status ?? '-', account.descriptiveName ?? unnamed]
  return [...parts, ...(problem === null ? [] : [`(${problem})`])].join('  ')
}

function withoutRole({ accessRole: _role, accessRoleProblem: _why, ...account }: DirectAccount) {
  return account
}

async function orCliError<T>(work: Promise<T>, serviceAccount: Session['serviceAccount']): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (serviceAccount && isAppError(cause, 'needs_reconnect', 'oauth_client_rejected', 'oauth_refused')) {
      throw new CliError('key_rejected', serviceAccount, cause)
    }
    if (isAppError(cause, 'needs_reconnect')) throw new CliError('credentials_dead', {}, cause)
    if (isAppError(cause, 'oauth_client_rejected')) throw new CliError('client_rejected', {}, cause)
    if (isAppError(cause, 'google_unreachable', 'ads_unavailable')) throw new CliError('google_unreachable', {}, cause)
    if (!isAppError(cause)) throw cause
    const { title, whatHappened } = en.errors[cause.code]
    const google = cause.google
      ? ` [${cause.google.code ?? cause.google.status}, ${cause.google.requestId ?? '-'}]`
      : ''
    throw new CliError(
      'ads_refused',
      { text: `${title}. ${whatHappened({ ...cause.params, ...serviceAccount })}${google}` },
      cause,
    )
  }
}
