import { createHmac, createPrivateKey, createPublicKey, hkdfSync, sign } from 'node:crypto'
import type { AuditEntriesTable } from '../db/schema.ts'

/** Everything of an entry that the chain runs over. */
export type Content = Omit<AuditEntriesTable, 'hash'>

/** A place in the trail: the number of an entry, and the chain's value there. */
export interface Position {
  seq: number
  link: string
}

/** What can be computed with the secret of one trail, and with nothing else. */
export interface Chain {
  /** Names the trail, and checks the signatures of its checkpoints: the raw Ed25519 public key, base64url. */
  trail: string
  /** The chain's value for the entry that follows this value. */
  next(link: string, entry: Content): string
  /** What an entry keeps of its value. The value can't be computed from it. */
  hashOf(link: string): string
  /** Binds the number of the last entry about a row to that row. */
  stampOf(table: string, id: string, seq: number): string
  /** base64url */
  sign(text: string): string
}

/** Where a trail begins. */
export const beginning = ''

/** The chain's key is the secret itself; the other keys are derived from it (HKDF-SHA256). */
export function createChain(secret: Buffer): Chain {
  const stampKey = derived(secret, 'audit-stamps')
  const signingKey = ed25519(derived(secret, 'audit-checkpoints'))
  const publicKey = createPublicKey(signingKey).export({ format: 'jwk' })
  return {
    trail: String(publicKey.x),
    next: (link, entry) => mac(secret, [link, ...columns.map(column => entry[column])]),
    hashOf: link => mac(secret, link),
    stampOf: (table, id, seq) => mac(stampKey, [table, id, seq]),
    sign: text => sign(null, Buffer.from(text), signingKey).toString('base64url'),
  }
}

/** In this order for ever. */
const columns = [
  'seq',
  'at',
  'actor_kind',
  'actor_id',
  'actor_name',
  'via',
  'via_id',
  'request_id',
  'action',
  'target_kind',
  'target_id',
  'target_name',
  'outcome',
  'changes',
] as const satisfies (keyof Content)[]

function mac(key: Buffer, content: unknown): string {
  return createHmac('sha256', key).update(JSON.stringify(content)).digest('base64url')
}

function derived(secret: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `ads-keyring/${purpose}/v1`, 32))
}

/** Node takes a private key only in its envelope: PKCS #8 as RFC 8410 has it, which ends with the 32 bytes. */
function ed25519(seed: Buffer) {
  const envelope = Buffer.from('302e020100300506032b657004220420', 'hex')
  return createPrivateKey({ key: Buffer.concat([envelope, seed]), format: 'der', type: 'pkcs8' })
}
