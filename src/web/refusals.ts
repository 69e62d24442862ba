import type { Request, Response } from 'express'
import type { RefusedAction } from '../audit/actions.ts'
import type { Actor } from '../audit/actor.ts'
import type { AuditTarget } from '../audit/audit.ts'
import type { Refusal } from '../audit/refusals.ts'
import type { AppError, ErrorCode } from '../errors.ts'
import { actorOf } from './actor.ts'
import { networksOf } from './client-address.ts'
import { causedElsewhere } from './security.ts'

/** The failures that are recorded, and the action for each. Others are mistakes, or faults on Google's side or ours. */
const actions: Partial<Record<ErrorCode, RefusedAction>> = {
  person_not_allowed: 'sign_in.refused',
  personal_account: 'sign_in.refused',
  member_suspended: 'sign_in.refused',
  email_of_another_identity: 'sign_in.refused',
  oauth_id_token_invalid: 'sign_in.refused',
  oauth_callback_malformed: 'callback.rejected',
  oauth_state_missing: 'callback.rejected',
  oauth_state_expired: 'callback.rejected',
  oauth_state_foreign: 'callback.rejected',
  oauth_state_used: 'callback.rejected',
  oauth_member_changed: 'callback.rejected',
  oauth_issuer_mismatch: 'callback.rejected',
  oauth_code_rejected: 'callback.rejected',
  oauth_refused: 'callback.rejected',
  oauth_scope_missing: 'connection.refused',
  email_unverified: 'connection.refused',
  no_ads_account: 'connection.refused',
  connection_of_another_member: 'connection.refused',
  reconnect_other_account: 'connection.refused',
  link_other_account: 'connection.refused',
  credential_refused: 'connection.refused',
  credential_without_identity: 'connection.refused',
  service_account_key_refused: 'connection.refused',
  not_allowed: 'access.denied',
  cross_origin: 'cross_site.refused',
  api_key_invalid: 'api_key.refused',
  link_unusable: 'link.refused',
  security_event_invalid: 'security_event.refused',
  too_many_requests: 'rate_limit.hit',
}

const vias: Partial<Record<RefusedAction, Actor['via']>> = {
  'api_key.refused': 'api_key',
  'link.refused': 'link',
  'security_event.refused': 'security_event',
}

const longest = 320

/** The refusal to record for a failure; null if it is not recorded. */
export function refusalOf(error: AppError, req: Request, res: Response): Refusal | null {
  const action = error.denied === undefined ? actions[error.code] : 'access.denied'
  if (action === undefined) return null
  const actor = refusedActor(action, req, res)
  const target = targetOf(action, error, req)
  // The way back from Google comes from another website for everybody, and names an account only for who began it here.
  const led = actor.kind === 'member' && target?.kind !== 'google_account' && causedElsewhere(req)
  return {
    action,
    reason: error.code,
    actor,
    target,
    ...(led && { details: { sources: 'elsewhere' } }),
    ...(action === 'cross_site.refused' && { details: sourceOf(req) }),
  }
}

/** A visitor is recorded by their network, never by the whole address. */
function refusedActor(action: RefusedAction, req: Request, res: Response): Actor {
  const actor = actorOf(res)
  if (actor.kind === 'member') return actor
  return { ...actor, kind: 'visitor', name: networkOf(req.ip ?? ''), via: vias[action] ?? actor.via }
}

function targetOf(action: RefusedAction, { denied, params }: AppError, req: Request): AuditTarget | null {
  if (denied) return denied
  if (action === 'sign_in.refused' || action === 'connection.refused') {
    const email = (params.actualEmail ?? params.email)?.slice(0, longest)
    return email === undefined ? null : { kind: 'google_account', id: email, name: email }
  }
  const page = (req.route as { path?: string } | undefined)?.path
  return page === undefined ? null : { kind: 'page', id: page, name: `${req.method} ${page}` }
}

/** The site that made the browser ask. */
function sourceOf({ method, headers }: Request): Record<string, string> {
  const { origin } = headers
  return { method, ...(origin !== undefined && { origin: origin.slice(0, longest) }) }
}

/** The first 24 bits of an IPv4 address, the first 48 of IPv6. */
function networkOf(address: string): string {
  const widest = networksOf(address).at(-1)
  return widest?.size === 'address' ? widest.name.replace(/\.\d+$/, '.0/24') : (widest?.name ?? '')
}
