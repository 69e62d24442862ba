import type { KeyTrail } from '../vault/rotation.ts'
import { type Actor, asFact, askAdmin } from './actor.ts'
import type { Audit } from './audit.ts'

/**
 * Records key changes by this person or command in the audit trail. Their right is checked when the change starts; once
 * started, it runs to its end.
 */
export function keyTrail(audit: Audit, actor: Actor): KeyTrail {
  return {
    async rotated(tx, step, { from, to, resealed }) {
      if (step === 'begun') await askAdmin(tx, actor)
      await audit.record(tx, step === 'begun' ? actor : asFact(actor), {
        action: 'key.rotated',
        target: { kind: 'key', id: to, name: to },
        changes: {
          step,
          key: [from.join(', '), to],
          ...Object.fromEntries([...resealed].map(([name, count]) => [name, String(count)])),
        },
      })
    },

    async retired(tx, kid) {
      await askAdmin(tx, actor)
      await audit.record(tx, actor, { action: 'key.retired', target: { kind: 'key', id: kid, name: kid } })
    },
  }
}
