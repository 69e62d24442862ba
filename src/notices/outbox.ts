import { createHash } from 'node:crypto'
import { clocksDifferSeconds, type Now, secondsFrom } from '../clock.ts'
import type { Db } from '../db/database.ts'
import type { Channel, Notice } from './notice.ts'

export interface Delivery {
  /** The same on every attempt, so that a receiver can tell a repetition. */
  id: string
  channel: Channel
  recipient: string
  notice: Notice
  /** This one included. */
  attempts: number
}

/** Messages that could not be delivered so far. */
export interface DeliveryTrouble {
  /** Given up. */
  failed: number
  /** Tried in vain, to be tried again. */
  waiting: number
  /** Why the newest of them failed. */
  lastError: string | null
}

/** The rows of `deliveries`: written with the change they tell of, sent afterwards, by one process at a time. */
export interface Outbox {
  put(tx: Db, channel: Channel, recipient: string, notice: Notice): Promise<void>
  /** Whether this notice was put before. */
  has(channel: Channel, recipient: string, notice: Notice): Promise<boolean>
  /** The next one due, which is the caller's for two minutes; null when none is. */
  take(channel: Channel): Promise<Delivery | null>
  delivered(delivery: Delivery): Promise<void>
  /** Puts the next attempt off, or gives up after the last. */
  failed(delivery: Delivery, why: string): Promise<void>
  trouble(): Promise<DeliveryTrouble>
  /** Gives up what nobody could send for three days; forgets everything after thirty. */
  tidy(): Promise<void>
}

const leaseSeconds = 120
const daySeconds = 86_400
/** After the first failure, the second, and so on; about two days in all. */
const waitSeconds = [60, 300, 1_800, 7_200, 21_600, 43_200, daySeconds]

export function createOutbox(db: Db, now: Now): Outbox {
  const open = () => db.updateTable('deliveries').where('delivered_at', 'is', null).where('failed_at', 'is', null)

  return {
    async put(tx, channel, recipient, notice) {
      await tx
        .insertInto('deliveries')
        .values({
          id: idOf(channel, recipient, notice),
          channel,
          recipient,
          payload: JSON.stringify(notice),
          created_at: now().toISOString(),
          attempts: 0,
          next_at: now().toISOString(),
          delivered_at: null,
          failed_at: null,
          last_error: null,
        })
        .onConflict(conflict => conflict.column('id').doNothing())
        .execute()
    },

    async has(channel, recipient, notice) {
      const id = idOf(channel, recipient, notice)
      return (await db.selectFrom('deliveries').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
    },

    async take(channel) {
      const at = now().toISOString()
      const latest = secondsFrom(now(), daySeconds + clocksDifferSeconds).toISOString()
      const due = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('channel', '=', channel)
        .where('delivered_at', 'is', null)
        .where('failed_at', 'is', null)
        // What stands further ahead than any wait was put off before the clock was put back.
        .where(each => each.or([each('next_at', '<=', at), each('next_at', '>', latest)]))
        .orderBy('next_at')
        .limit(10)
        .execute()
      for (const row of due) {
        const attempts = row.attempts + 1
        const { numUpdatedRows } = await open()
          .set({ attempts, next_at: secondsFrom(now(), leaseSeconds).toISOString() })
          .where('id', '=', row.id)
          .where('attempts', '=', row.attempts)
          .where('next_at', '=', row.next_at)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) continue
        return { id: row.id, channel, recipient: row.recipient, notice: JSON.parse(row.payload) as Notice, attempts }
      }
      return null
    },

    async delivered({ id }) {
      await open().set({ delivered_at: now().toISOString(), last_error: null }).where('id', '=', id).execute()
    },

    async failed({ id, attempts }, why) {
      const wait = waitSeconds[attempts - 1]
      await open()
        .set({
          last_error: why,
          ...(wait === undefined
            ? { failed_at: now().toISOString() }
            : { next_at: secondsFrom(now(), wait).toISOString() }),
        })
        .where('id', '=', id)
        .execute()
    },

    async trouble() {
      const rows = await db
        .selectFrom('deliveries')
        .select(['failed_at', 'last_error'])
        .where('delivered_at', 'is', null)
        .where('last_error', 'is not', null)
        .orderBy('created_at', 'desc')
        .execute()
      const failed = rows.filter(row => row.failed_at !== null).length
      return { failed, waiting: rows.length - failed, lastError: rows[0]?.last_error ?? null }
    },

    async tidy() {
      const at = now().toISOString()
      const ago = (days: number) => secondsFrom(now(), -days * daySeconds).toISOString()
      await open()
        .set({ failed_at: at, last_error: 'not sent within three days' })
        .where('created_at', '<', ago(3))
        .execute()
      await db.deleteFrom('deliveries').where('created_at', '<', ago(30)).execute()
    },
  }
}

/** The same notice on the same channel is one message for each recipient, however often it is put in. */
function idOf(channel: Channel, recipient: string, notice: Notice): string {
  const name = [channel, notice.event, ...aboutOf(notice, recipient)].join(' ')
  return `msg_${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
}

function aboutOf(notice: Notice, recipient: string): string[] {
  if ('auditUrl' in notice) return [notice.at, recipient]
  if ('member' in notice) return [notice.member.id, notice.at, recipient]
  return [notice.connection.id, notice.connection.endsAt ?? notice.at]
}
