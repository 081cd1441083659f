import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { CheckpointSigner, LedgerHead } from '../domain/checkpoint.ts'
import { sha256 } from '../domain/sha256.ts'

/** DER of PKCS #8 around a raw Ed25519 seed (RFC 8410 section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
/** Signature type of Ed25519 in signed notes. */
const ED25519 = Buffer.of(1)

/** Signs checkpoints with Ed25519, as C2SP signed notes. */
export class Ed25519CheckpointSigner implements CheckpointSigner {
  readonly name: string
  readonly verifierKey: string
  readonly #keyId: Uint8Array
  readonly #privateKey: KeyObject

  /** `seed` is the private key: 32 random bytes. */
  constructor(name: string, seed: Uint8Array) {
    this.name = name
    this.#privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
    const publicKey = rawPublicKey(this.#privateKey)
    this.#keyId = sha256(Buffer.from(`${name}\n`), ED25519, publicKey).subarray(0, 4)
    this.verifierKey = `${name}+${hex(this.#keyId)}+${Buffer.concat([ED25519, publicKey]).toString('base64')}`
  }

  sign({ origin, size, root }: LedgerHead): string {
    return this.signText(`${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`)
  }

  signText(text: string): string {
    const signature = sign(null, Buffer.from(text), this.#privateKey)
    return `${text}\n— ${this.name} ${Buffer.concat([this.#keyId, signature]).toString('base64')}\n`
  }
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
