import type { GoogleDetail } from '../errors.ts'
import { meaningOf, meaningOfStatus } from '../google/ads-error-codes.ts'
import type { Connection, ReconnectReason } from './connection.ts'

/** What is known of a connection's health, each told apart from the others. */
export type HealthCause =
  | ReconnectReason
  // the token lives, but Google Ads refuses
  | 'ads_access_withdrawn'
  | 'second_factor'
  | 'project_not_approved'
  | 'api_not_enabled'
  | 'scope_missing'
  | 'ads_account_deleted'
  | 'version_retired'
  | 'ads_refused'
  // ours, or nobody's: says nothing about the connection
  | 'client_rejected'
  | 'foreign_client_rejected'
  | 'quota_spent'
  | 'no_answer'
  // what is coming
  | 'testing_ends'
  | 'time_limit_ends'
  | 'unused'
  // nothing wrong
  | 'paused'
  | 'revocation_pending'
  | 'revoked'
  | 'works'

/** The one thing to do about it. */
export type Remedy =
  | 'reconnect'
  | 'connect_another'
  | 'new_key'
  | 'tell_workspace_admin'
  | 'tell_ads_admin'
  | 'setup'
  | 'check'
  | 'nothing'

export interface HealthFinding {
  cause: HealthCause
  /** `dead`: nothing works; `refused`: the credential works and Google Ads does not; `warning`: works, but not for long. */
  level: 'dead' | 'refused' | 'warning' | 'notice' | 'good'
  remedy: Remedy
  /** Where Google gave no reason: what fits our own facts, likeliest first. */
  guesses: Guess[]
  /** Of what is coming: when. ISO 8601, UTC. */
  at: string | null
}

export type GuessCause =
  | 'testing'
  | 'unused'
  | 'token_limit'
  | 'client_changed'
  | 'access_removed'
  | 'workspace_policy'
  | 'password_changed'

export interface Guess {
  cause: GuessCause
  likelihood: Likelihood
}

export type Likelihood = 'likely' | 'possible' | 'unlikely'

export interface HealthFacts {
  connection: Connection
  now: Date
}

/** What Google says where it lists no account and names no error: success, and an empty object. */
export const noAccounts: GoogleDetail = { code: null, message: '{}', requestId: null, status: 200 }

const hour = 3_600_000
const day = 24 * hour
const testingLife = 7 * day
const warningBefore = 3 * day
/** Google drops a refresh token that nobody used for six months (google-wire-facts A.13); we say so after five. */
const unusedWarning = 150 * day
const unusedLife = 180 * day
/** 100 live ones for each Google account and OAuth client; the oldest goes silently (google-wire-facts A.13). */
const tokenLimit = 100

/** What is to be said about a connection, worst first. Never empty. */
export function healthFindings(facts: HealthFacts): HealthFinding[] {
  const { connection } = facts
  switch (connection.status) {
    case 'needs_reconnect':
      return [dead(connection.reason ?? 'rejected', facts)]
    case 'revoked':
      return [finding(connection.revokedAt === null ? 'revocation_pending' : 'revoked', 'notice', 'nothing')]
    case 'paused':
      return [...coming(facts), finding('paused', 'notice', 'nothing')]
    case 'active':
      return active(facts)
  }
}

/** Whether a refresh token was issued for seven days: the mark of a Google Cloud project in testing. */
export function endsInTesting({ connectedAt, expiresAt }: Pick<Connection, 'connectedAt' | 'expiresAt'>): boolean {
  return expiresAt !== null && Math.abs(Date.parse(expiresAt) - Date.parse(connectedAt) - testingLife) < hour
}

const remedies: Record<ReconnectReason, Remedy> = {
  expired_or_revoked: 'reconnect',
  rejected: 'reconnect',
  testing_expired: 'reconnect',
  time_limit_reached: 'reconnect',
  session_control: 'reconnect',
  withdrawn_at_google: 'reconnect',
  admin_policy: 'tell_workspace_admin',
  google_account_deleted: 'connect_another',
  google_account_disabled: 'nothing',
  key_deleted: 'new_key',
}

function dead(reason: ReconnectReason, facts: HealthFacts): HealthFinding {
  const unexplained = reason === 'expired_or_revoked' || reason === 'rejected'
  return { ...finding(reason, 'dead', remedies[reason]), guesses: unexplained ? guesses(reason, facts) : [] }
}

function active(facts: HealthFacts): HealthFinding[] {
  const { lastError, clientId } = facts.connection
  const said = lastError && refusal(lastError, clientId)
  if (said) return [said, ...coming(facts)]
  return [...coming(facts), finding('works', 'good', 'nothing')]
}

/** What Google said in the last check, while the credential itself lives. */
function refusal({ code, message, status }: GoogleDetail, foreignClientId: string | null): HealthFinding {
  // The token endpoint names its errors in small letters. What it refuses without the connection dying is the client's,
  // unless it was only busy.
  if (code !== null && /^[a-z]/.test(code)) {
    if (status !== null && (status >= 500 || status === 429 || status === 408)) {
      return finding('no_answer', 'notice', 'nothing')
    }
    return foreignClientId === null
      ? finding('client_rejected', 'notice', 'setup')
      : finding('foreign_client_rejected', 'notice', 'reconnect')
  }
  if (status === null) return finding('no_answer', 'notice', 'nothing')
  if (status === 200) {
    return message === noAccounts.message ? adsAccessWithdrawn : finding('no_answer', 'notice', 'nothing')
  }
  switch (meaningOf(code, null) ?? meaningOfStatus(status)) {
    case 'ads_not_ads_user':
      return adsAccessWithdrawn
    case 'ads_second_factor_required':
      return finding('second_factor', 'refused', 'check')
    case 'ads_project_not_approved':
      return finding('project_not_approved', 'refused', 'setup')
    case 'ads_api_not_enabled':
      return finding('api_not_enabled', 'refused', 'setup')
    case 'ads_project_refused':
      return finding('ads_refused', 'refused', 'setup')
    case 'ads_version_retired':
      return finding('version_retired', 'refused', 'setup')
    case 'ads_scope_insufficient':
      return finding('scope_missing', 'refused', 'reconnect')
    case 'ads_account_deleted':
      return finding('ads_account_deleted', 'refused', 'connect_another')
    case 'ads_rate_limited':
    case 'ads_quota_exhausted':
      return finding('quota_spent', 'notice', 'nothing')
    case 'ads_unavailable':
      return finding('no_answer', 'notice', 'nothing')
    default:
      return finding('ads_refused', 'refused', 'check')
  }
}

const adsAccessWithdrawn = finding('ads_access_withdrawn', 'refused', 'tell_ads_admin')

/** Ends that are known or to be expected while the connection still works. */
function coming({ connection, now }: HealthFacts): HealthFinding[] {
  const { expiresAt } = connection
  const ahead: HealthFinding[] = []
  if (expiresAt !== null && Date.parse(expiresAt) > now.getTime()) {
    const soon = Date.parse(expiresAt) - now.getTime() <= warningBefore
    ahead.push(
      endsInTesting(connection)
        ? { ...finding('testing_ends', 'warning', 'setup'), at: expiresAt }
        : { ...finding('time_limit_ends', soon ? 'warning' : 'notice', 'reconnect'), at: expiresAt },
    )
  }
  const seen = lastSeenByGoogle(connection)
  if (connection.kind === 'user' && now.getTime() - seen >= unusedWarning) {
    const end = new Date(seen + unusedLife).toISOString()
    ahead.push({ ...finding('unused', 'warning', connection.status === 'active' ? 'check' : 'nothing'), at: end })
  }
  return ahead
}

/** Google gives one sentence for most causes; our own dates tell which of them fit. */
function guesses(reason: 'expired_or_revoked' | 'rejected', { connection, now }: HealthFacts): Guess[] {
  const died = connection.statusSince === null ? now.getTime() : Date.parse(connection.statusSince)
  const consent = Date.parse(connection.connectedAt)
  const seen = lastSeenByGoogle(connection)
  const found: Guess[] = []
  const add = (cause: GuessCause, likelihood: Likelihood | null) => likelihood && found.push({ cause, likelihood })

  const afterSevenDays = seen <= consent + testingLife + hour && died >= consent + testingLife - hour
  add(
    'testing',
    connection.expiresAt !== null || !afterSevenDays ? null : died - consent < 9 * day ? 'likely' : 'possible',
  )
  const silent = died - seen
  add('unused', silent >= unusedLife ? 'likely' : silent >= unusedWarning ? 'possible' : null)
  add('client_changed', reason === 'rejected' && connection.clientId === null ? 'likely' : null)
  const { consents } = connection
  add('token_limit', consents >= tokenLimit ? 'likely' : consents >= tokenLimit / 2 ? 'possible' : 'unlikely')
  const mail = connection.scopes.some(scope =>
    /^https:\/\/(mail\.google\.com\/|www\.googleapis\.com\/auth\/gmail)/.test(scope),
  )
  add('password_changed', mail ? 'possible' : null)
  add('workspace_policy', /@(gmail|googlemail)\.com$/i.test(connection.email) ? null : 'possible')
  add('access_removed', found.some(({ likelihood }) => likelihood === 'likely') ? 'possible' : 'likely')

  const order: Likelihood[] = ['likely', 'possible', 'unlikely']
  return found.sort((a, b) => order.indexOf(a.likelihood) - order.indexOf(b.likelihood))
}

/** When Google last took the refresh token. */
function lastSeenByGoogle({ connectedAt, lastRefreshedAt }: Connection): number {
  return Date.parse(lastRefreshedAt ?? connectedAt)
}

function finding(cause: HealthCause, level: HealthFinding['level'], remedy: Remedy): HealthFinding {
  return { cause, level, remedy, guesses: [], at: null }
}
