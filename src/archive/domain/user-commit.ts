import { sha256 } from '../../ledger/domain/sha256.ts'
import type { ArchivedBallot } from './archived-ballot.ts'

/** The ballot without its user. The commitment stands in place of the user and the salt, so the ledger entry is the same. */
export function forgotten(ballot: ArchivedBallot): ArchivedBallot {
  return { ...ballot, userId: null, salt: null, userCommit: userCommitOf(ballot) }
}

/** Commitment to the user of a ballot (lottery-draw-v2 section 1). */
function userCommitOf({ id, userId, salt, userCommit }: ArchivedBallot): Uint8Array {
  if (userCommit) return userCommit
  if (userId === null || !salt) throw new Error(`the ballot ${id} names no user and has no commitment`)
  return sha256(Buffer.from('LSU1', 'latin1'), salt, Buffer.from(userId.replaceAll('-', ''), 'hex'))
}
