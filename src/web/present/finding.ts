import type { ReconnectReason } from '../../connections/connection.ts'
import { type CustomerId, formatCustomerId } from '../../customer-id.ts'
import type { AppError, ErrorCode } from '../../errors.ts'
import type { MessageParams } from '../../messages/en/errors.ts'
import type { Messages } from '../../messages/en.ts'
import { routes } from './routes.ts'
import { exactly } from './times.ts'

export interface FindingAction {
  label: string
  href: string
  kind: 'primary' | 'plain'
}

/** What happened, why we think so, what to do, who can do it, and a way to check again. */
export interface Finding {
  code: ErrorCode
  title: string
  whatHappened: string
  why: { label: string; value: string }[]
  whatToDo: string[]
  /** What has to be typed elsewhere, to be copied instead: the address to invite. */
  copy: string | null
  who: string | null
  actions: FindingAction[]
  requestId: string | null
}

export interface FindingLocals extends Finding {
  /** HTTP status of the page. */
  status: number
}

export interface FindingContext {
  t: Messages
  now: Date
  signedIn: boolean
  requestId?: string | null
  /** HTTP status of the page; shown as evidence. */
  status?: number
  /** The page that failed, a path of ours: where "Check again" leads and where signing in returns to. */
  path?: string
  /** Where the attempt began, when that was a one-time link: the only place a guest can go on from. */
  beginAgain?: string
  connectionId?: string
  googleEmail?: string
  loginCustomerId?: CustomerId
  customerId?: CustomerId
}

/** A whole page for one error. */
export function presentError(error: AppError, context: FindingContext & { status: number }): FindingLocals {
  return { ...wholeFinding(error, context), status: context.status }
}

/** The same as a part of a page that otherwise works; there is no need to lead away from it. */
export function presentFinding(error: AppError, context: FindingContext): Finding {
  const finding = wholeFinding(error, context)
  const away = [routes.accounts(), routes.home()]
  return { ...finding, actions: finding.actions.filter(action => !away.includes(action.href)) }
}

function wholeFinding(error: AppError, context: FindingContext): Finding {
  const message = context.t.errors[error.code]
  const params = sentenceParams(error, context)
  return {
    code: error.code,
    title: message.title,
    whatHappened: [message.whatHappened(params), ...reconnectReason(error, context.t)].join(' '),
    why: evidence(error, context),
    whatToDo: [...message.whatToDo(params), ...(params.consentKept ? [context.t.finding.consentKept] : [])],
    copy: error.code === 'service_account_not_invited' ? (error.params.email ?? null) : null,
    who: message.who?.(params) ?? null,
    actions: actionsFor(error, context),
    requestId: context.requestId ?? null,
  }
}

/** Why the credential died, where that is known. */
function reconnectReason({ code, params }: AppError, t: Messages): string[] {
  const { reasons } = t.connections
  const known = code === 'needs_reconnect' && params.reason !== undefined && Object.hasOwn(reasons, params.reason)
  return known ? [reasons[params.reason as ReconnectReason]] : []
}

function sentenceParams(error: AppError, context: FindingContext): MessageParams {
  const params: Record<string, string> = {}
  if (context.googleEmail !== undefined) params.googleEmail = context.googleEmail
  if (context.loginCustomerId !== undefined) params.loginCustomerId = context.loginCustomerId
  if (context.customerId !== undefined) params.customerId = context.customerId
  if (error.retryAfterSeconds !== null) params.retryAfterSeconds = String(error.retryAfterSeconds)
  if (error.google?.message) params.googleMessage = error.google.message
  if (error.google?.code) params.googleError = error.google.code
  Object.assign(params, error.params)
  for (const key of ['customerId', 'loginCustomerId']) {
    if (params[key] !== undefined) params[key] = formatCustomerId(params[key])
  }
  return params
}

function evidence(error: AppError, context: FindingContext): { label: string; value: string }[] {
  const { t } = context
  const labels = t.finding.evidence
  const loginCustomerId = error.params.loginCustomerId ?? context.loginCustomerId
  const customerId = error.params.customerId ?? context.customerId
  const googleAccount = error.params.googleEmail ?? context.googleEmail ?? error.params.email
  const all: [string, string | number | null | undefined][] = [
    [labels.expectedAccount, error.params.expectedEmail],
    [labels.actualAccount, error.params.actualEmail],
    [labels.googleAccount, googleAccount],
    [labels.loginCustomer, loginCustomerId && formatCustomerId(loginCustomerId)],
    [labels.customer, customerId && formatCustomerId(customerId)],
    [labels.googleCode, error.google?.code],
    [labels.googleMessage, error.google?.message],
    [labels.googleStatus, error.google?.status],
    [labels.googleRequestId, error.google?.requestId],
    [labels.code, error.code],
    [labels.requestId, context.requestId],
    [labels.time, exactly(context.now, t)],
  ]
  return all.flatMap(([label, value]) =>
    value === null || value === undefined || value === '' ? [] : [{ label, value: String(value) }],
  )
}

function actionsFor(error: AppError, context: FindingContext): FindingAction[] {
  const { t, signedIn } = context
  const a = t.finding.actions
  const primary = (label: string, href: string): FindingAction => ({ label, href, kind: 'primary' })
  const plain = (label: string, href: string): FindingAction => ({ label, href, kind: 'plain' })
  const base = signedIn ? plain(a.accounts, routes.accounts()) : plain(a.home, routes.home())
  const again = context.path === undefined ? [] : [primary(a.checkAgain, context.path)]
  const connectionId = error.params.connectionId ?? context.connectionId
  const why = findAction(error, context)
  const reconnect = connectionId === undefined ? [] : [primary(a.reconnect, routes.reconnect(connectionId))]

  if (context.beginAgain !== undefined && error.code !== 'link_unusable') {
    const blocked = error.code === 'oauth_cancelled' || error.code === 'oauth_refused'
    return [primary(a.tryAgain, context.beginAgain), ...(blocked ? [plain(a.stuck, routes.stuck())] : [])]
  }
  switch (error.code) {
    case 'sign_in_again':
      return [
        primary(a.signIn, routes.signIn(context.path ?? error.params.returnTo)),
        plain(a.addPasskey, routes.newPasskey()),
        base,
      ]
    case 'confirm_with_passkey':
      return [primary(a.confirm, error.params.returnTo ?? routes.self()), base]
    case 'passkey_required':
      return [primary(a.addPasskey, routes.newPasskey()), base]
    case 'passkey_expired':
    case 'passkey_refused':
    case 'passkey_copied':
    case 'too_many_passkeys':
    case 'recovery_code_refused':
      return [primary(a.passkeys, routes.passkeysOnSelf()), base]
    case 'link_unusable':
    case 'link_other_account':
      return [asPrimary(base)]
    case 'credential_refused':
    case 'credential_without_identity':
      return [primary(a.connect, routes.connect()), base]
    case 'oauth_member_changed':
      return [primary(a.signIn, routes.signIn()), base]
    case 'signed_out':
      return [primary(a.signIn, routes.signIn(error.params.returnTo ?? context.path)), base]

    case 'oauth_state_used':
      return [primary(a.accounts, routes.accounts()), plain(a.tryAgain, routes.connect())]
    case 'oauth_cancelled':
    case 'oauth_refused':
      return [primary(a.tryAgain, tryAgain(error)), plain(a.stuck, routes.stuck()), base]
    case 'oauth_client_rejected':
    case 'oauth_id_token_invalid':
      return [primary(a.tryAgain, tryAgain(error)), plain(a.setup, routes.setup()), base]
    case 'oauth_callback_malformed':
    case 'oauth_state_missing':
    case 'oauth_state_expired':
    case 'oauth_state_foreign':
    case 'oauth_issuer_mismatch':
    case 'oauth_code_rejected':
    case 'oauth_scope_missing':
    case 'oauth_no_refresh_token':
    case 'email_unverified':
      return [primary(a.tryAgain, tryAgain(error)), base]

    case 'no_ads_account':
      return [primary(a.chooseAnother, routes.connect()), base]
    case 'person_not_allowed':
    case 'personal_account':
    case 'email_of_another_identity':
      return [primary(a.chooseAnother, routes.signIn()), base]
    case 'service_account_key_invalid':
    case 'service_account_key_refused':
    case 'service_account_not_invited':
      return [primary(a.tryAgain, routes.serviceAccounts()), plain(a.connections, routes.connections())]
    case 'connection_of_another_member':
      return [primary(a.chooseAnother, routes.connect()), plain(a.connections, routes.connections())]
    case 'reconnect_other_account':
      return otherAccountActions(error, context)

    case 'needs_reconnect':
    case 'oauth_foreign_client_rejected':
    case 'ads_scope_insufficient':
    case 'ads_second_factor_required':
    case 'ads_token_rejected':
      return [...reconnect, ...again.map(asPlain), base]
    case 'key_in_use':
    case 'key_seals':
    case 'key_unknown':
    case 'key_unseen':
      return [primary(a.keys, routes.keys()), base]
    case 'connection_unusable':
    case 'connection_state_conflict':
    case 'receiver_unknown':
      return [primary(a.connections, routes.connections()), base]
    case 'ads_not_ads_user':
    case 'ads_account_deleted':
      return [primary(a.chooseAnother, routes.connect()), base]

    case 'google_unreachable':
    case 'unavailable':
    case 'internal':
      return [...again, base]
    case 'ads_permission_denied':
    case 'ads_login_customer_mismatch':
    case 'ads_customer_not_enabled':
    case 'ads_action_not_permitted':
    case 'ads_project_not_approved':
    case 'ads_project_refused':
      return [...why, ...again.map(asPlain), base]
    case 'not_found':
      return [...why, why.length > 0 ? base : asPrimary(base)]
    case 'cross_origin':
      return context.path === undefined ? [asPrimary(base)] : [primary(a.openHere, context.path), base]
    case 'bad_request':
    case 'invalid_customer_id':
    case 'method_not_allowed':
    case 'member_suspended':
      return [asPrimary(base)]
    default:
      return [...again, base]
  }
}

/** The finder, asked about the account and the way that failed. */
function findAction(error: AppError, { t, signedIn, ...context }: FindingContext): FindingAction[] {
  const customerId = error.params.customerId ?? context.customerId
  if (!signedIn || customerId === undefined) return []
  const connection = error.params.connectionId ?? context.connectionId
  const login = error.params.loginCustomerId ?? context.loginCustomerId
  const href = routes.find({ customer_id: customerId, connection, login_customer_id: login })
  return [{ label: t.finding.actions.findAccount, href, kind: 'primary' }]
}

function otherAccountActions(error: AppError, { t, connectionId }: FindingContext): FindingAction[] {
  const a = t.finding.actions
  const { expectedEmail, actualEmail } = error.params
  const connection = error.params.connectionId ?? connectionId
  const actions: FindingAction[] = []
  if (connection !== undefined) {
    const label = expectedEmail ? a.tryAgainAs(expectedEmail) : a.tryAgain
    actions.push({ label, href: routes.reconnect(connection), kind: 'primary' })
  } else if (expectedEmail) {
    actions.push({ label: a.tryAgainAs(expectedEmail), href: routes.connectAs(expectedEmail), kind: 'primary' })
  }
  if (actualEmail) {
    actions.push({ label: a.keepAsOwn(actualEmail), href: routes.connectAs(actualEmail), kind: 'plain' })
  }
  actions.push({ label: a.connections, href: routes.connections(), kind: 'plain' })
  return actions
}

/** Begins again what was begun before, as far as the failed attempt says what that was. */
function tryAgain(error: AppError): string {
  if (error.params.connectionId !== undefined) return routes.reconnect(error.params.connectionId)
  return error.params.intent === 'sign-in' ? routes.signIn() : routes.connect()
}

function asPlain(action: FindingAction): FindingAction {
  return { ...action, kind: 'plain' }
}

function asPrimary(action: FindingAction): FindingAction {
  return { ...action, kind: 'primary' }
}
