import { type Now, secondsFrom } from '../clock.ts'
import type { ReconnectReason } from '../connections/connection.ts'
import type { Db } from '../db/database.ts'
import type { Log } from '../log.ts'
import { withinTime } from '../within-time.ts'
import {
  type Channel,
  type ConnectionNotice,
  DeliveryError,
  type MemberNotice,
  type PasskeyNotice,
  type TrailNotice,
} from './notice.ts'
import { createOutbox, type Delivery, type DeliveryTrouble } from './outbox.ts'

/** Sends one message; rejects with DeliveryError. */
export type Send = (delivery: Delivery) => Promise<void>

export interface Notices {
  /** Puts into the outbox that a connection needs its owner, inside the transaction that marks it so. */
  needsReconnect(tx: Db, connectionId: string): Promise<void>
  /** The same for the administrators: someone tried to sign in with this member's address and was refused. */
  addressConflict(tx: Db, member: { id: string; email: string }): Promise<void>
  /** The same for a member, about their passkeys. */
  aboutPasskeys(tx: Db, memberId: string, event: PasskeyNotice['event']): Promise<void>
  /** Puts into the outbox that the audit trail was set back, inside the transaction that writes it down. */
  trailSetBack(tx: Db): Promise<void>
  /** Warns of known ends, sends what is due, tidies up. One run at a time in this process. */
  sweep(): Promise<void>
  trouble(): Promise<DeliveryTrouble>
  /** Waits a little for what is being sent; what is not done then is sent again after the next start. */
  close(): Promise<void>
}

export interface NoticesOptions {
  db: Db
  /** How to send by each channel that is set up; with none, nothing is put into the outbox. */
  channels: Partial<Record<Channel, Send>>
  publicUrl: string
  /** Where the audit trail stands. */
  checkpoint(): string
  log: Log
  now: Now
}

const warnSeconds = 3 * 86_400
const atOnce = 20
const closeMs = 5_000
const webhookRecipient = 'webhook'

/** Tells owners outside the pages that a connection died or soon ends, and administrators what only they can mend. */
export function createNotices({ db, channels, publicUrl, checkpoint, log, now }: NoticesOptions): Notices {
  const outbox = createOutbox(db, now)
  const setUp = Object.entries(channels) as [Channel, Send][]
  let running: Promise<void> | null = null
  let closed = false
  /** The day for which the checkpoint was put, or was not due. */
  let lookedOn = ''

  return {
    async needsReconnect(tx, connectionId) {
      if (setUp.length === 0) return
      const row = await withOwner(tx).where('connections.id', '=', connectionId).executeTakeFirst()
      if (!row) return
      const connection = { id: row.id, email: row.email, reason: row.reason as ReconnectReason | null }
      const notice = noticeOf('connection.needs_reconnect', now().toISOString(), connection)
      for (const [channel] of setUp) await outbox.put(tx, channel, recipientOf(channel, row), notice)
    },

    async addressConflict(tx, { id, email }) {
      const at = now().toISOString()
      const memberUrl = `${publicUrl}/members/${id}`
      await tellAdmins(tx, { event: 'member.address_conflict', at, member: { id, email }, memberUrl })
    },

    async aboutPasskeys(tx, memberId, event) {
      if (setUp.length === 0) return
      const member = await tx
        .selectFrom('members')
        .select(['id', 'email'])
        .where('id', '=', memberId)
        .executeTakeFirst()
      if (!member) return
      const notice = { event, at: now().toISOString(), member, selfUrl: `${publicUrl}/self` }
      for (const [channel] of setUp)
        await outbox.put(tx, channel, channel === 'email' ? member.email : webhookRecipient, notice)
    },

    trailSetBack: tx => tellAdmins(tx, trailNotice('audit.rollback_detected', now().toISOString())),

    sweep() {
      running ??= sweep().finally(() => {
        running = null
      })
      return running
    },

    trouble: () => outbox.trouble(),

    async close() {
      closed = true
      const ended = running?.catch(() => undefined)
      if (ended) await withinTime(ended, closeMs)
    },
  }

  async function sweep(): Promise<void> {
    if (setUp.length === 0) return
    await warnOfEnds()
    if (channels.webhook) await sendCheckpoint()
    await outbox.tidy()
    await Promise.all(setUp.map(([channel, send]) => drain(channel, send)))
  }

  /** Three days before the end Google named; of a credential that lives shorter, half its life before. */
  async function warnOfEnds(): Promise<void> {
    const at = now().toISOString()
    const rows = await withOwner(db)
      .where('connections.status', '=', 'active')
      .where('connections.refresh_token_expires_at', '>', at)
      .where('connections.refresh_token_expires_at', '<=', secondsFrom(now(), warnSeconds).toISOString())
      .execute()
    for (const row of rows) {
      const endsAt = row.refresh_token_expires_at as string
      const half = (Date.parse(endsAt) - Date.parse(row.connected_at)) / 2
      if (Date.parse(endsAt) - now().getTime() > half) continue
      const notice = noticeOf('connection.ends_soon', at, { id: row.id, email: row.email, reason: null, endsAt })
      for (const [channel] of setUp) {
        const recipient = recipientOf(channel, row)
        if (!(await outbox.has(channel, recipient, notice))) await outbox.put(db, channel, recipient, notice)
      }
    }
  }

  /** The first time on a day (UTC), if anything was written to the trail on the day before. */
  async function sendCheckpoint(): Promise<void> {
    const today = `${now().toISOString().slice(0, 10)}T00:00:00.000Z`
    if (today === lookedOn) return
    const notice = { ...trailNotice('audit.checkpoint', today), checkpoint: checkpoint() }
    const yesterday = secondsFrom(new Date(today), -86_400).toISOString()
    const newest = await db
      .selectFrom('audit_entries')
      .select('at')
      .where('at', '<', today)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst()
    // Another process may have put it.
    if (newest && newest.at >= yesterday) await outbox.put(db, 'webhook', webhookRecipient, notice)
    lookedOn = today
  }

  async function drain(channel: Channel, send: Send): Promise<void> {
    for (let count = 0; count < atOnce && !closed; count++) {
      const delivery = await outbox.take(channel)
      if (!delivery) return
      try {
        await send(delivery)
        await outbox.delivered(delivery)
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error
        log.warn({ delivery: delivery.id, channel, attempts: delivery.attempts, why: error.message }, 'not delivered')
        await outbox.failed(delivery, error.message)
      }
    }
  }

  async function tellAdmins(tx: Db, notice: MemberNotice | TrailNotice): Promise<void> {
    if (setUp.length === 0) return
    const admins = await tx
      .selectFrom('members')
      .select('email')
      .where('role', '=', 'admin')
      .where('status', '=', 'active')
      .execute()
    for (const [channel] of setUp) {
      const recipients = channel === 'email' ? admins.map(({ email }) => email) : [webhookRecipient]
      for (const recipient of recipients) await outbox.put(tx, channel, recipient, notice)
    }
  }

  function trailNotice(event: TrailNotice['event'], at: string): TrailNotice {
    return { event, at, auditUrl: `${publicUrl}/audit` }
  }

  function noticeOf(
    event: ConnectionNotice['event'],
    at: string,
    connection: ConnectionNotice['connection'],
  ): ConnectionNotice {
    const query = new URLSearchParams({ intent: 'reconnect', connection: connection.id })
    return { event, at, connection, reconnectUrl: `${publicUrl}/auth/start?${query}` }
  }
}

function withOwner(within: Db) {
  return within
    .selectFrom('connections')
    .innerJoin('members', 'members.id', 'connections.owner_id')
    .select([
      'connections.id',
      'connections.email',
      'connections.reason',
      'connections.connected_at',
      'connections.refresh_token_expires_at',
      'members.email as owner_email',
    ])
}

function recipientOf(channel: Channel, { owner_email }: { owner_email: string }): string {
  return channel === 'email' ? owner_email : webhookRecipient
}
