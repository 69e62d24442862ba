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
