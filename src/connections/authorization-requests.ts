import { type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { newSecret, secretHash } from '../secret.ts'
import { sealedColumn } from '../vault/sealed-columns.ts'
import type { Vault } from '../vault/vault.ts'

export type Intent = 'connect' | 'sign-in' | 'reconnect'

/** What a person set out to do when they left for Google. */
export interface Purpose {
  intent: Intent
  /** Who began it, when somebody was signed in; the same member must come back. */
  memberId: string | null
  /** The connection to reconnect. */
  connectionId: string | null
  /** The one-time link that began it; then `memberId` is null, whoever is signed in in that browser. */
  linkId: string | null
  /** A path of ours, already checked. */
  returnTo: string | null
}

/** An authorization request under way (RFC 6749 4.1.1), known to Google by `state`, to us by its hash. */
export interface PendingRequest {
  state: string
  nonce: string
  verifier: string
  /** Random value kept in a cookie of the browser that began; the database keeps its hash. */
  browserValue: string
}

export interface TakenRequest extends Purpose {
  nonce: string
  verifier: string
}

export interface AuthorizationRequests {
  /** Remembers a request for ten minutes. Throws AppError `too_many_pending_sign_ins`. */
  begin(purpose: Purpose): Promise<PendingRequest>
  /**
   * Takes the request: it is gone before anything is compared, so it can be used once, whoever calls and however often
   * at the same time. Throws AppError `oauth_state_unknown`, `oauth_state_expired` or `oauth_state_foreign`.
   */
  take(state: string, browserValue: string | undefined): Promise<TakenRequest>
  /** Forgets requests that ran out. */
  sweep(): Promise<void>
}

export const requestLifeSeconds = 600
const mostPending = 10_000

export function createAuthorizationRequests(db: Db, vault: Vault, now: Now): AuthorizationRequests {
  async function sweep() {
    await db.deleteFrom('oauth_transactions').where('expires_at', '<', now().toISOString()).execute()
  }

  async function refuseFlood(): Promise<void> {
    const count = () =>
      db
        .selectFrom('oauth_transactions')
        .select(each => each.fn.countAll<number>().as('pending'))
        .executeTakeFirstOrThrow()
        .then(row => Number(row.pending))
    if ((await count()) < mostPending) return
    await sweep()
    if ((await count()) >= mostPending) throw new AppError('too_many_pending_sign_ins')
  }

  return {
    sweep,

    async begin({ intent, memberId, connectionId, linkId, returnTo }) {
      await refuseFlood()
      const state = newSecret()
      const nonce = newSecret()
      const verifier = newSecret()
      const browserValue = newSecret()
      const stateHash = secretHash(state)
      await db
        .insertInto('oauth_transactions')
        .values({
          state_hash: stateHash,
          browser_hash: secretHash(browserValue),
          intent,
          member_id: memberId,
          connection_id: connectionId,
          link_id: linkId,
          nonce,
          verifier: await vault.seal(verifier, verifierContext(stateHash)),
          return_to: returnTo,
          created_at: now().toISOString(),
          expires_at: secondsFrom(now(), requestLifeSeconds).toISOString(),
        })
        .execute()
      return { state, nonce, verifier, browserValue }
    },

    async take(state, browserValue) {
      const row = await db
        .deleteFrom('oauth_transactions')
        .where('state_hash', '=', secretHash(state))
        .returningAll()
        .executeTakeFirst()
      if (!row) throw new AppError('oauth_state_unknown')
      if (browserValue === undefined || row.browser_hash !== secretHash(browserValue)) {
        throw new AppError('oauth_state_foreign')
      }
      if (row.expires_at < now().toISOString()) throw new AppError('oauth_state_expired')
      return {
        intent: row.intent as Intent,
        memberId: row.member_id,
        connectionId: row.connection_id,
        linkId: row.link_id,
        returnTo: row.return_to,
        nonce: row.nonce,
        verifier: await vault.open(row.verifier, verifierContext(row.state_hash)),
      }
    },
  }
}

/** The part of a cookie's name that tells the sign-ins of one browser apart; six characters of the hash of `state`. */
export function requestLabel(state: string): string {
  return secretHash(state).slice(0, 6)
}

export const sealedVerifier = sealedColumn({
  table: 'oauth_transactions',
  column: 'verifier',
  key: 'state_hash',
  holds: ['sign-in under way', 'sign-ins under way'],
  life: 'passing',
  contextOf: row => verifierContext(row.state_hash),
})

function verifierContext(stateHash: string) {
  return { purpose: 'code-verifier', context: `oauth_transactions/${stateHash}/verifier` } as const
}
