import { createHmac, hash } from 'node:crypto'

/** 32 bytes. */
export type Hash = Uint8Array

/** SHA-256: a pure function, and the one thing the domain takes from Node itself. */
export function sha256(...parts: readonly Uint8Array[]): Hash {
  const message = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
  // By way of hex, since 'buffer' allocates memory of its own for each hash, which takes three times as long.
  return Buffer.from(hash('sha256', message, 'hex'), 'hex')
}

export function hmacSha256(key: Uint8Array, message: Uint8Array): Hash {
  return createHmac('sha256', key).update(message).digest()
}
