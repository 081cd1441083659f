import { createHash, createPublicKey, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Ed25519CheckpointSigner } from '../../../src/ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { bytes, hexOf, RFC6962 } from '../../support/vectors.ts'
import { openCheckpoint } from '../../support/verifying.ts'

/** Test 1 of RFC 8032 section 7.1. */
const SEED = bytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
const PUBLIC_KEY = bytes('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
const NAME = 'lottery.local'
const HEAD = { origin: 'lottery.local/2026-11-22', size: 8, root: bytes(RFC6962.root8) }

describe('a checkpoint', () => {
  const signer = new Ed25519CheckpointSigner(NAME, SEED)
  const note = signer.sign(HEAD)

  it('is origin, size and root, a blank line and one signature line', () => {
    const lines = note.split('\n')

    expect(lines).toEqual([
      'lottery.local/2026-11-22',
      '8',
      bytes(RFC6962.root8).toString('base64'),
      '',
      expect.stringMatching(/^— lottery\.local [A-Za-z0-9+/]{90}[A-Za-z0-9+/=]{2}$/),
      '',
    ])
  })

  it('has an Ed25519 signature over its three lines, line ends included', () => {
    const { keyId, signature } = signatureOf(note)
    const text = note.slice(0, note.indexOf('\n\n') + 1)

    expect(keyId).toBe(hexOf(keyIdOf(NAME)))
    expect(verify(null, Buffer.from(text), publicKey(), signature)).toBe(true)
    expect(verify(null, Buffer.from(text.trimEnd()), publicKey(), signature)).toBe(false)
  })

  it('has a verifier key made of name, key id and public key', () => {
    const typed = Buffer.concat([Buffer.of(1), PUBLIC_KEY]).toString('base64')

    expect(signer.verifierKey).toBe(`lottery.local+${hexOf(keyIdOf(NAME))}+${typed}`)
  })

  it('is the same note every time', () => {
    expect(signer.sign(HEAD)).toBe(note)
    expect(new Ed25519CheckpointSigner(NAME, SEED).sign({ ...HEAD })).toBe(note)
  })

  it('is another note for another origin, size or root', () => {
    const others = [
      { ...HEAD, origin: 'lottery.local/2026-11-23' },
      { ...HEAD, size: 9 },
      { ...HEAD, root: bytes(RFC6962.root3) },
    ].map((head) => signer.sign(head))

    const signatures = [note, ...others].map((one) => hexOf(signatureOf(one).signature))
    expect(new Set(signatures).size).toBe(4)
  })

  it('has another key id under another name or key, and does not verify under it', () => {
    const renamed = new Ed25519CheckpointSigner('lottery.example', SEED)
    const rekeyed = new Ed25519CheckpointSigner(NAME, Buffer.alloc(32, 1))

    for (const other of [renamed, rekeyed]) {
      expect(signatureOf(other.sign(HEAD)).keyId).not.toBe(signatureOf(note).keyId)
      expect(openCheckpoint(other.sign(HEAD), signer.verifierKey)).toBeUndefined()
      expect(openCheckpoint(note, other.verifierKey)).toBeUndefined()
      expect(openCheckpoint(other.sign(HEAD), other.verifierKey)).toBeDefined()
    }
    expect(signatureOf(renamed.sign(HEAD)).signature).toEqual(signatureOf(note).signature)
  })

  it('is accepted by the verifier', () => {
    expect(openCheckpoint(note, signer.verifierKey)).toEqual({
      origin: HEAD.origin,
      size: 8,
      root: RFC6962.root8,
    })
  })

  it('is accepted by the verifier with signatures of keys that it does not know', () => {
    const cosigned = `${note}— witness.example ${Buffer.alloc(76).toString('base64')}\n`

    expect(openCheckpoint(cosigned, signer.verifierKey)).toMatchObject({ size: 8 })
  })

  it('is refused by the verifier after any byte is changed', () => {
    const original = Buffer.from(note)
    for (const at of original.keys()) {
      for (const value of [(original[at] as number) ^ 1, (original[at] as number) ^ 0x20, 0x30, 0x0a]) {
        if (value === original[at]) continue
        const changed = Buffer.from(original)
        changed[at] = value
        expect(openCheckpoint(changed.toString(), signer.verifierKey), `byte ${at} as ${value}`).toBeUndefined()
      }
    }
  })

  it.each([
    ['without its last line end', note.slice(0, -1)],
    ['with an extension line', note.replace('\n\n', '\nextension\n\n')],
    ['with carriage returns', note.replaceAll('\n', '\r\n')],
    ['with a size that starts with 0', note.replace('\n8\n', '\n08\n')],
    ['with a hyphen for the dash', note.replace('—', '-')],
    ['when it is empty', ''],
  ])('is refused by the verifier %s', (_, changed) => {
    expect(openCheckpoint(changed, signer.verifierKey)).toBeUndefined()
  })
})

it('signs any text as a note, and a checkpoint as the note of its three lines', () => {
  const signer = new Ed25519CheckpointSigner(NAME, SEED)
  const note = signer.signText('one line\n')

  expect(note).toMatch(/^one line\n\n— lottery\.local \S{92}\n$/)
  expect(signatureOf(note).keyId).toBe(hexOf(keyIdOf(NAME)))
  expect(verify(null, Buffer.from('one line\n'), publicKey(), signatureOf(note).signature)).toBe(true)
  expect(signer.signText(`${HEAD.origin}\n8\n${bytes(RFC6962.root8).toString('base64')}\n`)).toBe(signer.sign(HEAD))
})

function signatureOf(note: string): { keyId: string; signature: Buffer } {
  const blob = Buffer.from(/^— \S+ (\S+)$/m.exec(note)?.[1] ?? '', 'base64')
  return { keyId: blob.subarray(0, 4).toString('hex'), signature: blob.subarray(4) }
}

function keyIdOf(name: string): Buffer {
  const hash = createHash('sha256').update(name).update('\n').update(Buffer.of(1)).update(PUBLIC_KEY).digest()
  return hash.subarray(0, 4)
}

function publicKey() {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: PUBLIC_KEY.toString('base64url') }
  return createPublicKey({ key: jwk, format: 'jwk' })
}
