import { leafHash } from '../../ledger/domain/merkle-tree.ts'
import { type Hash, sha256 } from '../../ledger/domain/sha256.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { type Ballot, isNamed, type StoredBallot } from './ballot.ts'
import { CalendarDate } from './calendar-date.ts'

/** Ledger entry of a ballot (lottery-draw-v2 section 1): 64 bytes that do not reveal the user. */
export function ledgerEntryOf(ballot: StoredBallot): Uint8Array {
  const entry = Buffer.allocUnsafe(64)
  entry.write('LSB1', 0, 'latin1')
  entry.writeUInt32BE(CalendarDate.toDay(ballot.lotteryDate), 4)
  writeUuid(entry, ballot.id, 8)
  entry.set(isNamed(ballot) ? userCommit(ballot.userId, ballot.salt) : ballot.userCommit, 24)
  entry.writeBigUInt64BE(BigInt(ballot.submittedAt), 56)
  return entry
}

export function ballotLeafOf(ballot: StoredBallot): Hash {
  return leafHash(ledgerEntryOf(ballot))
}

/** A ballot with its ledger entry and its leaf hash. */
export interface EnteredBallot extends Ballot {
  readonly entry: Uint8Array
  readonly leaf: Hash
}

export function entered(ballot: Ballot): EnteredBallot {
  const entry = ledgerEntryOf(ballot)
  return { ...ballot, entry, leaf: leafHash(entry) }
}

/** Commitment that binds a ballot to its user without revealing the user. Only a holder of the salt can prove it. */
function userCommit(userId: UserId, salt: Uint8Array): Hash {
  const text = Buffer.allocUnsafe(36)
  text.write('LSU1', 0, 'latin1')
  text.set(salt, 4)
  writeUuid(text, userId, 20)
  return sha256(text)
}

function writeUuid(target: Buffer, uuid: string, offset: number): void {
  target.write(uuid.replaceAll('-', ''), offset, 'hex')
}
