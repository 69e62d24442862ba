import { adwordsScope } from '../configuration.ts'
import type { Dialect, Field } from './dialects.ts'
import type { Reason } from './reading.ts'

/** What is wrong with a value, by its shape alone; null when nothing is. */
export function valueReason(field: Field, value: string, { keepsQuotes, dropsDashes }: Dialect): Reason | null {
  if (value.trim() === '') return 'empty'
  if (isPlaceholder(value)) return field === 'developerToken' ? 'placeholder_developer_token' : 'placeholder'
  if (keepsQuotes && quoted.test(value.trim())) return 'quotes_kept'
  if (value !== value.trim()) return 'blanks_around'
  return shapes[field]?.(value, dropsDashes === true) ?? null
}

const quoted = /^(?:"[\s\S]*"|'[\s\S]*')$/

/** As our files, Google's samples and people mark what is to be filled in. */
const leftIn = /^(?:INSERT_\w+|INSERT .*|(?:ENTER|YOUR)[_ -].*|<[^>]*>|x{6,}|\.{3}|…)$/i

export function isPlaceholder(value: string): boolean {
  const bare = value
    .trim()
    .replace(/^['"]|['"]$/g, '')
    .trim()
  return leftIn.test(bare)
}

type Shape = (value: string, dropsDashes: boolean) => Reason | null

const customerId: Shape = (value, dropsDashes) => {
  if (/^\d{10}$/.test(value)) return null
  if (!/^\d{3}[-\s]\d{3}[-\s]\d{4}$/.test(value)) return 'not_ten_digits'
  return dropsDashes ? null : 'dashes'
}

const boolean: Shape = value => (/^(?:true|false)$/i.test(value) ? null : 'boolean_shape')

const shapes: Partial<Record<Field, Shape>> = {
  loginCustomerId: customerId,
  linkedCustomerId: customerId,
  customerId: value => customerId(value, false),
  clientId: value => (/^[\w-]+\.apps\.googleusercontent\.com$/.test(value) ? null : 'client_id_shape'),
  clientSecret: value => (/^[\w-]{16,}$/.test(value) && !value.startsWith('ya29') ? null : 'client_secret_shape'),
  refreshToken: value => {
    if (value.startsWith('ya29.')) return 'access_token'
    if (/^4\//.test(value)) return 'authorization_code'
    return /^[\w\-./~+=]{20,}$/.test(value) && !value.endsWith('.apps.googleusercontent.com')
      ? null
      : 'refresh_token_shape'
  },
  keyFilePath: value => {
    if (/PRIVATE KEY|^\s*\{/.test(value)) return 'key_itself'
    return /\.p12$/i.test(value) ? 'key_file_p12' : null
  },
  impersonatedEmail: value => (/^[^\s@]+@[^\s@]+$/.test(value) ? null : 'email_shape'),
  mode: value => (/^(?:APPLICATION|SERVICE_ACCOUNT)$/i.test(value) ? null : 'mode_unknown'),
  protoPlus: boolean,
  defaultCredentials: boolean,
  scopes: value => (value.split(/[\s,]+/).includes(adwordsScope) ? null : 'scope_missing'),
}
