import type { InferSelectModel } from 'drizzle-orm'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState } from '../domain/lottery.ts'
import type { ballots, lotteries } from './schema.ts'

type LotteryRow = InferSelectModel<typeof lotteries>
type BallotRow = InferSelectModel<typeof ballots>

export function lotteryOf(row: LotteryRow): LotteryState {
  const { winnerOrdinal, winnerBallotId } = row
  return {
    date: CalendarDate.parse(row.date),
    status: row.status,
    ballotCount: row.ballotCount,
    excluded: row.excluded,
    winner:
      winnerOrdinal === null || winnerBallotId === null
        ? null
        : { ordinal: winnerOrdinal, ballotId: winnerBallotId as BallotId },
    createdAt: row.createdAt.getTime(),
    sealedAt: row.sealedAt?.getTime() ?? null,
    closedAt: row.closedAt?.getTime() ?? null,
    lastSeq: row.lastSeq,
  }
}

export function rowOfLottery(state: LotteryState): LotteryRow {
  return {
    date: state.date,
    status: state.status,
    ballotCount: state.ballotCount,
    excluded: [...state.excluded],
    winnerOrdinal: state.winner?.ordinal ?? null,
    winnerBallotId: state.winner?.ballotId ?? null,
    createdAt: new Date(state.createdAt),
    sealedAt: state.sealedAt === null ? null : new Date(state.sealedAt),
    closedAt: state.closedAt === null ? null : new Date(state.closedAt),
    lastSeq: state.lastSeq,
  }
}

export function ballotOf(row: BallotRow): Ballot {
  return {
    id: row.id as BallotId,
    userId: row.userId as UserId,
    lotteryDate: CalendarDate.parse(row.lotteryDate),
    ordinal: row.ordinal,
    submittedAt: row.submittedAt.getTime(),
  }
}
