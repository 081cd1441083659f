import { sha256 } from '../../ledger/domain/sha256.ts'

const WORDS = 8

/**
 * Digest of a set of rows that does not depend on their order: the sum of their SHA-256 hashes, word by word modulo 2^32. It
 * compares files that hold the same rows in another order, in constant memory.
 */
export class RowSet {
  readonly #sum = new Uint32Array(WORDS)
  #count = 0

  get count(): number {
    return this.#count
  }

  add(row: string): void {
    const hash = sha256(Buffer.from(row))
    const words = new DataView(hash.buffer, hash.byteOffset, 4 * WORDS)
    for (let n = 0; n < WORDS; n += 1) this.#sum[n] = (this.#sum[n] ?? 0) + words.getUint32(4 * n)
    this.#count += 1
  }

  equals(other: RowSet): boolean {
    return this.#count === other.#count && this.#sum.every((word, n) => word === other.#sum[n])
  }
}
