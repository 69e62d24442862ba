import type { Actor } from '../audit/actor.ts'
import type { Audit, AuditEvent } from '../audit/audit.ts'
import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Member } from '../members/member.ts'
import type { Members } from '../members/members.ts'
import type { AccessTokens } from './access-tokens.ts'
import { type Connection, connectionTarget, unusable } from './connection.ts'
import type { ConnectionStore, Credential, StoredAccessToken } from './connection-store.ts'
import { mayManage, mayUse } from './rights.ts'

type Person = Pick<Member, 'id'>

/** What leaves the vault for a person's or a program's eyes; each time is written down before it is handed out. */
export interface Disclosures {
  /**
   * Opens the sealed credential of a person's connection for a member who decides about it; `format` is the form in
   * which it will be shown. Throws AppError `not_found` for a member who does not, by now; `reveal_not_available` for a
   * service account, `needs_reconnect` and `connection_unusable` for one that is not active, `vault_open_failed`.
   */
  revealCredential(
    id: string,
    asking: Person,
    format: string,
    actor: Actor,
  ): Promise<Extract<Credential, { kind: 'user' }>>
  /**
   * An access token for a member who may use the connection, good for `minimumSeconds` more, a fresh one where the one
   * held is not. Throws AppError `not_found`, and as `AccessTokens.get` does.
   */
  issueAccessToken(id: string, asking: Person, minimumSeconds: number, actor: Actor): Promise<StoredAccessToken>
}

export interface DisclosuresOptions {
  db: Db
  connections: ConnectionStore
  accessTokens: Pick<AccessTokens, 'get'>
  members: Pick<Members, 'find'>
  audit: Audit
  now: Now
}

export function createDisclosures(options: DisclosuresOptions): Disclosures {
  const { db, connections, accessTokens, members, audit, now } = options

  return {
    async revealCredential(id, asking, format, actor) {
      const state = await connections.readForRefresh(id)
      if (!state) throw new AppError('not_found')
      if (state.credential === null) throw unusable(state)
      const credential = await connections.openCredential(state)
      if (credential.kind !== 'user') throw new AppError('reveal_not_available')
      await inTransaction(db, async tx => {
        const connection = await presently(tx, id, asking, mayManage)
        if (connection.status !== 'active') throw unusable(connection)
        await record(tx, connection, actor, { action: 'secret.revealed', changes: { format } })
      })
      return credential
    },

    async issueAccessToken(id, asking, minimumSeconds, actor) {
      const held = await accessTokens.get(id)
      const enough = held.expiresAt.getTime() - now().getTime() >= minimumSeconds * 1000
      const token = enough ? held : await accessTokens.get(id, held.value)
      await inTransaction(db, async tx => {
        const connection = await presently(tx, id, asking, mayUse)
        const changes = { expires: token.expiresAt.toISOString() }
        await record(tx, connection, actor, { action: 'access_token.issued', changes })
      })
      return token
    },
  }

  /** Whoever calls may have waited for Google since they looked: the right is what it is now. */
  async function presently(tx: Db, id: string, asking: Person, right: typeof mayUse): Promise<Connection> {
    const member = await members.find(asking.id, tx)
    const connection = await connections.find(id, tx)
    if (!member || !connection || !right(connection, member)) throw new AppError('not_found')
    return connection
  }

  function record(tx: Db, connection: Connection, actor: Actor, event: Omit<AuditEvent, 'target'>): Promise<void> {
    return audit.record(tx, actor, { ...event, target: connectionTarget(connection) })
  }
}
