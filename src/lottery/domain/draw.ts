import { type Hash, hmacSha256 } from '../../ledger/domain/sha256.ts'

const RANGE = 2n ** 256n
/** Number of prizes of every lottery. */
export const PRIZES = 1

/** Seed of a draw: `HMAC(randomness, "LSD2" || seal hash)`, lottery-draw-v2 section 4. */
export function seedOf(randomness: Uint8Array, sealHash: Hash): Hash {
  return hmacSha256(randomness, Buffer.concat([Buffer.from('LSD2'), sealHash]))
}

/**
 * Winning ordinals of the prizes 0..prizes-1. Each is uniform over the ballots that are neither excluded nor drawn
 * already. When these run out, fewer ordinals are returned. The cost grows with the exclusions, never with the ballots.
 */
export function drawOrdinals(seed: Hash, ballotCount: number, excluded: readonly number[], prizes = PRIZES): number[] {
  const holes = [...excluded]
  const drawn: number[] = []
  while (drawn.length < prizes && holes.length < ballotCount) {
    const nth = new NthAdmitted(uniform(seed, drawn.length, ballotCount - holes.length))
    nth.skip(holes)
    const { ordinal } = nth
    drawn.push(ordinal)
    holes.splice(lowerBound(holes, ordinal), 0, ordinal)
  }
  return drawn
}

/** Uniform number in 0..below-1. Values in the last, incomplete multiple of `below` are rejected. */
export function uniform(seed: Hash, prize: number, below: number): number {
  const limit = (RANGE / BigInt(below)) * BigInt(below)
  for (let tries = 0; ; tries += 1) {
    const message = Buffer.alloc(8)
    message.writeUInt32BE(prize, 0)
    message.writeUInt32BE(tries, 4)
    const x = BigInt(`0x${Buffer.from(hmacSha256(seed, message)).toString('hex')}`)
    if (x < limit) return Number(x % BigInt(below))
  }
}

/** The n-th ordinal, n from 0, that is no hole. It is right once all holes were given. */
export class NthAdmitted {
  #ordinal: number

  constructor(n: number) {
    this.#ordinal = n + 1
  }

  get ordinal(): number {
    return this.#ordinal
  }

  /** Takes the next holes, by ascending ordinal. */
  skip(holes: readonly number[]): void {
    for (const hole of holes) {
      if (hole > this.#ordinal) return // so are all that follow
      this.#ordinal += 1
    }
  }
}

function lowerBound(sorted: readonly number[], value: number): number {
  const at = sorted.findIndex((item) => item >= value)
  return at === -1 ? sorted.length : at
}
