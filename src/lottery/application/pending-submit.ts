import { DomainError } from '../../shared/domain/domain-error.ts'
import type { BallotId } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { EnteredBallot } from '../domain/ledger-entry.ts'
import { requireDateOpenable } from '../domain/lottery-dates.ts'
import type { LockedLotteries } from '../domain/lottery-repository.ts'
import { requireActive, type Standing } from '../domain/participants.ts'
import type { SubmitBallotCommand } from './submit-command.ts'

/** A submit being processed. Its ballot id is fixed, so retries are idempotent. */
export interface PendingSubmit {
  readonly command: SubmitBallotCommand
  readonly id: BallotId
  /** Id that the ballot has when it was stored before ids of idempotency keys were keyed hashes. */
  readonly formerId: BallotId | undefined
  /** Date of the command; else today by the service's clock, until the database's clock corrects it. */
  date: CalendarDate
}

/**
 * Result of one try to issue a ballot. `accepted` and `refused` are final. After `missing lottery`, the lottery of that
 * date must be opened before the next try. After `other day`, the next try uses that date.
 */
export type Attempt =
  | { readonly kind: 'accepted'; readonly ballot: EnteredBallot; readonly replayed: boolean }
  | { readonly kind: 'refused'; readonly error: DomainError }
  | { readonly kind: 'missing lottery'; readonly date: CalendarDate }
  | { readonly kind: 'other day'; readonly date: CalendarDate }

/** Tries to issue the ballot of a submit, under the lock of its lottery. */
export function issue(
  { command: { userId, date: requestedDate }, date, id }: PendingSubmit,
  standing: Standing,
  salt: Uint8Array,
  { byDate, at }: LockedLotteries,
  today: CalendarDate,
  daysAhead: number,
): Attempt {
  if (requestedDate === undefined && date !== today) return { kind: 'other day', date: today }

  const attempt = unlessRefused((): Attempt => {
    const lottery = byDate.get(date)
    if (lottery) {
      return { kind: 'accepted', ballot: lottery.issue({ id, userId, salt, standing }, at), replayed: false }
    }
    requireActive(userId, standing)
    requireDateOpenable(date, at, daysAhead)
    return { kind: 'missing lottery', date }
  })
  return attempt instanceof DomainError ? { kind: 'refused', error: attempt } : attempt
}

/** The dates of the lotteries to open. */
export function missingLotteries(attempts: readonly Attempt[]): ReadonlySet<CalendarDate> {
  return new Set(attempts.flatMap((attempt) => (attempt.kind === 'missing lottery' ? attempt.date : [])))
}

export function isFinal(attempt: Attempt): attempt is Exclude<Attempt, { date: CalendarDate }> {
  return attempt.kind === 'accepted' || attempt.kind === 'refused'
}

/** Returns the result of `act`, or the domain error that it throws. Other errors are rethrown. */
export function unlessRefused<T>(act: () => T): T | DomainError {
  try {
    return act()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}
