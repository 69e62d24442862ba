import type { Connection } from '../../connections/connection.ts'
import { type HealthFinding, healthFindings, type Remedy } from '../../connections/health.ts'
import { mayManage } from '../../connections/rights.ts'
import type { Member } from '../../members/member.ts'
import type { HealthWords } from '../../messages/en/health.ts'
import type { Messages } from '../../messages/en.ts'
import { routes } from './routes.ts'
import { type Moment, moment, momentOrNull, weekdayTime } from './times.ts'

export interface HealthInput {
  t: Messages
  now: Date
  member: Pick<Member, 'id' | 'role'>
  connection: Connection
  /** For the letters that people send on. */
  clientId: string
  publicUrl: string
}

export interface HealthLocals {
  checked: Moment | null
  /** Where "Check now" posts to; null where a check has no sense, or a finding has that button already. */
  checkAction: string | null
  findings: FindingMark[]
}

export interface FindingMark {
  cause: string
  tone: 'good' | 'info' | 'warn'
  icon: string
  title: string
  text: string
  /** What stays although it is dead. */
  kept: string | null
  guesses: { likelihood: string; text: string }[]
  /** A link, or a button that posts. */
  action: { label: string; href: string; post: boolean } | null
  /** Who can do it, where that is not the reader, or what only they can do. */
  who: string | null
  known: { label: string; value: string; code: boolean }[]
}

/** Tells on a page that uses a connection that it is not what it should be. */
export interface ConnectionBanner {
  /** Whether Google can still be asked anything with this connection. */
  usable: boolean
  tone: 'info' | 'warn'
  icon: string
  title: string
  text: string
  kept: string | null
  action: { label: string; href: string } | null
  who: string | null
  /** The connection's own page, with all that is known. */
  href: string
}

const looks: Record<HealthFinding['level'], { tone: FindingMark['tone']; icon: string }> = {
  dead: { tone: 'warn', icon: 'warning' },
  refused: { tone: 'warn', icon: 'warning' },
  warning: { tone: 'warn', icon: 'warning' },
  notice: { tone: 'info', icon: 'info' },
  good: { tone: 'good', icon: 'check' },
}

/** What is known of a connection's health, for its own page and for JSON. */
export function presentHealth(input: HealthInput): HealthLocals {
  const { t, now, connection } = input
  const findings = healthFindings({ connection, now }).map(finding => findingMark(finding, input))
  const { status, reason } = connection
  const checkable = status === 'active' || (status === 'needs_reconnect' && reason !== 'withdrawn_at_google')
  return {
    checked: momentOrNull(connection.checkedAt, now, t),
    checkAction:
      checkable && !findings.some(({ action }) => action?.post) ? routes.checkConnection(connection.id) : null,
    findings,
  }
}

/** A few words for lists; null when all is well, or the status says it already. */
export function shortHealth(connection: Connection, now: Date, t: Messages): string | null {
  if (connection.status === 'paused' || connection.status === 'revoked') return null
  const [first] = healthFindings({ connection, now })
  if (!first || first.cause === 'works') return null
  const { short } = t.health.causes[first.cause]
  return first.at === null ? short : `${short}, ${weekdayTime(new Date(first.at), t)}`
}

/** Null for a connection that works. `fetchedAt` is the age of what the page shows. */
export function connectionBanner(
  { t, now, member, connection }: Pick<HealthInput, 't' | 'now' | 'member' | 'connection'>,
  fetchedAt: string | null,
): ConnectionBanner | null {
  const [first] = healthFindings({ connection, now })
  if (!first || (connection.status === 'active' && first.level !== 'refused')) return null
  const { status } = connection
  const dead = status === 'needs_reconnect'
  const kind = dead ? 'dead' : status === 'active' ? 'refused' : status
  const urgent = kind === 'dead' || kind === 'refused'
  return {
    usable: status === 'active',
    tone: urgent ? 'warn' : 'info',
    icon: urgent ? 'warning' : 'info',
    title: t.health.bannerTitles[kind](connection.email),
    text: bannerText(first, connection, t),
    kept: fetchedAt === null ? null : t.health.keptSince(moment(fetchedAt, now, t).ago),
    ...(dead ? reconnecting(first.remedy, connection, member, t) : { action: null, who: null }),
    href: routes.connection(connection.id),
  }
}

/** The banner has no room for guesses: there the common causes are named in one sentence. */
function bannerText(finding: HealthFinding, connection: Connection, t: Messages): string {
  if (connection.status === 'needs_reconnect') return t.connections.reasons[connection.reason ?? 'rejected']
  return t.health.causes[finding.cause].text(wordsOf(finding, connection, t))
}

function reconnecting(remedy: Remedy, connection: Connection, member: HealthInput['member'], t: Messages) {
  if (!mayManage(connection, member)) return { action: null, who: t.health.ask(connection.owner.email) }
  if (remedy !== 'reconnect') return { action: null, who: null }
  const action = { label: t.health.buttons.reconnect, href: routes.reconnect(connection.id) }
  return { action, who: t.health.onlyThey(connection.email) }
}

function findingMark(finding: HealthFinding, input: HealthInput): FindingMark {
  const { t, connection } = input
  const words = t.health.causes[finding.cause]
  return {
    cause: finding.cause,
    ...looks[finding.level],
    title: words.title,
    text: words.text(wordsOf(finding, connection, t)),
    kept: finding.level === 'dead' ? t.health.kept : null,
    guesses: finding.guesses.map(({ cause, likelihood }) => ({
      likelihood: t.health.likelihoods[likelihood],
      text: t.health.guesses[cause](connection.consents),
    })),
    ...remedyMark(finding, words.title, input),
    known: finding.level === 'dead' || connection.lastError ? known(input) : [],
  }
}

function remedyMark(
  { remedy }: HealthFinding,
  title: string,
  { t, connection, member, clientId, publicUrl }: HealthInput,
): Pick<FindingMark, 'action' | 'who'> {
  const { buttons, letters, ask, onlyThey } = t.health
  const link = (label: string, href: string, who: string | null = null) => ({
    action: { label, href, post: false },
    who,
  })
  const manages = mayManage(connection, member)
  const admin = member.role === 'admin'
  const { email, owner } = connection
  switch (remedy) {
    case 'reconnect':
      if (!manages) return { action: null, who: ask(owner.email) }
      return link(buttons.reconnect, routes.reconnect(connection.id), onlyThey(email))
    case 'new_key':
      return admin ? link(buttons.new_key, routes.serviceAccounts()) : { action: null, who: ask(owner.email) }
    case 'connect_another':
      return link(buttons.connect_another, routes.connect())
    case 'tell_workspace_admin':
      return link(buttons[remedy], letterTo(letters[remedy](email, clientId)))
    case 'tell_ads_admin':
      return link(buttons[remedy], letterTo(letters[remedy](email)))
    case 'setup':
      if (admin) return link(buttons.setup, routes.setup())
      return link(
        buttons.tell_keyring_admin,
        letterTo(letters.tell_keyring_admin(title, `${publicUrl}${routes.setup()}`)),
      )
    case 'check':
      return { action: { label: buttons.check, href: routes.checkConnection(connection.id), post: true }, who: null }
    case 'nothing':
      return { action: null, who: null }
  }
}

/** Opens the reader's own mail program with a letter that is ready but for its recipient (RFC 6068). */
function letterTo({ subject, body }: { subject: string; body: string }): string {
  const text = body.replace(/\n/g, '\r\n')
  return `mailto:?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(text)}`
}

function wordsOf({ at }: HealthFinding, { email, owner }: Connection, t: Messages): HealthWords {
  return { email, owner: owner.email, at: at === null ? '' : weekdayTime(new Date(at), t) }
}

/** Our own dates, and what Google said. */
function known({ t, now, connection }: HealthInput): FindingMark['known'] {
  const { facts, never } = t.health
  const ago = (iso: string | null) => {
    const at = momentOrNull(iso, now, t)
    return at ? `${at.ago}, ${at.exact}` : never
  }
  const { connectedAt, consents, lastRefreshedAt, lastUsedAt, lastError, statusSince } = connection
  const all: [string, string | null | undefined, boolean][] = [
    [facts.since, connection.status === 'needs_reconnect' ? ago(statusSince) : null, false],
    [facts.consent, ago(connectedAt), false],
    [facts.lastSuccess, ago(lastRefreshedAt), false],
    [facts.lastUse, ago(lastUsedAt), false],
    [facts.consents, String(consents), false],
    [facts.googleCode, lastError?.code, true],
    [facts.googleMessage, lastError?.message, false],
    [facts.googleRequestId, lastError?.requestId, true],
  ]
  return all.flatMap(([label, value, code]) => (value ? [{ label, value, code }] : []))
}
