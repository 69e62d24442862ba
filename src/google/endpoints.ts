/**
 * Where Google is. With a stand-in configured, every Google URL becomes a path on that host, the Google host as the
 * first segment: `https://oauth2.googleapis.com/token` is `http://127.0.0.1:3001/oauth2.googleapis.com/token`.
 * This is the only place that knows; issuer and audiences stay Google's.
 */
export interface GoogleEndpoints {
  /** Rewrites an absolute https URL of Google's. */
  url(googleUrl: string): string
  /** Google's host for an address that `url` made. */
  hostOf(url: string): string
  /** The origins outgoing requests may reach; anything else is refused by `google/http.ts`. */
  allowedOrigins: ReadonlySet<string>
}

const googleOrigins = [
  'https://accounts.google.com',
  'https://oauth2.googleapis.com',
  'https://www.googleapis.com',
  'https://openidconnect.googleapis.com',
  'https://people.googleapis.com',
  'https://googleads.googleapis.com',
  'https://risc.googleapis.com',
]

/** `emulatorHost` is `host:port` of a stand-in, or null for Google itself. */
export function googleEndpoints(emulatorHost: string | null): GoogleEndpoints {
  if (emulatorHost === null) {
    return {
      url: googleUrl => googleUrl,
      hostOf: url => new URL(url).host,
      allowedOrigins: new Set(googleOrigins),
    }
  }
  const origin = `http://${emulatorHost}`
  return {
    url: googleUrl => googleUrl.replace(/^https:\/\//, `${origin}/`),
    hostOf: url => new URL(url).pathname.split('/')[1] ?? '',
    allowedOrigins: new Set([origin]),
  }
}
