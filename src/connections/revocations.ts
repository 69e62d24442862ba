import { type Actor, asFact, sweeper } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import { clocksDifferSeconds, type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { ConnectionsTable } from '../db/schema.ts'
import { inTransaction } from '../db/transaction.ts'
import { type GoogleDetail, isAppError } from '../errors.ts'
import type { GoogleOAuth } from '../google/oauth.ts'
import type { Log } from '../log.ts'
import type { Vault } from '../vault/vault.ts'
import { type Connection, connectionTarget } from './connection.ts'
import type { ConnectionStore } from './connection-store.ts'
import { createLeases } from './leases.ts'

/** Revocations on their way to Google: use here ends first, then Google withdraws, then the sealed credential goes. */
export interface Revocations {
  /** Ends every use here, inside a transaction; false, and nothing happens, where it is revoked already. */
  request(tx: Db, connection: Connection, actor: Actor): Promise<boolean>
  /**
   * Asks Google now, whatever the schedule says, unless another process is asking. Google's failure is no error here:
   * it is written down, and the queue goes on.
   */
  attempt(connectionId: string, actor: Actor): Promise<void>
  /** Asks Google for all that is due, and removes what was revoked long enough ago. One run at a time. */
  sweep(): Promise<void>
  /** Ends the sweep after what is under way. */
  close(): Promise<void>
}

export interface RevocationsOptions {
  db: Db
  store: ConnectionStore
  oauth: Pick<GoogleOAuth, 'revoke'>
  vault: Pick<Vault, 'keyId' | 'keyIds'>
  audit: Audit
  log: Log
  now: Now
  /** Days a revoked connection stays listed. */
  retentionDays: number
}

const firstPauseSeconds = 60
const longestPauseSeconds = 24 * 3600
const atOnce = 4
const perSweep = 200

/** What became of it: confirmed by Google, finished without Google, or still to be done. */
type Ending = { done: Confirmation } | { pending: GoogleDetail }
type Confirmation = 'google' | 'service_account' | 'unreadable'

export function createRevocations(options: RevocationsOptions): Revocations {
  const { db, store, oauth, vault, audit, log, now, retentionDays } = options
  const underLease = createLeases(store, log, now)
  let sweeping: Promise<void> | null = null
  let closing = false

  return {
    async request(tx, connection, actor) {
      const at = now().toISOString()
      const { numUpdatedRows } = await tx
        .updateTable('connections')
        .set({
          status: 'revoked',
          reason: null,
          status_since: at,
          access_token: null,
          access_token_expires_at: null,
          // A refresh under way may finish, but keeps nothing.
          refresh_lease: null,
          refresh_lease_until: null,
          last_error: null,
          revoked_at: null,
          revocation_attempts: 0,
          revocation_next_at: at,
        })
        .where('id', '=', connection.id)
        .where('status', '!=', 'revoked')
        .executeTakeFirst()
      if (numUpdatedRows !== 1n) return false
      await audit.record(tx, actor, {
        action: 'connection.revoked',
        target: connectionTarget(connection),
        changes: { status: [connection.status, 'revoked'] },
      })
      return true
    },

    attempt: (connectionId, actor) => attempt(connectionId, actor, () => true),

    sweep() {
      sweeping ??= run().finally(() => {
        sweeping = null
      })
      return sweeping
    },

    async close() {
      closing = true
      await sweeping?.catch(error => log.warn({ err: error }, 'the last sweep of revocations failed'))
    },
  }

  /** What stands further ahead was written down before the clock was put back. */
  function latestNext(): string {
    return secondsFrom(now(), longestPauseSeconds + clocksDifferSeconds).toISOString()
  }

  async function run(): Promise<void> {
    const due = await db
      .selectFrom('connections')
      .select('id')
      .where('status', '=', 'revoked')
      .where('revoked_at', 'is', null)
      .where(each =>
        each.or([each('revocation_next_at', '<=', now().toISOString()), each('revocation_next_at', '>', latestNext())]),
      )
      .orderBy('revocation_next_at')
      .limit(perSweep)
      .execute()
    const isDue = ({ revocation_next_at }: ConnectionsTable) => {
      const next = revocation_next_at ?? ''
      return next <= now().toISOString() || next > latestNext()
    }
    const worker = async () => {
      for (let row = due.shift(); row && !closing; row = due.shift()) {
        await attempt(row.id, sweeper, isDue).catch(error => log.warn({ err: error }, 'a revocation stays pending'))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    if (!closing) await removeOld()
  }

  async function attempt(id: string, actor: Actor, wanted: (row: ConnectionsTable) => boolean): Promise<void> {
    await underLease(id, async () => {
      const row = await claim(id, wanted)
      if (!row) return
      const ending = await ask(row)
      if ('pending' in ending) await keep(row, ending.pending)
      else await confirm(row, ending.done, actor)
    })
  }

  /** The next attempt is written down before this one begins, so that a process that dies leaves nothing behind. */
  async function claim(id: string, wanted: (row: ConnectionsTable) => boolean): Promise<ConnectionsTable | null> {
    const row = await db.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst()
    if (row?.status !== 'revoked' || row.revoked_at !== null || !wanted(row)) return null
    const attempts = row.revocation_attempts + 1
    const { numUpdatedRows } = await pending(db, row)
      .set({
        revocation_attempts: attempts,
        revocation_next_at: secondsFrom(now(), pauseAfter(attempts)).toISOString(),
      })
      .executeTakeFirst()
    return numUpdatedRows === 1n ? row : null
  }

  async function ask(row: ConnectionsTable): Promise<Ending> {
    // Google has no call that ends a service account's key; it is deleted in the Cloud console.
    if (row.kind === 'service_account') return { done: 'service_account' }
    // Google has said itself that it is gone (a security event).
    if (row.credential === null) return { done: 'google' }
    const kind = 'user' as const
    try {
      const credential = await store.openCredential({ ...row, kind })
      if (credential.kind === 'user') await oauth.revoke(credential.refreshToken)
      return { done: 'google' }
    } catch (error) {
      if (!isAppError(error)) throw error
      if (error.code === 'vault_open_failed' && !sealedByMissingKey(row)) return { done: 'unreadable' }
      const { google } = error
      return {
        pending: {
          code: google?.code ?? error.code,
          message: google?.message ?? '',
          requestId: null,
          status: google?.status ?? null,
        },
      }
    }
  }

  /** An instance that has not been given a new key yet must not throw away what another can open. */
  function sealedByMissingKey({ credential }: ConnectionsTable): boolean {
    const kid = vault.keyId(credential ?? '')
    return kid !== null && !vault.keyIds.includes(kid)
  }

  async function keep(row: ConnectionsTable, google: GoogleDetail): Promise<void> {
    log.warn({ connection: row.id, google }, 'a revocation is pending at Google')
    await pending(db, row)
      .set({ checked_at: now().toISOString(), last_error: JSON.stringify(google) })
      .execute()
  }

  async function confirm(row: ConnectionsTable, by: Confirmation, actor: Actor) {
    await inTransaction(db, async tx => {
      const confirmed = await confirmRevocation(tx, audit, row, { by, actor: asFact(actor), at: now().toISOString() })
      if (!confirmed && by === 'google') {
        // Reconnected while Google was asked. The new grant may have gone with the old: its next use shall find out.
        await tx
          .updateTable('connections')
          .set({ access_token: null, access_token_expires_at: null })
          .where('id', '=', row.id)
          .execute()
      }
    })
  }

  async function removeOld(): Promise<void> {
    const before = secondsFrom(now(), -retentionDays * 24 * 3600).toISOString()
    const old = await db
      .selectFrom('connections')
      .select(['id', 'email'])
      .where('status', '=', 'revoked')
      .where('revoked_at', '<=', before)
      .limit(perSweep)
      .execute()
    for (const connection of old) {
      await inTransaction(db, tx => removeRevoked(tx, audit, connection, sweeper, before))
    }
  }
}

/** Ends a pending revocation, and destroys the sealed credential; false where none is pending for this version of it. */
export async function confirmRevocation(
  tx: Db,
  audit: Audit,
  connection: Pick<ConnectionsTable, 'id' | 'email' | 'version'>,
  { by, actor, at }: { by: Confirmation; actor: Actor; at: string },
): Promise<boolean> {
  const unreadable: GoogleDetail = { code: 'vault_open_failed', message: '', requestId: null, status: null }
  const { numUpdatedRows } = await pending(tx, connection)
    .set({
      credential: null,
      token_prefix_hash: null,
      token_double_hash: null,
      revoked_at: at,
      revocation_next_at: null,
      checked_at: at,
      last_error: by === 'unreadable' ? JSON.stringify(unreadable) : null,
    })
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) return false
  await audit.record(tx, actor, {
    action: 'connection.revocation_confirmed',
    target: connectionTarget(connection),
    changes: { by },
  })
  return true
}

/** Removes a revoked connection with all that was read through it; false unless Google confirmed it by `before`. */
export async function removeRevoked(
  tx: Db,
  audit: Audit,
  connection: Pick<Connection, 'id' | 'email'>,
  actor: Actor,
  before: string,
): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('connections')
    .where('id', '=', connection.id)
    .where('status', '=', 'revoked')
    .where('revoked_at', '<=', before)
    .executeTakeFirst()
  if (numDeletedRows !== 1n) return false
  await audit.record(tx, actor, { action: 'connection.removed', target: connectionTarget(connection) })
  return true
}

/** The row as long as this very credential waits to be withdrawn: a reconnected one has another version. */
function pending(within: Db, { id, version }: Pick<ConnectionsTable, 'id' | 'version'>) {
  return within
    .updateTable('connections')
    .where('id', '=', id)
    .where('version', '=', version)
    .where('status', '=', 'revoked')
    .where('revoked_at', 'is', null)
}

/** 1, 2, 4 … minutes, a day at most. */
function pauseAfter(attempts: number): number {
  return Math.min(longestPauseSeconds, firstPauseSeconds * 2 ** Math.min(attempts - 1, 20))
}
