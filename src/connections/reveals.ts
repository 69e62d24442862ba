import type { Actor } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Member } from '../members/member.ts'
import type { Members } from '../members/members.ts'
import { type Connection, connectionTarget } from './connection.ts'
import type { ConnectionStore, Credential } from './connection-store.ts'
import { mayManage } from './rights.ts'

export interface Reveals {
  /**
   * Opens the sealed credential of a person's connection for a member who decides about it, and writes down that it was
   * shown, in which form. Throws AppError `not_found` for a member who does not, by now; `reveal_not_available` for a
   * service account, `needs_reconnect` and `connection_unusable` for one that is not active, `vault_open_failed`.
   */
  open(id: string, member: Member, format: string, actor: Actor): Promise<Extract<Credential, { kind: 'user' }>>
}

export function createReveals(
  db: Db,
  connections: ConnectionStore,
  members: Pick<Members, 'find'>,
  audit: Audit,
): Reveals {
  /** Asked again with the entry: whoever calls may have waited for Google since they looked. */
  async function revealable(tx: Db, id: string, { id: memberId }: Member): Promise<Connection> {
    const member = await members.find(memberId, tx)
    const connection = await connections.find(id, tx)
    if (!member || !connection || !mayManage(connection, member)) throw new AppError('not_found')
    const { email, status, reason } = connection
    if (status === 'active') return connection
    const params = { email, connectionId: id, status, reason: reason ?? '' }
    throw new AppError(status === 'needs_reconnect' ? 'needs_reconnect' : 'connection_unusable', { params })
  }

  return {
    async open(id, member, format, actor) {
      const state = await connections.readForRefresh(id)
      await revealable(db, id, member)
      if (!state) throw new AppError('not_found')
      const credential = await connections.openCredential(state)
      if (credential.kind !== 'user') throw new AppError('reveal_not_available')
      await inTransaction(db, async tx => {
        const connection = await revealable(tx, id, member)
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
