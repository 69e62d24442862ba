import type { Audit, AuditEvent } from '../audit/audit.ts'
import type { PasskeyNotice } from './notice.ts'
import type { Notices } from './notices.ts'

/**
 * The audit trail, which also puts notices into the outbox. Every event that owners, administrators or members must know of
 * is recorded there, inside the transaction of the change, so nobody can forget to send the notice.
 */
export function announcingAudit(
  audit: Audit,
  notices: Pick<Notices, 'needsReconnect' | 'addressConflict' | 'aboutPasskeys'>,
): Audit {
  return {
    ...audit,
    async record(tx, actor, event) {
      await audit.record(tx, actor, event)
      if (event.action === 'connection.needs_reconnect' && event.target) {
        await notices.needsReconnect(tx, event.target.id)
      }
      if (event.action === 'member.address_conflict' && event.target) {
        await notices.addressConflict(tx, { id: event.target.id, email: event.target.name })
      }
      const aboutPasskeys = passkeyNotice(event)
      const memberId = event.target?.kind === 'member' ? event.target.id : actor.id
      if (aboutPasskeys && memberId !== null) await notices.aboutPasskeys(tx, memberId, aboutPasskeys)
    },
  }
}

/** What a member is told about their passkeys; what they do with one every day is not among it. */
function passkeyNotice({ action, outcome, changes }: AuditEvent): PasskeyNotice['event'] | null {
  if (action === 'passkey.added' || action === 'passkey.reset') return action
  if (action === 'recovery_code.used' && outcome !== 'refused') return action
  return action === 'passkey.refused' && changes?.reason === 'counter' ? 'passkey.copied' : null
}
