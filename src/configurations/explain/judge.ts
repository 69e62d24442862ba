import type { Format } from '../formats.ts'
import type { Dialect, Field, Naming } from './dialects.ts'
import type { Entry, Fault } from './notation.ts'
import type { ConfigurationReading, FoundCredential, LineFinding, Reason, Verdict } from './reading.ts'
import { isPlaceholder, valueReason } from './values.ts'

export interface Case {
  format: Format
  dialect: Dialect
  nameOf: (key: string) => Naming
  entries: Entry[]
  faults: Fault[]
  lineAt: (offset: number) => number
}

type Judged = Pick<ConfigurationReading, 'kind' | 'findings' | 'clean' | 'credential'>
type Place = { line: number; key: string }

interface Setting {
  field: Field
  entry: Entry
}

const userFields: Field[] = ['clientId', 'clientSecret', 'refreshToken']
const keyFields: Field[] = ['keyFilePath', 'impersonatedEmail']

/** Holds what a text says against what its library wants to read. */
export function judge({ format, dialect, nameOf, entries, faults, lineAt }: Case): Judged {
  const settings = entries.flatMap((entry): Setting[] => {
    const naming = nameOf(entry.key)
    return 'field' in naming && naming.field ? [{ field: naming.field, entry }] : []
  })
  const kind = kindOf(settings)
  const firsts = new Map<Field, Setting>(settings.toReversed().map(setting => [setting.field, setting]))
  const there = [...faults.map(aboutFault), ...entries.flatMap(aboutEntry)]
  const findings = [
    ...there.sort((left, right) => (left.line ?? 0) - (right.line ?? 0)),
    ...aboutAbsent(settings, kind, { dialect, entries }),
  ]
  return {
    kind,
    findings,
    clean: findings.every(({ verdict }) => verdict === 'ok' || verdict === 'placeholder'),
    credential: credentialIn(settings, kind),
  }

  function aboutFault({ at, reason }: Fault): LineFinding {
    return finding(reason === 'syntax' ? 'unknown' : 'missing', reason, { line: lineAt(at) })
  }

  /** At most one thing about the name, and one about the value. */
  function aboutEntry(entry: Entry): LineFinding[] {
    const { key } = entry
    const at = { line: lineAt(entry.at), key }
    const naming = nameOf(key)
    if (naming.kind === 'unknown') return entry.loose ? [] : [finding('unknown', 'unknown', { line: at.line })]
    if (naming.kind === 'other') return [finding('ok', otherReason(key), at)]
    const name = aboutName(naming, at, dialect)
    if (naming.field === null) return name
    const value = aboutValue(naming.field, entry, at)
    return name.length > 0 && value.verdict === 'ok' ? name : [...name, value]
  }

  function aboutValue(field: Field, entry: Entry, at: Place): LineFinding {
    const earlier = firsts.get(field)
    if (earlier && earlier.entry.from !== entry.from && !dialect.manyCalls) {
      return finding('duplicate', 'duplicate', at, { line: String(lineAt(earlier.entry.at)) })
    }
    if (kind === 'mixed' && keyFields.includes(field)) return finding('mixed', 'mixed', at)
    const section = dialect.sections?.[field]
    if (section !== undefined && entry.section !== undefined && entry.section !== section) {
      return finding('wrong_value', 'wrong_section', at, { right: section })
    }
    if (entry.value === null) return finding('ok', 'computed', at)
    const reason = valueReason(field, entry.value, dialect)
    if (reason !== null) return finding(reason.startsWith('placeholder') ? 'placeholder' : 'wrong_value', reason, at)
    const mode = kind === 'service_account' ? 'SERVICE_ACCOUNT' : 'APPLICATION'
    if (field === 'mode' && (kind === 'user' || kind === 'service_account') && entry.value.toUpperCase() !== mode) {
      return finding('wrong_value', 'mode_mismatch', at, { right: mode })
    }
    if (field === 'defaultCredentials' && isTrue(entry) && kind !== 'default_credentials') {
      return finding('mixed', 'default_credentials', at)
    }
    return finding('ok', goodReason(field, dialect, format), at)
  }
}

function aboutName(
  naming: Exclude<Naming, { kind: 'other' | 'unknown' }>,
  at: Place,
  { oldSections = [] }: Dialect,
): LineFinding[] {
  if (naming.kind === 'field') return []
  if (naming.kind !== 'obsolete') return [finding('misspelt', naming.kind, at, { right: naming.right })]
  if (oldSections.includes(at.key)) return [finding('obsolete', 'obsolete_section', at)]
  if (naming.today === null) return [finding('obsolete', 'obsolete_without_successor', at)]
  return [finding('obsolete', 'obsolete', at, { right: naming.today })]
}

function kindOf(settings: Setting[]): ConfigurationReading['kind'] {
  const has = (fields: Field[]) => settings.some(({ field }) => fields.includes(field))
  if (has(userFields) && has(keyFields)) return 'mixed'
  if (has(userFields)) return 'user'
  if (has(keyFields)) return 'service_account'
  const asked = settings.some(({ field, entry }) => field === 'defaultCredentials' && isTrue(entry))
  if (asked) return 'default_credentials'
  return has(['authorization']) ? 'access_token' : 'none'
}

const isTrue = ({ value }: Entry) => value?.toLowerCase() === 'true'

function goodReason(field: Field, dialect: Dialect, format: Format): Reason {
  if (field === 'developerToken')
    return dialect.demandsDeveloperToken ? 'developer_token_demanded' : 'developer_token_ignored'
  if (field === 'impersonatedEmail') return 'impersonation_optional'
  if (field === 'defaultCredentials' && format === 'env') return 'default_credentials_with_prefix'
  return 'good'
}

function otherReason(key: string): Reason {
  return key === 'USE_APPLICATION_DEFAULT_CREDENTIALS' ? 'default_credentials_without_prefix' : 'not_about_credentials'
}

function aboutAbsent(
  settings: Setting[],
  kind: ConfigurationReading['kind'],
  { dialect, entries }: Pick<Case, 'dialect' | 'entries'>,
): LineFinding[] {
  const there = (field: Field) => settings.some(each => each.field === field)
  const wanted: Field[] = [...dialect.required]
  if (kind === 'user' || kind === 'none') wanted.push(...userFields)
  if (kind === 'service_account') wanted.push('keyFilePath', ...(dialect.requiredWithKeyFile ?? []))
  if (dialect.demandsDeveloperToken && !restOnly(dialect, kind) && !entries.some(byOrganisation))
    wanted.push('developerToken')
  const missing = wanted
    .filter(field => !there(field))
    .map(field => finding('missing', 'missing', { key: dialect.names[field] ?? field }, { field }))
  if (there('loginCustomerId')) return missing
  return [...missing, finding('ok', 'login_customer_absent', { key: dialect.names.loginCustomerId ?? '' })]
}

/** google-auth-library, in whose configuration a service account stands for Node, asks for no developer token. */
function restOnly(dialect: Dialect, kind: ConfigurationReading['kind']): boolean {
  return kind === 'service_account' && dialect.names.keyFilePath === 'keyFilename'
}

/** Libraries ask for no developer token where the Cloud organisation is said to stand for it. */
function byOrganisation({ key, value }: Entry): boolean {
  return /^use_?cloud_?org_?for_?api_?access$/i.test(key) && /^(?:true|on|yes|1)$/i.test(value ?? '')
}

/** Later lines win, as they do in most libraries. */
function credentialIn(settings: Setting[], kind: ConfigurationReading['kind']): FoundCredential | null {
  const value = (field: Field) => {
    const text = settings.findLast(each => each.field === field)?.entry.value ?? ''
    return text.trim() === '' || isPlaceholder(text) ? null : text
  }
  const shared = {
    loginCustomerId: value('loginCustomerId')?.replace(/[\s-]/g, '') ?? null,
    developerToken: value('developerToken'),
  }
  const [clientId, clientSecret, refreshToken] = [value('clientId'), value('clientSecret'), value('refreshToken')]
  if (kind === 'user' && clientId !== null && clientSecret !== null && refreshToken !== null) {
    return { kind, clientId, clientSecret, refreshToken, ...shared }
  }
  const keyFilePath = value('keyFilePath')
  if (kind !== 'service_account' || keyFilePath === null) return null
  return { kind, keyFilePath, impersonatedEmail: value('impersonatedEmail'), ...shared }
}

function finding(
  verdict: Verdict,
  reason: Reason,
  at: { line?: number; key?: string },
  params: Record<string, string> = {},
): LineFinding {
  return { line: at.line ?? null, key: at.key ?? null, verdict, reason, params }
}
