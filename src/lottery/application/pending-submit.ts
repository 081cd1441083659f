import type { Cause } from '../../shared/domain/cause.ts'
import { DomainError } from '../../shared/domain/domain-error.ts'
import type { BallotId } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { EnteredBallot } from '../domain/ledger-entry.ts'
import { requireDateOpenable } from '../domain/lottery.ts'
import type { LockedLotteries } from '../domain/lottery-repository.ts'
import { requireActive, type Standing } from '../domain/participants.ts'
import type { SubmitBallotCommand } from './submit-ballots.ts'

/** A command on its way, with the id that its ballot will have however often it is tried. */
export interface Entry {
  readonly command: SubmitBallotCommand
  readonly id: BallotId
  /** Given or guessed; a wrong guess is put right by the database's clock. */
  date: CalendarDate
}

/** What a try came to: something final, or what must be seen to before the next one. */
export type Attempt =
  | { readonly kind: 'accepted'; readonly ballot: EnteredBallot; readonly replayed: boolean }
  | { readonly kind: 'refused'; readonly error: DomainError }
  | { readonly kind: 'missing lottery'; readonly date: CalendarDate }
  | { readonly kind: 'other day'; readonly date: CalendarDate }

export function issue(
  { command: { userId, date: given }, date, id }: Entry,
  standing: Standing,
  salt: Uint8Array,
  { byDate, at }: LockedLotteries,
  today: CalendarDate,
): Attempt {
  if (given === undefined && date !== today) return { kind: 'other day', date: today }

  const attempt = unlessRefused((): Attempt => {
    const lottery = byDate.get(date)
    if (lottery) {
      return { kind: 'accepted', ballot: lottery.issue({ id, userId, salt, standing }, at), replayed: false }
    }
    requireActive(userId, standing)
    requireDateOpenable(date, at)
    return { kind: 'missing lottery', date }
  })
  return attempt instanceof DomainError ? { kind: 'refused', error: attempt } : attempt
}

/** Each once, opened by whoever came first. */
export function missingLotteries(
  attempts: readonly Attempt[],
  entries: readonly Entry[],
): ReadonlyMap<CalendarDate, Cause> {
  const causes = new Map<CalendarDate, Cause>()
  for (const [n, attempt] of attempts.entries()) {
    if (attempt.kind !== 'missing lottery' || causes.has(attempt.date)) continue
    causes.set(attempt.date, (entries[n] as Entry).command.cause)
  }
  return causes
}

export function isFinal(attempt: Attempt): attempt is Exclude<Attempt, { date: CalendarDate }> {
  return attempt.kind === 'accepted' || attempt.kind === 'refused'
}

export function unlessRefused<T>(act: () => T): T | DomainError {
  try {
    return act()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}
