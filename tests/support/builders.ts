import type { SubmitBallotCommand, SubmitOutcome } from '../../src/lottery/application/submit-command.ts'
import type { Ballot, BallotId } from '../../src/lottery/domain/ballot.ts'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { Drawing } from '../../src/lottery/domain/drawing.ts'
import { commitmentTo, type Entropy, type Reveal } from '../../src/lottery/domain/entropy.ts'
import { Lottery } from '../../src/lottery/domain/lottery.ts'
import {
  type LastSeal,
  type LotteryState,
  type LotteryStatus,
  NO_SEAL,
  type SealRecord,
  type SealTerms,
  statusOf,
} from '../../src/lottery/domain/lottery-state.ts'
import { type Exclusion, totalOf } from '../../src/lottery/domain/seal.ts'
import type { Cause } from '../../src/shared/domain/cause.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { User } from '../../src/user/domain/user.ts'

/** Noon of TODAY, the day of all builders. */
export const NOON = instant('2026-03-10T12:00:00Z')
export const TODAY = date('2026-03-10')
export const TOMORROW = date('2026-03-11')
export const YESTERDAY = date('2026-03-09')

/** The cause of every event of the builders. */
export const CAUSE: Cause = { actor: 'anonymous', requestId: '6f1a9c9e-1f4e-4f0e-9a3c-0d9f3c1f2a11' }

/** The salt of every ballot of the builders. */
export const SALT = Buffer.alloc(16, 5)
/** The secret of every lottery of the builders. ENTROPY has its commitment. */
export const SECRET = Buffer.alloc(32, 7)
export const ENTROPY: Entropy = { kind: 'commit-reveal', commitment: commitmentTo(SECRET) }

export function instant(iso: string): Instant {
  return Date.parse(iso)
}

export function date(text: string): CalendarDate {
  return CalendarDate.parse(text)
}

/** The n-th user of a test. */
export function userId(n = 1): UserId {
  return uuid('a', n) as UserId
}

/** The n-th ballot of a test. */
export function ballotId(n = 1): BallotId {
  return uuid('b', n) as BallotId
}

/** The first ballot of today's lottery, by the first user. Its id follows its ordinal. */
export function aBallot(given: Partial<Ballot> = {}): Ballot {
  const ordinal = given.ordinal ?? 1
  return {
    id: ballotId(ordinal),
    userId: userId(),
    lotteryDate: TODAY,
    ordinal,
    submittedAt: NOON,
    salt: SALT,
    ...given,
  }
}

/** The stored state of an open lottery of today without ballots. */
export function aLotteryState(given: Partial<LotteryState> = {}): LotteryState {
  return {
    date: TODAY,
    ledger: { size: 0, hashes: [] },
    entropy: ENTROPY,
    seal: null,
    draw: null,
    createdAt: NOON,
    lastSeq: 1,
    ...given,
  }
}

/** The first seal of the chain, made at the end of today. Its hash is arbitrary. */
export function aSealRecord(given: Partial<SealRecord> = {}): SealRecord {
  return {
    number: 1,
    excludedCount: 0,
    exclusionsHash: totalOf([]).hash,
    round: 0,
    previous: Buffer.alloc(32),
    hash: Buffer.alloc(32, 1),
    at: CalendarDate.endOf(TODAY),
    ...given,
  }
}

/** Exclusions of the ballots with these ordinals. The n-th ballot is excluded by the n-th ban. */
export function excluding(...ordinals: readonly number[]): Exclusion[] {
  return ordinals.map((ordinal) => ({ ordinal, eventId: uuid('e', ordinal) }))
}

/** Terms of the first seal of the chain, without a beacon. */
export function sealTerms(given: { excluded?: readonly number[]; last?: LastSeal; round?: number } = {}): SealTerms {
  const { excluded = [], last = NO_SEAL, round = 0 } = given
  return { excluded: totalOf(excluding(...excluded)), last, round, createdEventId: uuid('c', 1) }
}

/** A drawing of the lottery that was given these exclusions. */
export function drawingOf(lottery: Lottery, reveal: Reveal, exclusions: readonly Exclusion[]): Drawing {
  const drawing = lottery.drawing(reveal)
  drawing.exclude(exclusions)
  return drawing
}

export interface LotterySummary {
  readonly date: CalendarDate
  readonly status: LotteryStatus
  readonly ballotCount: number
  readonly excludedCount: number
  readonly winner: { readonly ordinal: number; readonly ballotId: BallotId } | null
  readonly createdAt: Instant
  readonly sealedAt: Instant | null
  readonly closedAt: Instant | null
  readonly lastSeq: number
}

/** The state of a lottery without its hashes. */
export function summary(lottery: LotteryState): LotterySummary
export function summary(lottery: LotteryState | undefined): LotterySummary | undefined
export function summary(lottery: LotteryState | undefined): LotterySummary | undefined {
  if (!lottery) return undefined
  const { date, ledger, seal, draw, createdAt, lastSeq } = lottery
  return {
    date,
    status: statusOf(lottery),
    ballotCount: ledger.size,
    excludedCount: seal?.excludedCount ?? 0,
    winner: draw?.winner ?? null,
    createdAt,
    sealedAt: seal?.at ?? null,
    closedAt: draw?.at ?? null,
    lastSeq,
  }
}

/** A new lottery, opened at midnight of its day. */
export function aNewLottery(day: CalendarDate = TODAY): Lottery {
  return Lottery.open(day, ENTROPY, CalendarDate.endOf(day) - 86_400_000, CAUSE)
}

/** A user who has just registered. */
export function aUser(given: { id?: UserId; email?: string; name?: string | null; at?: Instant } = {}): User {
  const { id = userId(), email = `${id}@example.org`, name = 'Ada', at = NOON } = given
  return User.register({ id, email, name }, at, CAUSE)
}

export function aSubmit(given: Partial<SubmitBallotCommand> = {}): SubmitBallotCommand {
  return { userId: userId(), date: TODAY, idempotencyKey: undefined, ...given }
}

/** The ballot of an accepted outcome. @throws Error when the outcome is a refusal */
export function accepted(outcome: SubmitOutcome | undefined): Ballot {
  if (outcome?.kind !== 'accepted') throw new Error(`not accepted: ${outcome?.error.code ?? 'no outcome'}`)
  const { entry: _entry, leaf: _leaf, ...ballot } = outcome.ballot
  return ballot
}

/** The outcome in one word: `accepted`, `replayed`, or the code of the refusal. */
export function verdict(outcome: SubmitOutcome | undefined): string {
  if (outcome?.kind === 'accepted') return outcome.replayed ? 'replayed' : 'accepted'
  return outcome?.error.code ?? 'no outcome'
}

function uuid(letter: string, n: number): string {
  return `${letter.repeat(8)}-0000-7000-8000-${String(n).padStart(12, '0')}`
}
