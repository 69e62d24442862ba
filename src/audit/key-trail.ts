import type { KeyTrail } from '../vault/rotation.ts'
import { type Actor, asFact, askAdmin } from './actor.ts'
import type { Audit } from './audit.ts'

/**
 * How a change of keys by this person or command reads in the audit trail. Whoever begins it is asked for the right; what
 * was begun goes on to its end.
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
