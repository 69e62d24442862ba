import { createHash, randomUUID } from 'node:crypto'
import { clocksDifferSeconds, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { ConnectionsTable } from '../db/schema.ts'
import type { GoogleDetail } from '../errors.ts'
import type { ClientKeys } from '../google/oauth.ts'
import { secretHash } from '../secret.ts'
import { sealedColumn } from '../vault/sealed-columns.ts'
import type { Vault } from '../vault/vault.ts'
import type { Connection, ConnectionStatus, ReconnectReason } from './connection.ts'

/** What is sealed. */
export type Credential =
  /** `client` is null for the OAuth client of the settings, which is then not stored a second time. */
  | { kind: 'user'; refreshToken: string; client: ClientKeys | null }
  /** The key as JSON. */
  | { kind: 'service_account'; key: string }

/** What a connection is made of, whoever brought it: whose it is, the credential to seal, and a first access token. */
export interface Held {
  sub: string
  email: string
  name: string | null
  picture: string | null
  scopes: Iterable<string>
  credential: Credential
  accessToken: string
  accessTokenExpiresAt: Date
  refreshTokenExpiresAt: Date | null
}

/** The rows of `connections`; the only code that seals and opens credentials. */
export interface ConnectionStore {
  /** Inside a transaction, hand it in as `within`; also below. */
  find(id: string, within?: Db): Promise<Connection | null>
  findBySub(sub: string, within?: Db): Promise<Connection | null>
  /** What this member may use: their own connections and those shared with the team, oldest first. */
  listUsableBy(memberId: string): Promise<Connection[]>
  listAll(): Promise<Connection[]>
  /** A new connection, or the newest credential of the one this identity already has; that one stays paused if it was. */
  save(db: Db, held: Held, owner: { id: string }, now: Date): Promise<Connection>

  /** What a refresh starts from. Null when there is no such connection. */
  readForRefresh(id: string): Promise<RefreshState | null>
  /** True when the caller now holds the lease; it runs out by itself should the holder die. */
  acquireLease(id: string, holder: string, now: Date, until: Date): Promise<boolean>
  releaseLease(id: string, holder: string): Promise<void>
  openCredential(state: Pick<RefreshState, 'id' | 'kind' | 'version' | 'credential'>): Promise<Credential>
  openAccessToken(state: RefreshState): Promise<StoredAccessToken | null>
  /** Keeps a refreshed token; false when the credential was replaced, paused or revoked in the meantime. */
  saveAccessToken(state: RefreshState, token: StoredAccessToken, now: Date): Promise<boolean>
  /** Stores a refresh token with which Google replaced the old one; false if the credential was replaced or destroyed here. */
  replaceCredential(tx: Db, state: RefreshState, credential: Credential): Promise<boolean>
  /** Marks the connection as needing its owner; false when its credential was replaced in the meantime. */
  markNeedsReconnect(
    tx: Db,
    state: RefreshState,
    reason: ReconnectReason,
    google: GoogleDetail | null,
    now: Date,
  ): Promise<boolean>
  /** Makes a connection that needed its owner active again; false when its credential was replaced in the meantime. */
  markRecovered(tx: Db, state: RefreshState, now: Date): Promise<boolean>
  touch(id: string, now: Date): Promise<void>

  /** Active connections that nobody checked since `before`, longest unchecked first. */
  listUnchecked(before: Date, limit: number): Promise<string[]>
  /** True for the one caller who may check it now: it counts as checked from here on. */
  claimCheck(id: string, before: Date, now: Date): Promise<boolean>
  /** What Google said in a check, null when nothing was wrong; lost when the credential was replaced in the meantime. */
  saveChecked(state: Pick<RefreshState, 'id' | 'version'>, said: GoogleDetail | null, now: Date): Promise<void>
}

export type RefreshState = Pick<
  ConnectionsTable,
  | 'id'
  | 'sub'
  | 'version'
  | 'credential'
  | 'access_token'
  | 'access_token_expires_at'
  | 'refresh_token_expires_at'
  | 'connected_at'
  | 'last_refreshed_at'
  | 'last_error'
> & { kind: Connection['kind']; status: ConnectionStatus; reason: ReconnectReason | null; email: string }

export interface StoredAccessToken {
  value: string
  expiresAt: Date
  /** From when on it is replaced rather than used: five minutes before its end, half its life when that is shorter. */
  renewAt: Date
}

const marginMs = 300_000

export function accessToken(value: string, issuedAt: Date, expiresAt: Date): StoredAccessToken {
  const margin = Math.min(marginMs, (expiresAt.getTime() - issuedAt.getTime()) / 2)
  return { value, expiresAt, renewAt: new Date(expiresAt.getTime() - margin) }
}

export function createConnectionStore(db: Db, vault: Vault): ConnectionStore {
  const withOwner = (within: Db = db) =>
    within
      .selectFrom('connections')
      .innerJoin('members', 'members.id', 'connections.owner_id')
      .selectAll('connections')
      .select('members.email as owner_email')

  const sameCredential = (state: RefreshState, within: Db = db) =>
    within.updateTable('connections').where('id', '=', state.id).where('version', '=', state.version)

  return {
    async find(id, within) {
      const row = await withOwner(within).where('connections.id', '=', id).executeTakeFirst()
      return row ? toConnection(row) : null
    },

    async findBySub(sub, within) {
      const row = await withOwner(within).where('connections.sub', '=', sub).executeTakeFirst()
      return row ? toConnection(row) : null
    },

    async listUsableBy(memberId) {
      const rows = await withOwner()
        .where(each => each.or([each('owner_id', '=', memberId), each('shared', '=', 1)]))
        .orderBy('connections.created_at')
        .orderBy('connections.id')
        .execute()
      return rows.map(toConnection)
    },

    async listAll() {
      const rows = await withOwner().orderBy('connections.created_at').orderBy('connections.id').execute()
      return rows.map(toConnection)
    },

    async save(tx, { sub, credential, ...given }, owner, now) {
      const { kind } = credential
      const existing = await tx
        .selectFrom('connections')
        .select(['id', 'version', 'status', 'status_since', 'name', 'picture'])
        .where('sub', '=', sub)
        .executeTakeFirst()
      const id = existing?.id ?? randomUUID()
      const version = (existing?.version ?? 0) + 1
      const at = now.toISOString()
      // Whoever paused it resumes it; a new consent is not about that.
      const paused = existing?.status === 'paused'
      const held = {
        email: given.email,
        // Google does not promise a person's name and picture with every consent (google-wire-facts A.10).
        name: given.name ?? existing?.name ?? null,
        picture: given.picture ?? existing?.picture ?? null,
        status: paused ? 'paused' : 'active',
        reason: null,
        scopes: [...given.scopes].join(' '),
        version,
        credential: await vault.seal(sealedText(credential), credentialContext(kind, id, version)),
        client_id: credential.kind === 'user' ? (credential.client?.clientId ?? null) : null,
        ...tokenHashes(credential),
        access_token: await vault.seal(given.accessToken, accessTokenContext(id, version)),
        access_token_expires_at: given.accessTokenExpiresAt.toISOString(),
        refresh_lease: null,
        refresh_lease_until: null,
        refresh_token_expires_at: given.refreshTokenExpiresAt?.toISOString() ?? null,
        connected_at: at,
        last_refreshed_at: at,
        status_since: paused ? existing.status_since : at,
        checked_at: at,
        last_error: null,
        revoked_at: null,
        revocation_attempts: 0,
        revocation_next_at: null,
      }
      if (existing) {
        await tx.updateTable('connections').set(held).where('id', '=', id).execute()
      } else {
        await tx
          .insertInto('connections')
          .values({
            ...held,
            id,
            kind,
            sub,
            owner_id: owner.id,
            shared: 0,
            created_at: at,
            last_used_at: null,
          })
          .execute()
      }
      const row = await withOwner(tx).where('connections.id', '=', id).executeTakeFirstOrThrow()
      return toConnection(row)
    },

    async readForRefresh(id) {
      const row = await db.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst()
      return (row as RefreshState | undefined) ?? null
    },

    async acquireLease(id, holder, now, until) {
      const { numUpdatedRows } = await db
        .updateTable('connections')
        .set({ refresh_lease: holder, refresh_lease_until: until.toISOString() })
        .where('id', '=', id)
        .where(each =>
          each.or([
            each('refresh_lease_until', 'is', null),
            each('refresh_lease_until', '<', now.toISOString()),
            // Begun before a clock was put back: no lease takes that long.
            each('refresh_lease_until', '>', secondsFrom(until, clocksDifferSeconds).toISOString()),
          ]),
        )
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async releaseLease(id, holder) {
      await db
        .updateTable('connections')
        .set({ refresh_lease: null, refresh_lease_until: null })
        .where('id', '=', id)
        .where('refresh_lease', '=', holder)
        .execute()
    },

    async openCredential({ id, kind, version, credential }) {
      return readSealedText(kind, await vault.open(credential ?? '', credentialContext(kind, id, version)))
    },

    async openAccessToken(state) {
      if (state.access_token === null || state.access_token_expires_at === null) return null
      const value = await vault.open(state.access_token, accessTokenContext(state.id, state.version))
      const issuedAt = new Date(state.last_refreshed_at ?? state.connected_at)
      return accessToken(value, issuedAt, new Date(state.access_token_expires_at))
    },

    async saveAccessToken(state, token, now) {
      const { numUpdatedRows } = await sameCredential(state)
        .set({
          access_token: await vault.seal(token.value, accessTokenContext(state.id, state.version)),
          access_token_expires_at: token.expiresAt.toISOString(),
          last_refreshed_at: now.toISOString(),
          last_error: isAboutAds(state.last_error) ? state.last_error : null,
        })
        // Paused or revoked while Google was asked: the answer is not kept.
        .where('status', '=', 'active')
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async replaceCredential(tx, state, credential) {
      const sealed = await vault.seal(sealedText(credential), credentialContext(state.kind, state.id, state.version))
      const { numUpdatedRows } = await sameCredential(state, tx)
        .set({ credential: sealed, ...tokenHashes(credential) })
        // Destroyed stays destroyed.
        .where('credential', 'is not', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async markNeedsReconnect(tx, state, reason, google, now) {
      const at = now.toISOString()
      const { numUpdatedRows } = await sameCredential(state, tx)
        .where('status', '=', 'active')
        .set({
          status: 'needs_reconnect',
          reason,
          status_since: at,
          checked_at: at,
          last_error: google && JSON.stringify(google),
          access_token: null,
          access_token_expires_at: null,
        })
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async markRecovered(tx, state, now) {
      const { numUpdatedRows } = await sameCredential(state, tx)
        .where('status', '=', 'needs_reconnect')
        .where('credential', 'is not', null)
        .set({ status: 'active', reason: null, status_since: now.toISOString(), last_error: null })
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async touch(id, now) {
      await db.updateTable('connections').set({ last_used_at: now.toISOString() }).where('id', '=', id).execute()
    },

    async listUnchecked(before, limit) {
      const rows = await db
        .selectFrom('connections')
        .select('id')
        .where('status', '=', 'active')
        .where(each => each.or([each('checked_at', 'is', null), each('checked_at', '<', before.toISOString())]))
        .orderBy('checked_at', order => order.asc().nullsFirst())
        .limit(limit)
        .execute()
      return rows.map(({ id }) => id)
    },

    async claimCheck(id, before, now) {
      const { numUpdatedRows } = await db
        .updateTable('connections')
        .set({ checked_at: now.toISOString() })
        .where('id', '=', id)
        .where(each => each.or([each('checked_at', 'is', null), each('checked_at', '<', before.toISOString())]))
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async saveChecked(state, said, now) {
      await db
        .updateTable('connections')
        .set({ checked_at: now.toISOString(), last_error: said && JSON.stringify(said) })
        .where('id', '=', state.id)
        .where('version', '=', state.version)
        .where('status', '!=', 'revoked')
        .execute()
    },
  }
}

export const sealedCredential = sealedColumn({
  table: 'connections',
  column: 'credential',
  key: 'id',
  holds: ['stored credential', 'stored credentials'],
  life: 'lasting',
  contextOf: ({ kind, id, version }) => credentialContext(kind as Connection['kind'], id, version),
})

export const sealedAccessToken = sealedColumn({
  table: 'connections',
  column: 'access_token',
  key: 'id',
  holds: ['access token', 'access tokens'],
  life: 'passing',
  contextOf: ({ id, version }) => accessTokenContext(id, version),
})

/**
 * A fresh access token disproves what the token endpoint said before, but not a refusal of Google Ads: those name
 * themselves in capitals, or carry a request id.
 */
function isAboutAds(lastError: string | null): boolean {
  if (lastError === null) return false
  const { code, requestId } = JSON.parse(lastError) as GoogleDetail
  return requestId !== null || /^[A-Z]/.test(code ?? '')
}

function credentialContext(kind: Connection['kind'], id: string, version: number) {
  const purpose = kind === 'user' ? 'refresh-token' : 'service-account-key'
  return { purpose, context: `connections/${id}/credential/${version}` } as const
}

/** A refresh token of our own client is sealed bare; one of another client as the three values it needs. */
function sealedText(credential: Credential): string {
  if (credential.kind === 'service_account') return credential.key
  const { refreshToken, client } = credential
  return client === null ? refreshToken : JSON.stringify({ refreshToken, ...client })
}

function readSealedText(kind: Connection['kind'], text: string): Credential {
  if (kind === 'service_account') return { kind, key: text }
  if (!text.startsWith('{')) return { kind, refreshToken: text, client: null }
  const { refreshToken, ...client } = JSON.parse(text) as ClientKeys & { refreshToken: string }
  return { kind, refreshToken, client }
}

/** How Google's security events may name the token (google-wire-facts A.15), hashed: the row must not hold a part of it. */
function tokenHashes(credential: Credential) {
  if (credential.kind === 'service_account') return { token_prefix_hash: null, token_double_hash: null }
  const { refreshToken } = credential
  const double = createHash('sha512').update(createHash('sha512').update(refreshToken).digest()).digest('base64')
  return { token_prefix_hash: prefixHash(refreshToken.slice(0, 16)), token_double_hash: double }
}

/** The row's name for the first 16 characters of a refresh token. */
export function prefixHash(prefix: string): string {
  return secretHash(prefix)
}

function accessTokenContext(id: string, version: number) {
  return { purpose: 'access-token', context: `connections/${id}/access_token/${version}` } as const
}

function toConnection(row: ConnectionsTable & { owner_email: string }): Connection {
  return {
    id: row.id,
    kind: row.kind as Connection['kind'],
    sub: row.sub,
    email: row.email,
    name: row.name,
    picture: row.picture,
    status: row.status as ConnectionStatus,
    reason: row.reason as ReconnectReason | null,
    scopes: row.scopes.split(' '),
    owner: { id: row.owner_id, email: row.owner_email },
    shared: row.shared === 1,
    clientId: row.client_id,
    createdAt: row.created_at,
    connectedAt: row.connected_at,
    consents: row.version,
    lastUsedAt: row.last_used_at,
    lastRefreshedAt: row.last_refreshed_at,
    expiresAt: row.refresh_token_expires_at,
    statusSince: row.status_since,
    checkedAt: row.checked_at,
    lastError: row.last_error === null ? null : (JSON.parse(row.last_error) as GoogleDetail),
    revokedAt: row.revoked_at,
    revocationNextAt: row.revocation_next_at,
  }
}
