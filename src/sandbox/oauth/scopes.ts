export const ADWORDS_SCOPE = 'https://www.googleapis.com/auth/adwords'

const EXPANDED: Record<string, string> = {
  email: 'https://www.googleapis.com/auth/userinfo.email',
  profile: 'https://www.googleapis.com/auth/userinfo.profile',
}

const SIGN_IN_SCOPES = new Set(['openid', ...Object.values(EXPANDED)])

/** Splits a scope parameter and writes the short names out, each scope once. */
export function parseScopes(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/\s+/)
        .filter(Boolean)
        .map(scope => EXPANDED[scope] ?? scope),
    ),
  ]
}

/** Google lists scopes in an order of its own; this one is never the order of the usual request. */
export function formatScopes(scopes: Iterable<string>): string {
  return [...scopes].sort((a, b) => Number(a === 'openid') - Number(b === 'openid') || b.localeCompare(a)).join(' ')
}

export function isSignInScope(scope: string): boolean {
  return SIGN_IN_SCOPES.has(scope)
}

export function isKnownScope(scope: string): boolean {
  return isSignInScope(scope) || /^https:\/\/www\.googleapis\.com\/auth\/[a-z0-9._]+$/.test(scope)
}

export const EMAIL_SCOPE = 'https://www.googleapis.com/auth/userinfo.email'
export const PROFILE_SCOPE = 'https://www.googleapis.com/auth/userinfo.profile'
