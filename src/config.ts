import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type KeyRing, parseTokenKeys, sessionSecretsFrom } from './vault/key-ring.ts'

export interface OAuthClient {
  clientId: string
  clientSecret: string
  source: 'file' | 'environment'
  /** The redirect URIs the downloaded file names; null when there is no file or it names none. */
  registeredRedirectUris: string[] | null
}

export interface Config {
  production: boolean
  host: string
  port: number
  /** Origin without a trailing slash; the only source of the redirect URI, of links and of cookie flags. */
  publicUrl: string
  redirectUri: string
  oauthClient: OAuthClient
  developerToken: string | null
  adsApiVersion: string
  databaseUrl: string
  tokenKeys: KeyRing
  /** The first signs, all verify. */
  sessionSecrets: [string, ...string[]]
  adminEmails: ReadonlySet<string>
  allowedDomains: ReadonlySet<string>
  allowedEmails: ReadonlySet<string>
  /** Who needs a passkey for sensitive steps. */
  requirePasskeys: 'off' | 'admins'
  trustProxy: number
  /** Days a revoked connection stays listed before it is removed. */
  revokedRetentionDays: number
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** `host:port` of a stand-in for Google, or null for Google itself. */
  googleEmulatorHost: string | null
  /** Where notices go besides the pages; null sends none. */
  webhook: WebhookSettings | null
  mail: MailSettings | null
}

export interface WebhookSettings {
  /** https, or http on this machine. */
  url: string
  /** Each signs, so that a receiver may change over from one to the next. */
  secrets: Buffer[]
}

export interface MailSettings {
  host: string
  port: number
  /** TLS from the first byte; otherwise STARTTLS, without which nothing is sent except on this machine. */
  implicitTls: boolean
  loopback: boolean
  auth: { user: string; pass: string } | null
  from: string
}

/** The settings that are removed from the environment after reading. */
export const secretSettings = [
  ...['TOKEN_KEYS', 'SESSION_SECRETS', 'GOOGLE_ADS_CLIENT_SECRET', 'GOOGLE_ADS_DEVELOPER_TOKEN'],
  ...['DATABASE_URL', 'WEBHOOK_SECRET', 'SMTP_URL'],
] as const

/** All that is wrong with the settings, each with its name and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: string[]

  constructor(problems: string[]) {
    super(`These settings need attention:\n${problems.map(problem => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings of `.env.example` into one value. Throws one ConfigError naming every problem at once.
 * Anything but NODE_ENV=development or test counts as production.
 */
export function parseConfig(env: Environment): Config {
  const problems: string[] = []
  const read = new Reader(env, problems)
  const production = env.NODE_ENV !== 'development' && env.NODE_ENV !== 'test'
  const port = read.integer('PORT', 3000, 0, 65535)
  const publicUrl = read.publicUrl(port)
  const allowedDomains = read.list('ALLOWED_DOMAINS', value => value.toLowerCase())
  const allowedEmails = read.list('ALLOWED_EMAILS', value => value.toLowerCase())
  const adminEmails = read.list('ADMIN_EMAILS', value => value.toLowerCase())
  if (production && allowedDomains.size + allowedEmails.size + adminEmails.size === 0) {
    problems.push(
      'ADMIN_EMAILS, ALLOWED_DOMAINS, ALLOWED_EMAILS: name at least one address or Workspace domain that may sign in; without any, nobody may.',
    )
  }
  const tokenKeys = read.tokenKeys(env.NODE_ENV === 'production')
  const config = {
    production,
    host: read.text('HOST') ?? '127.0.0.1',
    port,
    publicUrl,
    redirectUri: `${publicUrl}/oauth2callback`,
    oauthClient: read.oauthClient(`${publicUrl}/oauth2callback`),
    developerToken: read.text('GOOGLE_ADS_DEVELOPER_TOKEN'),
    adsApiVersion: read.matching('GOOGLE_ADS_API_VERSION', 'v25', /^v[0-9]{2}$/, 'a version such as v25'),
    databaseUrl: read.databaseUrl(),
    tokenKeys,
    sessionSecrets: read.sessionSecrets(tokenKeys),
    adminEmails,
    allowedDomains,
    allowedEmails,
    requirePasskeys: read.requirePasskeys(),
    trustProxy: read.integer('TRUST_PROXY', 0, 0, 10),
    revokedRetentionDays: read.integer('REVOKED_RETENTION_DAYS', 30, 0, 3650),
    logLevel: read.logLevel(),
    googleEmulatorHost: read.emulatorHost(production),
    webhook: read.webhook(),
    mail: read.mail(),
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

/** PUBLIC_URL alone, for commands that need no other setting. Throws ConfigError. */
export function publicUrlOf(env: Environment): string {
  const problems: string[] = []
  const read = new Reader(env, problems)
  const url = read.publicUrl(read.integer('PORT', 3000, 0, 65535))
  if (problems.length > 0) throw new ConfigError(problems)
  return url
}

/** What the commands for keys need: where values are stored, and the keys. Throws ConfigError. */
export function keySettingsOf(env: Environment): Pick<Config, 'databaseUrl' | 'tokenKeys'> {
  const problems: string[] = []
  const read = new Reader(env, problems)
  const settings = { databaseUrl: read.databaseUrl(), tokenKeys: read.tokenKeys(env.NODE_ENV === 'production') }
  if (problems.length > 0) throw new ConfigError(problems)
  return settings
}

const clientFile = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  redirect_uris: z.array(z.string()).optional(),
})
const clientSecretsFile = z.object({ web: clientFile.optional(), installed: clientFile.optional() })

class Reader {
  readonly #env: Environment
  readonly #problems: string[]

  constructor(env: Environment, problems: string[]) {
    this.#env = env
    this.#problems = problems
  }

  text(name: string): string | null {
    return this.#env[name]?.trim() || null
  }

  list(name: string, map: (value: string) => string): ReadonlySet<string> {
    const values = (this.text(name) ?? '').split(',').map(value => value.trim())
    return new Set(values.filter(value => value !== '').map(map))
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const text = this.text(name)
    if (text === null) return fallback
    const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    this.#problems.push(`${name}: expected a whole number from ${min} to ${max}.`)
    return fallback
  }

  matching(name: string, fallback: string, pattern: RegExp, expected: string): string {
    const text = this.text(name) ?? fallback
    if (pattern.test(text)) return text
    this.#problems.push(`${name}: expected ${expected}.`)
    return fallback
  }

  publicUrl(port: number): string {
    const fallback = `http://localhost:${port}`
    const text = this.text('PUBLIC_URL') ?? fallback
    const url = URL.canParse(text) ? new URL(text) : null
    if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash || url.username) {
      this.#problems.push(`PUBLIC_URL: expected an origin without a path, such as https://keyring.example.com.`)
      return fallback
    }
    if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
      this.#problems.push('PUBLIC_URL: expected https; plain http is accepted on localhost only.')
    }
    return url.origin
  }

  oauthClient(redirectUri: string): OAuthClient {
    const path = this.text('GOOGLE_CLIENT_SECRETS_PATH')
    if (path !== null) return this.#oauthClientFromFile(path)
    const clientId = this.text('GOOGLE_ADS_CLIENT_ID')
    const clientSecret = this.text('GOOGLE_ADS_CLIENT_SECRET')
    if (clientId === null || clientSecret === null) {
      this.#problems.push(
        `GOOGLE_CLIENT_SECRETS_PATH: expected the path of the client secrets JSON downloaded from the Google Cloud console (OAuth client of type "Web application", with the redirect URI ${redirectUri}); or set GOOGLE_ADS_CLIENT_ID and GOOGLE_ADS_CLIENT_SECRET.`,
      )
    }
    return {
      clientId: clientId ?? '',
      clientSecret: clientSecret ?? '',
      source: 'environment',
      registeredRedirectUris: null,
    }
  }

  #oauthClientFromFile(path: string): OAuthClient {
    const nothing: OAuthClient = { clientId: '', clientSecret: '', source: 'file', registeredRedirectUris: null }
    let json: unknown
    try {
      json = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
    } catch (error) {
      const why =
        error instanceof SyntaxError
          ? 'it is not JSON'
          : `it cannot be read (${(error as Error & { code?: string }).code})`
      this.#problems.push(`GOOGLE_CLIENT_SECRETS_PATH: ${path}: ${why}. Download the OAuth client's JSON again.`)
      return nothing
    }
    const parsed = clientSecretsFile.safeParse(json)
    const client = parsed.success ? parsed.data.web : undefined
    if (!client) {
      this.#problems.push(
        parsed.success && parsed.data.installed
          ? `GOOGLE_CLIENT_SECRETS_PATH: ${path} is an OAuth client of type "Desktop app". The web flow needs one of type "Web application".`
          : `GOOGLE_CLIENT_SECRETS_PATH: ${path} is not the JSON of an OAuth client of type "Web application" (its "web" part is missing or incomplete).`,
      )
      return nothing
    }
    return {
      clientId: client.client_id,
      clientSecret: client.client_secret,
      source: 'file',
      registeredRedirectUris: client.redirect_uris ?? null,
    }
  }

  databaseUrl(): string {
    const text = this.text('DATABASE_URL') ?? 'sqlite:./data/keyring.db'
    if (!/^(sqlite:.+|postgres(ql)?:\/\/.+)$/.test(text)) {
      this.#problems.push('DATABASE_URL: expected sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE.')
    }
    return text
  }

  tokenKeys(strict: boolean): KeyRing {
    const { ring, problems } = parseTokenKeys(this.text('TOKEN_KEYS') ?? '', strict)
    for (const problem of problems) this.#problems.push(`TOKEN_KEYS: ${problem}`)
    return ring
  }

  sessionSecrets(keys: KeyRing): [string, ...string[]] {
    const [first, ...rest] = this.list('SESSION_SECRETS', value => value)
    if (first === undefined) return sessionSecretsFrom(keys)
    if ([first, ...rest].some(secret => secret.length < 32)) {
      this.#problems.push('SESSION_SECRETS: each needs 32 characters or more; make one with: openssl rand -base64 32')
    }
    return [first, ...rest]
  }

  logLevel(): Config['logLevel'] {
    const level = this.matching(
      'LOG_LEVEL',
      'info',
      /^(fatal|error|warn|info|debug|trace|silent)$/,
      'one of fatal, error, warn, info, debug, trace, silent',
    )
    return level as Config['logLevel']
  }

  requirePasskeys(): Config['requirePasskeys'] {
    return this.matching('REQUIRE_PASSKEYS', 'off', /^(off|admins)$/, 'off or admins') as Config['requirePasskeys']
  }

  emulatorHost(production: boolean): string | null {
    const text = this.text('GOOGLE_EMULATOR_HOST')
    if (text === null) return null
    const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : null
    if (!url || !/^(\[[0-9a-f:]+\]|[\w.-]+):[0-9]+$/i.test(text)) {
      this.#problems.push('GOOGLE_EMULATOR_HOST: expected host:port, such as 127.0.0.1:3001.')
    } else if (production && !isLoopback(url.hostname)) {
      this.#problems.push(
        'GOOGLE_EMULATOR_HOST: in production a stand-in for Google may only be on this machine (127.0.0.1).',
      )
    }
    return text
  }

  webhook(): WebhookSettings | null {
    const address = this.text('WEBHOOK_URL')
    const given = this.list('WEBHOOK_SECRET', value => value)
    if (address === null) {
      if (given.size > 0) this.#problems.push('WEBHOOK_SECRET: it needs WEBHOOK_URL beside it.')
      return null
    }
    const url = URL.canParse(address) ? new URL(address) : null
    const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
    if (!url || !safe || url.username || url.password) {
      this.#problems.push('WEBHOOK_URL: expected an https address without a user name; http only on this machine.')
    }
    const secrets = [...given].map(secret => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    if (secrets.length === 0 || secrets.some(secret => secret.length < 24 || secret.length > 64)) {
      this.#problems.push(
        'WEBHOOK_SECRET: expected whsec_ and 24 to 64 bytes in base64; make one with: echo "whsec_$(openssl rand -base64 32)"',
      )
    }
    return { url: address, secrets }
  }

  mail(): MailSettings | null {
    const address = this.text('SMTP_URL')
    const from = this.text('MAIL_FROM')
    if (address === null) {
      if (from !== null) this.#problems.push('MAIL_FROM: it needs SMTP_URL beside it.')
      return null
    }
    const url = URL.canParse(address) ? new URL(address) : null
    if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '' || !/^\/?$/.test(url.pathname) || url.search) {
      this.#problems.push(
        'SMTP_URL: expected smtps://USER:PASSWORD@HOST:465 or smtp://USER:PASSWORD@HOST:587, characters such as @ in the password percent-encoded, without anything behind.',
      )
      return null
    }
    if (from === null || !/^([^<>\r\n]*<[^@\s<>]+@[^@\s<>]+>|[^@\s<>]+@[^@\s<>]+)$/.test(from)) {
      this.#problems.push('MAIL_FROM: expected an address, such as Ads Keyring <keyring@example.com>.')
    }
    const implicitTls = url.protocol === 'smtps:'
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port) || (implicitTls ? 465 : 587),
      implicitTls,
      loopback: isLoopback(url.hostname),
      auth: url.username === '' ? null : { user: this.#decoded(url.username), pass: this.#decoded(url.password) },
      from: from ?? '',
    }
  }

  #decoded(part: string): string {
    try {
      return decodeURIComponent(part)
    } catch (error) {
      if (!(error instanceof URIError)) throw error
      this.#problems.push('SMTP_URL: a % in the user name or password stands for itself as %25.')
      return part
    }
  }
}

/** This very machine, as URL.hostname has it. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
