import type { Member } from '../members/member.ts'
import type { Connection } from './connection.ts'

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
