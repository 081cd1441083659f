import { createHmac } from 'node:crypto'
import { sha256 } from '../rfc6962.ts'
import { ascii, hex, hexOf, twelve, u32, u64, uuidBytes } from './bytes.ts'
import type { ForgedBeacon } from './keys.ts'

export interface ForgedBallot {
  readonly id: string
  readonly userId: string
  readonly salt: string
  readonly acceptedAt: number
}

/** Ballots of a date: the ballot of ordinal i is of user i mod `users`, accepted i milliseconds after the day began. */
export function forgeBallots(date: string, count: number, users = 3): ForgedBallot[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `0190f5fe-7c00-7a00-8000-${twelve(i + 1)}`,
    userId: userOf((i + 1) % users),
    salt: hexOf(sha256(ascii('salt'), u32(i + 1)).subarray(0, 16)),
    acceptedAt: Date.parse(date) + i + 1,
  }))
}

export const userOf = (n: number): string => `00112233-4455-6677-8899-${twelve(n)}`

export function entryOf(day: number, { id, userId, salt, acceptedAt }: ForgedBallot): Buffer {
  const commit = sha256(ascii('LSU1'), hex(salt), uuidBytes(userId))
  return Buffer.concat([ascii('LSB1'), u32(day), uuidBytes(id), commit, u64(acceptedAt)])
}

export function roundFor({ genesis, period }: ForgedBeacon['chain'], regular: number, sealedAt: number): number {
  const dueAt = (round: number) => (genesis + (round - 1) * period) * 1000
  if (sealedAt <= dueAt(regular) - 10_000) return regular
  let round = Math.max(1, Math.floor((sealedAt / 1000 - genesis) / period) - 5)
  while (dueAt(round) < sealedAt + 60_000) round += 1
  return round
}

export const hmac = (key: Uint8Array, message: Uint8Array): Buffer => createHmac('sha256', key).update(message).digest()

/** The draw as section 4 says it, by a list of the leaf indexes that are still there. */
export function drawFrom(seed: Uint8Array, count: number, excluded: readonly number[], prizes: number): number[] {
  const there = Array.from({ length: count }, (_, i) => i).filter((i) => !excluded.includes(i))
  const drawn: number[] = []
  for (let j = 0; j < prizes && there.length > 0; j += 1) {
    const m = BigInt(there.length)
    for (let t = 0; ; t += 1) {
      const x = BigInt(`0x${hexOf(hmac(seed, Buffer.concat([u32(j), u32(t)])))}`)
      if (x >= (2n ** 256n / m) * m) continue
      drawn.push(...there.splice(Number(x % m), 1))
      break
    }
  }
  return drawn
}
