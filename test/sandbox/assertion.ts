import { createPrivateKey, sign } from 'node:crypto'

interface KeyFile {
  client_email: string
  private_key: string
}

/** A JWT-bearer assertion from a key file. A claim set to undefined is left out. */
export function signAssertion(
  { client_email, private_key }: KeyFile,
  change: Record<string, unknown>,
  key: string = private_key,
): string {
  const iat = Math.floor(Date.now() / 1000)
  const claims = { iss: client_email, aud: 'https://oauth2.googleapis.com/token', iat, exp: iat + 3600, ...change }
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), createPrivateKey(key)).toString('base64url')}`
}
