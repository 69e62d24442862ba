import type { ConnectionStatus } from '../../connections/connection.ts'
import type { Messages } from '../../messages/en.ts'
import type { Badge } from './account-marks.ts'

const LOOKS: Record<ConnectionStatus, { tone: Badge['tone']; icon: string }> = {
  active: { tone: 'good', icon: 'check' },
  needs_reconnect: { tone: 'warn', icon: 'warning' },
  paused: { tone: 'quiet', icon: 'pause' },
  revoked: { tone: 'quiet', icon: 'cross' },
}

export function connectionBadge(status: ConnectionStatus, t: Messages): Badge {
  return { word: t.connections.statuses[status], meaning: t.connections.statusMeanings[status], ...LOOKS[status] }
}
