import type { Audit } from '../audit/audit.ts'
import type { Notices } from './notices.ts'

/**
 * The audit trail, which also puts notices into the outbox: every way in which a connection comes to need its owner, or a
 * member the administrators, is written there, inside the transaction that changes it, so none can forget to tell.
 */
export function announcingAudit(audit: Audit, notices: Pick<Notices, 'needsReconnect' | 'addressConflict'>): Audit {
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
    },
  }
}
