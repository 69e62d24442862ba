import type { Actor } from '../audit/actor.ts'
import type { Audit, AuditEvent } from '../audit/audit.ts'
import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { AccessTokens } from './access-tokens.ts'
import { type Connection, connectionTarget, unusable } from './connection.ts'
import type { ConnectionStore, Credential, StoredAccessToken } from './connection-store.ts'
import { askConnection, mayManage, mayUse } from './rights.ts'

/** What leaves the vault for a person's or a program's eyes; each time is written down before it is handed out. */
export interface Disclosures {
  /**
   * Opens the sealed credential of a person's connection for a member who decides about it; `format` is the form in
   * which it will be shown. Throws AppError as `askConnection` does; `reveal_not_available` for a service account,
   * `needs_reconnect` and `connection_unusable` for one that is not active, `vault_open_failed`.
   */
  revealCredential(id: string, format: string, actor: Actor): Promise<Extract<Credential, { kind: 'user' }>>
  /**
   * An access token for a member who may use the connection, good for `minimumSeconds` more, a fresh one where the one
   * held is not. Throws AppError as `askConnection` and `AccessTokens.get` do.
   */
  issueAccessToken(id: string, minimumSeconds: number, actor: Actor): Promise<StoredAccessToken>
}

export interface DisclosuresOptions {
  db: Db
  connections: ConnectionStore
  accessTokens: Pick<AccessTokens, 'get'>
  audit: Audit
  now: Now
}

export function createDisclosures(options: DisclosuresOptions): Disclosures {
  const { db, connections, accessTokens, audit, now } = options

  return {
    async revealCredential(id, format, actor) {
      const state = await connections.readForRefresh(id)
      if (!state) throw new AppError('not_found')
      if (state.credential === null) throw unusable(state)
      const credential = await connections.openCredential(state)
      if (credential.kind !== 'user') throw new AppError('reveal_not_available')
      await inTransaction(db, async tx => {
        const connection = await askConnection(tx, connections, actor, id, mayManage)
        if (connection.status !== 'active') throw unusable(connection)
        await record(tx, connection, actor, { action: 'secret.revealed', changes: { format } })
      })
      return credential
    },

    async issueAccessToken(id, minimumSeconds, actor) {
      const held = await accessTokens.get(id)
      const enough = held.expiresAt.getTime() - now().getTime() >= minimumSeconds * 1000
      const token = enough ? held : await accessTokens.get(id, held.value)
      await inTransaction(db, async tx => {
        const connection = await askConnection(tx, connections, actor, id, mayUse)
        if (connection.status !== 'active') throw unusable(connection)
        const changes = { expires: token.expiresAt.toISOString() }
        await record(tx, connection, actor, { action: 'access_token.issued', changes })
      })
      return token
    },
  }

  function record(tx: Db, connection: Connection, actor: Actor, event: Omit<AuditEvent, 'target'>): Promise<void> {
    return audit.record(tx, actor, { ...event, target: connectionTarget(connection) })
  }
}
