import { type Actor, sweeper } from '../audit/actor.ts'
import { type Now, secondsFrom } from '../clock.ts'
import { AppError, type GoogleDetail, isAppError } from '../errors.ts'
import type { GoogleAds } from '../google/ads.ts'
import type { Log } from '../log.ts'
import type { AccessTokens } from './access-tokens.ts'
import { unusable } from './connection.ts'
import type { ConnectionStore } from './connection-store.ts'
import { noAccounts } from './health.ts'

export interface HealthChecks {
  /**
   * Asks Google whether a connection works: the access token is renewed if that is due, and the direct accounts are
   * listed (one operation). What Google said is stored; a refusal of Google's is an answer here, not an error. A
   * connection that needed its owner is active again when Google takes its credential after all. Rejects with AppError
   * `not_found`, `connection_unusable` (paused or revoked), `needs_reconnect` where there is no credential left to ask
   * with, `vault_open_failed`, `clock_wrong`.
   */
  check(connectionId: string, actor: Actor): Promise<void>
  /** Checks a few of those nobody checked for a day; whichever process comes first. */
  sweep(): Promise<void>
  /** Waits for a check of the sweep under way. */
  close(): Promise<void>
}

export interface HealthChecksOptions {
  connections: ConnectionStore
  accessTokens: AccessTokens
  ads: Pick<GoogleAds, 'listAccessibleCustomers'>
  log: Log
  now: Now
}

const idleSeconds = 86_400
/** With one sweep a minute, this is the rate at which Google is asked for nobody's sake. */
const checksASweep = 4

/** Nothing came back that could be read. */
const noAnswer: GoogleDetail = { code: null, message: '', requestId: null, status: null }

export function createHealthChecks({ connections, accessTokens, ads, log, now }: HealthChecksOptions): HealthChecks {
  const underWay = new Map<string, Promise<void>>()
  let sweeping: Promise<void> | null = null
  let closed = false

  return {
    check(connectionId, actor) {
      const present = underWay.get(connectionId)
      if (present) return present
      const started = check(connectionId, actor).finally(() => underWay.delete(connectionId))
      underWay.set(connectionId, started)
      return started
    },

    sweep() {
      sweeping ??= sweep().finally(() => {
        sweeping = null
      })
      return sweeping
    },

    async close() {
      closed = true
      // What failed in it is told to whoever began it.
      await sweeping?.catch(() => undefined)
    },
  }

  async function sweep(): Promise<void> {
    const before = secondsFrom(now(), -idleSeconds)
    for (const id of await connections.listUnchecked(before, checksASweep)) {
      if (closed) return
      if (!(await connections.claimCheck(id, before, now()))) continue
      await check(id, sweeper).catch(error => {
        if (!isAppError(error)) throw error
        log.warn({ err: error, connection: id }, 'a connection could not be checked')
      })
    }
  }

  async function check(connectionId: string, actor: Actor): Promise<void> {
    const state = await connections.readForRefresh(connectionId)
    if (!state) throw new AppError('not_found')
    if (state.status === 'needs_reconnect' && state.credential === null) throw unusable(state)
    try {
      if (state.status === 'needs_reconnect') await accessTokens.retry(connectionId, actor)
      const token = async (rejected?: string) =>
        (await accessTokens.get(connectionId, rejected, { asUse: false })).value
      const customers = await ads.listAccessibleCustomers(token)
      await connections.saveChecked(state, customers.length === 0 ? noAccounts : null, now())
    } catch (error) {
      // What the token endpoint said of a dead credential was written where the connection was marked.
      if (isAppError(error, 'needs_reconnect')) return
      const said = whatGoogleSaid(error)
      if (!said) throw error
      await connections.saveChecked(state, said, now())
    }
  }
}

/** Null for what lies here: it says nothing about the connection. */
function whatGoogleSaid(error: unknown): GoogleDetail | null {
  if (!isAppError(error)) return null
  if (error.google) return error.code === 'clock_wrong' ? null : error.google
  return isAppError(error, 'google_unreachable', 'ads_unavailable', 'ads_unexpected_answer') ? noAnswer : null
}
