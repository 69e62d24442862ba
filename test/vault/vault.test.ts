import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { CompactEncrypt } from 'jose'
import { describe, expect, it } from 'vitest'
import { parseTokenKeys } from '../../src/vault/key-ring.ts'
import { createVault, type SealContext } from '../../src/vault/vault.ts'

const key = (kid: string, bytes = randomBytes(32)) => `${kid}:${bytes.toString('base64url')}`
const vaultOf = (...entries: string[]) => {
  const { ring, problems } = parseTokenKeys(entries.join(','))
  expect(problems).toEqual([])
  return createVault(ring)
}
const place: SealContext = { purpose: 'refresh-token', context: 'connections/a/credential/1' }
const refused = { code: 'vault_open_failed' }

describe('the vault', () => {
  it('opens what it sealed, and seals the same text differently each time', async () => {
    const vault = vaultOf(key('k1'))
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async text => {
        const [one, two] = await Promise.all([vault.seal(text, place), vault.seal(text, place)])
        expect(one).not.toBe(two)
        expect(await vault.open(one, place)).toBe(text)
      }),
      { numRuns: 100 },
    )
  })

  it('row 47: never seals with the same initialisation vector twice', async () => {
    const vault = vaultOf(key('k1'))
    const sealed = await Promise.all(Array.from({ length: 5_000 }, () => vault.seal('secret', place)))
    expect(new Set(sealed.map(each => each.split('.')[2])).size).toBe(sealed.length)
  })

  it('rows 44, 45: refuses a value copied to another row, column, version or purpose', async () => {
    const vault = vaultOf(key('k1'))
    const sealed = await vault.seal('secret', place)
    const elsewhere: SealContext[] = [
      { ...place, context: 'connections/b/credential/1' },
      { ...place, context: 'connections/a/access_token/1' },
      { ...place, context: 'connections/a/credential/2' },
      { ...place, purpose: 'access-token' },
      { ...place, purpose: 'sign-in-under-way' },
    ]
    for (const other of elsewhere) await expect(vault.open(sealed, other)).rejects.toMatchObject(refused)
  })

  it('row 46: refuses every flipped bit of header, iv, ciphertext and tag, and every truncation', async () => {
    const vault = vaultOf(key('k1'))
    const parts = (await vault.seal('secret', place)).split('.')
    for (const [index, part] of parts.entries()) {
      const bytes = Buffer.from(part, 'base64url')
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = Buffer.from(bytes)
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const text = parts.map((each, at) => (at === index ? changed.toString('base64url') : each)).join('.')
        await expect(vault.open(text, place), `part ${index}, bit ${bit}`).rejects.toMatchObject(refused)
      }
    }
    const tag = Buffer.from(parts[4] ?? '', 'base64url')
    for (let length = 0; length < tag.length; length++) {
      const text = [...parts.slice(0, 4), tag.subarray(0, length).toString('base64url')].join('.')
      await expect(vault.open(text, place)).rejects.toMatchObject(refused)
    }
  })

  it('row 46: refuses text that is no sealed value, without saying more', async () => {
    const vault = vaultOf(key('k1'))
    for (const text of ['', 'x', '....', 'null', 'a.b.c', 'x'.repeat(1_000_000)]) {
      await expect(vault.open(text, place)).rejects.toMatchObject(refused)
    }
  })

  it('refuses another key under the same name, and names a missing one', async () => {
    const sealed = await vaultOf(key('k1')).seal('secret', place)
    await expect(vaultOf(key('k1')).open(sealed, place)).rejects.toMatchObject({ ...refused, params: { kid: 'k1' } })
    await expect(vaultOf(key('k2')).open(sealed, place)).rejects.toMatchObject({ ...refused, params: { kid: 'k1' } })
  })

  it('seals with the first key and opens with all', async () => {
    const old = key('old')
    const sealed = await vaultOf(old).seal('secret', place)
    const both = vaultOf(key('new'), old)
    expect(await both.open(sealed, place)).toBe('secret')
    expect(both.keyId(await both.seal('secret', place))).toBe('new')
  })

  it('row 46: refuses a value sealed with the same key but another algorithm', async () => {
    const bytes = randomBytes(32)
    const foreign = await new CompactEncrypt(Buffer.from('secret'))
      .setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM', kid: 'k1', typ: 'ads-keyring+jwe' })
      .encrypt(bytes)
    await expect(vaultOf(key('k1', bytes)).open(foreign, place)).rejects.toMatchObject(refused)
  })
})

describe('TOKEN_KEYS', () => {
  const same = randomBytes(32)
  const cases: [string, string, RegExp][] = [
    ['nothing', '', /at least one key/],
    ['31 bytes', key('k1', randomBytes(31)), /key k1 has 31 bytes; expected 32/],
    ['33 bytes', key('k1', randomBytes(33)), /key k1 has 33 bytes; expected 32/],
    ['no key id', randomBytes(32).toString('base64url'), /not of the form/],
    ['not random', key('k1', Buffer.alloc(32, 7)), /key k1 is not random/],
    ['one id twice', `${key('k1')},${key('k1')}`, /key id k1 is given twice/],
    ['one key twice', `${key('k1', same)},${key('k2', same)}`, /key k2 repeats another key/],
  ]
  it.each(cases)('row 48: refuses %s and never repeats the key', (_name, text, expected) => {
    const { problems } = parseTokenKeys(text)
    expect(problems.join('\n')).toMatch(expected)
    for (const secret of text.split(',').map(entry => entry.split(':').at(-1) ?? '')) {
      if (secret.length > 10) expect(problems.join('\n')).not.toContain(secret)
    }
  })
})
