import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { sameBytes } from '../domain/same-bytes.ts'
import { sha256 } from '../domain/sha256.ts'

/** DER of SubjectPublicKeyInfo before a raw Ed25519 key (RFC 8410 section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
/** Signature type of timestamped Ed25519 cosignatures. */
const COSIGNATURE = 4
const KEY_ID_BYTES = 4
/** A key id, the time as u64 and an Ed25519 signature. */
const COSIGNATURE_BYTES = KEY_ID_BYTES + 8 + 64

/** Ed25519 key of a witness, and the check of its cosignatures (c2sp.org/tlog-cosignature, cosignature/v1). */
export class WitnessKey {
  readonly name: string
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  readonly #keyId: Uint8Array
  readonly #key: KeyObject

  /** Parses a C2SP verifier key: `<name>+<key id, hex>+<base64 of 0x04 and the public key>`. @throws Error that says why */
  constructor(verifierKey: string) {
    const [, name, keyId, base64] = /^([^\s+,=]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(verifierKey) ?? []
    if (name === undefined || keyId === undefined || base64 === undefined)
      throw new Error('must be a C2SP verifier key: name+key id+base64')
    const typedKey = Buffer.from(base64, 'base64')
    if (typedKey[0] !== COSIGNATURE) throw new Error('must be the key of a witness: Ed25519 cosignatures, type 0x04')
    this.name = name
    this.publicKey = typedKey.subarray(1)
    this.#keyId = sha256(Buffer.from(`${name}\n`), typedKey).subarray(0, KEY_ID_BYTES)
    if (!sameBytes(this.#keyId, Buffer.from(keyId, 'hex'))) throw new Error('must have the key id of its name and key')
    this.#key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, this.publicKey]), format: 'der', type: 'spki' })
  }

  /**
   * Time of a cosignature, in seconds since 1970; undefined unless the line is this witness's cosignature of the note text.
   * @param line signature line without its line feed
   * @param text note text with its last line feed
   */
  timeOf(line: string, text: string): number | undefined {
    const prefix = `— ${this.name} `
    if (!line.startsWith(prefix)) return undefined
    const base64 = line.slice(prefix.length)
    const bytes = Buffer.from(base64, 'base64')
    if (bytes.length !== COSIGNATURE_BYTES || bytes.toString('base64') !== base64) return undefined
    if (!sameBytes(bytes.subarray(0, KEY_ID_BYTES), this.#keyId)) return undefined
    const time = bytes.readBigUInt64BE(KEY_ID_BYTES)
    const message = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`)
    return verify(null, message, this.#key, bytes.subarray(KEY_ID_BYTES + 8)) ? Number(time) : undefined
  }
}
