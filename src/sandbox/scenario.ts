import { readFile } from 'node:fs/promises'
import { z } from 'zod'

const customerId = z.string().regex(/^[1-9]\d{9}$/, 'a customer id is ten digits')
const isoDateTime = z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, 'YYYY-MM-DD HH:MM:SS')

export const accessRoles = ['ADMIN', 'STANDARD', 'READ_ONLY', 'EMAIL_ONLY'] as const
export const linkStatuses = ['ACTIVE', 'INACTIVE', 'PENDING', 'REFUSED', 'CANCELED'] as const

const project = z.strictObject({
  id: z.string(),
  number: z.string().regex(/^\d+$/),
  appName: z.string(),
  /** `testing` limits sign-in to `testUsers` and refresh tokens to seven days. */
  publishingStatus: z.enum(['production', 'testing']).default('production'),
  testUsers: z.array(z.string()).default([]),
  /** With `internal`, only people of this Workspace domain may use the application. */
  internalDomain: z.string().optional(),
  adsAccessLevel: z.enum(['test', 'explorer', 'basic', 'standard']).default('standard'),
  adsApiEnabled: z.boolean().default(true),
  peopleApiEnabled: z.boolean().default(true),
})

const client = z.strictObject({
  clientId: z.string(),
  clientSecret: z.string(),
  project: z.string(),
  type: z.enum(['web', 'desktop', 'either']).default('web'),
  redirectUris: z.union([z.literal('any loopback'), z.array(z.string())]),
})

const person = z.strictObject({
  label: z.string(),
  kind: z.enum(['person', 'service_account']).default('person'),
  email: z.string(),
  sub: z.string().regex(/^\d{1,255}$/),
  name: z.string().optional(),
  givenName: z.string().optional(),
  familyName: z.string().optional(),
  /** The Workspace domain, given as `hd`. Absent for a consumer account. */
  hostedDomain: z.string().optional(),
  locale: z.string().optional(),
  emailVerified: z.boolean().default(true),
  /** One sentence for the sign-in page. */
  note: z.string().optional(),
  /** For a service account: the project whose access level its calls use. */
  project: z.string().optional(),
})

const day = z.strictObject({
  daysAgo: z.int().min(0),
  impressions: z.int().min(0),
  clicks: z.int().min(0),
  costMicros: z.int().min(0),
  conversions: z.number().min(0).default(0),
  conversionsValue: z.number().min(0).default(0),
})

const activity = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('days'), days: z.array(day) }),
  z.strictObject({
    kind: z.literal('generated'),
    seed: z.int(),
    days: z.int().min(1).max(1200).default(400),
    /** The last day with activity; 0 is today. */
    endDaysAgo: z.int().min(0).default(0),
    impressionsPerDay: z.int().min(1),
    clickRate: z.number().min(0).max(1),
    costPerClickMicros: z.int().min(0),
    conversionRate: z.number().min(0).max(1),
    valuePerConversion: z.number().min(0),
  }),
])

const campaign = z.strictObject({
  id: z.string().regex(/^[1-9]\d{0,17}$/),
  name: z.string(),
  status: z.enum(['ENABLED', 'PAUSED', 'REMOVED']).default('ENABLED'),
  channel: z
    .enum(['SEARCH', 'DISPLAY', 'SHOPPING', 'VIDEO', 'PERFORMANCE_MAX', 'DEMAND_GEN', 'SMART', 'LOCAL'])
    .default('SEARCH'),
  primaryStatus: z
    .enum(['ELIGIBLE', 'PAUSED', 'REMOVED', 'ENDED', 'PENDING', 'MISCONFIGURED', 'LIMITED', 'LEARNING', 'NOT_ELIGIBLE'])
    .optional(),
  budgetMicros: z.int().min(0),
  startDaysAgo: z.int().min(0).default(400),
  activity,
})

const account = z.strictObject({
  label: z.string().optional(),
  id: customerId,
  kind: z.enum(['manager', 'client']),
  name: z.string().optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('EUR'),
  timeZone: z.string().default('Europe/Berlin'),
  status: z.enum(['ENABLED', 'CANCELED', 'SUSPENDED', 'CLOSED']).default('ENABLED'),
  testAccount: z.boolean().default(false),
  campaigns: z.array(campaign).default([]),
})

const link = z.strictObject({
  manager: customerId,
  client: customerId,
  id: z.string().regex(/^\d+$/),
  status: z.enum(linkStatuses).default('ACTIVE'),
  hidden: z.boolean().default(false),
})

const grant = z.strictObject({
  person: z.string(),
  account: customerId,
  role: z.enum(accessRoles),
  since: isoDateTime.default('2024-03-01 09:30:00'),
  invitedBy: z.string().optional(),
})

const invitation = z.strictObject({
  account: customerId,
  id: z.string().regex(/^\d+$/),
  email: z.string(),
  role: z.enum(accessRoles),
  createdAt: isoDateTime,
  status: z.enum(['PENDING', 'DECLINED', 'EXPIRED']).default('PENDING'),
})

export const scenarioSchema = z
  .strictObject({
    name: z.string(),
    description: z.string().optional(),
    projects: z.array(project).min(1),
    clients: z.array(client).min(1),
    people: z.array(person),
    accounts: z.array(account),
    links: z.array(link),
    grants: z.array(grant),
    invitations: z.array(invitation).default([]),
    latencyMs: z.int().min(0).default(0),
  })
  .superRefine((scenario, context) => {
    for (const problem of contradictions(scenario)) context.addIssue({ code: 'custom', message: problem })
  })

export type Scenario = z.output<typeof scenarioSchema>
/** What a scenario file may leave out is optional here. */
export type ScenarioInput = z.input<typeof scenarioSchema>
export type Project = z.output<typeof project>
export type OAuthClient = z.output<typeof client>
export type Person = z.output<typeof person>
export type Account = z.output<typeof account>
export type AccountLink = z.output<typeof link>
export type Campaign = z.output<typeof campaign>
export type Activity = z.output<typeof activity>
export type AccessGrant = z.output<typeof grant>
export type Invitation = z.output<typeof invitation>
export type AccessRole = (typeof accessRoles)[number]
export type AccountStatus = Account['status']

/** Reads a scenario from a JSON file. Throws with every problem found, one per line. */
export async function loadScenario(file: string): Promise<Scenario> {
  return parseScenario(JSON.parse(await readFile(file, 'utf8')))
}

/** Fills in the defaults of a scenario and checks that it does not contradict itself. Throws with all problems. */
export function parseScenario(input: unknown): Scenario {
  const result = scenarioSchema.safeParse(input)
  if (result.success) return result.data
  throw new Error(`The scenario is not usable:\n${z.prettifyError(result.error)}`)
}

type Parts = Pick<Scenario, 'projects' | 'clients' | 'people' | 'accounts' | 'links' | 'grants' | 'invitations'>

function contradictions(scenario: Parts): string[] {
  const accounts = new Map(scenario.accounts.map(account => [account.id, account]))
  const people = new Set(scenario.people.map(person => person.label))
  const projects = new Set(scenario.projects.map(project => project.id))
  return [
    ...twice(
      'project',
      scenario.projects.map(project => project.id),
    ),
    ...twice(
      'OAuth client',
      scenario.clients.map(client => client.clientId),
    ),
    ...twice(
      'person',
      scenario.people.map(person => person.label),
    ),
    ...twice(
      'sub',
      scenario.people.map(person => person.sub),
    ),
    ...twice(
      'e-mail',
      scenario.people.map(person => person.email),
    ),
    ...twice(
      'account',
      scenario.accounts.map(account => account.id),
    ),
    ...twice(
      'account label',
      scenario.accounts.flatMap(account => account.label ?? []),
    ),
    ...scenario.clients
      .filter(({ project }) => !projects.has(project))
      .map(c => `client ${c.clientId}: no such project`),
    ...scenario.links.flatMap(({ manager, client }) => {
      if (accounts.get(manager)?.kind !== 'manager') return [`link ${manager} > ${client}: ${manager} is no manager`]
      return accounts.has(client) ? [] : [`link ${manager} > ${client}: no account ${client}`]
    }),
    ...[...scenario.grants, ...scenario.invitations]
      .filter(({ account }) => !accounts.has(account))
      .map(({ account }) => `grant or invitation: no account ${account}`),
    ...scenario.grants.filter(({ person }) => !people.has(person)).map(({ person }) => `grant: no person ${person}`),
    ...[...new Set(scenario.accounts.map(account => account.timeZone))]
      .filter(zone => !isTimeZone(zone))
      .map(zone => `no time zone ${zone}`),
    ...cycle(scenario),
  ]
}

function twice(what: string, values: string[]): string[] {
  const seen = new Set<string>()
  return values.filter(value => seen.size === seen.add(value).size).map(value => `${what} ${value} occurs twice`)
}

function cycle({ links }: Parts): string[] {
  const parents = new Map<string, number>()
  const children = new Map<string, string[]>()
  for (const { manager, client, status } of links) {
    if (status !== 'ACTIVE') continue
    parents.set(client, (parents.get(client) ?? 0) + 1)
    const list = children.get(manager)
    if (list) list.push(client)
    else children.set(manager, [client])
  }
  const free = [...children.keys()].filter(manager => !parents.has(manager))
  for (const manager of free) {
    for (const client of children.get(manager) ?? []) {
      const left = (parents.get(client) ?? 0) - 1
      parents.set(client, left)
      if (left === 0) free.push(client)
    }
  }
  const stuck = [...parents].filter(([, count]) => count > 0).map(([id]) => id)
  return stuck.length === 0 ? [] : [`active links go round in a circle at ${stuck.slice(0, 5).join(', ')}`]
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
