import type { AuditAction } from '../audit/actions.ts'
import type { Audit } from '../audit/audit.ts'
import type { Now } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { Connection } from './connection.ts'

/** Who took an access token or the secret itself out of a connection, newest first, as far as the audit trail knows. */
export interface LastUse {
  action: AuditAction
  /** Null where no person is known. */
  who: string | null
  /** The API key's name; null for a browser. */
  keyName: string | null
  /** ISO 8601, UTC. */
  at: string
}

/** An API key that can get at a connection. */
export interface KeyInReach {
  id: string
  name: string
  memberEmail: string
  lastUsedAt: string | null
}

export interface Usage {
  lastUses: LastUse[]
  keys: KeyInReach[]
}

const takingActions = ['access_token.issued', 'secret.revealed'] as const
const looked = 200

/** What stops when a connection stops, as far as this installation can know. */
export async function usageOf(
  { db, audit, now }: { db: Db; audit: Audit; now: Now },
  connection: Connection,
): Promise<Usage> {
  let query = db
    .selectFrom('api_keys')
    .innerJoin('members', 'members.id', 'api_keys.member_id')
    .select(['api_keys.id', 'api_keys.name', 'members.email as memberEmail', 'api_keys.last_used_at as lastUsedAt'])
    .where('api_keys.revoked_at', 'is', null)
    .where('api_keys.expires_at', '>', now().toISOString())
    .where('members.status', '=', 'active')
  if (!connection.shared) query = query.where('api_keys.member_id', '=', connection.owner.id)
  const keys = await query.orderBy('members.email').orderBy('api_keys.name').limit(looked).execute()

  const found = await Promise.all(takingActions.map(action => audit.list({ action, targetId: connection.id }, looked)))
  const entries = found.flat().sort((a, b) => b.seq - a.seq)
  const lastUses = new Map<string, LastUse>()
  for (const { action, actor, viaName, at } of entries) {
    const source = `${action} ${actor.id} ${actor.viaId}`
    const keyName = actor.via === 'api_key' ? (viaName ?? actor.viaId) : null
    if (!lastUses.has(source)) lastUses.set(source, { action, who: actor.name, keyName, at })
  }
  return { lastUses: [...lastUses.values()], keys }
}
