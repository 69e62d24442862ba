import { parseScenario, type Scenario, type ScenarioInput } from '../scenario.ts'
import { builtInClients, builtInProjects, DEFAULT_PROJECT } from './default-client.ts'

type AccountInput = ScenarioInput['accounts'][number]
type CampaignInput = NonNullable<AccountInput['campaigns']>[number]

// biome-ignore format: a table
const ids: Record<string, string> = {
  M1: '4620198301', M2: '4620198302', M3: '7315526003',
  A1: '2841907701', A2: '2841907702', A3: '2841907703', A4: '5093316704',
  O1: '8800150001', O2: '8800150002', O3: '8800150003', O4: '8800150004', O5: '8800150005',
  O6: '8800150006', O7: '8800150007', O8: '8800150008', O9: '8800150009', O10: '8800150010',
  O11: '8800150011', O12: '8800150012', O13: '8800150013', O14: '8800150014', O15: '8800150015',
  O16: '8800150016', O17: '8800150017', O18: '8800150018', O19: '8800150019', O20: '8800150020',
  O21: '8800150021', O22: '8800150022', O23: '8800150023', O24: '8800150024', O25: '8800150025',
}

const costPerClick: Record<string, number> = {
  EUR: 620_000,
  PLN: 2_100_000,
  CNY: 3_900_000,
  USD: 740_000,
  JPY: 88_000_000,
}

/**
 * The default scenario: the account graph of Google's "access model overview" (M1 to M3, A1 to A4, U1 to U3, SA1) with
 * names of an invented agency, and beside it a second tree with everything odd (O1 to O25), reachable by other people.
 */
export const agencyScenario: Scenario = parseScenario({
  name: 'agency',
  description: 'Northlight Media, an invented agency: the documented access model, and a second tree of odd accounts.',
  projects: builtInProjects,
  clients: builtInClients,
  people: people(),
  accounts: [...documentedAccounts(), ...oddAccounts()],
  links: links(),
  grants: [...documentedGrants(), ...oddGrants()],
  invitations: [
    invitation('A1', '9001', 'new.planner@northlight.example.com', 'STANDARD', 'PENDING'),
    invitation('O1', '9002', 'former.intern@northlight.example.com', 'READ_ONLY', 'EXPIRED'),
    invitation('O1', '9003', 'consultant@example.net', 'ADMIN', 'DECLINED'),
  ],
})

function idOf(label: string): string {
  const id = ids[label]
  if (id === undefined) throw new Error(`agency scenario: no account ${label}`)
  return id
}

function people(): ScenarioInput['people'] {
  return [
    person('U1', 'Ines', 'Ferreira', '1', 'Standard access to the top manager Northlight Media.'),
    person(
      'U2',
      'Tomasz',
      'Wójcik',
      '2',
      'Standard on one manager, read-only on another; one account hangs under both.',
    ),
    person('U3', 'Mei', 'Lindqvist', '3', 'Access to a single client account and nothing above it.'),
    {
      label: 'SA1',
      kind: 'service_account',
      email: 'reporting@ads-keyring-sandbox.iam.example.com',
      sub: '100000000000000000011',
      project: DEFAULT_PROJECT,
      note: 'A service account with standard access to Northlight Media; uses a key file, never this page.',
    },
    person('ADMIN', 'Dagny', 'Holm', '4', 'The agency’s administrator: owns the second tree.'),
    person('ODD', 'Rafael', 'Quint', '5', 'Many direct accounts, one of them cancelled, and odd names below.'),
    person('NOADS', 'Noor', 'van Dam', '6', 'A Google account without any Google Ads account.'),
    {
      ...person('OTHER', 'Olga', 'Petrova', '7', 'Somebody of another Workspace domain.'),
      email: 'olga.petrova@rival.example.org',
      hostedDomain: 'rival.example.org',
    },
    {
      label: 'GMAIL',
      email: 'jamie.holiday@mail.example',
      sub: '100000000000000000008',
      name: 'Jamie Holiday',
      givenName: 'Jamie',
      familyName: 'Holiday',
      note: 'A consumer account: no Workspace domain in the ID token.',
    },
  ]
}

function person(label: string, givenName: string, familyName: string, number: string, note: string) {
  const address = `${givenName}.${familyName}`
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z.]/g, '')
  return {
    label,
    email: `${address}@northlight.example.com`,
    sub: `1000000000000000000${number.padStart(2, '0')}`,
    name: `${givenName} ${familyName}`,
    givenName,
    familyName,
    hostedDomain: 'northlight.example.com',
    locale: 'en',
    note,
  }
}

function documentedAccounts(): AccountInput[] {
  return [
    manager('M1', 'Northlight Media'),
    manager('M2', 'Northlight Retail Group'),
    manager('M3', 'Baltic Performance Partners', { currency: 'PLN', timeZone: 'Europe/Warsaw' }),
    account('A1', 'Kaffeehaus Brunner', { campaigns: campaigns(1, 'EUR') }),
    account('A2', 'Fjord Outdoor', { campaigns: campaigns(2, 'EUR') }),
    account('A3', 'Lantern Books', {
      currency: 'USD',
      timeZone: 'America/New_York',
      campaigns: campaigns(3, 'USD'),
    }),
    account('A4', 'Sklep Rowerowy Kolarz', {
      currency: 'PLN',
      timeZone: 'Europe/Warsaw',
      campaigns: campaigns(4, 'PLN'),
    }),
  ]
}

function oddAccounts(): AccountInput[] {
  return [
    manager('O1', 'Northlight Archive'),
    manager('O2', 'Northlight Asia', { currency: 'JPY', timeZone: 'Asia/Tokyo' }),
    manager('O3', 'Northlight Ventures'),
    manager('O4', 'Northlight Test Manager', { testAccount: true, status: 'CLOSED' }),
    account('O5', 'Closed Shutters Ltd', { status: 'CANCELED', campaigns: campaigns(5, 'EUR') }),
    account('O6', 'Paused by Policy GmbH', { status: 'SUSPENDED', campaigns: campaigns(6, 'EUR') }),
    account('O7', 'Quiet Corner (hidden)', { campaigns: campaigns(7, 'EUR') }),
    account('O8', 'Test Account One', { testAccount: true, status: 'CLOSED', campaigns: campaigns(8, 'EUR') }),
    account('O9', 'Two Managers, One Account', { campaigns: campaigns(9, 'EUR') }),
    account('O10', undefined, { campaigns: campaigns(10, 'EUR') }),
    account('O11', `O'Malley & Sons "Best" <b>Prices</b> \\ Ltd`, { campaigns: campaigns(11, 'EUR') }),
    account('O12', 'Ice Cream 🍦 Dreams 👩‍🚀🏳️‍🌈', { campaigns: campaigns(12, 'EUR') }),
    account('O13', 'مخبز النور', { currency: 'USD', timeZone: 'Asia/Dubai', campaigns: campaigns(13, 'USD') }),
    account('O14', 'מאפיית השחר (Shachar)', {
      currency: 'USD',
      timeZone: 'Asia/Jerusalem',
      campaigns: campaigns(14, 'USD'),
    }),
    account('O15', '北京茶叶有限公司', { currency: 'CNY', timeZone: 'Asia/Shanghai', campaigns: campaigns(15, 'CNY') }),
    account(
      'O16',
      'The Very Long Name Company for International Import, Export, Wholesale, Retail, Repair and Rental of Bicycles, Tricycles, Unicycles, Scooters and all Spare Parts, Branch Office South-West, formerly Wheelmakers Brothers and Successors',
      { campaigns: campaigns(16, 'EUR') },
    ),
    account('O17', '=HYPERLINK("http://example.org","Click")', { campaigns: campaigns(17, 'EUR') }),
    account('O18', 'Waiting for Consent', { campaigns: campaigns(18, 'EUR') }),
    account('O19', 'Said No Thanks', { campaigns: campaigns(19, 'EUR') }),
    account('O20', 'Only the Child', { campaigns: campaigns(20, 'EUR') }),
    account('O21', 'No Campaigns Yet'),
    account('O22', 'Silent Campaign', {
      campaigns: [{ id: '70022001', name: 'Never served', budgetMicros: 5_000_000, activity: { kind: 'none' } }],
    }),
    account('O23', 'さくら堂', { currency: 'JPY', timeZone: 'Asia/Tokyo', campaigns: campaigns(23, 'JPY') }),
    account('O24', 'Left the Agency', { campaigns: campaigns(24, 'EUR') }),
    account('O25', 'Honolulu Surf School', {
      currency: 'USD',
      timeZone: 'Pacific/Honolulu',
      campaigns: campaigns(25, 'USD'),
    }),
  ]
}

function manager(label: string, name: string, more: Partial<AccountInput> = {}): AccountInput {
  return { label, id: idOf(label), kind: 'manager', name, ...more }
}

function account(label: string, name: string | undefined, more: Partial<AccountInput> = {}): AccountInput {
  return { label, id: idOf(label), kind: 'client', ...(name !== undefined && { name }), ...more }
}

function campaigns(seed: number, currency: string): CampaignInput[] {
  const base = costPerClick[currency] ?? 500_000
  const of = (
    number: number,
    name: string,
    impressionsPerDay: number,
    rate: number,
    more: Partial<CampaignInput> = {},
    endDaysAgo = 0,
  ) => ({
    id: String(70_000_000 + seed * 1000 + number),
    name,
    budgetMicros: base * 60 * number,
    activity: {
      kind: 'generated' as const,
      seed: seed * 100 + number,
      endDaysAgo,
      impressionsPerDay,
      clickRate: rate,
      costPerClickMicros: Math.round(base * (1 + number / 10)),
      conversionRate: 0.03,
      valuePerConversion: (base / 1_000_000) * 45,
    },
    ...more,
  })
  return [
    of(1, 'Brand | Exact', 900 + seed * 31, 0.11),
    of(2, 'Generic | Search', 4200 + seed * 77, 0.035),
    of(3, 'Shopping feed', 12_000 + seed * 130, 0.012, { channel: 'SHOPPING', primaryStatus: 'LIMITED' }),
    of(4, 'Spring sale (paused)', 700, 0.02, { status: 'PAUSED' }, 12),
    of(5, 'Old display test', 300, 0.004, { status: 'REMOVED', channel: 'DISPLAY' }, 90),
  ]
}

function links(): ScenarioInput['links'] {
  // biome-ignore format: a table
  const active = [
    ['M1', 'M2'], ['M2', 'A1'], ['M2', 'A2'], ['M2', 'A3'], ['M3', 'A1'], ['M3', 'A4'],
    ['O1', 'O2'], ['O1', 'O3'], ['O1', 'O5'], ['O1', 'O6'], ['O1', 'O10'], ['O1', 'O11'], ['O1', 'O12'],
    ['O2', 'O15'], ['O2', 'O23'], ['O2', 'O9'], ['O3', 'O9'], ['O3', 'O13'], ['O3', 'O14'], ['O3', 'O16'],
    ['O3', 'O17'], ['O3', 'O20'], ['O3', 'O21'], ['O3', 'O22'], ['O3', 'O25'], ['O4', 'O8'],
  ] as const
  const others = [
    { manager: 'O1', client: 'O7', hidden: true },
    { manager: 'O1', client: 'O18', status: 'PENDING' as const },
    { manager: 'O1', client: 'O19', status: 'REFUSED' as const },
    { manager: 'O1', client: 'O24', status: 'INACTIVE' as const },
  ]
  return [...active.map(([manager, client]) => ({ manager, client })), ...others].map((link, index) => ({
    ...link,
    manager: idOf(link.manager),
    client: idOf(link.client),
    id: String(330_000_001 + index),
  }))
}

type GrantInput = ScenarioInput['grants'][number]

function documentedGrants(): GrantInput[] {
  return [
    grant('U1', 'M1', 'STANDARD'),
    grant('SA1', 'M1', 'STANDARD'),
    grant('U2', 'M2', 'STANDARD'),
    grant('U2', 'M3', 'READ_ONLY'),
    grant('U3', 'A4', 'STANDARD'),
  ]
}

function oddGrants(): GrantInput[] {
  const direct = ['O2', 'O3', 'O4', 'O5', 'O6', 'O7', 'O8', 'O20', 'O21', 'O22']
  return [
    grant('ADMIN', 'O1', 'ADMIN'),
    grant('ADMIN', 'O4', 'ADMIN'),
    ...direct.map((label, index) =>
      grant('ODD', label, index % 3 === 0 ? 'ADMIN' : index % 3 === 1 ? 'STANDARD' : 'READ_ONLY'),
    ),
    grant('OTHER', 'O24', 'ADMIN'),
    grant('GMAIL', 'O18', 'STANDARD'),
    grant('GMAIL', 'O25', 'STANDARD'),
    grant('GMAIL', 'O20', 'EMAIL_ONLY'),
  ]
}

function grant(label: string, account: string, role: GrantInput['role']): GrantInput {
  return { person: label, account: idOf(account), role, invitedBy: 'dagny.holm@northlight.example.com' }
}

function invitation(
  account: string,
  id: string,
  email: string,
  role: GrantInput['role'],
  status: 'PENDING' | 'DECLINED' | 'EXPIRED',
) {
  return { account: idOf(account), id, email, role, createdAt: '2026-11-10 11:20:00', status }
}
