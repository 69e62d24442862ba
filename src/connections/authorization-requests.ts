import { z } from 'zod'
import { clocksDifferSeconds, type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { AppError, isAppError } from '../errors.ts'
import { newSecret, secretHash } from '../secret.ts'
import type { Vault } from '../vault/vault.ts'

const intents = ['connect', 'sign-in', 'reconnect'] as const
export type Intent = (typeof intents)[number]

/** What a person set out to do when they left for Google. */
export interface Purpose {
  intent: Intent
  /** Who began it, when somebody was signed in; the same member must come back. */
  memberId: string | null
  /** The connection to reconnect. */
  connectionId: string | null
  /** The one-time link that began it; then `memberId` is null, whoever is signed in in that browser. */
  link: { id: string; secret: string } | null
  /** A path of ours, already checked. */
  returnTo: string | null
}

/** An authorization request under way (RFC 6749 4.1.1), known to Google by `state`. */
export interface PendingRequest {
  state: string
  nonce: string
  verifier: string
  /** Everything about the request, sealed, for a cookie in the browser that starts it. Nothing is stored here. */
  sealed: string
}

export interface TakenRequest extends Purpose {
  nonce: string
  verifier: string
}

/** What a browser brought back. */
export interface BegunRequest extends Purpose {
  /**
   * Marks the request as used, then returns nonce and verifier. So it works once, however many processes try at the same
   * time. Throws AppError `oauth_state_used` or `oauth_state_expired`.
   */
  take(): Promise<TakenRequest>
}

export interface AuthorizationRequests {
  /** Starts a request, which may take an hour. Writes nothing. */
  begin(purpose: Purpose): Promise<PendingRequest>
  /**
   * Opens the cookie this browser kept for this `state`. Throws AppError `oauth_state_foreign` if there is none or it
   * belongs to another `state`, and `oauth_state_used` if the request was used before.
   */
  open(state: string, sealed: string | undefined): Promise<BegunRequest>
  /** Deletes the used requests that have expired anyway. */
  sweep(): Promise<void>
}

/** Someone who sets up 2-Step Verification on the way through Google needs more than ten minutes. */
export const requestLifeSeconds = 3600

const kept = z.object({
  intent: z.enum(intents),
  memberId: z.string().nullable(),
  connectionId: z.string().nullable(),
  link: z.object({ id: z.string(), secret: z.string() }).nullable(),
  returnTo: z.string().nullable(),
  nonce: z.string(),
  verifier: z.string(),
  expiresAt: z.string(),
})
type Kept = z.infer<typeof kept>

export function createAuthorizationRequests(db: Db, vault: Vault, now: Now): AuthorizationRequests {
  async function isUsed(stateHash: string): Promise<boolean> {
    const row = await db
      .selectFrom('used_states')
      .select('state_hash')
      .where('state_hash', '=', stateHash)
      .executeTakeFirst()
    return row !== undefined
  }

  /** If several call at once, one succeeds. */
  async function useUp(stateHash: string, expiresAt: string): Promise<void> {
    const used = await db
      .insertInto('used_states')
      .values({ state_hash: stateHash, expires_at: expiresAt })
      .onConflict(conflict => conflict.column('state_hash').doNothing())
      .returning('state_hash')
      .executeTakeFirst()
    if (!used) throw new AppError('oauth_state_used')
  }

  return {
    async begin(purpose) {
      const state = newSecret()
      const nonce = newSecret()
      const verifier = newSecret()
      const expiresAt = secondsFrom(now(), requestLifeSeconds).toISOString()
      const content: Kept = { ...purpose, nonce, verifier, expiresAt }
      return { state, nonce, verifier, sealed: await vault.seal(JSON.stringify(content), boundTo(secretHash(state))) }
    },

    async open(state, sealed) {
      const stateHash = secretHash(state)
      const content = sealed === undefined ? null : await opened(vault, sealed, stateHash)
      if (!content) throw new AppError((await isUsed(stateHash)) ? 'oauth_state_used' : 'oauth_state_foreign')
      const { nonce, verifier, expiresAt, ...purpose } = content
      return {
        ...purpose,
        async take() {
          if (expiresAt < now().toISOString()) throw new AppError('oauth_state_expired')
          await useUp(stateHash, expiresAt)
          return { ...purpose, nonce, verifier }
        },
      }
    },

    async sweep() {
      const before = secondsFrom(now(), -clocksDifferSeconds).toISOString()
      await db.deleteFrom('used_states').where('expires_at', '<', before).execute()
    },
  }
}

/** The part of a cookie's name that tells the sign-ins of one browser apart; six characters of the hash of `state`. */
export function requestLabel(state: string): string {
  return secretHash(state).slice(0, 6)
}

/** Null if it was sealed for another `state`, with a removed key, by another version, or not by us at all. */
async function opened(vault: Vault, sealed: string, stateHash: string): Promise<Kept | null> {
  try {
    return kept.safeParse(JSON.parse(await vault.open(sealed, boundTo(stateHash)))).data ?? null
  } catch (error) {
    if (isAppError(error, 'vault_open_failed')) return null
    throw error
  }
}

function boundTo(stateHash: string) {
  return { purpose: 'sign-in-under-way', context: `cookie/${stateHash}` } as const
}
