import type { Connection } from '../../connections/connection.ts'

/** A connection as the JSON interface has it (design.md section 5). */
export function connectionJson(connection: Connection) {
  const { id, kind, email, name, status, reason, scopes, owner, shared, createdAt, lastUsedAt, expiresAt } = connection
  const { statusSince, revokedAt, revocationNextAt, lastError } = connection
  return {
    id,
    kind,
    email,
    name,
    status,
    reason,
    scopes,
    owner,
    shared,
    createdAt,
    lastUsedAt,
    expiresAt,
    statusSince,
    revokedAt,
    revocationNextAt,
    lastError: lastError && { code: lastError.code, message: lastError.message, status: lastError.status },
  }
}
