import { sha256 } from '../../ledger/domain/sha256.ts'
import type { LedgerObject } from './ledger-objects.ts'

/** Hashes of the objects of a ledger, in the format of sha256sum. */
export class Sums {
  readonly #lines: string[] = []
  #bytes = 0

  get count(): number {
    return this.#lines.length
  }

  /** Bytes of all objects. */
  get bytes(): number {
    return this.#bytes
  }

  get text(): string {
    return this.#lines.join('')
  }

  add({ path, bytes }: LedgerObject): void {
    this.#lines.push(`${Buffer.from(sha256(bytes)).toString('hex')}  ${path}\n`)
    this.#bytes += bytes.length
  }
}
