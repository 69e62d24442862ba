import { createHash, createPrivateKey, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** What a page asks for, as our server says it in JSON. */
export interface PasskeyOptions {
  challenge: string
  rp?: { id: string }
  rpId?: string
  user?: { id: string }
}

/** What an attacker, or a broken device, may change of an honest answer. */
export interface Bent {
  origin?: string
  rpId?: string
  type?: string
  challenge?: string
  counter?: number
  userVerified?: boolean
  userPresent?: boolean
  userHandle?: string
  crossOrigin?: boolean
  id?: string
}

const hash = (data: string | Buffer) => createHash('sha256').update(data).digest()
const text = (data: Uint8Array) => Buffer.from(data).toString('base64url')

/** An authenticator in software, for one passkey: it signs whatever it is told, so that attacks can be written down. */
export class Authenticator {
  readonly id: string
  readonly #key: KeyObject
  readonly #publicKey: Map<number, number | Uint8Array>
  #userHandle = ''
  counter: number

  /** With `counter` 0 it does not count, as synced passkeys do not. */
  constructor({ counter = 1 }: { counter?: number } = {}) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    const coordinate = (value: string) => new Uint8Array(Buffer.from(value, 'base64url'))
    this.#publicKey = new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, coordinate(x)],
      [-3, coordinate(y)],
    ])
    this.#key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))
    this.id = text(randomBytes(16))
    this.counter = counter
  }

  /** Answers `navigator.credentials.create` on a page of that origin. */
  create(options: PasskeyOptions, origin: string, bent: Bent = {}): string {
    this.#userHandle = options.user?.id ?? ''
    const clientDataJSON = clientData('webauthn.create', options.challenge, origin, bent)
    const id = Buffer.from(this.id, 'base64url')
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const credential = Buffer.concat([Buffer.alloc(16), length, id, isoCBOR.encode(this.#publicKey)])
    const authData = this.#authenticatorData(options.rp?.id ?? '', 0x40, bent, credential)
    const attestation = new Map<string, unknown>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', new Uint8Array(authData)],
    ])
    return this.#answer({
      clientDataJSON: text(clientDataJSON),
      attestationObject: text(isoCBOR.encode(attestation as never)),
      transports: ['internal'],
    })
  }

  /** Answers `navigator.credentials.get` on a page of that origin. */
  get(options: PasskeyOptions, origin: string, bent: Bent = {}): string {
    if (this.counter > 0) this.counter++
    const clientDataJSON = clientData('webauthn.get', options.challenge, origin, bent)
    const authenticatorData = this.#authenticatorData(options.rpId ?? '', 0, bent)
    const signature = createSign('sha256').update(authenticatorData).update(hash(clientDataJSON)).sign(this.#key)
    return this.#answer(
      {
        clientDataJSON: text(clientDataJSON),
        authenticatorData: text(authenticatorData),
        signature: text(signature),
        userHandle: bent.userHandle ?? this.#userHandle,
      },
      bent.id,
    )
  }

  #authenticatorData(rpId: string, more: number, bent: Bent, rest: Uint8Array = new Uint8Array()): Buffer {
    const flags = more | (bent.userPresent === false ? 0 : 1) | (bent.userVerified === false ? 0 : 4)
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(bent.counter ?? this.counter)
    return Buffer.concat([hash(bent.rpId ?? rpId), Buffer.from([flags]), counter, rest])
  }

  #answer(response: object, id = this.id): string {
    return JSON.stringify({ id, rawId: id, type: 'public-key', response, clientExtensionResults: {} })
  }
}

function clientData(type: string, challenge: string, origin: string, bent: Bent): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: bent.type ?? type,
      challenge: bent.challenge ?? challenge,
      origin: bent.origin ?? origin,
      crossOrigin: bent.crossOrigin ?? false,
    }),
  )
}
