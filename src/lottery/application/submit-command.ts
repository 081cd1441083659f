import type { DomainError } from '../../shared/domain/domain-error.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { EnteredBallot } from '../domain/ledger-entry.ts'

/** A caller's request to submit one ballot. */
export interface SubmitBallotCommand {
  readonly userId: UserId
  /** Undefined means today by the database's clock. */
  readonly date: CalendarDate | undefined
  /** Requires a date. */
  readonly idempotencyKey: string | undefined
}

/** Final result of one command. */
export type SubmitOutcome =
  | {
      readonly kind: 'accepted'
      readonly ballot: EnteredBallot
      readonly replayed: boolean
      readonly checkpoint: string
    }
  | { readonly kind: 'refused'; readonly error: DomainError }

/** Answer to a submit: its outcome, or the failure because of which it has none. */
export type SubmitAnswer = SubmitOutcome | Error

/** Takes single submits, and stores those that come together in one commit. Takes batches of one caller beside them. */
export interface SubmitQueue {
  /**
   * Resolves when the ballot is durable or refused.
   * @throws Overloaded when too many submits wait, or this one has waited too long; the ballot is never stored
   * @throws Unavailable | Error when storing fails
   */
  submit(command: SubmitBallotCommand): Promise<SubmitOutcome>
  /**
   * Resolves when each ballot is durable or refused, or storing it has failed. The n-th answer is that of the n-th command.
   * @throws Overloaded when too many submits wait; no ballot is ever stored
   */
  submitBatch(batch: readonly SubmitBallotCommand[]): Promise<readonly SubmitAnswer[]>
}
