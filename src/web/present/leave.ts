import type { Connection } from '../../connections/connection.ts'
import type { ReplacementPreview } from '../../connections/replacement.ts'
import { formatCustomerId } from '../../customer-id.ts'
import type { Member } from '../../members/member.ts'
import type { Messages } from '../../messages/en.ts'
import type { Badge } from './account-marks.ts'
import { connectionBadge } from './connection-badge.ts'
import type { PossibleOwner } from './lifecycle.ts'
import { routes } from './routes.ts'
import { type Moment, momentOrNull } from './times.ts'

/** What shall become of one connection of somebody who leaves. */
export type Fate =
  | { kind: 'keep' | 'revoke' }
  | { kind: 'transfer'; to: PossibleOwner }
  | { kind: 'replace'; by: Connection }

/** One connection with its fate; `preview` where it is replaced. */
export interface Plan {
  connection: Connection
  fate: Fate
  preview: ReplacementPreview | null
}

interface Option {
  value: string
  label: string
  selected: boolean
}

export interface LeaveRow {
  id: string
  field: string
  label: string
  email: string
  href: string
  badge: Badge
  options: Option[]
  transferTo: Option[]
  replaceBy: Option[]
}

interface Loss {
  text: string
  accounts: { customerId: string; shownId: string; name: string }[]
  more: string | null
}

export interface LeaveLocals {
  title: string
  memberId: string
  email: string
  rows: LeaveRow[]
  suspend: { possible: boolean; chosen: boolean; label: string }
  /** Null before the choices were looked at. */
  plan: {
    steps: {
      text: string
      notes: string[]
      losses: Loss[]
      oldRead: Moment | null
      newRead: Moment | null
      replaced: boolean
    }[]
    fields: { name: string; value: string }[]
    empty: boolean
    wholeGrant: boolean
    changeHref: string
  } | null
}

export interface LeaveInput {
  t: Messages
  now: Date
  leaver: Pick<Member, 'id' | 'email' | 'status'>
  /** The administrator who looks. */
  member: Pick<Member, 'id'>
  connections: Connection[]
  owners: PossibleOwner[]
  replacements: Connection[]
  plans: Plan[] | null
  /** Choosing again, from what is chosen already. */
  choosing: boolean
  suspend: boolean
}

const shownAccounts = 20

export const fateField = (connectionId: string) => `fate_${connectionId}`

function fateValue(fate: Fate): string {
  if (fate.kind === 'transfer') return `transfer:${fate.to.id}`
  return fate.kind === 'replace' ? `replace:${fate.by.id}` : fate.kind
}

export function presentLeave(input: LeaveInput): LeaveLocals {
  const { t, leaver, member, connections, plans } = input
  const words = t.lifecycle.leaving
  const self = leaver.id === member.id
  const already = leaver.status === 'suspended'
  return {
    title: words.title(leaver.email),
    memberId: leaver.id,
    email: leaver.email,
    rows: connections.map(connection => row(connection, input)),
    suspend: {
      possible: !self && !already,
      chosen: input.suspend,
      label: self ? words.suspendSelf : already ? words.suspended(leaver.email) : words.suspend(leaver.email),
    },
    plan: plans && !input.choosing ? plan(plans, input) : null,
  }
}

function plan(plans: Plan[], input: LeaveInput) {
  const { t, leaver, suspend } = input
  const fields = [
    ...plans.map(({ connection, fate }) => ({ name: fateField(connection.id), value: fateValue(fate) })),
    ...(suspend ? [{ name: 'suspend', value: '1' }] : []),
  ]
  const chosen = Object.fromEntries(fields.map(({ name, value }) => [name, value]))
  return {
    steps: [
      ...(suspend ? [{ ...nothingMore, text: t.lifecycle.leaving.planSuspend(leaver.email) }] : []),
      ...plans.map(each => step(each, input)),
    ],
    fields,
    empty: !suspend && plans.every(({ fate }) => fate.kind === 'keep'),
    wholeGrant: plans.some(
      ({ connection, fate }) => connection.kind === 'user' && (fate.kind === 'revoke' || fate.kind === 'replace'),
    ),
    changeHref: routes.memberLeave(leaver.id, { ...chosen, choose: '1' }),
  }
}

function row(connection: Connection, { t, owners, replacements, plans }: LeaveInput): LeaveRow {
  const words = t.lifecycle.leaving
  const chosen = fateValue(plans?.find(plan => plan.connection.id === connection.id)?.fate ?? { kind: 'keep' })
  const option = (value: string, label: string): Option => ({ value, label, selected: value === chosen })
  return {
    id: connection.id,
    field: fateField(connection.id),
    label: words.choiceLabel(connection.email),
    email: connection.email,
    href: routes.connection(connection.id),
    badge: connectionBadge(connection.status, t),
    options: [option('keep', words.keep), option('revoke', words.revoke)],
    transferTo: owners.map(each => option(`transfer:${each.id}`, each.email)),
    replaceBy: replacements.map(each =>
      option(`replace:${each.id}`, words.replaceOption(each.email, each.owner.email)),
    ),
  }
}

const nothingMore = { notes: [], losses: [], oldRead: null, newRead: null, replaced: false }

function step({ connection, fate, preview }: Plan, { t, now }: LeaveInput) {
  const words = t.lifecycle.leaving
  const { email, kind } = connection
  const key = kind === 'service_account' ? [words.serviceAccountKey] : []
  if (fate.kind === 'transfer') return { ...nothingMore, text: words.planTransfer(email, fate.to.email) }
  if (fate.kind !== 'replace') {
    return fate.kind === 'keep'
      ? { ...nothingMore, text: words.planKeep(email) }
      : { ...nothingMore, text: words.planRevoke(email), notes: key }
  }
  const by = fate.by.email
  const losses = preview === null ? [] : lossesOf(preview, by, t)
  const notes = [
    ...key,
    ...(connection.shared && !fate.by.shared ? [words.planShares(by)] : []),
    ...(preview?.oldReadAt === null ? [words.neverRead] : []),
    ...(preview && preview.oldReadAt !== null && losses.length === 0 ? [words.nothingLost(preview.known, by)] : []),
    ...(preview && preview.oldReadAt !== null && !preview.complete ? [words.incomplete] : []),
  ]
  return {
    text: words.planReplace(email, by),
    notes,
    losses,
    oldRead: momentOrNull(preview?.oldReadAt ?? null, now, t),
    newRead: momentOrNull(preview?.newReadAt ?? null, now, t),
    replaced: true,
  }
}

function lossesOf({ lost, unsure }: ReplacementPreview, by: string, t: Messages): Loss[] {
  const words = t.lifecycle.leaving
  const loss = (accounts: ReplacementPreview['lost'], text: (count: number, by: string) => string): Loss[] =>
    accounts.length === 0
      ? []
      : [
          {
            text: text(accounts.length, by),
            accounts: accounts.slice(0, shownAccounts).map(({ customerId, descriptiveName }) => ({
              customerId,
              shownId: formatCustomerId(customerId),
              name: descriptiveName?.trim() || t.words.unnamed,
            })),
            more: accounts.length > shownAccounts ? words.more(accounts.length - shownAccounts) : null,
          },
        ]
  return [...loss(lost, words.lost), ...loss(unsure, words.unsure)]
}
