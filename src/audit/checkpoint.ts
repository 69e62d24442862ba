import { createPublicKey, verify } from 'node:crypto'
import type { Chain, Position } from './chain.ts'

/** Where a trail stood: signed, so that it can be kept by anybody and shown later. */
export interface Checkpoint {
  seq: number
  /** ISO 8601, UTC: when it was given, not when the entry was written. */
  at: string
  /** The `hash` of that entry. */
  hash: string
  /** Names the trail; see Chain. */
  trail: string
  /** Whether the trail it names signed it. */
  genuine: boolean
  text: string
}

const form = /audit-checkpoint:1:(\d{1,15}):(\d{8}T\d{6}Z):([\w-]{43}):([\w-]{43}):([\w-]{86})(?![\w-])/g

/** `audit-checkpoint:1:SEQ:TIME:HASH:TRAIL:SIGNATURE`; the signature is over everything before its colon. */
export function checkpointText(chain: Chain, { seq, link }: Position, now: Date): string {
  const time = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
  const signed = ['audit-checkpoint', '1', seq, time, chain.hashOf(link), chain.trail].join(':')
  return `${signed}:${chain.sign(signed)}`
}

/** Every checkpoint in a text, each once: alone, in an export, or among the lines of a log. */
export function checkpointsIn(text: string): Checkpoint[] {
  const found = new Map([...text.matchAll(form)].map(match => [match[0], match]))
  return [...found.values()].map(([whole, seq = '', time = '', hash = '', trail = '', signature = '']) => ({
    seq: Number(seq),
    at: time.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'),
    hash,
    trail,
    genuine: isSigned(whole.slice(0, -signature.length - 1), trail, signature),
    text: whole,
  }))
}

function isSigned(signed: string, trail: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: trail }, format: 'jwk' })
    return verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64url'))
  } catch {
    // What names no key was signed by none.
    return false
  }
}
