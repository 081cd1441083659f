import { createHash, createHmac, hash } from 'node:crypto'

/** 32 bytes. */
export type Hash = Uint8Array

/** Computes SHA-256. Hash functions are the only thing that the domain imports from Node, because they are pure. */
export function sha256(...parts: readonly Uint8Array[]): Hash {
  const message = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
  // The output 'buffer' would allocate memory for each hash, which takes three times as long as hex.
  return Buffer.from(hash('sha256', message, 'hex'), 'hex')
}

/** SHA-256 of a message that comes in parts. */
export class Sha256 {
  readonly #hash = createHash('sha256')

  update(part: Uint8Array): void {
    this.#hash.update(part)
  }

  digest(): Hash {
    return this.#hash.digest()
  }
}

export function hmacSha256(key: Uint8Array, message: Uint8Array): Hash {
  return createHmac('sha256', key).update(message).digest()
}
