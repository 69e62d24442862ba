import { createPublicKey, type KeyObject, sign } from 'node:crypto'

const SHA256_WITH_RSA = sequence(objectId('2a864886f70d01010b'), Buffer.from([0x05, 0x00]))
const COMMON_NAME = objectId('550403')

/** An X.509 certificate (RFC 5280) in PEM for an RSA key, as Google lists them at `/oauth2/v1/certs`. */
export function selfSignedCertificate(privateKey: KeyObject, commonName: string, from: Date): string {
  const to = new Date(from.getTime() + 16 * 86_400_000)
  const name = sequence(set(sequence(COMMON_NAME, der(0x0c, Buffer.from(commonName)))))
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const version = der(0xa0, der(0x02, Buffer.from([2])))
  const serial = der(0x02, Buffer.from([0x01]))
  const body = sequence(version, serial, SHA256_WITH_RSA, name, sequence(utcTime(from), utcTime(to)), name, publicKey)
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]))
  const base64 = sequence(body, SHA256_WITH_RSA, signature).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`
}

function utcTime(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function set(...parts: Buffer[]): Buffer {
  return der(0x31, Buffer.concat(parts))
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
