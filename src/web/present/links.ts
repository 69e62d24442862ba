import type { Connection } from '../../connections/connection.ts'
import type { BackedLink, Link } from '../../connections/links.ts'
import type { Member } from '../../members/member.ts'
import type { Messages } from '../../messages/en.ts'
import type { Badge } from './account-marks.ts'
import { type PersonChip, personChip } from './person.ts'
import { routes } from './routes.ts'
import { type Moment, moment } from './times.ts'

/** Lives one can choose, in hours; a day is what is offered first. */
export const linkHours = [1, 24, 72, 168] as const
const offeredHours = 24

interface Setting {
  t: Messages
  now: Date
}

export interface LinksLocals {
  title: string
  make: { title: string; text: string; connectionId: string | null; cancelHref: string | null }
  hours: { value: number; label: string; selected: boolean }[]
  rows: LinkRow[]
}

interface LinkRow {
  id: string
  what: string
  whom: string | null
  badge: Badge
  made: Moment
  ends: Moment
  waiting: boolean
}

/** `reconnects` is the connection a link shall be made for; without one, people are invited to connect. */
export function presentLinks(input: Setting & { links: Link[]; reconnects: Connection | null }): LinksLocals {
  const { t, now, links, reconnects } = input
  const { make } = t.links
  return {
    title: t.links.title,
    make: reconnects
      ? {
          title: make.reconnectTitle(reconnects.email),
          text: make.reconnectText(reconnects.email),
          connectionId: reconnects.id,
          cancelHref: routes.connection(reconnects.id),
        }
      : { title: make.connectTitle, text: make.connectText, connectionId: null, cancelHref: null },
    hours: linkHours.map(value => ({ value, label: t.links.hours(value), selected: value === offeredHours })),
    rows: links.map(link => {
      const state = stateOf(link, now)
      return {
        id: link.id,
        what: t.links.purposes[link.purpose],
        whom: link.purpose === 'import' ? null : (link.email ?? t.links.anyAccount),
        badge: { ...badges[state], word: t.links.states[state], meaning: t.links.stateMeanings[state] },
        made: moment(link.createdAt, now, t),
        ends: moment(link.usedAt ?? link.revokedAt ?? link.expiresAt, now, t),
        waiting: state === 'waiting',
      }
    }),
  }
}

const badges = {
  waiting: { tone: 'quiet', icon: 'info' },
  used: { tone: 'good', icon: 'check' },
  ended: { tone: 'quiet', icon: 'pause' },
  withdrawn: { tone: 'quiet', icon: 'cross' },
} as const

function stateOf({ usedAt, revokedAt, expiresAt }: Link, now: Date): keyof typeof badges {
  if (usedAt !== null) return 'used'
  if (revokedAt !== null) return 'withdrawn'
  return Date.parse(expiresAt) <= now.getTime() ? 'ended' : 'waiting'
}

export interface LinkMadeLocals {
  title: string
  lead: string
  url: string
  ends: Moment
  message: string
}

export function presentLinkMade(
  input: Setting & { member: Pick<Member, 'name' | 'email'>; link: Link; secret: string; publicUrl: string },
): LinkMadeLocals {
  const { t, now, member, link, secret, publicUrl } = input
  const url = publicUrl + routes.openLink(secret)
  const ends = moment(link.expiresAt, now, t)
  const write = link.purpose === 'reconnect' ? t.links.message.reconnect : t.links.message.connect
  return {
    title: t.links.made.title,
    lead: t.links.made.lead(link.email),
    url,
    ends,
    message: write(member.name ?? member.email, new URL(publicUrl).host, link.email, url, ends.exact),
  }
}

export interface LinkLocals {
  title: string
  by: PersonChip & { name: string | null }
  host: string
  what: string
  account: string
  until: string
  next: string[]
  unknown: string
  goHref: string
}

/** What a person sees who opens a link: who asks and for what, and nothing else. */
export function presentLink(input: Setting & BackedLink & { secret: string; publicUrl: string }): LinkLocals {
  const { t, now, link, by, connection, expectedEmail, secret, publicUrl } = input
  const { guest } = t.links
  const purpose = connection ? 'reconnect' : 'connect'
  const host = new URL(publicUrl).host
  const who = by.name ?? by.email
  return {
    title: guest.titles[purpose](who),
    by: { ...personChip(by.email, by.name, by.picture), name: by.name },
    host,
    what: guest.what[purpose],
    account: expectedEmail ?? guest.anyAccount,
    until: guest.until(moment(link.expiresAt, now, t).exact),
    next: guest.next(host, who, expectedEmail),
    unknown: guest.unknown(who),
    goHref: routes.startThroughLink(secret),
  }
}
