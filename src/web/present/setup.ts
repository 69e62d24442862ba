import type { Messages } from '../../messages/en.ts'

export interface SetupInput {
  t: Messages
  redirectUri: string
  publicUrl: string
  clientId: string | null
  clientSource: 'file' | 'environment' | null
  /** Whether the client secrets file lists the redirect URI; null where there is no file to look in. */
  redirectUriRegistered: boolean | null
  apiVersion: string
  developerTokenSet: boolean
  engine: 'sqlite' | 'postgres'
  googleStandIn: string | null
  /** False for strangers, who see only what to register at Google. */
  details: boolean
  /** Who may sign in; null for readers who are not admins. */
  signIn: { admins: number; domains: string[]; emails: number } | null
  /** What is missing, as sentences. */
  problems: string[]
}

export interface SetupLocals {
  title: string
  redirectUri: string
  redirectTone: 'good' | 'bad' | 'quiet'
  redirectText: string
  clientId: string | null
  facts: { label: string; value: string; code: boolean }[]
  whoMaySignIn: string[] | null
  problems: string[]
}

export function presentSetup(input: SetupInput): SetupLocals {
  const { t } = input
  const f = t.setup.fields
  const facts = [{ label: f.publicUrl, value: input.publicUrl, code: true }]
  if (input.details) facts.push(...details(input))
  return {
    title: t.setup.title,
    redirectUri: input.redirectUri,
    ...redirectState(input.redirectUriRegistered, t),
    clientId: input.clientId,
    facts,
    whoMaySignIn: input.signIn && signInRules(input.signIn, t),
    problems: input.problems,
  }
}

function details({ t, ...input }: SetupInput): SetupLocals['facts'] {
  const f = t.setup.fields
  const facts = [
    {
      label: f.clientSource,
      value: input.clientSource === null ? t.setup.clientSourceNone : t.setup.clientSources[input.clientSource],
      code: false,
    },
    { label: f.apiVersion, value: input.apiVersion, code: true },
    {
      label: f.developerToken,
      value: input.developerTokenSet ? t.setup.developerTokenSet : t.setup.developerTokenNotNeeded,
      code: false,
    },
    { label: f.storage, value: t.setup.engines[input.engine], code: false },
  ]
  if (input.googleStandIn !== null) facts.push({ label: f.standIn, value: input.googleStandIn, code: true })
  return facts
}

function redirectState(registered: boolean | null, t: Messages): Pick<SetupLocals, 'redirectTone' | 'redirectText'> {
  if (registered === null) return { redirectTone: 'quiet', redirectText: t.setup.redirectUnknown }
  return registered
    ? { redirectTone: 'good', redirectText: t.setup.redirectRegistered }
    : { redirectTone: 'bad', redirectText: t.setup.redirectNotListed }
}

function signInRules(rules: NonNullable<SetupInput['signIn']>, t: Messages): string[] {
  const words = t.setup.signInRules
  const lines: string[] = []
  if (rules.domains.length > 0) {
    lines.push(words.domains(new Intl.ListFormat(t.locale, { type: 'conjunction' }).format(rules.domains)))
  }
  if (rules.emails > 0) lines.push(words.emails(rules.emails))
  if (rules.admins > 0) lines.push(words.admins(rules.admins))
  return lines.length > 0 ? lines : [words.nobody]
}
