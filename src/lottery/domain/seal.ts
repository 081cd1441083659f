import { type Hash, sha256 } from '../../ledger/domain/sha256.ts'
import { CalendarDate } from './calendar-date.ts'

/** All inputs of a draw except the randomness (lottery-draw-v1 section 3). */
export interface Seal {
  readonly date: CalendarDate
  readonly ballotCount: number
  readonly root: Hash
  /** Ordinals, ascending, of the ballots that cannot win. */
  readonly excluded: readonly number[]
  /** The entropy's commitment or chain hash. */
  readonly source: Hash
  /** The beacon's round; 0 without a beacon. */
  readonly round: number
  /** Seal hash of the lottery that was sealed just before this one; zeros for the first seal. */
  readonly previous: Hash
}

/** The seal's 164 bytes. The field `attempt`, at byte 8, is 0, because a lottery is sealed once. */
export function sealBytes(seal: Seal): Uint8Array {
  const bytes = Buffer.alloc(164)
  bytes.write('LSS1', 0, 'latin1')
  bytes.writeUInt32BE(CalendarDate.toDay(seal.date), 4)
  bytes.writeUInt32BE(0, 8)
  bytes.writeBigUInt64BE(BigInt(seal.ballotCount), 12)
  bytes.set(seal.root, 20)
  bytes.writeBigUInt64BE(BigInt(seal.excluded.length), 52)
  bytes.set(exclusionsHash(seal.excluded), 60)
  bytes.set(seal.source, 92)
  bytes.writeBigUInt64BE(BigInt(seal.round), 124)
  bytes.set(seal.previous, 132)
  return bytes
}

export function sealHash(seal: Seal): Hash {
  return sha256(sealBytes(seal))
}

/** Hash over the excluded leaf indexes, 8 bytes each. */
function exclusionsHash(excluded: readonly number[]): Hash {
  const indexes = Buffer.alloc(8 * excluded.length)
  for (const [i, ordinal] of excluded.entries()) indexes.writeBigUInt64BE(BigInt(ordinal - 1), 8 * i)
  return sha256(indexes)
}
