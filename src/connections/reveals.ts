import type { Actor } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { type Connection, connectionTarget } from './connection.ts'
import type { ConnectionStore, Credential } from './connection-store.ts'

export interface Reveals {
  /**
   * Opens the sealed credential of a person's connection for somebody who may see it, and writes down that it was
   * shown, in which form. The caller has checked the right. Throws AppError `reveal_not_available` for a service
   * account, `needs_reconnect` and `connection_unusable` for one that is not active, `vault_open_failed`.
   */
  open(connection: Connection, format: string, actor: Actor): Promise<Extract<Credential, { kind: 'user' }>>
}

export function createReveals(db: Db, connections: ConnectionStore, audit: Audit): Reveals {
  return {
    async open({ id, email, status, reason }, format, actor) {
      const params = { email, connectionId: id, status, reason: reason ?? '' }
      if (status === 'needs_reconnect') throw new AppError('needs_reconnect', { params })
      const state = status === 'active' ? await connections.readForRefresh(id) : null
      if (!state || state.credential === null) throw new AppError('connection_unusable', { params })
      const credential = await connections.openCredential(state)
      if (credential.kind !== 'user') throw new AppError('reveal_not_available')
      await inTransaction(db, tx =>
        audit.record(tx, actor, {
          action: 'secret.revealed',
          target: connectionTarget({ id, email }),
          changes: { format },
        }),
      )
      return credential
    },
  }
}
