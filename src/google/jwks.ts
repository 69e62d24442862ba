import { createRemoteJWKSet, customFetch, errors } from 'jose'
import { type Http, HttpError } from './http.ts'

/**
 * The keys Google signs with, fetched once for all who need them at the same time, and again when an unknown key id
 * appears, at most once in `cooldownMs`. `url` is an address google/http.ts may reach.
 */
export function remoteKeys(http: Http, url: string, cooldownMs: number): ReturnType<typeof createRemoteJWKSet> {
  return createRemoteJWKSet(new URL(url), {
    cooldownDuration: cooldownMs,
    [customFetch]: async address => {
      const answer = await http({ url: address, method: 'GET', timeoutMs: 10_000, maxBytes: 65_536 })
      return new Response(answer.text, { status: answer.status })
    },
  })
}

/**
 * True when a token could not be verified because the keys could not be had, which says nothing about the token. jose
 * reports a key set that answered with an error status, or with something else than keys, in the last two ways.
 */
export function keysMissing(error: unknown): boolean {
  return (
    error instanceof HttpError ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC' && /JSON Web Key Set/.test(error.message))
  )
}
