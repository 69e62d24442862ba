import { createPrivateKey, type KeyObject } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import { z } from 'zod'
import { AppError } from '../errors.ts'

/** A service account's key, as the Cloud console downloads it. Holds the private key: sealed wherever it is kept. */
export interface ServiceAccountKey {
  clientEmail: string
  privateKeyId: string
  /** PKCS #8, PEM. */
  privateKey: string
  projectId: string | null
}

const largestKeyFile = 16_384
/** Google makes 2048; a signature with a far larger key would hold everybody up. */
const rsaBits = { least: 2048, most: 8192 }

const shape = z.object({
  type: z.literal('service_account'),
  client_email: z
    .string()
    .regex(/^[!-?A-~]+@[!-?A-~]+$/)
    .max(320),
  private_key_id: z.string().min(1).max(200),
  private_key: z.string().min(1),
  project_id: z.string().max(200).optional(),
})

/**
 * Reads the JSON of a key file (google-wire-facts A.14). Its `token_uri` and other addresses are ignored: where a signature
 * is sent is not the file's to say. Throws AppError `service_account_key_invalid`.
 */
export function parseServiceAccountKey(text: string): ServiceAccountKey {
  if (Buffer.byteLength(text) > largestKeyFile) throw new AppError('service_account_key_invalid')
  try {
    const key = shape.parse(JSON.parse(text.replace(/^\uFEFF/, '')))
    signingKey(key.private_key)
    return {
      clientEmail: key.client_email,
      privateKeyId: key.private_key_id,
      privateKey: key.private_key,
      projectId: key.project_id ?? null,
    }
  } catch {
    // What was pasted is never repeated, not even as the cause: a parser's message quotes it.
    throw new AppError('service_account_key_invalid')
  }
}

/**
 * The assertion of the JWT bearer grant (RFC 7523 2.1; developers.google.com/identity/protocols/oauth2/service-account):
 * RS256, one hour, for Google's token endpoint.
 */
export function signAssertion(key: ServiceAccountKey, scope: string, now: Date): Promise<string> {
  return signed(key, { scope }, 'https://oauth2.googleapis.com/token', now)
}

/** A token a service account signs for itself, for one of Google's APIs: `iss` and `sub` are the account. */
export function signSelf(key: ServiceAccountKey, audience: string, now: Date): Promise<string> {
  return signed(key, { sub: key.clientEmail }, audience, now)
}

function signed(key: ServiceAccountKey, claims: JWTPayload, audience: string, now: Date): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1000)
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.privateKeyId })
    .setIssuer(key.clientEmail)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 3600)
    .sign(signingKey(key.privateKey))
}

function signingKey(pem: string): KeyObject {
  const key = createPrivateKey({ key: pem, format: 'pem' })
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (key.asymmetricKeyType !== 'rsa' || bits < rsaBits.least || bits > rsaBits.most) {
    throw new Error(`not an RSA key of ${rsaBits.least} to ${rsaBits.most} bits`)
  }
  return key
}
