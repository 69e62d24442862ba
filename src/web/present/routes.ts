import type { CustomerId } from '../../customer-id.ts'

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

  loginCustomer: () => '/login-customer',
  serviceAccounts: () => '/service-accounts',
  connections: () => '/connections',
  connection: (connectionId: string) => `/connections/${part(connectionId)}`,
  access: (connectionId: string, query: AccessAddress = {}) =>
    withQuery(`/connections/${part(connectionId)}/access`, { ...query }),
  configuration: (connectionId: string, query: ConfigurationAddress = {}) =>
    withQuery(`/connections/${part(connectionId)}/configuration`, { ...query }),
  configurationFile: (connectionId: string, format: string, query: ConfigurationAddress = {}) =>
    withQuery(`/api/v1/connections/${part(connectionId)}/config/${part(format)}`, { ...query }),
  refreshConnection: (connectionId: string) => `/connections/${part(connectionId)}/refresh`,

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
