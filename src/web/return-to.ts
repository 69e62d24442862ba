const alphabet = /^\/(?!\/)[A-Za-z0-9\-._~/?=&%:,@+]*$/

/**
 * A path of ours to go to after the sign-in, or null. Accepts a narrow alphabet only, resolves it the way browsers do
 * (WHATWG), and returns what was resolved rather than what came in, so that no second reading can differ.
 */
export function parseReturnTo(input: unknown, publicUrl: string): string | null {
  if (typeof input !== 'string' || input.length > 1024 || !alphabet.test(input)) return null
  const url = URL.canParse(input, publicUrl) ? new URL(input, publicUrl) : null
  if (!url || url.origin !== publicUrl) return null
  const path = url.pathname + url.search
  return alphabet.test(path) && !path.startsWith('/auth/') && !path.startsWith('/oauth2callback') ? path : null
}
