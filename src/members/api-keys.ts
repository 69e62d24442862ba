import { randomBytes } from 'node:crypto'
import { type Actor, askAbout } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import { type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { ApiKeysTable } from '../db/schema.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { newSecret, secretHash } from '../secret.ts'
import type { Member } from './member.ts'

/**
 * What a key may do: `read` lists, hierarchies, access and configurations with placeholders; `token` asks for
 * short-lived access tokens; `connect` hands credentials in; `manage` pauses and revokes; `reveal` reads sealed secrets.
 */
export const apiKeyScopes = ['read', 'token', 'connect', 'manage', 'reveal'] as const
export type ApiKeyScope = (typeof apiKeyScopes)[number]

export interface ApiKey {
  id: string
  memberId: string
  name: string
  scopes: ApiKeyScope[]
  /** ISO 8601, UTC, like every time below. */
  createdAt: string
  expiresAt: string
  lastUsedAt: string | null
  revokedAt: string | null
}

export interface ApiKeys {
  /**
   * The key with its secret, which nobody can read again. `id` (see `newApiKeyId`) makes one key of a form sent twice.
   * Throws AppError `bad_request`, `too_many_api_keys`, `form_already_sent`.
   */
  create(
    member: Member,
    wish: { id?: string; name: string; scopes: ApiKeyScope[]; days: number },
    actor: Actor,
  ): Promise<{ key: ApiKey; secret: string }>
  /** The live key behind what a caller presents, or null. Nothing is remembered between two calls. */
  authenticate(secret: string): Promise<ApiKey | null>
  /** Whether a key that was accepted is still valid: not revoked, not expired, with the same scopes. */
  isLive(key: ApiKey, within: Db): Promise<boolean>
  /** Newest first, those that ended included. */
  listOf(memberId: string): Promise<ApiKey[]>
  /** Ends it at once. Throws AppError `not_found` for a key that is not this member's. */
  revoke(id: string, member: Member, actor: Actor): Promise<void>
  /** Ends all live keys of a member at once; answers how many. */
  revokeAll(memberId: string, actor: Actor, within?: Db): Promise<number>
}

const form = /^gads_([A-Za-z0-9_-]{12})_([A-Za-z0-9_-]{43})$/
const idForm = /^[A-Za-z0-9_-]{12}$/
const mostDays = 365
const mostLive = 50
const touchSeconds = 60

export interface ApiKeysOptions {
  db: Db
  audit: Audit
  log: Log
  now: Now
}

/** Keys for programs: `gads_<id>_<secret>`. Only a hash of the secret is kept (security.md 3.8). */
export function createApiKeys({ db, audit, log, now }: ApiKeysOptions): ApiKeys {
  return {
    async create(member, { id = newApiKeyId(), name, scopes, days }, actor) {
      const given = name.trim()
      const fits = given !== '' && given.length <= 100 && scopes.length > 0 && days >= 1 && days <= mostDays
      if (!fits || !idForm.test(id)) throw new AppError('bad_request')
      const secret = newSecret()
      const at = now()
      const row = {
        id,
        member_id: member.id,
        name: given,
        secret_hash: secretHash(secret),
        scopes: apiKeyScopes.filter(scope => scopes.includes(scope)).join(' '),
        created_at: at.toISOString(),
        expires_at: secondsFrom(at, days * 24 * 3600).toISOString(),
        last_used_at: null,
        revoked_at: null,
      }
      await inTransaction(db, async tx => {
        await askAbout(tx, actor, member.id)
        await audit.record(tx, actor, {
          action: 'api_key.created',
          target: { kind: 'api_key', id, name: given },
          changes: { scopes: row.scopes, expires: row.expires_at },
        })
        const live = await tx
          .selectFrom('api_keys')
          .select(each => each.fn.countAll<number>().as('count'))
          .where('member_id', '=', member.id)
          .where('revoked_at', 'is', null)
          .where('expires_at', '>', at.toISOString())
          .executeTakeFirstOrThrow()
        if (Number(live.count) >= mostLive) throw new AppError('too_many_api_keys')
        const inserted = await tx
          .insertInto('api_keys')
          .values(row)
          .onConflict(conflict => conflict.column('id').doNothing())
          .returning('id')
          .executeTakeFirst()
        if (!inserted) throw new AppError('form_already_sent')
      })
      return { key: toKey(row), secret: `gads_${id}_${secret}` }
    },

    async authenticate(presented) {
      const [, id, secret] = form.exec(presented) ?? []
      if (id === undefined || secret === undefined) return null
      const at = now()
      const row = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('id', '=', id)
        .where('secret_hash', '=', secretHash(secret))
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', at.toISOString())
        .executeTakeFirst()
      if (!row) return null
      if (row.last_used_at === null || row.last_used_at < secondsFrom(at, -touchSeconds).toISOString()) {
        // The request neither waits for this write nor fails with it.
        touch(id, at).catch(error => log.warn({ err: error, apiKey: id }, 'the last use of a key was not written'))
      }
      return toKey(row)
    },

    async isLive({ id, scopes }, within) {
      const row = await within
        .selectFrom('api_keys')
        .select('id')
        .where('id', '=', id)
        .where('scopes', '=', scopes.join(' '))
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', now().toISOString())
        .executeTakeFirst()
      return row !== undefined
    },

    async listOf(memberId) {
      const rows = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('member_id', '=', memberId)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute()
      return rows.map(toKey)
    },

    async revoke(id, member, actor) {
      await inTransaction(db, async tx => {
        await askAbout(tx, actor, member.id)
        const row = await tx
          .updateTable('api_keys')
          .set({ revoked_at: now().toISOString() })
          .where('id', '=', id)
          .where('member_id', '=', member.id)
          .where('revoked_at', 'is', null)
          .returning('name')
          .executeTakeFirst()
        if (!row) throw new AppError('not_found')
        await audit.record(tx, actor, { action: 'api_key.revoked', target: { kind: 'api_key', id, name: row.name } })
      })
    },

    revokeAll(memberId, actor, within) {
      const revoke = async (tx: Db) => {
        await askAbout(tx, actor, memberId)
        const at = now().toISOString()
        const ended = await tx
          .updateTable('api_keys')
          .set({ revoked_at: at })
          .where('member_id', '=', memberId)
          .where('revoked_at', 'is', null)
          .where('expires_at', '>', at)
          .returning(['id', 'name'])
          .execute()
        for (const { id, name } of ended) {
          await audit.record(tx, actor, { action: 'api_key.revoked', target: { kind: 'api_key', id, name } })
        }
        return ended.length
      }
      return within ? revoke(within) : inTransaction(db, revoke)
    },
  }

  async function touch(id: string, at: Date): Promise<void> {
    await db.updateTable('api_keys').set({ last_used_at: at.toISOString() }).where('id', '=', id).execute()
  }
}

/** The part of a key that names it, and may be seen. */
export function newApiKeyId(): string {
  return randomBytes(9).toString('base64url')
}

function toKey(row: ApiKeysTable): ApiKey {
  return {
    id: row.id,
    memberId: row.member_id,
    name: row.name,
    scopes: row.scopes.split(' ') as ApiKeyScope[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }
}
