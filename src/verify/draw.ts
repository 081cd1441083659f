/** Seal and draw: sections 1 and 4 of lottery-draw-v2. */
import { hmac, sha256 } from './crypto.ts'
import type { Exclusion, SealedData } from './document.ts'
import { ascii, bytesOf, concat, dayOf, hexOf, u32, u64, uuidBytes } from './primitives.ts'

type SealFields = Omit<SealedData, 'created_event_id' | 'prizes' | 'seal_hash'>

/** The 173 bytes of a seal. */
export function sealBytes(seal: SealFields): Uint8Array {
  return concat(
    ascii('LSS2'),
    u32(dayOf(seal.date)),
    u32(seal.attempt),
    u64(seal.ballot_count),
    bytesOf(seal.root),
    u64(seal.excluded_count),
    bytesOf(seal.exclusions_hash),
    Uint8Array.of(seal.kind === 'drand' ? 1 : 0),
    bytesOf(seal.source),
    u64(seal.round),
    u64(Date.parse(seal.sealed_at)),
    bytesOf(seal.previous_seal_hash),
  )
}

export function sealHash(seal: SealFields): string {
  return hexOf(sha256(sealBytes(seal)))
}

/** Hash in hex of the excluded leaf indexes and of the ban that excludes each. */
export function exclusionsHash(exclusions: readonly Pick<Exclusion, 'ordinal' | 'event_id'>[]): string {
  const parts = exclusions.flatMap(({ ordinal, event_id }) => [u64(ordinal - 1), uuidBytes(event_id)])
  return hexOf(sha256(concat(...parts)))
}

/** Commitment in hex to a secret of 32 bytes. */
export function commitmentTo(secret: string): string {
  return hexOf(sha256(concat(ascii('LSC1'), bytesOf(secret))))
}

/** Seed of the draw, from the randomness and the seal hash in hex. */
export function seedOf(randomness: Uint8Array, hash: string): Uint8Array {
  return hmac(randomness, concat(ascii('LSD2'), bytesOf(hash)))
}

/** Leaf indexes that win, rank 1 first. `excluded` is ascending. Fewer than `prizes` when not enough ballots can win. */
export function drawIndexes(seed: Uint8Array, count: number, excluded: readonly number[], prizes: number): number[] {
  const drawn: number[] = []
  const out = [...excluded] // leaf indexes that cannot be drawn any more, ascending
  for (let j = 0; j < prizes && count > out.length; j += 1) {
    const index = kthFree(out, randomBelow(seed, j, count - out.length))
    const place = out.findIndex((other) => other > index)
    out.splice(place < 0 ? out.length : place, 0, index)
    drawn.push(index)
  }
  return drawn
}

/** Uniform integer from 0 to m - 1. It rejects numbers above the largest multiple of m, so no remainder is favoured. */
function randomBelow(seed: Uint8Array, j: number, m: number): number {
  const modulus = BigInt(m)
  const limit = ((1n << 256n) / modulus) * modulus
  for (let t = 0; ; t += 1) {
    const x = BigInt(`0x${hexOf(hmac(seed, concat(u32(j), u32(t))))}`)
    if (x < limit) return Number(x % modulus)
  }
}

/** The k-th leaf index, from 0, that is not in the ascending array `out`. */
function kthFree(out: readonly number[], k: number): number {
  let index = k
  for (const taken of out) {
    if (taken > index) break
    index += 1
  }
  return index
}

/** Ledger entry of a ballot, 64 bytes. `salt` is in hex, `acceptedAt` in milliseconds since 1970-01-01. */
export function entryOf(
  date: string,
  ballot: { readonly id: string; readonly userId: string; readonly salt: string; readonly acceptedAt: number },
): Uint8Array {
  const commit = userCommit(ballot.salt, ballot.userId)
  return concat(ascii('LSB1'), u32(dayOf(date)), uuidBytes(ballot.id), commit, u64(ballot.acceptedAt))
}

export function userCommit(salt: string, userId: string): Uint8Array {
  return sha256(concat(ascii('LSU1'), bytesOf(salt), uuidBytes(userId)))
}

/** Fields of a ledger entry of 64 bytes. */
export function readEntry(entry: Uint8Array): {
  readonly prefix: Uint8Array
  readonly ballotId: Uint8Array
  readonly userCommit: Uint8Array
  readonly acceptedAt: number
} {
  const view = new DataView(entry.buffer, entry.byteOffset)
  return {
    prefix: entry.subarray(0, 8),
    ballotId: entry.subarray(8, 24),
    userCommit: entry.subarray(24, 56),
    acceptedAt: view.getUint32(56) * 2 ** 32 + view.getUint32(60),
  }
}
