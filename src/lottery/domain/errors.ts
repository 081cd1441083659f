import { DomainError } from '../../shared/domain/domain-error.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { BallotId } from './ballot.ts'
import type { CalendarDate } from './calendar-date.ts'

export class LotteryNotFound extends DomainError {
  constructor(date: CalendarDate) {
    super('not_found', 'lottery_not_found', `There is no lottery of ${date}.`)
  }
}

export class LotteryAlreadyExists extends DomainError {
  constructor(date: CalendarDate) {
    super('conflict', 'lottery_already_exists', `The lottery of ${date} already exists.`)
  }
}

export class LotteryDatePast extends DomainError {
  constructor(date: CalendarDate, today: CalendarDate) {
    super(
      'invalid',
      'lottery_date_past',
      `The date ${date} is over. The first date that can be used is today, ${today} (UTC).`,
    )
  }
}

export class LotteryDateTooFar extends DomainError {
  constructor(date: CalendarDate, last: CalendarDate) {
    super(
      'invalid',
      'lottery_date_too_far',
      `The date ${date} is too far ahead. The last date that can be used is ${last}.`,
    )
  }
}

export class LotteryClosed extends DomainError {
  constructor(date: CalendarDate) {
    super('conflict', 'lottery_closed', `The lottery of ${date} accepts no more ballots.`)
  }
}

export class LotteryNotOver extends DomainError {
  constructor(date: CalendarDate) {
    super('conflict', 'lottery_not_over', `The lottery of ${date} cannot be closed before its day is over (UTC).`)
  }
}

export class LotteryNotClosed extends DomainError {
  constructor(date: CalendarDate) {
    super('not_found', 'lottery_not_closed', `The lottery of ${date} has not been drawn yet.`)
  }
}

/** The audit log does not hold the closed event yet. */
export class EvidenceNotReady extends DomainError {
  constructor(date: CalendarDate) {
    super('conflict', 'evidence_not_ready', `The result of ${date} is not in the audit log yet. Try again in a second.`)
  }
}

export class LotteryWithoutWinner extends DomainError {
  constructor(date: CalendarDate) {
    super('not_found', 'lottery_without_winner', `The lottery of ${date} was drawn without a winner.`)
  }
}

export class ParticipantUnknown extends DomainError {
  constructor(userId: UserId) {
    super('not_found', 'user_not_found', `There is no user ${userId}.`)
  }
}

export class ParticipantBanned extends DomainError {
  constructor(userId: UserId) {
    super('forbidden', 'user_banned', `The user ${userId} is banned and cannot take part.`)
  }
}

export class BallotNotFound extends DomainError {
  constructor(date: CalendarDate, id: BallotId) {
    super('not_found', 'ballot_not_found', `There is no ballot ${id} in the lottery of ${date}.`)
  }
}

/** Stored facts of a lottery contradict each other. The lottery is not drawn until an operator has examined them. */
export class LedgerBroken extends DomainError {
  constructor(date: CalendarDate, finding: string) {
    super(
      'conflict',
      'ledger_broken',
      `The lottery of ${date} cannot be drawn, because ${finding}. An operator must examine the stored data.`,
    )
  }
}
