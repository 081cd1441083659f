import type { InferSelectModel } from 'drizzle-orm'
import { packHashes, unpackHashes } from '../../ledger/infrastructure/packed-hashes.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { BallotId, StoredBallot } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import type { Entropy } from '../domain/entropy.ts'
import { type DrawRecord, type LotteryState, type SealRecord, statusOf } from '../domain/lottery-state.ts'
import type { ballots, lotteries, seals } from './schema.ts'

type LotteryRow = InferSelectModel<typeof lotteries>
type SealRow = InferSelectModel<typeof seals>
type BallotRow = InferSelectModel<typeof ballots>

export function lotteryOf(row: LotteryRow, seal: SealRow | null | undefined): LotteryState {
  return {
    date: CalendarDate.parse(row.date),
    ledger: { size: row.ballotCount, hashes: unpackHashes(row.ledgerRange) },
    entropy: entropyOf(row),
    seal: seal ? sealRecordOf(seal) : null,
    draw: drawOf(row),
    createdAt: row.createdAt.getTime(),
    lastSeq: row.lastSeq,
  }
}

export function rowOfLottery(state: LotteryState): LotteryRow {
  const { entropy, draw } = state
  return {
    date: state.date,
    status: statusOf(state),
    ballotCount: state.ledger.size,
    ledgerRange: packHashes(state.ledger.hashes),
    entropyKind: entropy.kind,
    entropySource: entropy.kind === 'drand' ? entropy.chainHash : entropy.commitment,
    entropyRound: entropy.kind === 'drand' ? entropy.round : 0,
    reveal: draw?.reveal ?? null,
    winnerOrdinal: draw?.winner?.ordinal ?? null,
    winnerBallotId: draw?.winner?.ballotId ?? null,
    closedAt: draw ? new Date(draw.at) : null,
    createdAt: new Date(state.createdAt),
    lastSeq: state.lastSeq,
  }
}

export function rowOfSeal(date: CalendarDate, seal: SealRecord): SealRow {
  const { number, excludedCount, exclusionsHash, round, previous, hash, at } = seal
  return {
    number,
    lotteryDate: date,
    excludedCount,
    exclusionsHash,
    round,
    previousHash: previous,
    hash,
    sealedAt: new Date(at),
  }
}

export function ballotOf(row: BallotRow): StoredBallot {
  const { userId, userSalt, userCommit } = row
  const id = row.id as BallotId
  const place = {
    lotteryDate: CalendarDate.parse(row.lotteryDate),
    ordinal: row.ordinal,
    submittedAt: row.submittedAt.getTime(),
  }
  if (userId !== null && userSalt !== null) return { id, userId: userId as UserId, ...place, salt: userSalt }
  if (userCommit !== null) return { id, userId: null, ...place, userCommit }
  throw new Error(`the stored ballot ${row.id} names no user and has no commitment`)
}

function entropyOf({ entropyKind, entropySource, entropyRound }: LotteryRow): Entropy {
  if (entropyKind === 'drand') return { kind: 'drand', chainHash: entropySource, round: entropyRound }
  return { kind: 'commit-reveal', commitment: entropySource }
}

function sealRecordOf(row: SealRow): SealRecord {
  const { number, excludedCount, exclusionsHash, round, previousHash: previous, hash, sealedAt } = row
  return { number, excludedCount, exclusionsHash, round, previous, hash, at: sealedAt.getTime() }
}

function drawOf({ reveal, winnerOrdinal, winnerBallotId, closedAt }: LotteryRow): DrawRecord | null {
  if (!reveal || !closedAt) return null
  const hasWinner = winnerOrdinal !== null && winnerBallotId !== null
  const winner = hasWinner ? { ordinal: winnerOrdinal, ballotId: winnerBallotId as BallotId } : null
  return { reveal, winner, at: closedAt.getTime() }
}
