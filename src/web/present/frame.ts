import { type CustomerId, formatCustomerId } from '../../customer-id.ts'
import type { Member } from '../../members/member.ts'
import type { Messages } from '../../messages/en.ts'
import { type KindMark, kindMark, type NameMark, nameMark } from './account-marks.ts'
import { type PersonChip, personChip } from './person.ts'
import { type Routes, routes } from './routes.ts'

export interface LoginCustomer {
  connectionId: string
  customerId: CustomerId
  name: string | null
  googleEmail: string
  picture?: string | null
}

/** One usable connection with its direct accounts, as the switcher lists them. */
export interface SwitcherItem {
  connectionId: string
  googleEmail: string
  accounts: { customerId: CustomerId; name: string | null; manager: boolean | null }[]
}

export interface Flash {
  kind: 'success' | 'info' | 'problem'
  text: string
}

export interface FrameInput {
  t: Messages
  now: Date
  path: string
  member: Member | null
  loginCustomer: LoginCustomer | null
  /** `host:port` of a stand-in for Google while one is in use. */
  googleStandIn: string | null
  flash: Flash | null
  switcher: SwitcherItem[]
}

export interface FrameLocals {
  t: Messages
  routes: Routes
  now: Date
  path: string
  member: (Member & { chip: PersonChip; roleWord: string }) | null
  loginCustomer: LoginCustomerMark | null
  googleStandIn: { host: string; href: string } | null
  flash: (Flash & { word: string }) | null
  switcher: SwitcherGroup[]
  switcherMore: number
  /** In the bar of every page: where the daily work is. */
  navigation: NavigationItem[]
  /** The same and everything else, behind the person's picture. */
  ownMenu: NavigationItem[]
  /** Pages below a login customer replace this with the way from the root to them. */
  crumbs: Crumb[]
  title: string
}

export interface NavigationItem {
  label: string
  href: string
  current: 'page' | 'true' | null
}

export interface LoginCustomerMark {
  connectionId: string
  customerId: CustomerId
  shownId: string
  name: NameMark
  chip: PersonChip
  href: string
}

export interface SwitcherGroup {
  connectionId: string
  googleEmail: string
  accounts: { customerId: CustomerId; shownId: string; name: NameMark; kind: KindMark; current: boolean }[]
}

/** One step of the way from the login customer down to the page; the last has no address. */
export interface Crumb {
  label: string
  unnamed: boolean
  href: string | null
}

/** The switcher is for jumping, not for reading: beyond this the accounts page serves better. */
export const SWITCHER_LIMIT = 200

/** What every page needs; goes into `res.locals` before the page's own locals. */
export function presentFrame(input: FrameInput): FrameLocals {
  const { t, member, loginCustomer } = input
  const navigation = [
    { label: t.frame.accounts, href: routes.accounts() },
    { label: t.find.nav, href: routes.find() },
    { label: t.frame.connections, href: routes.connections() },
  ]
  const total = input.switcher.reduce((sum, group) => sum + group.accounts.length, 0)
  return {
    t,
    routes,
    now: input.now,
    path: input.path,
    member: member && {
      ...member,
      chip: personChip(member.email, member.name, member.picture),
      roleWord: t.frame.memberRoles[member.role],
    },
    loginCustomer: loginCustomer && {
      connectionId: loginCustomer.connectionId,
      customerId: loginCustomer.customerId,
      shownId: formatCustomerId(loginCustomer.customerId),
      name: nameMark(loginCustomer.name, t),
      chip: personChip(loginCustomer.googleEmail, null, loginCustomer.picture ?? null),
      href: routes.hierarchy(loginCustomer.connectionId, loginCustomer.customerId),
    },
    googleStandIn: standIn(input.googleStandIn),
    flash: input.flash && { ...input.flash, word: t.frame.flashKinds[input.flash.kind] },
    switcher: switcherGroups(input),
    switcherMore: Math.max(0, total - SWITCHER_LIMIT),
    navigation: marked(navigation, input.path),
    ownMenu: marked([...navigation, ...ownPages(member, t)], input.path),
    crumbs: [],
    title: t.words.productName,
  }
}

function ownPages(member: Pick<Member, 'role'> | null, { frame }: Messages): Omit<NavigationItem, 'current'>[] {
  const self = { label: frame.self, href: routes.self() }
  if (member?.role !== 'admin') return [self]
  return [
    self,
    { label: frame.members, href: routes.members() },
    { label: frame.audit, href: routes.audit() },
    { label: frame.keys, href: routes.keys() },
    { label: frame.setup, href: routes.setup() },
  ]
}

function marked(items: Omit<NavigationItem, 'current'>[], path: string): NavigationItem[] {
  return items.map(item => ({ ...item, current: currentness(item.href, path) }))
}

/** Pages of a hierarchy belong to Accounts, although their addresses begin with the connection. */
function currentness(href: string, path: string): 'page' | 'true' | null {
  if (href === path) return 'page'
  const part = /^\/connections\/[^/]+\/accounts\//.test(path) ? routes.accounts() : `/${path.split('/')[1]}`
  return href === part ? 'true' : null
}

/** The strip's link is the one address that comes from a setting, so it is built only from a plain host and port. */
function standIn(hostAndPort: string | null): FrameLocals['googleStandIn'] {
  if (hostAndPort === null) return null
  const plain = /^(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/i.test(hostAndPort)
  return { host: hostAndPort, href: plain ? `http://${hostAndPort}/` : routes.setup() }
}

function switcherGroups({ switcher, loginCustomer, t }: FrameInput): SwitcherGroup[] {
  const groups: SwitcherGroup[] = []
  let room = SWITCHER_LIMIT
  for (const group of switcher) {
    if (room <= 0) break
    const accounts = group.accounts.slice(0, room).map(account => ({
      customerId: account.customerId,
      shownId: formatCustomerId(account.customerId),
      name: nameMark(account.name, t),
      kind: kindMark(account.manager, t),
      current: loginCustomer?.connectionId === group.connectionId && loginCustomer.customerId === account.customerId,
    }))
    room -= accounts.length
    groups.push({ connectionId: group.connectionId, googleEmail: group.googleEmail, accounts })
  }
  return groups
}
