import type { OAuthClient } from '../scenario.ts'

/** Whether Google would accept the address at all, before comparing it with the registered ones (wire facts A.4). */
export function isWellFormedRedirect(uri: string): boolean {
  if (uri.includes('#') || uri.includes('*') || /\/\.\.?(\/|\\|$|\?)|%2e%2e/i.test(uri) || !URL.canParse(uri))
    return false
  const { protocol, username, password, hostname } = new URL(uri)
  if (username !== '' || password !== '' || hostname.endsWith('googleusercontent.com')) return false
  if (isLoopback(hostname)) return protocol === 'http:' || protocol === 'https:'
  return protocol === 'https:' && !/^(\d+\.){3}\d+$|^\[/.test(hostname)
}

/** Web clients: character by character. Desktop clients and `any loopback`: any port and path of the loopback host. */
export function isRegisteredRedirect(uri: string, client: OAuthClient): boolean {
  if (client.redirectUris === 'any loopback') return isLoopback(new URL(uri).hostname)
  if (client.redirectUris.includes(uri)) return true
  return client.type !== 'web' && isLoopback(new URL(uri).hostname)
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}
