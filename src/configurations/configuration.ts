import type { CustomerId } from '../customer-id.ts'

/** Stands where a secret belongs and says which one. */
export interface Placeholder {
  readonly placeholder: `INSERT_${string}_HERE`
}

/** A secret in a configuration. A bare string is none, so that a stored one cannot get here by accident. */
export type Secret = Placeholder | { readonly revealed: string }

/** A person's consent: the OAuth client it was given to, and what came of it. */
export interface UserCredential {
  kind: 'user'
  clientId: string
  clientSecret: Secret
  refreshToken: Secret
}

/** A key file lies where the program runs; a configuration names its path and never holds the key. */
export interface ServiceAccountCredential {
  kind: 'service_account'
  keyFilePath: string
  email: string
}

/** What a client library needs to call Google Ads as one connection. */
export interface ClientConfiguration {
  credential: UserCredential | ServiceAccountCredential
  developerToken: Secret | null
  loginCustomerId: CustomerId | null
  /** The account to call, where the format names one. */
  customerId: CustomerId | null
  apiVersion: string
}

export const placeholders = {
  clientSecret: { placeholder: 'INSERT_CLIENT_SECRET_HERE' },
  refreshToken: { placeholder: 'INSERT_REFRESH_TOKEN_HERE' },
  developerToken: { placeholder: 'INSERT_DEVELOPER_TOKEN_HERE' },
  keyFilePath: { placeholder: 'INSERT_PATH_TO_KEY_FILE_HERE' },
  customerId: { placeholder: 'INSERT_CUSTOMER_ID_HERE' },
  apiKey: { placeholder: 'INSERT_API_KEY_HERE' },
} as const satisfies Record<string, Placeholder>

/** Sentences that stand in a file as comments. */
export interface ConfigurationNotes {
  /** Where the file goes. One line. */
  where: string
  /** Why a developer token is asked for, or is not. One line. */
  developerToken: string
  /** Whose key file it is. One line. */
  keyFile: (email: string) => string
  /** Why the entry that names a person to act for is not there. One line. */
  impersonation: (key: string) => string
  /** Why a library without service accounts is not used for one. One line. */
  noServiceAccounts: string
  /** In place of an entry whose value the format has no notation for. One line. */
  unwritable: (key: string) => string
}

/** One file for one library. Throws nothing: a value the format cannot hold is left out and said so. */
export interface ConfigurationFile {
  name: string
  render: (configuration: ClientConfiguration, notes: ConfigurationNotes) => string
}

export function secretText(secret: Secret): string {
  return 'placeholder' in secret ? secret.placeholder : secret.revealed
}

/** The real token where there is one, for libraries that refuse to start without any. */
export function demandedDeveloperToken({ developerToken }: ClientConfiguration): string {
  return secretText(developerToken ?? placeholders.developerToken)
}

export function textOrNull(secret: Secret | null): string | null {
  return secret && secretText(secret)
}

export type Entry = readonly [key: string, value: string]

/** The keys all libraries share, under each library's own names; what there is no value for is left out. */
export function entries(...list: (readonly [key: string, value: string | null])[]): Entry[] {
  return list.filter((entry): entry is Entry => entry[1] !== null)
}

/** `write` gives the line of an entry, or null where the format cannot hold the value. */
export function lines(
  list: Entry[],
  { unwritable }: Pick<ConfigurationNotes, 'unwritable'>,
  comment: (text: string) => string,
  write: (key: string, value: string) => string | null,
): string[] {
  return list.map(([key, value]) => write(key, value) ?? comment(unwritable(key)))
}

export const adwordsScope = 'https://www.googleapis.com/auth/adwords'

/** The names one library has for the parts of a credential. */
export interface CredentialKeys {
  clientId: string
  clientSecret: string
  refreshToken: string
  keyFilePath: string
  impersonatedEmail: string
}

/** The entries of one kind of credential: libraries refuse, or misread, both kinds side by side. */
export function credentialEntries({ credential }: ClientConfiguration, keys: CredentialKeys): Entry[] {
  if (credential.kind === 'service_account') return [[keys.keyFilePath, credential.keyFilePath]]
  return [
    [keys.clientId, credential.clientId],
    [keys.clientSecret, secretText(credential.clientSecret)],
    [keys.refreshToken, secretText(credential.refreshToken)],
  ]
}

/** What there is to say about a credential, as comment lines. */
export function credentialComments(
  { credential }: ClientConfiguration,
  { keyFile, impersonation }: ConfigurationNotes,
  comment: (text: string) => string,
  { impersonatedEmail }: Pick<CredentialKeys, 'impersonatedEmail'>,
): string[] {
  if (credential.kind === 'user') return []
  return [comment(keyFile(credential.email)), comment(impersonation(impersonatedEmail))]
}

/** A comment ends with its line, whatever the text in it holds. */
export const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')

export const hashComment = (text: string) => `# ${oneLine(text)}`

/** The lines of a flat file with `#` comments: what there is to say, then one entry after the other. */
export function hashCommentedLines(
  configuration: ClientConfiguration,
  notes: ConfigurationNotes,
  {
    keys,
    list,
    write,
  }: {
    keys: CredentialKeys
    list: (readonly [key: string, value: string | null])[]
    write: (key: string, value: string) => string | null
  },
): string[] {
  return [
    hashComment(notes.where),
    hashComment(notes.developerToken),
    ...credentialComments(configuration, notes, hashComment, keys),
    ...lines(entries(...list), notes, hashComment, write),
  ]
}

/** Ends with the newline every text file ends with. */
export function fileOf(...parts: (string | string[])[]): string {
  return `${parts.flat().join('\n')}\n`
}

/** `\u0007` for one UTF-16 unit. */
export function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
