import { type Hash, hmacSha256 } from '../../ledger/domain/sha256.ts'

const RANGE = 2n ** 256n

/** lottery-draw-v1 section 4: `HMAC(randomness, "LSD1" || seal hash)`. */
export function seedOf(randomness: Uint8Array, sealHash: Hash): Hash {
  return hmacSha256(randomness, Buffer.concat([Buffer.from('LSD1'), sealHash]))
}

/**
 * The winning ordinals of the prizes 0..prizes-1, each uniform over the ballots that are neither excluded nor drawn
 * already; fewer when there are fewer ballots. Costs the exclusions, never the ballots.
 */
export function drawOrdinals(seed: Hash, ballotCount: number, excluded: readonly number[], prizes = 1): number[] {
  const holes = [...excluded]
  const drawn: number[] = []
  while (drawn.length < prizes && holes.length < ballotCount) {
    const ordinal = nthAdmitted(uniform(seed, drawn.length, ballotCount - holes.length), holes)
    drawn.push(ordinal)
    holes.splice(lowerBound(holes, ordinal), 0, ordinal)
  }
  return drawn
}

/** A number of 0..below-1, all equally likely: values of the last, incomplete multiple of `below` are rejected. */
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

/** The n-th ordinal (n from 0) that is no hole. */
function nthAdmitted(n: number, holes: readonly number[]): number {
  let ordinal = n + 1
  for (const hole of holes) {
    if (hole > ordinal) break
    ordinal += 1
  }
  return ordinal
}

function lowerBound(sorted: readonly number[], value: number): number {
  const at = sorted.findIndex((one) => one >= value)
  return at === -1 ? sorted.length : at
}
