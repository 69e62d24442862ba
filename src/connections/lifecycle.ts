import type { AuditAction } from '../audit/actions.ts'
import { type Actor, askAdmin } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Members } from '../members/members.ts'
import { type Connection, type ConnectionStatus, connectionTarget } from './connection.ts'
import type { ConnectionStore } from './connection-store.ts'
import { type Revocations, removeRevoked } from './revocations.ts'
import { askConnection, mayManage } from './rights.ts'

/**
 * What people do with a connection between its consent and its end. Each is one transaction that asks for the right
 * (`mayManage`), changes, and writes the audit entry. Doing again what is done already changes nothing. Throws AppError
 * `connection_state_conflict` where the connection is in a state that does not allow it, and as `askConnection` does.
 */
export interface Lifecycle {
  /** No process uses it from the next call on; the access token that is stored goes at once. */
  pause(connection: Connection, actor: Actor): Promise<void>
  resume(connection: Connection, actor: Actor): Promise<void>
  share(connection: Connection, actor: Actor): Promise<void>
  unshare(connection: Connection, actor: Actor): Promise<void>
  /** Throws AppError `receiver_unknown` where that is not an active member. */
  transfer(connection: Connection, memberId: string, actor: Actor): Promise<void>
  /** Ends use here, then asks Google once; what Google does not confirm now, the queue goes on asking. */
  revoke(connection: Connection, actor: Actor): Promise<void>
  /** Asks Google again before the queue would. */
  retryRevocation(connection: Connection, actor: Actor): Promise<void>
  /** The use with the team and the login customers people chose go over to `by`; then the connection is revoked. */
  replace(connection: Connection, by: Connection, actor: Actor): Promise<void>
  /** Removes a revoked connection before its retention ends; for administrators only. */
  remove(connection: Connection, actor: Actor): Promise<void>
}

export interface LifecycleOptions {
  db: Db
  revocations: Revocations
  connections: Pick<ConnectionStore, 'find'>
  members: Pick<Members, 'find'>
  /** Lets the login customers people chose through one connection be reached through another. */
  moveLoginCustomers(tx: Db, fromConnectionId: string, toConnectionId: string): Promise<void>
  audit: Audit
  log: Log
  now: Now
}

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { db, revocations, connections, members, moveLoginCustomers, audit, log, now } = options

  return {
    pause: (connection, actor) => moveTo('paused', 'active', 'connection.paused', connection, actor),
    resume: (connection, actor) => moveTo('active', 'paused', 'connection.resumed', connection, actor),
    share: (connection, actor) => change(connection, actor, tx => setShared(tx, connection, true, actor)),
    unshare: (connection, actor) => change(connection, actor, tx => setShared(tx, connection, false, actor)),

    async transfer(connection, memberId, actor) {
      await change(connection, actor, async tx => {
        const receiver = await members.find(memberId, tx)
        if (!receiver) throw new AppError('receiver_unknown')
        const { numUpdatedRows } = await tx
          .updateTable('connections')
          .set({ owner_id: receiver.id })
          .where('id', '=', connection.id)
          .where('owner_id', '!=', receiver.id)
          .executeTakeFirst()
        if (numUpdatedRows !== 1n) return
        await audit.record(tx, actor, {
          action: 'connection.transferred',
          target: connectionTarget(connection),
          changes: { owner: [connection.owner.email, receiver.email] },
        })
      })
    },

    async revoke(connection, actor) {
      await change(connection, actor, tx => revocations.request(tx, connection, actor))
      await askGoogle(connection, actor)
    },

    async retryRevocation(connection, actor) {
      await change(connection, actor, async () => {})
      await askGoogle(connection, actor)
    },

    async replace(connection, by, actor) {
      await change(connection, actor, async tx => {
        await askConnection(tx, connections, actor, by.id, mayManage)
        if (!(await revocations.request(tx, connection, actor))) throw conflict(connection.email, 'revoked')
        // Read after the one above: a connection cannot take its own place either.
        const heir = await tx.selectFrom('connections').select('status').where('id', '=', by.id).executeTakeFirst()
        if (heir?.status !== 'active') throw conflict(by.email, (heir?.status ?? by.status) as ConnectionStatus)
        await audit.record(tx, actor, {
          action: 'connection.replaced',
          target: connectionTarget(connection),
          changes: { by: by.email },
        })
        if (connection.shared) await setShared(tx, by, true, actor)
        await moveLoginCustomers(tx, connection.id, by.id)
      })
      await askGoogle(connection, actor)
    },

    async remove(connection, actor) {
      const removed = await inTransaction(db, async tx => {
        await askAdmin(tx, actor)
        return removeRevoked(tx, audit, connection, actor, now().toISOString())
      })
      if (!removed) throw conflict(connection.email, connection.status)
    },
  }

  /** Runs one transaction for a person who may manage the connection, which is checked inside it. */
  function change<T>(connection: Connection, actor: Actor, work: (tx: Db) => Promise<T>): Promise<T> {
    return inTransaction(db, async tx => {
      await askConnection(tx, connections, actor, connection.id, mayManage)
      return work(tx)
    })
  }

  /** Use here has ended already: whatever goes wrong from now on only leaves the revocation pending. */
  async function askGoogle({ id }: Connection, actor: Actor): Promise<void> {
    await revocations.attempt(id, actor).catch(error => log.warn({ err: error }, 'a revocation stays pending'))
  }

  function moveTo(
    to: 'active' | 'paused',
    from: 'active' | 'paused',
    action: AuditAction,
    connection: Connection,
    actor: Actor,
  ): Promise<void> {
    return change(connection, actor, async tx => {
      const { numUpdatedRows } = await tx
        .updateTable('connections')
        .set({ status: to, status_since: now().toISOString(), access_token: null, access_token_expires_at: null })
        .where('id', '=', connection.id)
        .where('status', '=', from)
        .executeTakeFirst()
      if (numUpdatedRows === 1n) {
        await audit.record(tx, actor, { action, target: connectionTarget(connection), changes: { status: [from, to] } })
        return
      }
      const row = await tx.selectFrom('connections').select('status').where('id', '=', connection.id).executeTakeFirst()
      if (!row) throw new AppError('not_found')
      if (row.status !== to) throw conflict(connection.email, row.status as ConnectionStatus)
    })
  }

  async function setShared(tx: Db, connection: Connection, shared: boolean, actor: Actor): Promise<void> {
    const { numUpdatedRows } = await tx
      .updateTable('connections')
      .set({ shared: shared ? 1 : 0 })
      .where('id', '=', connection.id)
      .where('shared', '=', shared ? 0 : 1)
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) return
    await audit.record(tx, actor, {
      action: shared ? 'connection.shared' : 'connection.unshared',
      target: connectionTarget(connection),
    })
  }
}

function conflict(email: string, status: ConnectionStatus): AppError {
  return new AppError('connection_state_conflict', { params: { email, status } })
}
