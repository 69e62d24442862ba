import { parseScenario, type Scenario, type ScenarioInput } from './scenario.ts'
import { builtInClients, builtInProjects } from './scenarios/default-client.ts'

export interface GeneratorOptions {
  seed: number
  /** All accounts, managers included. */
  accounts: number
  managers: number
  /** Managers under each manager. */
  fanout?: number
  /** Further people, each with access to one random account. */
  people?: number
  /** How many client accounts U1 is a direct user of, besides the root. */
  direct?: number
}

const CURRENCIES = [
  ['EUR', 'Europe/Berlin'],
  ['PLN', 'Europe/Warsaw'],
  ['USD', 'America/New_York'],
  ['CNY', 'Asia/Shanghai'],
  ['JPY', 'Asia/Tokyo'],
] as const
const TRADES = ['Bakery', 'Books', 'Bicycles', 'Travel', 'Furniture', 'Optics', 'Gardens', 'Coffee', 'Shoes', 'Tools']
const PLACES = ['North', 'Harbour', 'Old Town', 'Lakeside', 'Central', 'Hill', 'Riverside', 'Market', 'Forest', 'Coast']

/**
 * A large scenario that is the same for the same options: a tree of managers, each with `fanout` managers below, clients
 * spread over them at random, and U1 as a user of the root. Throws when there are more managers than accounts.
 */
export function generateScenario(options: GeneratorOptions): Scenario {
  const { seed, accounts: count, managers, fanout = 8, people = 0, direct = 0 } = options
  if (managers < 1 || managers > count) throw new Error('generate: managers must be between 1 and accounts')
  if (fanout < 1) throw new Error('generate: fanout must be at least 1')
  const random = generator(seed)
  const pick = (below: number) => Math.floor(random() * below)
  const parents = Array.from({ length: count }, (_, index) =>
    index === 0 ? undefined : index < managers ? Math.floor((index - 1) / fanout) : pick(managers),
  )
  const accounts = Array.from({ length: count }, (_, index) => accountAt(index, { isManager: index < managers, pick }))
  const firstClient = managers
  const directClients = Array.from({ length: Math.min(direct, count - managers) }, (_, index) => firstClient + index)
  return parseScenario({
    name: `generated-${seed}-${count}-${managers}`,
    description: `${count} accounts, ${managers} of them managers, from seed ${seed}.`,
    projects: builtInProjects,
    clients: builtInClients,
    people: Array.from({ length: people + 1 }, (_, index) => personAt(index + 1)),
    accounts,
    links: parents.flatMap((parent, index) =>
      parent === undefined ? [] : [{ manager: idAt(parent), client: idAt(index), id: String(500_000_000 + index) }],
    ),
    grants: [
      { person: 'U1', account: idAt(0), role: 'ADMIN' as const },
      ...directClients.map(index => ({ person: 'U1', account: idAt(index), role: 'STANDARD' as const })),
      ...Array.from({ length: people }, (_, index) => ({
        person: `U${index + 2}`,
        account: idAt(pick(count)),
        role: 'STANDARD' as const,
      })),
    ],
  })
}

function idAt(index: number): string {
  return String(6_000_000_000 + index * 7)
}

function accountAt(
  index: number,
  { isManager, pick }: { isManager: boolean; pick: (below: number) => number },
): ScenarioInput['accounts'][number] {
  const [currency, timeZone] = CURRENCIES[pick(CURRENCIES.length)] ?? CURRENCIES[0]
  const name = `${PLACES[pick(PLACES.length)]} ${TRADES[pick(TRADES.length)]} ${index}`
  const kind = isManager ? ('manager' as const) : ('client' as const)
  const status = !isManager && pick(50) === 0 ? ('CANCELED' as const) : ('ENABLED' as const)
  return { id: idAt(index), kind, name: isManager ? `${name} Group` : name, currency, timeZone, status }
}

function personAt(number: number): ScenarioInput['people'][number] {
  return {
    label: `U${number}`,
    email: `person${number}@generated.example.com`,
    sub: String(200_000_000_000_000_000n + BigInt(number)),
    name: `Person ${number}`,
    givenName: 'Person',
    familyName: String(number),
    hostedDomain: 'generated.example.com',
  }
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
