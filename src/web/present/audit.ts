import { type AuditAction, auditActions, refusedActions } from '../../audit/actions.ts'
import { type Actor, readGuestName } from '../../audit/actor.ts'
import { type AuditEntry, type AuditTarget, auditOutcomes, auditTargetKinds } from '../../audit/audit.ts'
import type { Member } from '../../members/member.ts'
import type { Messages } from '../../messages/en.ts'
import type { Badge } from './account-marks.ts'
import { integer } from './numbers.ts'
import { type AuditAddress, routes } from './routes.ts'
import { exactly, type Moment, moment } from './times.ts'

export const AUDIT_ROWS = 50

export interface AuditRow {
  seq: string
  action: string
  at: Moment
  actor: string
  how: string
  /** The sentence around its target. */
  before: string
  target: { name: string; href: string | null } | null
  after: string
  changes: { label: string; text: string }[]
  outcome: Omit<Badge, 'meaning'>
  requestId: string | null
}

interface Choice {
  value: string
  label: string
  selected: boolean
}

export interface AuditLocals {
  title: string
  query: AuditAddress
  filtered: boolean
  actionGroups: { label: string; choices: Choice[] }[]
  outcomeChoices: Choice[]
  kindChoices: Choice[]
  exports: { label: string; description: string; href: string }[]
  rows: AuditRow[]
  /** What is said where there are no rows. */
  none: { title: string; text: string | null }
  newestHref: string | null
  olderHref: string | null
}

interface Setting {
  t: Messages
  now: Date
  /** The connections that still exist. */
  connectionIds: ReadonlySet<string>
  /** All members, by their present address. */
  members: readonly Pick<Member, 'id' | 'email'>[]
}

/** `entries` holds one more than a page when there are older ones. `query` is what was asked, without what is empty. */
export function presentAudit(input: Setting & { entries: AuditEntry[]; query: AuditAddress }): AuditLocals {
  const { t, entries } = input
  const { before, ...query } = input.query
  const shown = entries.slice(0, AUDIT_ROWS)
  const last = shown.at(-1)
  return {
    title: t.audit.title,
    query,
    filtered: Object.values(query).some(value => value !== undefined),
    actionGroups: actionGroups(query.action, t),
    outcomeChoices: auditOutcomes.map(outcome => ({
      value: outcome,
      label: t.audit.outcomes[outcome],
      selected: outcome === query.outcome,
    })),
    kindChoices: auditTargetKinds.map(kind => ({
      value: kind,
      label: t.audit.kinds[kind],
      selected: kind === query.target_kind,
    })),
    exports: (['csv', 'jsonl'] as const).map(format => ({
      label: t.audit[format],
      description: t.audit.exportLabel(t.audit[format]),
      href: routes.auditExport({ ...query, format }),
    })),
    rows: shown.map(entry => auditRow(entry, input)),
    none:
      before === undefined
        ? { title: t.audit.noneTitle, text: t.audit.noneText }
        : { title: t.audit.noMore, text: null },
    newestHref: before === undefined ? null : routes.audit(query),
    olderHref: entries.length > shown.length && last ? routes.audit({ ...query, before: String(last.seq) }) : null,
  }
}

export interface HistoryLocals {
  rows: AuditRow[]
  /** Only admins may read the whole trail. */
  allHref: string | null
}

/** What last happened to one connection, on its own page. */
export function presentHistory(
  input: Omit<Setting, 'connectionIds'> & { entries: AuditEntry[]; connectionId: string; admin: boolean },
): HistoryLocals {
  return {
    rows: input.entries.map(entry => auditRow(entry, { ...input, connectionIds: new Set() })),
    allHref: input.admin ? routes.audit({ target: input.connectionId }) : null,
  }
}

function auditRow(entry: AuditEntry, setting: Setting): AuditRow {
  const { t, now, connectionIds } = setting
  const { actor, action, target, outcome } = entry
  const [before = '', after = null] = t.audit.actions[action].split('{target}')
  return {
    seq: integer(entry.seq, t),
    action,
    at: moment(entry.at, now, t),
    actor: actorName(actor, setting),
    how: t.audit.via[actor.via](entry.viaName),
    before: target === null ? before.replace(/: $/, '') : before,
    target:
      after === null || target === null
        ? null
        : { name: targetName(target, setting), href: hrefOf(target, connectionIds) },
    after: after ?? '',
    changes: Object.entries(entry.changes).map(([field, change]) => ({
      label: (Object.hasOwn(t.audit.fields, field) && t.audit.fields[field]) || field,
      text: (Array.isArray(change) ? change : [change]).map(value => shownValue(field, value, t)).join(' → '),
    })),
    outcome: {
      word: t.audit.outcomes[outcome],
      ...(outcome === 'done' ? { icon: 'check', tone: 'quiet' } : { icon: 'cross', tone: 'bad' }),
    } as AuditRow['outcome'],
    requestId: actor.requestId,
  }
}

function actorName({ kind, id, name }: Actor, setting: Setting): string {
  const { t } = setting
  if (name === null) return t.audit.actors[kind]
  if (kind === 'guest') return t.audit.guest(readGuestName(name))
  if (kind === 'visitor') return t.audit.visitor(name)
  return kind === 'member' && id !== null ? memberName(id, name, setting) : name
}

function targetName({ kind, id, name }: AuditTarget, setting: Setting): string {
  return kind === 'member' ? memberName(id, name, setting) : name
}

/** Addresses can move from one person to another, so an address alone stands only for the one member who has it now. */
function memberName(id: string, email: string, { t, members }: Setting): string {
  const carriers = members.filter(member => member.email === email)
  const alone = carriers.length === 1 && carriers[0]?.id === id
  return alone ? email : t.audit.namesake(email, id.slice(0, 8))
}

function hrefOf({ kind, id }: AuditTarget, connectionIds: ReadonlySet<string>): string | null {
  if (kind === 'member') return routes.member(id)
  return kind === 'connection' && connectionIds.has(id) ? routes.connection(id) : null
}

function shownValue(field: string, value: string | null, t: Messages): string {
  if (value === null) return t.audit.nothing
  const words = Object.hasOwn(t.audit.values, field) ? t.audit.values[field] : undefined
  if (words && Object.hasOwn(words, value)) return words[value] ?? value
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? exactly(new Date(value), t) : value
}

function actionGroups(selected: string | undefined, t: Messages): AuditLocals['actionGroups'] {
  const groups = new Map<string, Choice[]>()
  for (const action of auditActions) {
    const group = groupOf(action)
    const label = t.audit.actions[action].replace('{target}', '…').replace(/: …$/, '')
    groups.set(group, [...(groups.get(group) ?? []), { value: action, label, selected: action === selected }])
  }
  return [...groups].map(([group, choices]) => ({ label: t.audit.groups[group] ?? group, choices }))
}

function groupOf(action: AuditAction): string {
  return (refusedActions as readonly string[]).includes(action) ? 'refused' : (action.split('.')[0] ?? '')
}
