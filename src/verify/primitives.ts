/**
 * Bytes and trees of lottery-draw-v1, implemented a second time from the specification alone. The verifier shares no
 * code with the service, so it does not repeat the service's mistakes.
 */
import { createHash, createHmac, createPublicKey, verify } from 'node:crypto'

export function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export function hmac(key: Uint8Array, message: Uint8Array): Buffer {
  return createHmac('sha256', key).update(message).digest()
}

export function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

/** Days since 1970-01-01. */
export function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000
}

export const leaf = (entry: Uint8Array): Buffer => sha256(Buffer.of(0), entry)
export const node = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.of(1), left, right)

/** RFC 6962 tree to which entries are added. Keeps one hash for each set bit of its size. */
export class Tree {
  size = 0
  readonly #peaks: { height: number; hash: Buffer }[] = []

  add(entry: Uint8Array): void {
    let top = { height: 0, hash: leaf(entry) }
    for (let last = this.#peaks.at(-1); last?.height === top.height; last = this.#peaks.at(-1)) {
      this.#peaks.pop()
      top = { height: top.height + 1, hash: node(last.hash, top.hash) }
    }
    this.#peaks.push(top)
    this.size += 1
  }

  root(): Buffer {
    const [first, ...rest] = this.#peaks.map(({ hash }) => hash).reverse()
    return first ? rest.reduce((right, left) => node(left, right), first) : sha256()
  }
}

/**
 * Root computed from a leaf and its RFC 6962 audit path, by the recursion of section 2.1.1 in reverse. Undefined when
 * the path does not fit the index and the size.
 */
export function rootOfPath(leafHash: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer | undefined {
  if (size === 1) return index === 0 && path.length === 0 ? leafHash : undefined
  const sibling = path.at(-1)
  if (!sibling) return undefined
  let split = 1
  while (split * 2 < size) split *= 2
  const rest = path.slice(0, -1)
  const left = index < split ? rootOfPath(leafHash, index, split, rest) : sibling
  const right = index < split ? sibling : rootOfPath(leafHash, index - split, size - split, rest)
  return left && right && node(left, right)
}

export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: string
}

/**
 * Reads a C2SP signed note and checks its Ed25519 signature with a C2SP verifier key. Undefined when the note, the key
 * or the signature is invalid.
 */
export function openCheckpoint(note: string, verifierKey: string): Checkpoint | undefined {
  const key = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(verifierKey)
  const parts = /^(([^\n]+)\n(0|[1-9]\d{0,15})\n([^\n]+)\n)\n— (\S+) (\S+)\n$/.exec(note)
  if (!key || !parts) return undefined
  const [, name, keyId, keyText] = key as unknown as [string, string, string, string]
  const [, text, origin, size, rootText, signer, signatureText] = parts as unknown as string[] & { length: 7 }
  const publicKey = base64(keyText, 33)
  const root = base64(rootText as string, 32)
  const signature = base64(signatureText as string, 68)
  if (!publicKey || !root || !signature || publicKey[0] !== 1 || signer !== name) return undefined

  const expectedId = sha256(ascii(`${name}\n`), publicKey).subarray(0, 4)
  if (expectedId.toString('hex') !== keyId || !signature.subarray(0, 4).equals(expectedId)) return undefined
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey.subarray(1)])
  const ed25519 = createPublicKey({ key: der, format: 'der', type: 'spki' })
  if (!verify(null, Buffer.from(text as string), ed25519, signature.subarray(4))) return undefined
  return { origin: origin as string, size: Number(size), root: root.toString('hex') }
}

/** Decodes `length` bytes of base64. Undefined for any spelling but the canonical one. */
function base64(text: string, length: number): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === length && bytes.toString('base64') === text ? bytes : undefined
}
