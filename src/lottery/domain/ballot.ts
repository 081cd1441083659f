import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { CalendarDate } from './calendar-date.ts'

declare const brand: unique symbol

/** A ballot's UUID in lower case. */
export type BallotId = string & { readonly [brand]: 'BallotId' }

/** One entry of one user in one lottery. It never changes once it is accepted. */
export interface Ballot {
  readonly id: BallotId
  readonly userId: UserId
  readonly lotteryDate: CalendarDate
  /** Position in the lottery, 1..n without gaps, in commit order. */
  readonly ordinal: number
  readonly submittedAt: Instant
  /** 16 random bytes, known to the participant alone: they bind the ledger's entry to the user. */
  readonly salt: Uint8Array
}

/** Where ballot ids and salts come from. */
export interface BallotIds {
  /** 16 bytes from a cryptographic source. */
  mintSalt(): Uint8Array
  /** A new id, never given out before. */
  mint(): BallotId
  /** The one id of this idempotency key: equal arguments give equal ids, different ones different ids. */
  derive(userId: UserId, date: CalendarDate, idempotencyKey: string): BallotId
}
