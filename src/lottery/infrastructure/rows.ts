import type { InferSelectModel } from 'drizzle-orm'
import { packHashes, unpackHashes } from '../../ledger/infrastructure/packed-hashes.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import type { Entropy } from '../domain/entropy.ts'
import { type DrawRecord, type LotteryState, type SealRecord, statusOf } from '../domain/lottery-state.ts'
import type { ballots, lotteries } from './schema.ts'

type LotteryRow = InferSelectModel<typeof lotteries>
type BallotRow = InferSelectModel<typeof ballots>

export function lotteryOf(row: LotteryRow): LotteryState {
  return {
    date: CalendarDate.parse(row.date),
    ledger: { size: row.ballotCount, hashes: unpackHashes(row.ledgerRange) },
    entropy: entropyOf(row),
    seal: sealRecordOf(row),
    draw: drawOf(row),
    createdAt: row.createdAt.getTime(),
    lastSeq: row.lastSeq,
  }
}

export function rowOfLottery(state: LotteryState): LotteryRow {
  const { entropy, seal, draw } = state
  return {
    date: state.date,
    status: statusOf(state),
    ballotCount: state.ledger.size,
    ledgerRange: packHashes(state.ledger.hashes),
    entropyKind: entropy.kind,
    entropySource: entropy.kind === 'drand' ? entropy.chainHash : entropy.commitment,
    entropyRound: entropy.kind === 'drand' ? entropy.round : 0,
    sealNumber: seal?.number ?? null,
    excluded: seal ? [...seal.excluded] : null,
    late: seal?.late ?? null,
    previousSealHash: seal?.previous ?? null,
    sealHash: seal?.hash ?? null,
    sealedAt: seal ? new Date(seal.at) : null,
    reveal: draw?.reveal ?? null,
    winnerOrdinal: draw?.winner?.ordinal ?? null,
    winnerBallotId: draw?.winner?.ballotId ?? null,
    closedAt: draw ? new Date(draw.at) : null,
    createdAt: new Date(state.createdAt),
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
    salt: row.userSalt,
  }
}

function entropyOf({ entropyKind, entropySource, entropyRound }: LotteryRow): Entropy {
  if (entropyKind === 'drand') return { kind: 'drand', chainHash: entropySource, round: entropyRound }
  return { kind: 'commit-reveal', commitment: entropySource }
}

function sealRecordOf(row: LotteryRow): SealRecord | null {
  const { sealNumber, excluded, late, previousSealHash, sealHash, sealedAt } = row
  if (sealNumber === null || !excluded || late === null || !previousSealHash || !sealHash || !sealedAt) return null
  return { number: sealNumber, excluded, late, previous: previousSealHash, hash: sealHash, at: sealedAt.getTime() }
}

function drawOf({ reveal, winnerOrdinal, winnerBallotId, closedAt }: LotteryRow): DrawRecord | null {
  if (!reveal || !closedAt) return null
  const hasWinner = winnerOrdinal !== null && winnerBallotId !== null
  const winner = hasWinner ? { ordinal: winnerOrdinal, ballotId: winnerBallotId as BallotId } : null
  return { reveal, winner, at: closedAt.getTime() }
}
