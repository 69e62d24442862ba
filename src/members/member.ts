import type { AuditTarget } from '../audit/audit.ts'

export type MemberRole = 'member' | 'admin'

/** A person signed in to this installation; known by the Google `sub`, never by the e-mail. */
export interface Member {
  id: string
  sub: string
  email: string
  name: string | null
  picture: string | null
  role: MemberRole
  status: 'active' | 'suspended'
}

/** The member as the audit trail names them. */
export function memberTarget({ id, email }: Pick<Member, 'id' | 'email'>): AuditTarget {
  return { kind: 'member', id, name: email }
}
