import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import { type Hash, sha256 } from '../../ledger/domain/sha256.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import { CalendarDate } from './calendar-date.ts'

/**
 * The randomness that a lottery is drawn with (lottery-draw-v2 section 3), fixed and public from its creation.
 * `commit-reveal`: the hash of a secret that the draw reveals. `drand`: the regular round of a public beacon; a late seal
 * takes a later round.
 */
export type Entropy =
  | { readonly kind: 'commit-reveal'; readonly commitment: Hash }
  | { readonly kind: 'drand'; readonly chainHash: Hash; readonly round: number }

/** The bytes that turn a lottery's entropy into randomness: the secret (32 bytes), or the round's verified signature. */
export type Reveal = Uint8Array

/** A public randomness beacon. Its chain hash binds the other fields, so 32 pinned bytes pin all of them. */
export interface BeaconChain {
  readonly beaconId: string
  readonly scheme: 'bls-unchained-g1-rfc9380'
  /** Seconds between two rounds. */
  readonly period: number
  /** Time at which round 1 was due, in seconds since 1970. */
  readonly genesis: number
  /** In hex, as are `groupHash` and `publicKey`. */
  readonly chainHash: string
  readonly groupHash: string
  readonly publicKey: string
}

/** Chain of the drand network quicknet. */
export const QUICKNET: BeaconChain = {
  beaconId: 'quicknet',
  scheme: 'bls-unchained-g1-rfc9380',
  period: 3,
  genesis: 1_692_803_367,
  chainHash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
  groupHash: 'f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e',
  publicKey:
    '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
}

/** Milliseconds from the end of a lottery's day until its regular round is due, and from a late seal until its round is. */
const ROUND_AFTER_MS = 60_000
/** Minimum number of milliseconds from a seal until its regular round is due. With fewer, the seal is late. */
const SEAL_AHEAD_MS = 10_000

/** Reports whether a lottery's stored chain hash is that of this beacon. */
export function isOfChain(chainHash: Hash, { chainHash: expected }: BeaconChain): boolean {
  return sameBytes(chainHash, Buffer.from(expected, 'hex'))
}

export function commitmentTo(secret: Uint8Array): Hash {
  return sha256(Buffer.from('LSC1'), secret)
}

/** The 32 bytes of randomness from which the seed of the draw is computed. */
export function randomnessOf(entropy: Entropy, reveal: Reveal): Uint8Array {
  return entropy.kind === 'drand' ? sha256(reveal) : reveal
}

/** Regular round of a date: the first one due after the first minute of the next day. It depends on the date alone. */
export function regularRound(date: CalendarDate, { genesis, period }: BeaconChain): number {
  const seconds = (CalendarDate.endOf(date) + ROUND_AFTER_MS) / 1000
  return Math.floor((seconds - genesis) / period) + 1
}

/**
 * Round of a seal made at `at`: the regular round. When that round is past or due in less than 10 s, the draw is late, and
 * its round is the first one that is due 60 s or more after `at`.
 */
export function roundForSeal(date: CalendarDate, at: Instant, beacon: BeaconChain): number {
  const regular = regularRound(date, beacon)
  if (at <= dueAt(regular, beacon) * 1000 - SEAL_AHEAD_MS) return regular
  return Math.ceil((at + ROUND_AFTER_MS - beacon.genesis * 1000) / (beacon.period * 1000)) + 1
}

/** Time at which a round is due, in seconds since 1970. */
export function dueAt(round: number, { genesis, period }: BeaconChain): number {
  return genesis + (round - 1) * period
}
