import type { CampaignReport, DirectAccount, Hierarchy, HierarchyAccount } from '../../../src/accounts/account.ts'
import { accountGraph } from '../../../src/accounts/graph.ts'
import type { Connection } from '../../../src/connections/connection.ts'
import type { CustomerId } from '../../../src/customer-id.ts'
import type { Member } from '../../../src/members/member.ts'
import { en } from '../../../src/messages/en.ts'
import { type FrameInput, presentFrame, type SwitcherItem } from '../../../src/web/present/frame.ts'
import type { HierarchyQuery } from '../../../src/web/present/hierarchy-query.ts'
import { toDraw } from '../../../src/web/present/picture.ts'
import { type Drawing, drawGraph } from '../../../src/web/present/picture-layout.ts'

/** What the page's handler has drawn off the event loop. */
export function drawn(shown: Hierarchy, query: HierarchyQuery): Drawing | null {
  const part = toDraw(shown, accountGraph(shown), query.at)
  return query.view === 'tree' || 'whyNot' in part ? null : drawGraph(part.accounts, part.top.customerId)
}

export const now = new Date('2026-11-23T12:00:00Z')

/** Names that break careless pages. */
export const uglyNames = [
  '<script>alert("x")</script>',
  'Müller & Söhne "Königsweg" <GmbH> – Österreichische Niederlassung für Außenwerbung und Verkehrsmittelgestaltung, Abteilung Süd-Südwest',
  'שלום עולם חברת פרסום',
  'شركة الإعلانات المتحدة',
  '上海天空广告有限公司',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  "O'Hara \u202e txt.exe",
  '   ',
]

export const member: Member = {
  id: 'm1',
  sub: '1',
  email: 'ann.kowalska@agency.example',
  name: 'Ann Kowalska',
  role: 'admin',
  status: 'active',
  picture: null,
}

export function connection(change: Partial<Connection> = {}): Connection {
  return {
    id: 'c1',
    kind: 'user',
    sub: '1',
    email: 'ann.kowalska@agency.example',
    name: 'Ann Kowalska',
    picture: null,
    status: 'active',
    reason: null,
    scopes: ['openid', 'https://www.googleapis.com/auth/userinfo.email', 'https://www.googleapis.com/auth/adwords'],
    owner: { id: 'm1', email: 'ann.kowalska@agency.example' },
    shared: false,
    createdAt: '2026-03-02T09:12:00Z',
    connectedAt: '2026-11-20T09:12:00Z',
    consents: 1,
    lastUsedAt: '2026-11-23T11:48:00Z',
    lastRefreshedAt: '2026-11-23T11:20:00Z',
    expiresAt: null,
    clientId: null,
    statusSince: '2026-11-20T09:12:00Z',
    checkedAt: '2026-11-23T11:20:00Z',
    lastError: null,
    revokedAt: null,
    revocationNextAt: null,
    ...change,
  }
}

export function direct(customerId: CustomerId, change: Partial<DirectAccount> = {}): DirectAccount {
  return {
    customerId,
    descriptiveName: `Account ${customerId.slice(-2)}`,
    manager: false,
    status: 'ENABLED',
    currencyCode: 'EUR',
    timeZone: 'Europe/Berlin',
    testAccount: false,
    accessRole: 'STANDARD',
    accessRoleProblem: null,
    problem: null,
    ...change,
  }
}

export function node(customerId: CustomerId, parents: CustomerId[], change: Partial<HierarchyAccount> = {}) {
  return {
    customerId,
    descriptiveName: `Account ${customerId.slice(-2)}`,
    manager: false,
    status: 'ENABLED',
    currencyCode: 'EUR',
    timeZone: 'Europe/Berlin',
    testAccount: false,
    hidden: false,
    level: parents.length === 0 ? 0 : 1,
    parents,
    ...change,
  } satisfies HierarchyAccount
}

export function hierarchy(accounts: HierarchyAccount[], change: Partial<Hierarchy> = {}): Hierarchy {
  const managers = accounts.filter(account => account.manager).length
  return {
    loginCustomerId: accounts[0]?.customerId ?? '1000000001',
    complete: true,
    loading: false,
    fetchedAt: '2026-11-23T11:48:00Z',
    accounts,
    problems: [],
    progress: { accounts: accounts.length, managers, managersDone: managers, failed: 0 },
    ...change,
  }
}

const root = '1000000001'
const north = '1000000002'
const south = '1000000003'
const deep = '1000000004'
const broken = '1000000005'

/** A small agency: two managers share a client, one branch failed, every status and ugly name occurs. */
export const agency = hierarchy(
  [
    node(root, [], { descriptiveName: 'Kowalska Performance Group', manager: true }),
    node(north, [root], { descriptiveName: 'North', manager: true }),
    node(south, [root], { descriptiveName: uglyNames[1] ?? '', manager: true }),
    node(broken, [root], { descriptiveName: 'Legacy clients', manager: true }),
    node(deep, [north, south], { descriptiveName: 'Retail', manager: true, level: 2 }),
    node('2000000001', [north, south], { descriptiveName: 'Shared client', level: 2, currencyCode: 'USD' }),
    node('2000000002', [north], { descriptiveName: uglyNames[0] ?? '', level: 2, status: 'CANCELED' }),
    node('2000000003', [north], { descriptiveName: uglyNames[2] ?? '', level: 2, status: 'SUSPENDED' }),
    node('2000000004', [south], { descriptiveName: uglyNames[3] ?? '', level: 2, hidden: true }),
    node('2000000005', [south], { descriptiveName: null, level: 2, currencyCode: null, timeZone: null, status: null }),
    node('2000000006', [deep], { descriptiveName: uglyNames[4] ?? '', level: 3, currencyCode: 'JPY' }),
    node('2000000007', [deep], { descriptiveName: uglyNames[5] ?? '', level: 3, testAccount: true, status: 'CLOSED' }),
    node('2000000008', [deep], { descriptiveName: uglyNames[6] ?? '', level: 3, status: 'UNKNOWN' }),
    node('2000000009', [deep], { descriptiveName: uglyNames[7] ?? '', level: 3, status: 'CLOSED' }),
    node('2000000010', [root], { descriptiveName: 'Head office', level: 1 }),
    ...Array.from({ length: 9 }, (_, index) =>
      node(`300000000${index}`, [north], { descriptiveName: `Shop ${index + 1}`, level: 2 }),
    ),
    node('4000000001', [], { descriptiveName: 'Orphan one', level: 2 }),
    node('4000000002', [], { descriptiveName: null, level: 2 }),
  ],
  {
    complete: false,
    problems: [
      {
        customerId: broken,
        code: 'CUSTOMER_NOT_ENABLED',
        message: 'The customer account can’t be accessed.',
        requestId: 'Zk3mPq8sT1v',
        retryable: false,
      },
      { customerId: deep, code: 'TRANSIENT_ERROR', message: 'Try later', requestId: null, retryable: true },
    ],
  },
)

/** A manager of managers of clients, as large as asked for. */
export function large(managers: number, clientsEach: number): Hierarchy {
  const accounts = [node(root, [], { descriptiveName: 'Large group', manager: true })]
  for (let m = 0; m < managers; m++) {
    const id = `5${String(m).padStart(9, '0')}`
    accounts.push(node(id, [root], { descriptiveName: `Manager ${m + 1}`, manager: true }))
    for (let c = 0; c < clientsEach; c++) {
      const client = `6${String(m * clientsEach + c).padStart(9, '0')}`
      accounts.push(node(client, [id], { descriptiveName: `Client ${m + 1}.${c + 1}`, level: 2 }))
    }
  }
  return hierarchy(accounts)
}

export function report(change: Partial<CampaignReport> = {}): CampaignReport {
  const days = Array.from({ length: 30 }, (_, index) => ({
    date: new Date(Date.UTC(2026, 9, 24 + index)).toISOString().slice(0, 10),
    costMicros: BigInt(Math.round((220 + 140 * Math.sin(index / 2) + (index % 7) * 22) * 1_000_000)),
    clicks: BigInt(120 + ((index * 37) % 90)),
    impressions: BigInt(9000 + ((index * 911) % 4000)),
    conversions: 3.5 + (index % 5),
  }))
  const campaigns = [
    ['Brand | Search | DE', 'ENABLED', 'SEARCH', 4_812_340_000n],
    ['<b>PMax</b> Herbst', 'PAUSED', 'PERFORMANCE_MAX', 2_100_000_000n],
    ['上海 品牌', 'REMOVED', 'DEMAND_GEN', 0n],
    ['', 'ENABLED', 'SOMETHING_NEW', 90_000n],
  ] as const
  return {
    currencyCode: 'EUR',
    timeZone: 'Europe/Berlin',
    campaigns: campaigns.map(([name, status, channelType, costMicros], index) => ({
      campaignId: String(7000 + index),
      name,
      status,
      channelType,
      costMicros,
      clicks: 1234n,
      impressions: 98765n,
      conversions: 12.25,
    })),
    days,
    totals: { costMicros: 6_912_430_000n, clicks: 4936n, impressions: 395060n, conversions: 49 },
    fetchedAt: '2026-11-23T11:59:30Z',
    ...change,
  }
}

export const directAccounts: DirectAccount[] = [
  direct(root, { descriptiveName: 'Kowalska Performance Group', manager: true, accessRole: 'ADMIN' }),
  direct('1000000009', {
    descriptiveName: uglyNames[1] ?? '',
    manager: true,
    accessRole: null,
    accessRoleProblem: { code: 'role_not_listed', message: '', requestId: null },
  }),
  ...uglyNames.map((descriptiveName, index) => direct(`210000000${index}`, { descriptiveName })),
  direct('2200000001', {
    status: 'SUSPENDED',
    accessRole: 'READ_ONLY',
    currencyCode: 'USD',
    timeZone: 'America/New_York',
  }),
  direct('2200000002', { status: 'CLOSED', testAccount: true, accessRole: 'EMAIL_ONLY' }),
  direct('2200000003', {
    descriptiveName: null,
    manager: null,
    status: null,
    currencyCode: null,
    timeZone: null,
    testAccount: null,
    accessRole: null,
    problem: { code: 'CUSTOMER_NOT_ENABLED', message: 'not enabled', requestId: 'req-1' },
  }),
  direct('2200000004', {
    descriptiveName: null,
    manager: null,
    status: null,
    currencyCode: null,
    timeZone: null,
    testAccount: null,
    accessRole: null,
    problem: { code: 'BRAND_NEW_CODE', message: 'Words of <Google> itself.', requestId: null },
  }),
]

export const switcher: SwitcherItem[] = [
  {
    connectionId: 'c1',
    googleEmail: 'ann.kowalska@agency.example',
    accounts: directAccounts
      .filter(account => account.problem === null)
      .map(({ customerId, descriptiveName, manager }) => ({ customerId, name: descriptiveName, manager })),
  },
  {
    connectionId: 'c2',
    googleEmail: 'reporting-team@a-client-with-a-rather-long-domain-name.example',
    accounts: [{ customerId: '9000000001', name: 'Client direct', manager: false }],
  },
]

export function frame(change: Partial<FrameInput> = {}) {
  return presentFrame({
    t: en,
    now,
    path: '/accounts',
    member,
    loginCustomer: {
      connectionId: 'c1',
      customerId: root,
      name: 'Kowalska Performance Group',
      googleEmail: 'ann.kowalska@agency.example',
    },
    googleStandIn: '127.0.0.1:3001',
    flash: null,
    switcher,
    ...change,
  })
}
