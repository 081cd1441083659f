import { type Hash, Sha256, sha256 } from '../../ledger/domain/sha256.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import { CalendarDate } from './calendar-date.ts'
import type { Entropy } from './entropy.ts'

/** A ballot that cannot win, because its user was banned at the seal. */
export interface Exclusion {
  readonly ordinal: number
  /** Id of the event of the user's ban. */
  readonly eventId: string
}

/** All inputs of a draw except the randomness (lottery-draw-v2 section 4). */
export interface Seal {
  readonly date: CalendarDate
  readonly ballotCount: number
  readonly root: Hash
  readonly excludedCount: number
  readonly exclusionsHash: Hash
  readonly kind: Entropy['kind']
  /** The entropy's commitment or chain hash. */
  readonly source: Hash
  /** The beacon's round; 0 without a beacon. */
  readonly round: number
  readonly at: Instant
  /** Seal hash of the lottery that was sealed just before this one; zeros for the first seal. */
  readonly previous: Hash
}

/** The seal's 173 bytes. The field `attempt`, at byte 8, is 0, because a lottery is sealed once. */
export function sealBytes(seal: Seal): Uint8Array {
  const bytes = Buffer.alloc(173)
  bytes.write('LSS2', 0, 'latin1')
  bytes.writeUInt32BE(CalendarDate.toDay(seal.date), 4)
  bytes.writeUInt32BE(0, 8)
  bytes.writeBigUInt64BE(BigInt(seal.ballotCount), 12)
  bytes.set(seal.root, 20)
  bytes.writeBigUInt64BE(BigInt(seal.excludedCount), 52)
  bytes.set(seal.exclusionsHash, 60)
  bytes.writeUInt8(seal.kind === 'drand' ? 1 : 0, 92)
  bytes.set(seal.source, 93)
  bytes.writeBigUInt64BE(BigInt(seal.round), 125)
  bytes.writeBigUInt64BE(BigInt(seal.at), 133)
  bytes.set(seal.previous, 141)
  return bytes
}

export function sealHash(seal: Seal): Hash {
  return sha256(sealBytes(seal))
}

/** Number and hash of a seal's exclusions. */
export interface ExclusionsTotal {
  readonly count: number
  /** Hash over the leaf index (8 bytes) and the ban event's id (16 bytes) of each exclusion, by ascending ordinal. */
  readonly hash: Hash
}

/** Counts and hashes exclusions that come page by page, by ascending ordinal. */
export class ExclusionsDigest {
  readonly #hash = new Sha256()
  /** Bytes of the bans' ids. There are few bans for many exclusions. */
  readonly #bans = new Map<string, Uint8Array>()
  #count = 0
  #total: ExclusionsTotal | undefined

  add(exclusions: readonly Exclusion[]): void {
    const bytes = Buffer.allocUnsafe(24 * exclusions.length)
    exclusions.forEach(({ ordinal, eventId }, n) => {
      bytes.writeBigUInt64BE(BigInt(ordinal - 1), 24 * n)
      bytes.set(this.#bytesOf(eventId), 24 * n + 8)
    })
    this.#hash.update(bytes)
    this.#count += exclusions.length
  }

  /** After the first call, none can be added. */
  total(): ExclusionsTotal {
    this.#total ??= { count: this.#count, hash: this.#hash.digest() }
    return this.#total
  }

  #bytesOf(eventId: string): Uint8Array {
    const known = this.#bans.get(eventId)
    if (known) return known
    const bytes = Buffer.from(eventId.replaceAll('-', ''), 'hex')
    this.#bans.set(eventId, bytes)
    return bytes
  }
}

export function totalOf(exclusions: readonly Exclusion[]): ExclusionsTotal {
  const digest = new ExclusionsDigest()
  digest.add(exclusions)
  return digest.total()
}
