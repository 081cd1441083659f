import type { Instant } from '../../shared/domain/instant.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import {
  type BeaconChain,
  commitmentTo,
  type Entropy,
  isOfChain,
  regularRound,
  roundForSeal,
} from '../domain/entropy.ts'
import type { Lottery } from '../domain/lottery.ts'

/**
 * Chooses the entropy of new lotteries, and the beacon's round of a seal. A lottery keeps the kind of entropy that it was
 * created with, so the beacon's chain is needed even when new lotteries do not use the beacon.
 */
export class Entropies {
  readonly #kind: Entropy['kind']
  readonly #chain: BeaconChain
  readonly #mintSecret: () => Uint8Array

  /** `mintSecret` returns 32 bytes from a cryptographic source. */
  constructor(kind: Entropy['kind'], chain: BeaconChain, mintSecret: () => Uint8Array) {
    this.#kind = kind
    this.#chain = chain
    this.#mintSecret = mintSecret
  }

  /** Returns the entropy of a new lottery, and its secret when the kind has one. */
  forNew(date: CalendarDate): { readonly entropy: Entropy; readonly secret: Uint8Array | undefined } {
    if (this.#kind === 'drand') {
      const chainHash = Buffer.from(this.#chain.chainHash, 'hex')
      return { entropy: { kind: 'drand', chainHash, round: regularRound(date, this.#chain) }, secret: undefined }
    }
    const secret = this.#mintSecret()
    return { entropy: { kind: 'commit-reveal', commitment: commitmentTo(secret) }, secret }
  }

  /** Returns the beacon's round of a seal made at `at`; 0 when the lottery uses no beacon. */
  roundForSeal({ date, entropy }: Lottery, at: Instant): number {
    if (entropy.kind !== 'drand') return 0
    if (!isOfChain(entropy.chainHash, this.#chain)) {
      throw new Error(`the lottery of ${date} needs a beacon chain that is not configured`)
    }
    return roundForSeal(date, at, this.#chain)
  }
}
