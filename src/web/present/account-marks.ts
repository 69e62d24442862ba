import type { AccessRole, Account, CustomerStatus } from '../../accounts/account.ts'
import { type CustomerId, formatCustomerId } from '../../customer-id.ts'
import type { Messages } from '../../messages/en.ts'

/** Tone and icon go together with a word: status is never told by colour alone. */
export interface Badge {
  word: string
  tone: 'good' | 'quiet' | 'warn' | 'bad'
  icon: string
  meaning: string
}

export interface NameMark {
  text: string
  unnamed: boolean
}

export interface KindMark {
  word: string
  icon: 'manager' | 'client' | 'unknown'
}

export interface RoleMark {
  word: string
  known: boolean
  meaning: string
}

/** What every rendered account shows, whichever page it stands on. */
export interface AccountMarks {
  customerId: CustomerId
  shownId: string
  name: NameMark
  kind: KindMark
  status: Badge | null
  currency: string | null
  timeZone: string | null
  test: boolean
}

export function accountMarks(account: Account, t: Messages): AccountMarks {
  return {
    customerId: account.customerId,
    shownId: formatCustomerId(account.customerId),
    name: nameMark(account.descriptiveName, t),
    kind: kindMark(account.manager, t),
    status: statusBadge(account, t),
    currency: account.currencyCode,
    timeZone: account.timeZone,
    test: account.testAccount === true,
  }
}

export function nameMark(name: string | null, t: Messages): NameMark {
  const text = name?.trim() ?? ''
  return text === '' ? { text: t.words.unnamed, unnamed: true } : { text, unnamed: false }
}

export function kindMark(manager: boolean | null, t: Messages): KindMark {
  if (manager === null) return { word: t.words.kinds.unknown, icon: 'unknown' }
  return manager ? { word: t.words.kinds.manager, icon: 'manager' } : { word: t.words.kinds.client, icon: 'client' }
}

const STATUS_LOOKS: Record<CustomerStatus, { tone: Badge['tone']; icon: string }> = {
  ENABLED: { tone: 'good', icon: 'check' },
  CANCELED: { tone: 'quiet', icon: 'cross' },
  SUSPENDED: { tone: 'bad', icon: 'pause' },
  CLOSED: { tone: 'quiet', icon: 'lock' },
  UNKNOWN: { tone: 'quiet', icon: 'unknown' },
}

function statusBadge(account: Pick<Account, 'status' | 'testAccount'>, t: Messages): Badge | null {
  if (account.status === null) return null
  const meaning =
    account.status === 'CLOSED' && account.testAccount === true
      ? t.words.closedTestAccount
      : t.words.statusMeanings[account.status]
  return { word: t.words.statuses[account.status], meaning, ...STATUS_LOOKS[account.status] }
}

export function roleMark(role: AccessRole | null, t: Messages): RoleMark {
  const known = role !== null && role !== 'UNKNOWN'
  return { word: t.words.roles[role ?? 'UNKNOWN'], known, meaning: t.words.roleMeanings[role ?? 'UNKNOWN'] }
}
