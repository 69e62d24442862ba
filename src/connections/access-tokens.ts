import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Now, secondsFrom } from '../clock.ts'
import { AppError, isAppError } from '../errors.ts'
import type { GoogleOAuth } from '../google/oauth.ts'
import type { ReconnectReason } from './connection.ts'
import { accessToken, type ConnectionStore, type RefreshState, type StoredAccessToken } from './connection-store.ts'

export interface AccessTokens {
  /**
   * A live access token of a connection, refreshed at Google at most once at a time: within this process by sharing
   * the promise, across processes by a lease on the row. `rejected` is a token Google no longer accepts.
   * Throws AppError `needs_reconnect`, `connection_unusable`, `oauth_client_rejected`, `google_unreachable`,
   * `vault_open_failed`.
   */
  get(connectionId: string, rejected?: string): Promise<StoredAccessToken>
  /** Drops what is remembered here of a connection whose credential changed. */
  forget(connectionId: string): void
}

const leaseSeconds = 20
const touchSeconds = 60

export interface AccessTokensOptions {
  store: ConnectionStore
  oauth: GoogleOAuth
  now: Now
}

export function createAccessTokens({ store, oauth, now }: AccessTokensOptions): AccessTokens {
  const held = new Map<string, StoredAccessToken>()
  const underWay = new Map<string, Promise<StoredAccessToken>>()
  const touched = new Map<string, number>()

  return {
    async get(connectionId, rejected) {
      const token = held.get(connectionId)
      const live = token && isLive(token, rejected) ? token : await shared(connectionId, rejected)
      await touch(connectionId)
      return live
    },
    forget: connectionId => void held.delete(connectionId),
  }

  async function shared(connectionId: string, rejected: string | undefined): Promise<StoredAccessToken> {
    const existing = underWay.get(connectionId)
    if (existing) return existing
    held.delete(connectionId)
    const promise = fromStoreOrGoogle(connectionId, rejected).finally(() => underWay.delete(connectionId))
    underWay.set(connectionId, promise)
    const token = await promise
    held.set(connectionId, token)
    return token
  }

  async function fromStoreOrGoogle(connectionId: string, rejected: string | undefined): Promise<StoredAccessToken> {
    const holder = randomUUID()
    const deadline = secondsFrom(now(), leaseSeconds + 5)
    while (now() < deadline) {
      const state = await usable(connectionId)
      const stored = await store.openAccessToken(state)
      if (stored && isLive(stored, rejected)) return stored
      if (await store.acquireLease(connectionId, holder, now(), secondsFrom(now(), leaseSeconds))) {
        try {
          return await refresh(await usable(connectionId), rejected)
        } finally {
          await store.releaseLease(connectionId, holder)
        }
      }
      await delay(100)
    }
    throw new AppError('google_unreachable')
  }

  /** The row is read again under the lease: another process may have just refreshed it. */
  async function refresh(state: RefreshState, rejected: string | undefined): Promise<StoredAccessToken> {
    const stored = await store.openAccessToken(state)
    if (stored && isLive(stored, rejected)) return stored
    const refreshToken = await store.openRefreshToken(state)
    try {
      const answer = await oauth.refresh(refreshToken)
      const token = accessToken(answer.accessToken, now(), answer.expiresAt)
      if (answer.refreshToken !== null && answer.refreshToken !== refreshToken) {
        await store.replaceRefreshToken(state, answer.refreshToken)
      }
      await store.saveAccessToken(state, token, now())
      return token
    } catch (error) {
      if (!isAppError(error, 'needs_reconnect')) throw error
      const reason = reconnectReason(error, state, now())
      await store.markNeedsReconnect(state, reason)
      throw new AppError('needs_reconnect', {
        params: { reason, email: state.email, connectionId: state.id },
        ...(error.google && { google: error.google }),
        cause: error,
      })
    }
  }

  async function usable(connectionId: string): Promise<RefreshState> {
    const state = await store.readForRefresh(connectionId)
    if (!state) throw new AppError('not_found')
    const params = { email: state.email, connectionId, status: state.status, reason: state.reason ?? '' }
    if (state.status === 'needs_reconnect') throw new AppError('needs_reconnect', { params })
    if (state.status !== 'active' || state.credential === null) throw new AppError('connection_unusable', { params })
    return state
  }

  function isLive(token: StoredAccessToken, rejected: string | undefined): boolean {
    return token.value !== rejected && token.renewAt > now()
  }

  /** `last_used_at`, written at most once a minute. */
  async function touch(connectionId: string): Promise<void> {
    const last = touched.get(connectionId) ?? 0
    if (now().getTime() - last < touchSeconds * 1000) return
    touched.set(connectionId, now().getTime())
    await store.touch(connectionId, now())
  }
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
  if (/account has been deleted/i.test(message)) return 'google_account_deleted'
  const end = state.refresh_token_expires_at === null ? null : new Date(state.refresh_token_expires_at)
  if (end !== null && end <= at) {
    const life = (end.getTime() - new Date(state.connected_at).getTime()) / 1000
    return Math.abs(life - sevenDays) < 3600 ? 'testing_expired' : 'time_limit_reached'
  }
  return /expired or revoked/i.test(message) ? 'expired_or_revoked' : 'rejected'
}
