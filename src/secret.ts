import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits that nobody can guess, as text. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * What a secret is stored and found under. Looking it up by its SHA-256 needs no constant-time comparison: the hash of a
 * guess tells nothing.
 */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
