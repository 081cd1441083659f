import type { Instant } from '../../shared/domain/instant.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { type BeaconChain, commitmentTo, type Entropy, plannedRound, roundForSeal } from '../domain/entropy.ts'
import type { Lottery } from '../domain/lottery.ts'

/**
 * Which randomness new lotteries get, and which round an old one takes. A lottery keeps the kind it was created with
 * whatever the configuration says later, so the beacon's chain is known even where new lotteries do not use it.
 */
export class Entropies {
  readonly #kind: Entropy['kind']
  readonly #chain: BeaconChain
  readonly #mintSecret: () => Uint8Array

  /** `mintSecret` gives 32 bytes from a cryptographic source. */
  constructor(kind: Entropy['kind'], chain: BeaconChain, mintSecret: () => Uint8Array) {
    this.#kind = kind
    this.#chain = chain
    this.#mintSecret = mintSecret
  }

  /** For a new lottery: what is public of its entropy, and the secret, if it has one. */
  forNew(date: CalendarDate): { readonly entropy: Entropy; readonly secret: Uint8Array | undefined } {
    if (this.#kind === 'drand') {
      const chainHash = Buffer.from(this.#chain.chainHash, 'hex')
      return { entropy: { kind: 'drand', chainHash, round: plannedRound(date, this.#chain) }, secret: undefined }
    }
    const secret = this.#mintSecret()
    return { entropy: { kind: 'commit-reveal', commitment: commitmentTo(secret) }, secret }
  }

  /** The beacon's round of a seal made at this moment; undefined where no beacon is used. */
  roundForSeal({ date, entropy }: Lottery, at: Instant): { round: number; late: boolean } | undefined {
    if (entropy.kind !== 'drand') return undefined
    if (Buffer.from(entropy.chainHash).toString('hex') !== this.#chain.chainHash) {
      throw new Error(`the lottery of ${date} uses a beacon that is not configured`)
    }
    return roundForSeal(date, at, this.#chain)
  }
}
