import type { Actor } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Member } from '../members/member.ts'
import type { Members } from '../members/members.ts'
import { connectionTarget, unusable } from './connection.ts'
import type { ConnectionStore, Credential } from './connection-store.ts'
import { mayManage } from './rights.ts'

export interface Reveals {
  /**
   * Opens the sealed credential of a person's connection for a member who decides about it, and writes down that it was
   * shown, in which form. Throws AppError `not_found` for a member who does not, by now; `reveal_not_available` for a
   * service account, `needs_reconnect` and `connection_unusable` for one that is not active, `vault_open_failed`.
   */
  open(
    id: string,
    asking: Pick<Member, 'id'>,
    format: string,
    actor: Actor,
  ): Promise<Extract<Credential, { kind: 'user' }>>
}

export function createReveals(
  db: Db,
  connections: ConnectionStore,
  members: Pick<Members, 'find'>,
  audit: Audit,
): Reveals {
  return {
    async open(id, asking, format, actor) {
      const state = await connections.readForRefresh(id)
      if (!state) throw new AppError('not_found')
      if (state.credential === null) throw unusable(state)
      const credential = await connections.openCredential(state)
      if (credential.kind !== 'user') throw new AppError('reveal_not_available')
      await inTransaction(db, async tx => {
        // Whoever calls may have waited for Google since they looked: right and state are what they are now.
        const member = await members.find(asking.id, tx)
        const connection = await connections.find(id, tx)
        if (!member || !connection || !mayManage(connection, member)) throw new AppError('not_found')
        if (connection.status !== 'active') throw unusable(connection)
        await audit.record(tx, actor, {
          action: 'secret.revealed',
          target: connectionTarget(connection),
          changes: { format },
        })
      })
      return credential
    },
  }
}
