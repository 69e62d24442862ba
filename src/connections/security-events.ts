import type { Actor } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { ConnectionsTable } from '../db/schema.ts'
import { inTransaction } from '../db/transaction.ts'
import type { SecurityEvent, VerifySecurityEvent } from '../google/security-events.ts'
import type { Log } from '../log.ts'
import type { ApiKeys } from '../members/api-keys.ts'
import { memberTarget } from '../members/member.ts'
import { endSessionsOf } from '../members/sessions.ts'
import { type ConnectionStatus, connectionTarget, type ReconnectReason } from './connection.ts'
import { prefixHash } from './connection-store.ts'
import { confirmRevocation } from './revocations.ts'

export interface SecurityEvents {
  /**
   * Takes one token of Google's (a compact JWT) to its end: verified, acted on once however often it arrives, written
   * down. Throws AppError `security_event_invalid` or `google_unreachable`.
   */
  receive(token: string, requestId: string): Promise<void>
}

export interface SecurityEventsOptions {
  db: Db
  verify: VerifySecurityEvent
  apiKeys: Pick<ApiKeys, 'revokeAll'>
  audit: Audit
  log: Log
  now: Now
}

type Affected = Pick<ConnectionsTable, 'id' | 'email' | 'status' | 'version'>

const accessGone = { access_token: null, access_token_expires_at: null }
const credentialGone = { ...accessGone, credential: null, token_prefix_hash: null, token_double_hash: null }

/** Google's security events (RISC, google-wire-facts A.15): what each one makes us do. */
export function createSecurityEvents({ db, verify, apiKeys, audit, log, now }: SecurityEventsOptions): SecurityEvents {
  return {
    async receive(token, requestId) {
      const { jti, events } = await verify(token)
      const actor: Actor = { kind: 'google', id: null, name: null, via: 'security_event', viaId: jti, requestId }
      const done = await inTransaction(db, async tx => {
        const { numInsertedOrUpdatedRows } = await tx
          .insertInto('security_events')
          .values({ jti, received_at: now().toISOString() })
          .onConflict(conflict => conflict.column('jti').doNothing())
          .executeTakeFirst()
        if (numInsertedOrUpdatedRows === 0n) return false
        for (const event of events) await act(tx, event, actor)
        return true
      })
      log.info({ jti, events: events.map(event => event.type), repeated: !done }, 'security event of Google')
    },
  }

  async function act(tx: Db, event: SecurityEvent, actor: Actor): Promise<void> {
    const connections = await connectionsOf(tx, event)
    for (const connection of connections) {
      await audit.record(tx, actor, {
        action: 'security_event.received',
        target: connectionTarget(connection),
        changes: { event: event.type, ...(event.reason !== null && { reason: event.reason }) },
      })
    }
    if (connections.length === 0) {
      await audit.record(tx, actor, { action: 'security_event.received', target: null, changes: { event: event.type } })
    }
    switch (event.type) {
      case 'tokens-revoked':
      case 'token-revoked':
        for (const each of connections) await stop(tx, each, 'withdrawn_at_google', actor, { keep: false })
        break
      case 'account-disabled':
        if (event.reason === 'hijacking') await shutOut(tx, event.sub, actor)
        for (const each of connections) await stop(tx, each, 'google_account_disabled', actor, { keep: true })
        break
      case 'account-enabled':
        for (const each of connections) await resume(tx, each, actor)
        break
      case 'sessions-revoked':
        await endSessions(tx, event.sub, actor)
    }
  }

  /** By the person, or by the token where the event names one: `token-revoked` is about one grant of a person's. */
  function connectionsOf(tx: Db, { sub, token }: SecurityEvent): Promise<Affected[]> {
    const rows = tx.selectFrom('connections').select(['id', 'email', 'status', 'version']).where('kind', '=', 'user')
    if (token?.by === 'prefix') return rows.where('token_prefix_hash', '=', prefixHash(token.value)).execute()
    if (token?.by === 'double_hash') return rows.where('token_double_hash', '=', token.value).execute()
    return sub === null ? Promise.resolve([]) : rows.where('sub', '=', sub).execute()
  }

  /** What Google withdrew is deleted here too; what it only suspended waits sealed. */
  async function stop(
    tx: Db,
    connection: Affected,
    reason: ReconnectReason,
    actor: Actor,
    { keep }: { keep: boolean },
  ): Promise<void> {
    const { id, status } = connection
    if (status === 'revoked') {
      // Google has done what a pending revocation still asks for.
      if (!keep) await confirmRevocation(tx, audit, connection, { by: 'google', actor, at: now().toISOString() })
      return
    }
    // One that is paused is used by nobody; should Google enable the account again, it is still paused.
    if (keep && status !== 'active') return
    await tx
      .updateTable('connections')
      .set({
        ...(keep ? accessGone : credentialGone),
        status: 'needs_reconnect' satisfies ConnectionStatus,
        reason,
        status_since: now().toISOString(),
      })
      .where('id', '=', id)
      .execute()
    await audit.record(tx, actor, {
      action: 'connection.needs_reconnect',
      target: connectionTarget(connection),
      changes: { reason },
    })
  }

  async function resume(tx: Db, { id, email }: Affected, actor: Actor): Promise<void> {
    const { numUpdatedRows } = await tx
      .updateTable('connections')
      .set({ status: 'active' satisfies ConnectionStatus, reason: null, status_since: now().toISOString() })
      .where('id', '=', id)
      .where('status', '=', 'needs_reconnect')
      .where('reason', '=', 'google_account_disabled' satisfies ReconnectReason)
      .where('credential', 'is not', null)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return
    await audit.record(tx, actor, { action: 'connection.resumed', target: connectionTarget({ id, email }) })
  }

  /** Whoever took the Google account over may have signed in here with it, and made keys. */
  async function shutOut(tx: Db, sub: string | null, actor: Actor): Promise<void> {
    const memberId = await endSessions(tx, sub, actor)
    if (memberId !== null) await apiKeys.revokeAll(memberId, actor, tx)
  }

  /** Answers whose they were. */
  async function endSessions(tx: Db, sub: string | null, actor: Actor): Promise<string | null> {
    const member =
      sub === null
        ? undefined
        : await tx.selectFrom('members').select(['id', 'email']).where('sub', '=', sub).executeTakeFirst()
    if (!member) return null
    await endSessionsOf(tx, member.id, now())
    await audit.record(tx, actor, {
      action: 'session.ended',
      target: memberTarget(member),
      changes: { sessions: 'all' },
    })
    return member.id
  }
}
