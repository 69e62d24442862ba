import { randomBytes } from 'node:crypto'
import { isSignInScope } from './scopes.ts'

export interface AuthorizationCode {
  code: string
  person: string
  clientId: string
  redirectUri: string
  scopes: string[]
  offline: boolean
  /** Whether the exchange hands out a refresh token. */
  withRefreshToken: boolean
  nonce?: string | undefined
  challenge?: string | undefined
  challengeMethod?: 'plain' | 'S256' | undefined
  expiresAt: number
}

export interface RefreshToken {
  token: string
  person: string
  project: string
  clientId: string
  scopes: string[]
  issuedAt: number
  lastUsedAt: number
  expiresAt: number | null
  dead: boolean
}

export interface AccessToken {
  token: string
  person: string
  project: string
  clientId: string
  scopes: string[]
  offline: boolean
  issuedAt: number
  expiresAt: number
  refreshToken?: string | undefined
}

/** One person's consent to one project: what survives in Google's "third-party apps" list. */
export interface Consent {
  person: string
  project: string
  scopes: string[]
}

export interface SavedGrants {
  consents: Consent[]
  refreshTokens: RefreshToken[]
}

const CODE_LIFE_MS = 10 * 60_000
const ACCESS_TOKEN_LIFE_S = 3599
const UNUSED_LIFE_MS = 183 * 86_400_000
const TESTING_LIFE_S = 604_799
const LIVE_TOKENS_PER_PERSON_AND_CLIENT = 100

/** Codes, tokens and consents, with the rules by which they live and die (wire facts A.5 to A.9, A.13). */
export class GrantStore {
  readonly #now: () => number
  readonly #changed: () => void
  readonly #codes = new Map<string, AuthorizationCode>()
  readonly #access = new Map<string, AccessToken>()
  readonly #refresh = new Map<string, RefreshToken>()
  readonly #consents = new Map<string, Consent>()

  constructor(now: () => number, changed: () => void = () => {}) {
    this.#now = now
    this.#changed = changed
  }

  consent(person: string, project: string): Consent | undefined {
    return this.#consents.get(consentKey(person, project))
  }

  addConsent(person: string, project: string, scopes: readonly string[]): void {
    const before = this.consent(person, project)?.scopes ?? []
    this.#consents.set(consentKey(person, project), { person, project, scopes: [...new Set([...before, ...scopes])] })
    this.#changed()
  }

  issueCode(code: Omit<AuthorizationCode, 'code' | 'expiresAt'>): AuthorizationCode {
    const issued = {
      ...code,
      code: `4/0A${randomBytes(48).toString('base64url')}`,
      expiresAt: this.#now() + CODE_LIFE_MS,
    }
    this.#codes.set(issued.code, issued)
    return issued
  }

  peekCode(code: string): AuthorizationCode | undefined {
    return this.#codes.get(code)
  }

  /** Hands a code out once; afterwards, or after ten minutes, it is unknown. */
  takeCode(code: string): AuthorizationCode | undefined {
    const known = this.#codes.get(code)
    this.#codes.delete(code)
    return known && known.expiresAt > this.#now() ? known : undefined
  }

  /** `testing` gives the token the seven days of an unpublished app, unless only sign-in was asked. */
  issueRefreshToken(
    grant: Pick<RefreshToken, 'person' | 'project' | 'clientId' | 'scopes'>,
    { testing }: { testing: boolean },
  ): RefreshToken {
    this.#dropOldest(grant.person, grant.clientId)
    const now = this.#now()
    const shortLived = testing && grant.scopes.some(scope => !isSignInScope(scope))
    const issued: RefreshToken = {
      ...grant,
      token: `1//0${randomBytes(56).toString('base64url')}`,
      issuedAt: now,
      lastUsedAt: now,
      expiresAt: shortLived ? now + TESTING_LIFE_S * 1000 : null,
      dead: false,
    }
    this.#refresh.set(issued.token, issued)
    this.#changed()
    return issued
  }

  refreshToken(token: string): RefreshToken | undefined {
    return this.#refresh.get(token)
  }

  isLive(token: RefreshToken): boolean {
    const now = this.#now()
    return !token.dead && (token.expiresAt ?? Infinity) > now && token.lastUsedAt + UNUSED_LIFE_MS > now
  }

  touch(token: RefreshToken): void {
    token.lastUsedAt = this.#now()
    this.#changed()
  }

  issueAccessToken(grant: Omit<AccessToken, 'token' | 'issuedAt' | 'expiresAt'>): AccessToken & { expiresIn: number } {
    const now = this.#now()
    const token = `ya29.a0${randomBytes(96).toString('base64url')}`
    const issued = { ...grant, token, issuedAt: now, expiresAt: now + ACCESS_TOKEN_LIFE_S * 1000 }
    this.#access.set(token, issued)
    if (this.#access.size > 50_000) this.#forgetExpired()
    return { ...issued, expiresIn: ACCESS_TOKEN_LIFE_S }
  }

  /** A live access token, or undefined when unknown, expired or withdrawn. */
  accessToken(token: string): AccessToken | undefined {
    const known = this.#access.get(token)
    return known && known.expiresAt > this.#now() ? known : undefined
  }

  /** Withdraws the whole grant a token belongs to. False when the token is dead already or was never known. */
  revoke(token: string): boolean {
    const refresh = this.#refresh.get(token)
    const known = refresh && this.isLive(refresh) ? refresh : this.accessToken(token)
    if (!known) return false
    this.withdraw(known.person, known.project)
    return true
  }

  /** Ends a person's consent: for every client of the project, refresh and access tokens alike. All projects if none is named. */
  withdraw(person: string, project?: string): void {
    const concerned = (grant: { person: string; project: string }) =>
      grant.person === person && (project === undefined || grant.project === project)
    for (const [key, consent] of this.#consents) if (concerned(consent)) this.#consents.delete(key)
    for (const token of this.#refresh.values()) if (concerned(token)) token.dead = true
    for (const [key, token] of this.#access) if (concerned(token)) this.#access.delete(key)
    this.#changed()
  }

  /** Lets a person's refresh tokens run out, and the access tokens with them; the consent stays. */
  expire(person: string): void {
    for (const token of this.#refresh.values()) if (token.person === person) token.expiresAt = this.#now() - 1
    this.expireAccessTokens(person)
    this.#changed()
  }

  expireAccessTokens(person?: string): void {
    for (const [key, token] of this.#access)
      if (person === undefined || token.person === person) this.#access.delete(key)
  }

  liveRefreshTokens(person?: string): RefreshToken[] {
    return [...this.#refresh.values()].filter(
      token => this.isLive(token) && (person === undefined || token.person === person),
    )
  }

  /** Live or dead: Google tells of a token's end after the fact. */
  newestRefreshToken(person: string): RefreshToken | undefined {
    return [...this.#refresh.values()].filter(token => token.person === person).at(-1)
  }

  save(): SavedGrants {
    return { consents: [...this.#consents.values()], refreshTokens: [...this.#refresh.values()].slice(-20_000) }
  }

  restore({ consents, refreshTokens }: SavedGrants): void {
    for (const consent of consents) this.#consents.set(consentKey(consent.person, consent.project), consent)
    for (const token of refreshTokens) this.#refresh.set(token.token, token)
  }

  #dropOldest(person: string, clientId: string): void {
    const live = this.liveRefreshTokens(person).filter(token => token.clientId === clientId)
    for (const token of live.slice(0, Math.max(0, live.length - LIVE_TOKENS_PER_PERSON_AND_CLIENT + 1)))
      token.dead = true
  }

  #forgetExpired(): void {
    for (const [key, token] of this.#access) if (token.expiresAt <= this.#now()) this.#access.delete(key)
  }
}

function consentKey(person: string, project: string): string {
  return `${person}\n${project}`
}
