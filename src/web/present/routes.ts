import type { CustomerId } from '../../customer-id.ts'
import type { MemberDeed } from '../../members/roster.ts'

type Query = Record<string, string | undefined>

/** Every address of our own pages. Views build each href from here, never from data. */
export const routes = {
  home: () => '/',
  stuck: () => '/#came-back',
  accounts: (query: { q?: string } = {}) => withQuery('/accounts', query),
  setup: () => '/setup',

  connect: () => '/auth/start',
  connectAs: (email: string) => withQuery('/auth/start', { intent: 'connect', login_hint: email }),
  reconnect: (connectionId: string) => withQuery('/auth/start', { intent: 'reconnect', connection: connectionId }),
  signIn: (returnTo?: string) => withQuery('/auth/start', { intent: 'sign-in', return_to: returnTo }),
  signOut: () => '/auth/sign-out',

  self: () => '/self',
  endSession: (sessionId: string) => `/self/sessions/${part(sessionId)}/end`,
  endOtherSessions: () => '/self/sessions/end-others',
  apiKeys: () => '/self/api-keys',
  revokeApiKey: (keyId: string) => `/self/api-keys/${part(keyId)}/revoke`,
  importCodes: () => '/self/import-codes',

  passkeys: () => '/self/passkeys',
  passkeysOnSelf: () => '/self#passkeys',
  newPasskey: () => '/self/passkeys/new',
  newPasskeyChallenge: () => '/self/passkeys/challenge',
  renamePasskey: (passkeyId: string) => `/self/passkeys/${part(passkeyId)}/rename`,
  removePasskey: (passkeyId: string) => `/self/passkeys/${part(passkeyId)}/remove`,
  recoveryCodes: () => '/self/recovery-codes',
  confirm: () => '/confirm',
  confirmChallenge: () => '/confirm/challenge',

  members: () => '/members',
  member: (memberId: string) => `/members/${part(memberId)}`,
  changeMember: (memberId: string, deed: MemberDeed) => `/members/${part(memberId)}/${deed}`,
  resetPasskeys: (memberId: string) => `/members/${part(memberId)}/reset-passkeys`,
  memberLeave: (memberId: string, query: Query = {}) => withQuery(`/members/${part(memberId)}/leave`, query),
  endMemberSessions: (memberId: string) => `/members/${part(memberId)}/end-sessions`,
  revokeMemberApiKeys: (memberId: string) => `/members/${part(memberId)}/revoke-api-keys`,

  loginCustomer: () => '/login-customer',
  find: (query: FindAddress = {}) => withQuery('/find', { ...query }),
  serviceAccounts: () => '/service-accounts',
  keys: () => '/keys',
  verifyKeys: () => '/keys/verification',
  rotateKeys: () => '/keys/rotate',
  retireKey: () => '/keys/retire',
  connections: () => '/connections',
  connection: (connectionId: string) => `/connections/${part(connectionId)}`,
  checkConnection: (connectionId: string) => `/connections/${part(connectionId)}/check`,
  revoke: (connectionId: string) => `/connections/${part(connectionId)}/revoke`,
  retryRevocation: (connectionId: string) => `/connections/${part(connectionId)}/revoke/retry`,
  pause: (connectionId: string) => `/connections/${part(connectionId)}/pause`,
  resume: (connectionId: string) => `/connections/${part(connectionId)}/resume`,
  share: (connectionId: string) => `/connections/${part(connectionId)}/share`,
  unshare: (connectionId: string) => `/connections/${part(connectionId)}/unshare`,
  transfer: (connectionId: string) => `/connections/${part(connectionId)}/transfer`,
  removeConnection: (connectionId: string) => `/connections/${part(connectionId)}/remove`,
  access: (connectionId: string, query: AccessAddress = {}) =>
    withQuery(`/connections/${part(connectionId)}/access`, { ...query }),
  configuration: (connectionId: string, query: ConfigurationAddress = {}) =>
    withQuery(`/connections/${part(connectionId)}/configuration`, { ...query }),
  revealConfiguration: (connectionId: string, query: ConfigurationAddress = {}) =>
    withQuery(`/connections/${part(connectionId)}/configuration/reveal`, { ...query }),
  checkConfiguration: () => '/configuration/check',
  importConfiguration: () => '/configuration/import',
  accessToken: (connectionId: string) => `/api/v1/connections/${part(connectionId)}/access-token`,
  configurationFile: (connectionId: string, format: string, query: ConfigurationAddress = {}) =>
    withQuery(`/api/v1/connections/${part(connectionId)}/config/${part(format)}`, { ...query }),
  refreshConnection: (connectionId: string) => `/connections/${part(connectionId)}/refresh`,

  links: (query: { connection?: string } = {}) => withQuery('/links', query),
  withdrawLink: (linkId: string) => `/links/${part(linkId)}/withdraw`,
  openLink: (secret: string) => `/links/${part(secret)}`,
  startThroughLink: (secret: string) => `/links/${part(secret)}/start`,
  linkDone: () => '/links/done',

  audit: (query: AuditAddress = {}) => withQuery('/audit', { ...query }),
  auditExport: (query: AuditAddress & { format: string }) => withQuery('/audit/export', { ...query }),
  verifyAudit: () => '/audit/verify',

  hierarchy: (connectionId: string, loginCustomerId: CustomerId, query: HierarchyAddress = {}) =>
    withQuery(hierarchyPath(connectionId, loginCustomerId), { ...query }),
  refreshHierarchy: (connectionId: string, loginCustomerId: CustomerId) =>
    `${hierarchyPath(connectionId, loginCustomerId)}/refresh`,
  retryHierarchy: (connectionId: string, loginCustomerId: CustomerId) =>
    `${hierarchyPath(connectionId, loginCustomerId)}/retry`,
  hierarchyEvents: (connectionId: string, loginCustomerId: CustomerId) =>
    `/api/v1/connections/${part(connectionId)}/customers/${part(loginCustomerId)}/hierarchy/events`,
  account: (connectionId: string, loginCustomerId: CustomerId, customerId: CustomerId) =>
    `${hierarchyPath(connectionId, loginCustomerId)}/${part(customerId)}`,
}

export type Routes = typeof routes

/** The query of the account finder; `customer_id` takes an id in any notation, or a name. */
export interface FindAddress {
  customer_id?: string | undefined
  expected?: string | undefined
  connection?: string | undefined
  login_customer_id?: string | undefined
}

/** The query of the audit trail; `before` pages. Days are `YYYY-MM-DD`, in UTC. */
export interface AuditAddress {
  action?: string | undefined
  outcome?: string | undefined
  person?: string | undefined
  target_kind?: string | undefined
  target?: string | undefined
  from?: string | undefined
  to?: string | undefined
  before?: string | undefined
}

/** The query of the access page; what is left out is at its default. */
export interface AccessAddress {
  q?: string | undefined
  differs?: string | undefined
  sort?: string | undefined
  page?: string | undefined
}

/** The query of the hierarchy page as it stands in the address; what is left out is at its default. */
export interface HierarchyAddress {
  q?: string | undefined
  status?: string | undefined
  test?: string | undefined
  hidden?: string | undefined
  open?: string | undefined
  page?: string | undefined
  view?: string | undefined
  at?: string | undefined
}

/** The query of the configuration page and of its files. An empty login customer means none. */
export interface ConfigurationAddress {
  format?: string | undefined
  login_customer_id?: string | undefined
  customer_id?: string | undefined
  variant?: string | undefined
  download?: string | undefined
}

function hierarchyPath(connectionId: string, loginCustomerId: CustomerId): string {
  return `/connections/${part(connectionId)}/accounts/${part(loginCustomerId)}`
}

function part(value: string): string {
  return encodeURIComponent(value)
}

function withQuery(path: string, query: Query): string {
  const set = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  if (set.length === 0) return path
  return `${path}?${new URLSearchParams(set)}`
}
