import type { ConnectionNotice, MemberNotice, Notice, PasskeyNotice, TrailNotice } from '../../notices/notice.ts'
import { connections } from './connections.ts'
import { counted } from './words.ts'

const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' })
const at = (iso: string) => `${time.format(new Date(iso))} UTC`

function whatHappened({ event, at: since, connection }: ConnectionNotice): string {
  if (event === 'connection.ends_soon') {
    return `The connection of ${connection.email} ends on ${at(connection.endsAt ?? since)}. Google named this end when the person agreed.`
  }
  return `The connection of ${connection.email} stopped working on ${at(since)}. ${connections.reasons[connection.reason ?? 'rejected']}`
}

function ofConnection(notice: ConnectionNotice, publicUrl: string): string[] {
  return [
    whatHappened(notice),
    `To go on, sign in at Google as ${notice.connection.email} once more:\n${notice.reconnectUrl}`,
    'Its accounts, settings and shares stay as they are. What was read before can still be looked at.',
    `You get this because the connection is yours in Ads Keyring at ${publicUrl}. The link holds no secret and asks you to sign in.`,
  ]
}

const trailSubjects: Record<TrailNotice['event'], string> = {
  'audit.checkpoint': 'A checkpoint of the audit trail',
  'audit.rollback_detected': 'Someone changed the audit trail of Ads Keyring',
}

function ofTrail({ event, at: since, auditUrl }: TrailNotice, publicUrl: string): string[] {
  if (event === 'audit.checkpoint') return [`The audit trail of Ads Keyring at ${publicUrl} has a new checkpoint.`]
  return [
    `On ${at(since)}, the running server found that the audit trail was set back or altered: it doesn't continue from the entry written last. Someone wrote to the database outside Ads Keyring.`,
    `Before you restart or restore anything, copy the database and the server's log. Then open the audit trail, verify it, and compare it with a checkpoint kept elsewhere:\n${auditUrl}`,
    `You get this because you are an administrator of Ads Keyring at ${publicUrl}.`,
  ]
}

function addressConflict({ at: since, member, memberUrl }: MemberNotice, publicUrl: string): string[] {
  return [
    `On ${at(since)}, someone tried to sign in with a Google account that has the address ${member.email}. Another member, with another Google account, already has this address. We refused the sign-in and changed nothing.`,
    `This happens when an address is given to someone else. If the member has a new address, ask them to sign in once, and Ads Keyring will update it. If they have left, or you didn't expect this, check the member and the audit trail:\n${memberUrl}`,
    `You get this because you are an administrator of Ads Keyring at ${publicUrl}.`,
  ]
}

const passkeySubjects: Record<PasskeyNotice['event'], string> = {
  'passkey.added': 'A passkey was added to your account',
  'passkey.copied': 'One of your passkeys may have been copied',
  'passkey.reset': 'Your passkeys were reset',
  'recovery_code.used': 'One of your recovery codes was used',
}

const passkeyEvents: Record<PasskeyNotice['event'], (when: string) => string> = {
  'passkey.added': when => `A passkey was added to your account on ${when}.`,
  'passkey.copied': when =>
    `On ${when}, we refused one of your passkeys because it may have been copied: its count of uses went down. Remove the passkey and add it again.`,
  'passkey.reset': when =>
    `All your passkeys and recovery codes were removed on ${when}. You can add a new passkey after signing in with Google.`,
  'recovery_code.used': when =>
    `Someone used one of your recovery codes instead of a passkey on ${when}. If you lost a passkey, remove it.`,
}

function aboutPasskeys({ event, at: since, member, selfUrl }: PasskeyNotice, publicUrl: string): string[] {
  return [
    passkeyEvents[event](at(since)),
    `If you expected this, you don't need to do anything else. If not, tell an administrator at once and check your passkeys and sessions:\n${selfUrl}`,
    `You get this because ${member.email} is a member of Ads Keyring at ${publicUrl}.`,
  ]
}

function paragraphs(notice: Notice, publicUrl: string): string[] {
  if ('connection' in notice) return ofConnection(notice, publicUrl)
  if ('auditUrl' in notice) return ofTrail(notice, publicUrl)
  return notice.event === 'member.address_conflict'
    ? addressConflict(notice, publicUrl)
    : aboutPasskeys(notice, publicUrl)
}

/** What owners and administrators are told outside the pages, and what admins see of that. */
export const notices = {
  subject: (notice: Notice) => {
    if (notice.event === 'member.address_conflict') return `Two Google accounts use ${notice.member.email}`
    if ('auditUrl' in notice) return trailSubjects[notice.event]
    if (!('connection' in notice)) return passkeySubjects[notice.event]
    return notice.event === 'connection.ends_soon'
      ? `Google Ads access of ${notice.connection.email} ends soon`
      : `Reconnect ${notice.connection.email} to Google Ads`
  },
  text: (notice: Notice, publicUrl: string) => `${paragraphs(notice, publicUrl).join('\n\n')}\n`,

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
