import { type ApiKey, type ApiKeyScope, apiKeyScopes } from '../../members/api-keys.ts'
import type { Member } from '../../members/member.ts'
import type { Passkey } from '../../members/passkeys.ts'
import type { LiveSession } from '../../members/sessions.ts'
import type { Messages } from '../../messages/en.ts'
import { browserName } from './browser.ts'
import { type PasskeyMarks, passkeyMarks } from './passkeys.ts'
import { type PersonChip, personChip } from './person.ts'
import { routes } from './routes.ts'
import { calendarDay, type Moment, moment, momentOrNull } from './times.ts'

export interface SelfLocals {
  title: string
  person: { chip: PersonChip; name: string | null; role: string }
  sessions: { browser: string; since: Moment; lastSeen: Moment; current: boolean; endHref: string }[]
  passkeys: PasskeyMarks[]
  /** How many recovery codes are unused. */
  codesLeft: number
  /** Whether the settings require this member to have a passkey. */
  passkeyRequired: boolean
  keys: KeyMarks[]
  /** Those that ended or were revoked. */
  oldKeys: KeyMarks[]
  form: KeyForm | null
  /** What was made just now, with its secret: this page is the only one that ever shows it. */
  fresh: { kind: 'key' | 'code'; title: string; text: string; value: string; copyLabel: string } | null
}

interface KeyMarks {
  /** The part of the key that names it. */
  shown: string
  name: string
  scopes: string[]
  created: Moment
  lastUsed: Moment | null
  ends: Moment
  revoked: boolean
  revokeHref: string
}

interface KeyForm {
  /** Names the key this form makes, so that sending it twice makes one. */
  id: string
  scopes: { scope: ApiKeyScope; meaning: string; checked: boolean }[]
}

export type Fresh = { kind: 'key'; key: ApiKey; secret: string } | { kind: 'code'; code: string; publicUrl: string }

/** The person's own page. Without a passkey or a recent sign-in, it asks for one instead of showing the key form. */
export function presentSelf(input: {
  t: Messages
  now: Date
  member: Member
  sessions: LiveSession[]
  currentSessionId: string
  keys: ApiKey[]
  passkeys: Passkey[]
  codesLeft: number
  passkeyRequired: boolean
  signedInRecently: boolean
  newKeyId: string
  fresh: Fresh | null
}): SelfLocals {
  const { t, now, member } = input
  const isLive = (key: ApiKey) => key.revokedAt === null && key.expiresAt > now.toISOString()
  const marks = (key: ApiKey) => keyMarks(key, now, t)
  return {
    title: t.self.title,
    person: {
      chip: personChip(member.email, member.name, member.picture),
      name: member.name,
      role: t.members.roles[member.role],
    },
    sessions: input.sessions.map(session => ({
      browser: browserName(session.userAgent, t),
      since: moment(session.createdAt, now, t),
      lastSeen: moment(session.lastSeenAt, now, t),
      current: session.id === input.currentSessionId,
      endHref: routes.endSession(session.id),
    })),
    passkeys: input.passkeys.map(passkey => passkeyMarks(passkey, now, t)),
    codesLeft: input.codesLeft,
    passkeyRequired: input.passkeyRequired,
    keys: input.keys.filter(isLive).map(marks),
    oldKeys: input.keys.filter(key => !isLive(key)).map(marks),
    form: input.signedInRecently || input.passkeys.length > 0 ? keyForm(input.newKeyId, t) : null,
    fresh: input.fresh && freshMarks(input.fresh, t),
  }
}

function keyForm(id: string, t: Messages): KeyForm {
  return {
    id,
    scopes: apiKeyScopes.map(scope => ({
      scope,
      meaning: t.self.keys.scopeMeanings[scope],
      checked: scope === 'read',
    })),
  }
}

function keyMarks(key: ApiKey, now: Date, t: Messages): KeyMarks {
  return {
    shown: t.self.keys.shown(key.id),
    name: key.name,
    scopes: key.scopes,
    created: moment(key.createdAt, now, t),
    lastUsed: momentOrNull(key.lastUsedAt, now, t),
    ends: moment(key.expiresAt, now, t),
    revoked: key.revokedAt !== null,
    revokeHref: routes.revokeApiKey(key.id),
  }
}

function freshMarks(fresh: Fresh, t: Messages): NonNullable<SelfLocals['fresh']> {
  if (fresh.kind === 'key') {
    const { keys } = t.self
    return {
      kind: 'key',
      title: keys.freshTitle(fresh.key.name),
      text: `${keys.freshText} ${keys.freshEnds(calendarDay(fresh.key.expiresAt.slice(0, 10), t))}`,
      value: fresh.secret,
      copyLabel: keys.copy,
    }
  }
  const { codes } = t.self
  return {
    kind: 'code',
    title: codes.freshTitle,
    text: codes.freshText,
    value: `ads-keyring generate-user-credentials --client-secrets-path FILE --keyring ${fresh.publicUrl} --code ${fresh.code}`,
    copyLabel: codes.copy,
  }
}
