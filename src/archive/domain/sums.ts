import { sha256 } from '../../ledger/domain/sha256.ts'
import type { LedgerObject } from './ledger-objects.ts'

/** The list of the objects of a ledger, in the format of sha256sum. Lines are handed out once, and not kept. */
export class Sums {
  #lines = ''
  #taken = 0
  #count = 0
  #bytes = 0

  /** Objects so far. */
  get count(): number {
    return this.#count
  }

  /** Lines that were not taken yet. */
  get waiting(): number {
    return this.#count - this.#taken
  }

  /** Bytes of all objects so far. */
  get bytes(): number {
    return this.#bytes
  }

  add({ path, bytes }: LedgerObject): void {
    this.#lines += `${Buffer.from(sha256(bytes)).toString('hex')}  ${path}\n`
    this.#count += 1
    this.#bytes += bytes.length
  }

  /** Returns the lines that were added since the last call. */
  take(): string {
    const lines = this.#lines
    this.#lines = ''
    this.#taken = this.#count
    return lines
  }
}
