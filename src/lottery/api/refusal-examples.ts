import { InvalidLedgerSize } from '../../ledger/domain/errors.ts'
import { EXAMPLE_USER_ID } from '../../shared/api/schemas.ts'
import { OutcomeUnknown } from '../../shared/application/unavailable.ts'
import { ArchiveUnavailable } from '../../shared/domain/archive-unavailable.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import {
  BallotNotFound,
  EvidenceNotReady,
  LedgerBroken,
  LotteryAlreadyExists,
  LotteryClosed,
  LotteryDatePast,
  LotteryDateTooFar,
  LotteryNotClosed,
  LotteryNotFound,
  LotteryNotOver,
  LotteryWithoutWinner,
  ParticipantBanned,
  ParticipantUnknown,
} from '../domain/errors.ts'
import { EXAMPLE_BALLOT_ID, EXAMPLE_DATE } from './schemas.ts'

/** Example of every refusal, for the OpenAPI document. */
export const refusalExamples = {
  archiveUnavailable: new ArchiveUnavailable(),
  ballotNotFound: new BallotNotFound(EXAMPLE_DATE, EXAMPLE_BALLOT_ID),
  evidenceNotReady: new EvidenceNotReady(EXAMPLE_DATE),
  ledgerBroken: new LedgerBroken(EXAMPLE_DATE, 'its ballot 3 is not stored'),
  ledgerSize: InvalidLedgerSize.forConsistency(3, `the ledger of ${EXAMPLE_DATE}`),
  lotteryAlreadyExists: new LotteryAlreadyExists(EXAMPLE_DATE),
  lotteryClosed: new LotteryClosed(EXAMPLE_DATE),
  lotteryDatePast: new LotteryDatePast(CalendarDate.addDays(EXAMPLE_DATE, -1), EXAMPLE_DATE),
  lotteryDateTooFar: new LotteryDateTooFar(CalendarDate.parse('9999-12-31'), CalendarDate.addDays(EXAMPLE_DATE, 366)),
  lotteryNotClosed: new LotteryNotClosed(EXAMPLE_DATE),
  lotteryNotFound: new LotteryNotFound(EXAMPLE_DATE),
  lotteryNotOver: new LotteryNotOver(EXAMPLE_DATE),
  lotteryWithoutWinner: new LotteryWithoutWinner(EXAMPLE_DATE),
  outcomeUnknown: new OutcomeUnknown(),
  userBanned: new ParticipantBanned(EXAMPLE_USER_ID),
  userNotFound: new ParticipantUnknown(EXAMPLE_USER_ID),
} as const
