import type { Passkey } from '../../members/passkeys.ts'
import type { Messages } from '../../messages/en.ts'
import { browserName } from './browser.ts'
import { routes } from './routes.ts'
import { type Moment, moment, momentOrNull } from './times.ts'

export type Fields = { name: string; value: string }[]

export interface ConfirmLocals {
  title: string
  about: string
  /** Where the step continues, and with which method. */
  next: string
  method: 'get' | 'post'
  fields: Fields
  backHref: string
  codesLeft: number
}

/** The page that asks for a passkey before a sensitive step. It carries the fields of the step's form. */
export function presentConfirm({ t, ...rest }: { t: Messages } & Omit<ConfirmLocals, 'title'>): ConfirmLocals {
  return { title: t.passkeys.confirm.title, ...rest }
}

export interface NewPasskeyLocals {
  title: string
  name: string
  backHref: string
}

/** Suggests the browser's name, which people recognise. */
export function presentNewPasskey({
  t,
  userAgent,
  name,
}: {
  t: Messages
  userAgent: string | null
  name?: string
}): NewPasskeyLocals {
  const suggested = userAgent === null ? '' : browserName(userAgent, t)
  const known = suggested !== t.self.sessions.browserUnknown
  return {
    title: t.passkeys.create.title,
    name: name ?? (known ? suggested : ''),
    backHref: routes.passkeysOnSelf(),
  }
}

export interface RecoveryCodesLocals {
  title: string
  lead: string
  codes: string[]
  /** All of them, to be copied at once. */
  text: string
  doneHref: string
}

export function presentRecoveryCodes({
  t,
  codes,
  first,
}: {
  t: Messages
  codes: string[]
  first: boolean
}): RecoveryCodesLocals {
  const words = t.passkeys.codes
  return {
    title: words.title,
    lead: first ? words.firstLead : words.renewedLead,
    codes,
    text: codes.join('\n'),
    doneHref: routes.passkeysOnSelf(),
  }
}

export interface PasskeyMarks {
  name: string
  created: Moment
  lastUsed: Moment | null
  renameHref: string
  removeHref: string
}

export function passkeyMarks(passkey: Passkey, now: Date, t: Messages): PasskeyMarks {
  return {
    name: passkey.name,
    created: moment(passkey.createdAt, now, t),
    lastUsed: momentOrNull(passkey.lastUsedAt, now, t),
    renameHref: routes.renamePasskey(passkey.id),
    removeHref: routes.removePasskey(passkey.id),
  }
}
