/** The public beacon drand: section 3 of lottery-draw-v2. */
import { isBlsSignature, sha256 } from './crypto.ts'
import type { Chain } from './document.ts'
import { ascii, bytesOf, concat, hexOf, midnightAfter, u32, u64 } from './primitives.ts'

/** The only chain that a lottery may be drawn with. */
export const QUICKNET: Chain = {
  chain_hash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
  public_key:
    '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  period: 3,
  genesis: 1692803367,
  group_hash: 'f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e',
  beacon_id: 'quicknet',
  scheme: 'bls-unchained-g1-rfc9380',
}

/** Hash in hex that binds every parameter of a chain. */
export function chainHash({ period, genesis, public_key, group_hash, beacon_id }: Chain): string {
  const parts = [u32(period), u64(genesis), bytesOf(public_key), bytesOf(group_hash), ascii(beacon_id)]
  return hexOf(sha256(concat(...parts)))
}

/** Time at which a round is due, in seconds since 1970-01-01. */
export function dueAt({ genesis, period }: Chain, round: number): number {
  return genesis + (round - 1) * period
}

/** The round that belongs to a date when nothing is late: the one due at midnight and 60 seconds, or just before. */
export function regularRound({ genesis, period }: Chain, date: string): number {
  return Math.floor((midnightAfter(date) / 1000 + 60 - genesis) / period) + 1
}

/** The round that draws a lottery sealed at `sealedAt`, in milliseconds. No one chooses it. */
export function roundOf(chain: Chain, date: string, sealedAt: number): { round: number; isLate: boolean } {
  const regular = regularRound(chain, date)
  if (sealedAt <= dueAt(chain, regular) * 1000 - 10_000) return { round: regular, isLate: false }
  const { genesis, period } = chain
  return { round: Math.ceil((sealedAt + 60_000 - genesis * 1000) / (period * 1000)) + 1, isLate: true }
}

export function isRoundSignature(chain: Chain, round: number, signature: Uint8Array): boolean {
  return isBlsSignature(signature, sha256(u64(round)), bytesOf(chain.public_key))
}
