import { setTimeout as delay } from 'node:timers/promises'
import { type Actor, sweeper } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import { type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError, type GoogleDetail, isAppError } from '../errors.ts'
import type { GoogleOAuth } from '../google/oauth.ts'
import { parseServiceAccountKey } from '../google/service-account.ts'
import type { Log } from '../log.ts'
import { connectionTarget, type ReconnectReason, unusable } from './connection.ts'
import {
  accessToken,
  type ConnectionStore,
  type Credential,
  type RefreshState,
  type StoredAccessToken,
} from './connection-store.ts'
import { createLeases, leaseSeconds } from './leases.ts'
import { askConnection, maySee } from './rights.ts'

export interface AccessTokens {
  /**
   * A live access token of a connection, refreshed at Google at most once at a time: within this process by sharing
   * the promise, across processes by a lease on the row. `rejected` is a token that will not do: Google no longer
   * accepts it, or it ends too soon. While Google cannot be reached, the one at hand is given until it ends.
   * Throws AppError `needs_reconnect`, `connection_unusable`, `oauth_client_rejected`,
   * `oauth_foreign_client_rejected` for a credential of another client, `google_unreachable`,
   * `clock_wrong`, `vault_open_failed`.
   */
  get(connectionId: string, rejected?: string, options?: { asUse?: boolean }): Promise<StoredAccessToken>
  /**
   * Tries the credential of a connection that needs its owner once more: what a Workspace administrator forbade may be
   * allowed again. When Google takes it, the connection is active again. Rejects as `get` and `askConnection` do.
   */
  retry(connectionId: string, actor: Actor): Promise<void>
}

/** Longer than somebody else holds the lease. */
const patienceSeconds = leaseSeconds + 5
const touchSeconds = 60

export interface AccessTokensOptions {
  db: Db
  store: ConnectionStore
  oauth: GoogleOAuth
  audit: Audit
  log: Log
  now: Now
}

export function createAccessTokens({ db, store, oauth, audit, log, now }: AccessTokensOptions): AccessTokens {
  const held = new Map<string, { token: StoredAccessToken; version: number }>()
  const underWay = new Map<string, Promise<StoredAccessToken>>()
  const touched = new Map<string, number>()
  const underLease = createLeases(store, log, now)

  return {
    async get(connectionId, rejected, { asUse = true } = {}) {
      // What is held is worth nothing once the connection was paused, revoked or reconnected, by whatever process.
      const state = await usable(connectionId)
      const known = held.get(connectionId)
      const holds = known && known.version === state.version && isLive(known.token, rejected)
      const token = holds ? known.token : await shared(connectionId, rejected)
      if (asUse) void touch(connectionId)
      return token
    },

    async retry(connectionId, actor) {
      const state = await store.readForRefresh(connectionId)
      if (!state) throw new AppError('not_found')
      if (state.status !== 'needs_reconnect' || state.credential === null) throw unusable(state)
      const tried = await underLease(state.id, async () => {
        await tryAgain(state, actor)
        return true
      })
      if (!tried) throw unusable(state)
    },
  }

  async function tryAgain(state: RefreshState, actor: Actor): Promise<void> {
    try {
      const token = await redeem(state)
      if (await recover(state, actor)) await store.saveAccessToken(state, token, now())
    } catch (error) {
      if (!isAppError(error, 'needs_reconnect')) throw error
      await store.saveChecked(state, error.google, now())
      throw unusable(state)
    }
  }

  /** False when the credential was replaced, paused or revoked meanwhile. */
  function recover(state: RefreshState, actor: Actor): Promise<boolean> {
    return inTransaction(db, async tx => {
      await askConnection(tx, store, actor, state.id, maySee)
      const recovered = await store.markRecovered(tx, state, now())
      if (recovered) {
        await audit.record(tx, actor, {
          action: 'connection.resumed',
          target: connectionTarget(state),
          changes: { reason: [state.reason, null] },
        })
      }
      return recovered
    })
  }

  function shared(connectionId: string, rejected: string | undefined): Promise<StoredAccessToken> {
    const existing = underWay.get(connectionId)
    if (existing) return existing
    const promise = fromStoreOrGoogle(connectionId, rejected).finally(() => underWay.delete(connectionId))
    underWay.set(connectionId, promise)
    return promise
  }

  async function fromStoreOrGoogle(connectionId: string, rejected: string | undefined): Promise<StoredAccessToken> {
    const deadline = secondsFrom(now(), patienceSeconds)
    while (now() < deadline) {
      const state = await usable(connectionId)
      const token = (await stored(state, rejected)) ?? (await refreshUnderLease(state.id, rejected))
      if (token) {
        held.set(connectionId, { token, version: state.version })
        return token
      }
      await delay(100)
    }
    throw new AppError('google_unreachable')
  }

  /** Null when somebody else refreshes, or the credential was replaced meanwhile: look again. */
  function refreshUnderLease(id: string, rejected: string | undefined): Promise<StoredAccessToken | null> {
    return underLease(id, async () => {
      // Read again under the lease: another process may have just refreshed.
      const state = await usable(id)
      return (await stored(state, rejected)) ?? (await refresh(state, rejected))
    })
  }

  async function refresh(state: RefreshState, rejected: string | undefined): Promise<StoredAccessToken | null> {
    try {
      const token = await redeem(state)
      return (await store.saveAccessToken(state, token, now())) ? token : null
    } catch (error) {
      if (isAppError(error, 'google_unreachable')) {
        const last = await opened(state)
        if (last && last.value !== rejected && last.expiresAt > now()) return last
      }
      if (!isAppError(error, 'needs_reconnect')) throw error
      const reason = reconnectReason(error, state, now())
      if (!(await markDead(state, reason, error.google))) return null
      throw new AppError('needs_reconnect', {
        params: { reason, email: state.email, connectionId: state.id },
        ...(error.google && { google: error.google }),
        cause: error,
      })
    }
  }

  /**
   * Gets a new access token from Google. If Google also replaces the refresh token, the new one is stored. Throws AppError
   * `oauth_id_token_invalid` if Google says that the token belongs to another person.
   */
  async function redeem(state: RefreshState): Promise<StoredAccessToken> {
    const credential = await store.openCredential(state)
    const answer =
      credential.kind === 'user'
        ? await oauth.refresh(credential.refreshToken, credential.client).catch(error => {
            throw ofForeignClient(error, credential.client, state)
          })
        : await oauth.serviceAccountToken(parseServiceAccountKey(credential.key))
    if (answer.sub !== null && answer.sub !== state.sub) {
      throw new AppError('oauth_id_token_invalid', { params: { claim: 'sub' } })
    }
    if (credential.kind === 'user' && answer.refreshToken !== null && answer.refreshToken !== credential.refreshToken) {
      await keepRotated(state, { ...credential, refreshToken: answer.refreshToken })
    }
    return accessToken(answer.accessToken, now(), answer.expiresAt)
  }

  function keepRotated(state: RefreshState, credential: Credential): Promise<void> {
    return inTransaction(db, async tx => {
      if (!(await store.replaceCredential(tx, state, credential))) return
      const target = connectionTarget(state)
      await audit.record(tx, sweeper, { action: 'connection.credential_rotated', target })
    })
  }

  /** False when the credential was replaced meanwhile. */
  function markDead(state: RefreshState, reason: ReconnectReason, google: GoogleDetail | null): Promise<boolean> {
    return inTransaction(db, async tx => {
      const marked = await store.markNeedsReconnect(tx, state, reason, google, now())
      if (marked) {
        await audit.record(tx, sweeper, {
          action: 'connection.needs_reconnect',
          target: connectionTarget(state),
          changes: { reason },
        })
      }
      return marked
    })
  }

  async function stored(state: RefreshState, rejected: string | undefined): Promise<StoredAccessToken | null> {
    const token = await opened(state)
    return token && isLive(token, rejected) ? token : null
  }

  /** A sealed access token that does not open is no loss: the credential beside it gives another. */
  async function opened(state: RefreshState): Promise<StoredAccessToken | null> {
    try {
      return await store.openAccessToken(state)
    } catch (error) {
      if (!isAppError(error, 'vault_open_failed')) throw error
      log.warn({ err: error, connection: state.id }, 'a stored access token does not open; refreshing')
      return null
    }
  }

  async function usable(connectionId: string): Promise<RefreshState> {
    const state = await store.readForRefresh(connectionId)
    if (!state) throw new AppError('not_found')
    if (state.status !== 'active' || state.credential === null) throw unusable(state)
    return state
  }

  function isLive(token: StoredAccessToken, rejected: string | undefined): boolean {
    return token.value !== rejected && token.renewAt > now()
  }

  /** Writes `last_used_at`, at most once a minute. The request neither waits for it nor fails with it. */
  async function touch(connectionId: string): Promise<void> {
    const last = touched.get(connectionId) ?? 0
    if (now().getTime() - last < touchSeconds * 1000) return
    touched.set(connectionId, now().getTime())
    await store.touch(connectionId, now()).catch(error => log.warn({ err: error }, 'last use not written'))
  }
}

/** A client that was handed in with its credential is not this installation's to mend. */
function ofForeignClient(error: unknown, client: { clientId: string } | null, { id, email }: RefreshState): unknown {
  if (client === null || !isAppError(error, 'oauth_client_rejected')) return error
  return new AppError('oauth_foreign_client_rejected', {
    params: { email, clientId: client.clientId, connectionId: id },
    ...(error.google && { google: error.google }),
    cause: error,
  })
}

const sevenDays = 7 * 24 * 3600

/**
 * Why a refresh token died, as far as Google's answer and our own dates tell (google-wire-facts A.8, A.13). Google's
 * text is the same for most causes; the dates single out Testing mode (seven days) and time-limited consent.
 */
function reconnectReason(error: AppError, state: RefreshState, at: Date): ReconnectReason {
  const { code, message } = error.google ?? { code: null, message: '' }
  if (error.params.subtype === 'invalid_rapt' || /invalid_rapt/.test(message)) return 'session_control'
  if (code === 'admin_policy_enforced') return 'admin_policy'
  if (/account (has been deleted|not found)/i.test(message)) return 'google_account_deleted'
  if (state.kind === 'service_account') return 'key_deleted'
  const end = state.refresh_token_expires_at === null ? null : new Date(state.refresh_token_expires_at)
  if (end !== null && end <= at) {
    const life = (end.getTime() - new Date(state.connected_at).getTime()) / 1000
    return Math.abs(life - sevenDays) < 3600 ? 'testing_expired' : 'time_limit_reached'
  }
  return /expired or revoked/i.test(message) ? 'expired_or_revoked' : 'rejected'
}
