/** What was done: what it concerns, a dot, what happened to it. */
const deeds = [
  'member.signed_in',
  'member.signed_out',
  'member.promoted',
  'member.demoted',
  'member.address_conflict',
  'member.suspended',
  'member.resumed',
  'session.ended',
  'connection.created',
  'connection.reconnected',
  'connection.imported',
  'connection.credential_rotated',
  'connection.needs_reconnect',
  'connection.shared',
  'connection.unshared',
  'connection.transferred',
  'connection.paused',
  'connection.resumed',
  'connection.revoked',
  'connection.revocation_confirmed',
  'connection.replaced',
  'connection.removed',
  'consent.kept',
  'secret.revealed',
  'access_token.issued',
  'api_key.created',
  'api_key.revoked',
  'passkey.added',
  'passkey.used',
  'passkey.refused',
  'passkey.renamed',
  'passkey.removed',
  'passkey.reset',
  'recovery_code.created',
  'recovery_code.used',
  'link.created',
  'link.used',
  'link.revoked',
  'security_event.received',
  'key.rotated',
  'key.retired',
  'audit.begun',
  'audit.taken_over',
  'audit.rollback_detected',
  'audit.read',
  'audit.exported',
] as const

/** What was tried and refused. `Refusals` says how these reach the trail. */
export const refusedActions = [
  'sign_in.refused',
  'callback.rejected',
  'connection.refused',
  'access.denied',
  'cross_site.refused',
  'api_key.refused',
  'link.refused',
  'security_event.refused',
  'rate_limit.hit',
] as const
export type RefusedAction = (typeof refusedActions)[number]

/** Everything the audit trail can say, as one closed vocabulary. */
export const auditActions = [...deeds, ...refusedActions] as const

export type AuditAction = (typeof auditActions)[number]
