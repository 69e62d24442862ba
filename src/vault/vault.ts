import { hkdfSync } from 'node:crypto'
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose'
import { AppError } from '../errors.ts'
import type { KeyRing } from './key-ring.ts'

/** What a sealed value is for; each purpose has a key of its own, so one can never be opened as another. */
export const purposes = [
  'refresh-token',
  'service-account-key',
  'access-token',
  'sign-in-under-way',
  'key-check',
  'stored-secret',
] as const

export type Purpose = (typeof purposes)[number]

/** What a sealed value is bound to, e.g. `connections/<id>/credential`; a copy in another row does not open. */
export interface SealContext {
  purpose: Purpose
  context: string
}

/** Seals and opens the few secrets this application keeps. Stateless; the stores decide where the text lies. */
export interface Vault {
  seal(plaintext: string, context: SealContext): Promise<string>
  /** Throws AppError `vault_open_failed`, for every cause the same, naming at most the key id. */
  open(sealed: string, context: SealContext): Promise<string>
  /** The id of the key that sealed this text, or null when it is not a sealed value. */
  keyId(sealed: string): string | null
  readonly sealingKeyId: string
  readonly keyIds: readonly string[]
}

const sealedType = 'ads-keyring+jwe'

/**
 * The format is a compact JWE (RFC 7516): `alg` dir, `enc` A256GCM, `kid` the key of TOKEN_KEYS, `typ` ads-keyring+jwe,
 * `ctx` purpose and place. The header is authenticated, so neither can be changed. The key is
 * HKDF-SHA256(TOKEN_KEYS[kid], info = "ads-keyring/v1/" + purpose).
 */
export function createVault(keys: KeyRing): Vault {
  const derived = new Map<string, Uint8Array>()

  function keyFor(kid: string, purpose: Purpose): Uint8Array {
    const cached = derived.get(`${purpose} ${kid}`)
    if (cached) return cached
    const master = keys.byId.get(kid)
    if (!master) throw new AppError('vault_open_failed', { params: { kid } })
    const key = new Uint8Array(hkdfSync('sha256', master.bytes, new Uint8Array(), `ads-keyring/v1/${purpose}`, 32))
    derived.set(`${purpose} ${kid}`, key)
    return key
  }

  return {
    sealingKeyId: keys.sealing.kid,
    keyIds: [...keys.byId.keys()],
    keyId,
    async seal(plaintext, context) {
      const kid = keys.sealing.kid
      return new CompactEncrypt(new TextEncoder().encode(plaintext))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, typ: sealedType, ctx: bound(context) })
        .encrypt(keyFor(kid, context.purpose))
    },
    async open(sealed, context) {
      const kid = keyId(sealed) ?? ''
      const key = keyFor(kid, context.purpose)
      try {
        const { plaintext, protectedHeader } = await compactDecrypt(sealed, key, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        })
        if (protectedHeader.typ !== sealedType || protectedHeader.ctx !== bound(context)) {
          throw new Error('sealed for another place')
        }
        return new TextDecoder('utf-8', { fatal: true }).decode(plaintext)
      } catch (cause) {
        throw new AppError('vault_open_failed', { params: { kid }, cause })
      }
    },
  }
}

function bound({ purpose, context }: SealContext): string {
  return `${purpose}:${context}`
}

function keyId(sealed: string): string | null {
  try {
    const { kid } = decodeProtectedHeader(sealed)
    return typeof kid === 'string' ? kid : null
  } catch {
    // Not a JWE at all; open() reports it as the same failure as every other damage.
    return null
  }
}
