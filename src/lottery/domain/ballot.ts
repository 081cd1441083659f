import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { CalendarDate } from './calendar-date.ts'

declare const brand: unique symbol

/** A ballot's UUID in lower case. */
export type BallotId = string & { readonly [brand]: 'BallotId' }

interface BallotFacts {
  readonly id: BallotId
  readonly lotteryDate: CalendarDate
  /** Position in the lottery, 1..n without gaps, in commit order. */
  readonly ordinal: number
  readonly submittedAt: Instant
}

/** One entry of one user in one lottery. It never changes once it is accepted, until its user is forgotten. */
export interface Ballot extends BallotFacts {
  readonly userId: UserId
  /** 16 random bytes that bind the ledger entry to the user. Only the participant receives them. */
  readonly salt: Uint8Array
}

/** A ballot whose user is forgotten. Its ledger entry is the same as before. */
interface ForgottenBallot extends BallotFacts {
  readonly userId: null
  /** The 32 bytes in the ledger entry that bound it to the user. */
  readonly userCommit: Uint8Array
}

export type StoredBallot = Ballot | ForgottenBallot

export function isNamed(ballot: StoredBallot): ballot is Ballot {
  return ballot.userId !== null
}

/** Source of ballot ids and salts. */
export interface BallotIds {
  /** Returns 16 bytes from a cryptographic source. */
  mintSalt(): Uint8Array
  /** Returns a new id, different from all earlier ones. */
  mint(): BallotId
  /** Returns the id of an idempotency key. Equal arguments give equal ids, different arguments different ids. */
  derive(userId: UserId, date: CalendarDate, idempotencyKey: string): BallotId
  /** The id that this idempotency key had before ids were keyed hashes. Stored ballots may still have it. */
  formerlyDerived(userId: UserId, date: CalendarDate, idempotencyKey: string): BallotId
}
