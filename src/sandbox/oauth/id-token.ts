import { createHash, createHmac, sign } from 'node:crypto'
import type { CallEffects } from '../faults.ts'
import type { Person } from '../scenario.ts'
import { EMAIL_SCOPE, PROFILE_SCOPE } from './scopes.ts'
import { generateSigningKey, type SigningKey } from './signing-keys.ts'

export interface IdTokenRequest {
  person: Person
  clientId: string
  clientSecret: string
  scopes: readonly string[]
  accessToken: string
  nonce?: string | undefined
  key: SigningKey
  nowMs: number
  /** What a fault rule wants to be wrong with the token. */
  defects: CallEffects['idToken']
}

let foreignKey: SigningKey | undefined

/** A signed ID token with Google's claims in Google's order (wire facts A.10), or a bent one when defects are asked for. */
export function signIdToken(request: IdTokenRequest): string {
  let claims = idTokenClaims(request)
  let header: Record<string, unknown> = { alg: 'RS256', kid: request.key.kid, typ: 'JWT' }
  let signer = 'google'
  for (const defect of request.defects ?? []) {
    claims = { ...claims, ...defect.set }
    for (const name of defect.drop ?? []) delete claims[name]
    signer = defect.sign ?? signer
    if (signer === 'none') header.alg = 'none'
    if (signer === 'hs256 with client secret') header.alg = 'HS256'
    header = { ...header, ...defect.header }
  }
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${signature(signer, signed, request)}`
}

function idTokenClaims({
  person,
  clientId,
  scopes,
  accessToken,
  nonce,
  nowMs,
}: IdTokenRequest): Record<string, unknown> {
  const iat = Math.floor(nowMs / 1000)
  return {
    iss: 'https://accounts.google.com',
    azp: clientId,
    aud: clientId,
    sub: person.sub,
    ...(person.hostedDomain !== undefined && { hd: person.hostedDomain }),
    ...(scopes.includes(EMAIL_SCOPE) && { email: person.email, email_verified: person.emailVerified }),
    at_hash: createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url'),
    ...(nonce !== undefined && { nonce }),
    ...(scopes.includes(PROFILE_SCOPE) && profileClaims(person)),
    iat,
    exp: iat + 3600,
  }
}

export function profileClaims(person: Person): Record<string, string> {
  return Object.fromEntries(
    Object.entries({
      name: person.name,
      given_name: person.givenName,
      family_name: person.familyName,
      locale: person.locale,
    }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

function signature(signer: string, signed: string, { key, clientSecret }: IdTokenRequest): string {
  switch (signer) {
    case 'none':
      return ''
    case 'hs256 with client secret':
      return createHmac('sha256', clientSecret).update(signed).digest('base64url')
    case 'foreign key':
      foreignKey ??= generateSigningKey()
      return sign('sha256', Buffer.from(signed), foreignKey.privateKey).toString('base64url')
    case 'broken signature': {
      const bytes = sign('sha256', Buffer.from(signed), key.privateKey)
      bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9)
      return bytes.toString('base64url')
    }
    default:
      return sign('sha256', Buffer.from(signed), key.privateKey).toString('base64url')
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
