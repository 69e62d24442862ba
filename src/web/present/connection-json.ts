import type { Connection } from '../../connections/connection.ts'

/** A connection as the JSON interface has it (design.md section 5). */
export function connectionJson(connection: Connection) {
  const { id, kind, email, name, status, reason, scopes, owner, shared, createdAt, lastUsedAt, expiresAt } = connection
  return { id, kind, email, name, status, reason, scopes, owner, shared, createdAt, lastUsedAt, expiresAt }
}
