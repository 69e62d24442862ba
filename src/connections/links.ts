import { randomUUID } from 'node:crypto'
import { type Actor, askStanding } from '../audit/actor.ts'
import type { Audit, AuditTarget } from '../audit/audit.ts'
import { type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { LinksTable } from '../db/schema.ts'
import { inTransaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Member } from '../members/member.ts'
import type { Members } from '../members/members.ts'
import { newSecret, secretHash } from '../secret.ts'
import type { Connection } from './connection.ts'
import type { ConnectionStore } from './connection-store.ts'
import { askConnection, mayManage } from './rights.ts'

/** `connect` and `reconnect` are opened by a person in a browser; `import` is a code a program hands a credential in with. */
export type LinkPurpose = 'connect' | 'reconnect' | 'import'

export interface Link {
  id: string
  purpose: LinkPurpose
  /** The connection to reconnect. */
  connectionId: string | null
  /** The member who made it, and to whom a new connection will belong. */
  createdBy: string
  /** The person it is meant for, where one was named. */
  email: string | null
  /** ISO 8601, UTC, like every time below. */
  createdAt: string
  expiresAt: string
  usedAt: string | null
  revokedAt: string | null
}

export interface LinkWish {
  purpose: LinkPurpose
  connectionId: string | null
  email: string | null
  /** Life in seconds. */
  seconds: number
}

/** Addresses and codes that work once and not for long; only a hash of their secret is kept. */
export interface Links {
  /** Throws AppError as `askConnection` does. */
  create(wish: LinkWish, actor: Actor & { id: string }): Promise<{ link: Link; secret: string }>
  /** The live link behind a secret, left as it is. Throws AppError `link_unusable`. */
  read(secret: string, ...purposes: LinkPurpose[]): Promise<Link>
  /** The same by its id, for a flow that began with it. */
  readById(id: string): Promise<Link>
  /** Uses it up, inside the transaction of what it brings about; of several at once, one succeeds. Throws `link_unusable`. */
  use(tx: Db, id: string, actor: Actor): Promise<void>
  /** Newest first. */
  listBy(memberId: string): Promise<Link[]>
  /** Ends it at once. Throws AppError `not_found` for a link that is not this member's, or is no longer live. */
  revoke(id: string, memberId: string, actor: Actor): Promise<void>
  /** Forgets links that ended long ago; the audit trail keeps what became of them. */
  sweep(): Promise<void>
}

/** A link with those who stand behind it. */
export interface BackedLink {
  link: Link
  /** Who made it. */
  by: Member
  /** The connection to reconnect; null for a link to connect. */
  connection: Connection | null
  /** The Google account it is meant for, where one is known. */
  expectedEmail: string | null
}

/**
 * A link is worth what the rights of its maker are worth, now, or as `within` a transaction. Throws AppError
 * `link_unusable` when they may no longer sign in, when the connection is gone, or when they may no longer decide about it.
 */
export async function backedLink(
  link: Link,
  members: Pick<Members, 'find'>,
  connections: Pick<ConnectionStore, 'find'>,
  within?: Db,
): Promise<BackedLink> {
  const by = await members.find(link.createdBy, within)
  if (!by) throw new AppError('link_unusable')
  if (link.purpose === 'connect') return { link, by, connection: null, expectedEmail: link.email }
  const connection = link.connectionId === null ? null : await connections.find(link.connectionId, within)
  if (connection?.kind !== 'user' || !mayManage(connection, by)) throw new AppError('link_unusable')
  // Who revoked it since did not mean it to come back by a link of before.
  const revokedSince = connection.status === 'revoked' && (connection.statusSince ?? '') > link.createdAt
  if (revokedSince) throw new AppError('link_unusable')
  return { link, by, connection, expectedEmail: connection.email }
}

const keptAfterEndSeconds = 30 * 24 * 3600

export function createLinks(db: Db, connections: Pick<ConnectionStore, 'find'>, audit: Audit, now: Now): Links {
  async function live(column: 'id' | 'secret_hash', value: string): Promise<Link> {
    const row = await db.selectFrom('links').selectAll().where(column, '=', value).executeTakeFirst()
    if (!row || row.used_at !== null || row.revoked_at !== null || row.expires_at <= now().toISOString()) {
      throw new AppError('link_unusable')
    }
    return toLink(row)
  }

  /** Ends a link that is still live, and gives its row. */
  function ending(tx: Db, id: string, column: 'used_at' | 'revoked_at') {
    const at = now().toISOString()
    return tx
      .updateTable('links')
      .set({ [column]: at })
      .where('id', '=', id)
      .where('used_at', 'is', null)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', at)
      .returning(['id', 'email', 'purpose'])
  }

  return {
    async create({ purpose, connectionId, email, seconds }, actor) {
      const secret = newSecret()
      const at = now()
      const row = {
        id: randomUUID(),
        secret_hash: secretHash(secret),
        purpose,
        connection_id: connectionId,
        created_by: actor.id,
        email,
        created_at: at.toISOString(),
        expires_at: secondsFrom(at, seconds).toISOString(),
        used_at: null,
        revoked_at: null,
      }
      await inTransaction(db, async tx => {
        if (connectionId === null) await askStanding(tx, actor)
        else await askConnection(tx, connections, actor, connectionId, mayManage)
        await tx.insertInto('links').values(row).execute()
        await audit.record(tx, actor, {
          action: 'link.created',
          target: linkTarget(row),
          changes: { purpose, expires: row.expires_at, ...(connectionId !== null && { connection: connectionId }) },
        })
      })
      return { link: toLink(row), secret }
    },

    async read(secret, ...purposes) {
      const link = await live('secret_hash', secretHash(secret))
      if (!purposes.includes(link.purpose)) throw new AppError('link_unusable')
      return link
    },

    readById: id => live('id', id),

    async use(tx, id, actor) {
      const row = await ending(tx, id, 'used_at').executeTakeFirst()
      if (!row) throw new AppError('link_unusable')
      await audit.record(tx, actor, { action: 'link.used', target: linkTarget(row) })
    },

    async listBy(memberId) {
      const rows = await db
        .selectFrom('links')
        .selectAll()
        .where('created_by', '=', memberId)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .limit(200)
        .execute()
      return rows.map(toLink)
    },

    async revoke(id, memberId, actor) {
      await inTransaction(db, async tx => {
        await askStanding(tx, actor)
        const row = await ending(tx, id, 'revoked_at').where('created_by', '=', memberId).executeTakeFirst()
        if (!row) throw new AppError('not_found')
        await audit.record(tx, actor, { action: 'link.revoked', target: linkTarget(row) })
      })
    },

    async sweep() {
      const before = secondsFrom(now(), -keptAfterEndSeconds).toISOString()
      await db.deleteFrom('links').where('expires_at', '<', before).execute()
    },
  }
}

/** The link as the audit trail names it. */
function linkTarget({ id, email, purpose }: Pick<LinksTable, 'id' | 'email' | 'purpose'>): AuditTarget {
  return { kind: 'link', id, name: email ?? purpose }
}

function toLink(row: LinksTable): Link {
  return {
    id: row.id,
    purpose: row.purpose as LinkPurpose,
    connectionId: row.connection_id,
    createdBy: row.created_by,
    email: row.email,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    revokedAt: row.revoked_at,
  }
}
