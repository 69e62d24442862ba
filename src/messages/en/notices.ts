import type { Notice } from '../../notices/notice.ts'
import { connections } from './connections.ts'
import { counted } from './words.ts'

const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' })
const at = (iso: string) => `${time.format(new Date(iso))} UTC`

function whatHappened({ event, at: since, connection }: Notice): string {
  if (event === 'connection.ends_soon') {
    return `The connection of ${connection.email} ends on ${at(connection.endsAt ?? since)}. Google named this end when the person agreed.`
  }
  return `The connection of ${connection.email} stopped working on ${at(since)}. ${connections.reasons[connection.reason ?? 'rejected']}`
}

/** What owners are told outside the pages, and what admins see of that. */
export const notices = {
  subject: ({ event, connection }: Notice) =>
    event === 'connection.ends_soon'
      ? `Google Ads access of ${connection.email} ends soon`
      : `Reconnect ${connection.email} to Google Ads`,
  text: (notice: Notice, publicUrl: string) =>
    `${[
      whatHappened(notice),
      `To go on, sign in at Google as ${notice.connection.email} once more:\n${notice.reconnectUrl}`,
      'Its accounts, settings and shares stay as they are. What was read before can still be looked at.',
      `You get this because the connection is yours in Ads Keyring at ${publicUrl}. The link holds no secret and asks you to sign in.`,
    ].join('\n\n')}\n`,

  title: 'Notices to owners',
  fields: { email: 'E-mail', webhook: 'Webhook' },
  off: (setting: string) => `Off. Set ${setting} to tell owners when a connection dies.`,
  from: (sender: string) => `Sent as ${sender}`,
  signed: (host: string) => `Posted to ${host}, signed`,
  failed: (count: number) =>
    `${counted(count, 'notice', 'notices')} could not be delivered and will not be sent again.`,
  waiting: (count: number) => `${counted(count, 'notice is', 'notices are')} waiting to be sent again.`,
  lastError: (why: string) => `Last reason: ${why}.`,
}
