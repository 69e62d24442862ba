import type { KeyTrail } from '../vault/rotation.ts'
import type { Actor } from './actor.ts'
import type { Audit } from './audit.ts'

/** How a change of keys by this person or command reads in the audit trail. */
export function keyTrail(audit: Audit, actor: Actor): KeyTrail {
  return {
    rotated: (tx, step, { from, to, resealed }) =>
      audit.record(tx, actor, {
        action: 'key.rotated',
        target: { kind: 'key', id: to, name: to },
        changes: {
          step,
          key: [from.join(', '), to],
          ...Object.fromEntries([...resealed].map(([name, count]) => [name, String(count)])),
        },
      }),
    retired: (tx, kid) =>
      audit.record(tx, actor, { action: 'key.retired', target: { kind: 'key', id: kid, name: kid } }),
  }
}
