import { type Actor, askStanding } from '../audit/actor.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Member } from '../members/member.ts'
import type { Connection } from './connection.ts'
import type { ConnectionStore } from './connection-store.ts'

type Person = Pick<Member, 'id' | 'role'>
type Belonging = Pick<Connection, 'owner' | 'shared'>

/** Look at its accounts, take placeholders and access tokens: the owner, and everybody once it is shared. */
export function mayUse({ owner, shared }: Belonging, member: Person): boolean {
  return owner.id === member.id || shared
}

/** Reveal, share, pause, revoke, hand over: the owner and admins. */
export function mayManage({ owner }: Belonging, member: Person): boolean {
  return owner.id === member.id || member.role === 'admin'
}

/** Know that it exists, with its health. */
export function maySee(connection: Belonging, member: Person): boolean {
  return mayUse(connection, member) || mayManage(connection, member)
}

/**
 * Checks inside the transaction that the actor still has this right to the connection, and returns the connection as it is
 * now. Throws AppError `not_found`, `not_allowed` if they may see it but not do this, and as `askStanding` does.
 */
export async function askConnection(
  tx: Db,
  connections: Pick<ConnectionStore, 'find'>,
  actor: Actor,
  id: string,
  right: typeof mayUse,
): Promise<Connection> {
  const member = await askStanding(tx, actor)
  const connection = await connections.find(id, tx)
  if (!connection) throw new AppError('not_found')
  if (!member || right(connection, member)) return connection
  const known = maySee(connection, member) && right === mayManage
  const denied = { kind: 'connection', id: connection.id, name: connection.email } as const
  throw new AppError(known ? 'not_allowed' : 'not_found', { denied })
}
