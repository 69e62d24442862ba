import { hkdfSync, randomBytes } from 'node:crypto'

export interface TokenKey {
  kid: string
  /** 32 bytes. */
  bytes: Uint8Array
}

/** The keys of TOKEN_KEYS: the first seals, all open. */
export interface KeyRing {
  sealing: TokenKey
  byId: ReadonlyMap<string, TokenKey>
}

/**
 * Reads `kid:base64url(32 bytes)` entries, comma separated. Problems name the key id only, never the key.
 * The ring is usable only when there are no problems. `strict` also refuses keys that are visibly not random.
 */
export function parseTokenKeys(text: string, strict = true): { ring: KeyRing; problems: string[] } {
  const problems: string[] = []
  const byId = new Map<string, TokenKey>()
  for (const entry of text.split(',').map(part => part.trim())) {
    if (entry === '') continue
    const [, kid, encoded] = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9_-]+)=?$/.exec(entry) ?? []
    const bytes = Buffer.from(encoded ?? '', 'base64url')
    if (kid === undefined) problems.push('an entry is not of the form kid:base64url(32 bytes).')
    else if (bytes.length !== 32) problems.push(`key ${kid} has ${bytes.length} bytes; expected 32.`)
    else if (strict && new Set(bytes).size < 8) problems.push(`key ${kid} is not random.`)
    else if (byId.has(kid)) problems.push(`key id ${kid} is given twice.`)
    else if ([...byId.values()].some(key => bytes.equals(key.bytes))) problems.push(`key ${kid} repeats another key.`)
    else byId.set(kid, { kid, bytes })
  }
  const [sealing] = byId.values()
  if (!sealing && problems.length === 0) {
    problems.push('expected at least one key, as kid:base64url(32 bytes); make one with: npm run keys -- add')
  }
  return { ring: { sealing: sealing ?? { kid: '', bytes: new Uint8Array() }, byId }, problems }
}

/** A new random key as an entry of TOKEN_KEYS; its name says the month and is otherwise random, such as `k2026-11-a1b2`. */
export function newTokenKey(now: Date): { kid: string; entry: string } {
  const kid = `k${now.toISOString().slice(0, 7)}-${randomBytes(2).toString('hex')}`
  return { kid, entry: `${kid}:${randomBytes(32).toString('base64url')}` }
}

/** What signs session cookies where SESSION_SECRETS is not set: derived from each key, so all instances agree. */
export function sessionSecretsFrom({ sealing, byId }: KeyRing): [string, ...string[]] {
  const derive = ({ bytes }: TokenKey) =>
    Buffer.from(hkdfSync('sha256', bytes, new Uint8Array(), 'ads-keyring/v1/session-cookie', 32)).toString('base64url')
  const others = [...byId.values()].filter(({ kid }) => kid !== sealing.kid)
  return [derive(sealing), ...others.map(derive)]
}
