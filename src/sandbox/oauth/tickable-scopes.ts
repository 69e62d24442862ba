import { isSignInScope } from './scopes.ts'

/** What is offered as a tick box: everything beyond sign-in, but only next to sign-in or to another such scope. */
export function tickableScopes(scopes: readonly string[]): string[] {
  const beyond = scopes.filter(scope => !isSignInScope(scope))
  return scopes.length === 1 ? [] : beyond
}
