import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { selfSignedCertificate } from './self-signed-certificate.ts'

export interface SigningKey {
  kid: string
  privateKey: KeyObject
}

/** A fresh RSA key with a key id of 40 hex digits, as Google's have. */
export function generateSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return withKid(privateKey)
}

export function keyFromPem(pem: string): SigningKey {
  return withKid(createPrivateKey(pem))
}

export function keyToPem({ privateKey }: SigningKey): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The document at `/oauth2/v3/certs`. */
export function jsonWebKeySet(keys: readonly SigningKey[]): object {
  return {
    keys: keys.map(({ kid, privateKey }) => {
      const { n, e } = createPublicKey(privateKey).export({ format: 'jwk' })
      return { kid, e, alg: 'RS256', kty: 'RSA', n, use: 'sig' }
    }),
  }
}

/** The document at `/oauth2/v1/certs`: key id to certificate. */
export function pemCertificates(keys: readonly SigningKey[], commonName: string, from: Date): Record<string, string> {
  return Object.fromEntries(
    keys.map(({ kid, privateKey }) => [kid, selfSignedCertificate(privateKey, commonName, from)]),
  )
}

function withKid(privateKey: KeyObject): SigningKey {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return { privateKey, kid: createHash('sha256').update(spki).digest('hex').slice(0, 40) }
}
