import type { Messages } from '../../messages/en.ts'
import type { KeyState, Progress, Verification } from '../../vault/rotation.ts'
import type { Badge } from './account-marks.ts'
import { routes } from './routes.ts'
import { type Moment, momentOrNull } from './times.ts'

interface KeyRow {
  kid: string
  badge: Badge
  since: Moment | null
  retired: Moment | null
  /** What is sealed with it: `3 credentials`. */
  holdings: string[]
  mayTakeOut: boolean
  mayRetire: boolean
}

export interface KeysLocals {
  title: string
  rows: KeyRow[]
  sealing: string
  missing: { kid: string; text: string }[]
  /** How many values older keys sealed that can be sealed anew. */
  due: number
  progress: Progress | null
  /** The last attempt in this process ended early. */
  failed: boolean
  /** Lets a browser without scripts load the page again by itself. */
  loading: boolean
}

interface FailedValue {
  text: string
  /** The connection it belongs to. */
  href: string | null
}

export interface VerificationLocals {
  title: string
  sound: boolean
  opened: number
  rows: { kid: string; note: string | null; opened: number; failed: FailedValue[]; failedCount: number; more: number }[]
}

const looks: Record<KeyState['state'], Pick<Badge, 'tone' | 'icon'>> = {
  seals: { tone: 'good', icon: 'lock' },
  opens: { tone: 'quiet', icon: 'check' },
  retired: { tone: 'quiet', icon: 'cross' },
  missing: { tone: 'bad', icon: 'warning' },
  absent: { tone: 'quiet', icon: 'hidden' },
}

export function presentKeys(input: {
  t: Messages
  now: Date
  keys: KeyState[]
  progress: Progress | null
  failed: boolean
}): KeysLocals {
  const { t, now, keys, progress, failed } = input
  const older = keys.filter(({ state, given }) => given && state !== 'seals')
  return {
    title: t.keys.title,
    rows: keys.map(key => ({
      kid: key.kid,
      badge: { word: t.keys.states[key.state], meaning: t.keys.stateMeanings[key.state], ...looks[key.state] },
      since: momentOrNull(key.since, now, t),
      retired: momentOrNull(key.retiredAt, now, t),
      holdings: [...key.counts].map(
        ([name, count]) => t.keys.holdings[name]?.(count) ?? t.keys.otherHolding(name, count),
      ),
      mayTakeOut: key.state === 'retired' && key.given && key.total === 0,
      mayRetire: key.state !== 'seals' && key.since !== null && key.retiredAt === null && key.total === 0,
    })),
    sealing: keys.find(({ state }) => state === 'seals')?.kid ?? '',
    missing: keys
      .filter(({ state }) => state === 'missing')
      .map(({ kid, total }) => ({ kid, text: t.keys.missing(kid, total) })),
    due: older.reduce((due, { total }) => due + total, 0),
    progress,
    failed: failed && progress === null,
    loading: progress !== null,
  }
}

/** Beyond this many the rows of one key look all the same; the command prints every one. */
const mostRows = 50

export function presentVerification({
  t,
  verification,
}: {
  t: Messages
  verification: Verification
}): VerificationLocals {
  const { verification: words } = t.keys
  return {
    title: words.title,
    sound: verification.sound,
    opened: verification.opened,
    rows: verification.keys.map(({ kid, known, opened, failed }) => ({
      kid,
      note: kid === '' ? words.noKey : known ? null : words.unknownKey,
      opened,
      failed: failed.slice(0, mostRows).map(value => ({
        text: `${value.column} ${value.row}`,
        href: value.column.startsWith('connections.') ? routes.connection(value.row) : null,
      })),
      failedCount: failed.length,
      more: Math.max(0, failed.length - mostRows),
    })),
  }
}
