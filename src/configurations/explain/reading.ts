import type { Format } from '../formats.ts'

export type Verdict =
  | 'ok'
  | 'missing'
  | 'obsolete'
  | 'misspelt'
  | 'wrong_value'
  | 'unknown'
  | 'placeholder'
  | 'mixed'
  | 'duplicate'

/** Why a line has its verdict. The words for it are in the message files; none repeats a value. */
export type Reason =
  | 'good'
  | 'not_about_credentials'
  | 'computed'
  | 'developer_token_ignored'
  | 'developer_token_demanded'
  | 'impersonation_optional'
  | 'login_customer_absent'
  | 'default_credentials'
  | 'default_credentials_without_prefix'
  | 'default_credentials_with_prefix'
  | 'missing'
  | 'section_missing'
  | 'obsolete'
  | 'obsolete_without_successor'
  | 'obsolete_section'
  | 'misspelt'
  | 'other_library'
  | 'placeholder'
  | 'placeholder_developer_token'
  | 'empty'
  | 'quotes_kept'
  | 'blanks_around'
  | 'dashes'
  | 'not_ten_digits'
  | 'client_id_shape'
  | 'client_secret_shape'
  | 'refresh_token_shape'
  | 'access_token'
  | 'authorization_code'
  | 'key_itself'
  | 'key_file_p12'
  | 'email_shape'
  | 'mode_unknown'
  | 'mode_mismatch'
  | 'boolean_shape'
  | 'scope_missing'
  | 'wrong_section'
  | 'mixed'
  | 'duplicate'
  | 'unknown'
  | 'syntax'
  | 'unrecognised'
  | 'key_file'
  | 'client_secrets_file'
  | 'too_many_settings'
  | 'cut'

/** What is to be said about one line. */
export interface LineFinding {
  /** Counted from 1; null for what is not there. */
  line: number | null
  /** Null where the name could be anything, a secret included. */
  key: string | null
  verdict: Verdict
  reason: Reason
  /** Names of settings, sections and the like; never a value. */
  params: Record<string, string>
}

/** A credential found whole, for whoever wants to use it. Everything in it is secret. */
export type FoundCredential = {
  loginCustomerId: string | null
  developerToken: string | null
} & (
  | { kind: 'user'; clientId: string; clientSecret: string; refreshToken: string }
  | { kind: 'service_account'; keyFilePath: string; impersonatedEmail: string | null }
)

export interface ConfigurationReading {
  /** Null when it looks like none of them. */
  format: Format | null
  kind: 'user' | 'service_account' | 'mixed' | 'default_credentials' | 'access_token' | 'none'
  /** By line, what is missing last. */
  findings: LineFinding[]
  /** Nothing but placeholders stands between this file and a working one. */
  clean: boolean
  /** The text as it may be shown: same lines, secrets and everything not understood replaced by dots. */
  masked: string
  /** Never to be shown, logged or kept. Null when parts are missing, placeholders, computed, or of both kinds. */
  credential: FoundCredential | null
}
