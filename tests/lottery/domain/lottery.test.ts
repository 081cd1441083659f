import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BallotId } from '../../../src/lottery/domain/ballot.ts'
import { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import type { Chance } from '../../../src/lottery/domain/chance.ts'
import {
  LotteryClosed,
  LotteryDatePast,
  LotteryDateTooFar,
  LotteryNotOver,
  ParticipantBanned,
  ParticipantUnknown,
} from '../../../src/lottery/domain/errors.ts'
import { Lottery, type LotteryState } from '../../../src/lottery/domain/lottery.ts'
import type { Standing } from '../../../src/lottery/domain/participants.ts'
import { DomainError } from '../../../src/shared/domain/domain-error.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'

const DAY = CalendarDate.parse('2026-11-22')
const MIDNIGHT = CalendarDate.endOf(DAY)
const NOON = MIDNIGHT - 43_200_000
const ADA = '00000000-0000-7000-8000-00000000ada0' as UserId
const first: Chance = { uniform: () => 0 }

describe('rule 1: a ballot needs a known user who is not banned', () => {
  it('takes the ballot of an active user', () => {
    const lottery = Lottery.open(DAY, NOON)

    const ballot = lottery.issue(entry('active'), NOON + 5)

    expect(ballot).toEqual({ id: id(1), userId: ADA, lotteryDate: DAY, ordinal: 1, submittedAt: NOON + 5 })
    expect(lottery.state.ballotCount).toBe(1)
  })

  it.each([
    ['banned', ParticipantBanned, { kind: 'forbidden', code: 'user_banned' }],
    ['unknown', ParticipantUnknown, { kind: 'not_found', code: 'user_not_found' }],
  ] as const)('refuses a user who is %s and counts nothing', (standing, refusal, shape) => {
    const lottery = Lottery.open(DAY, NOON)

    const error = refusalOf(() => lottery.issue(entry(standing), NOON))

    expect(error).toBeInstanceOf(refusal)
    expect(error).toMatchObject(shape)
    expect(lottery.state.ballotCount).toBe(0)
  })
})

describe('rule 2: a lottery takes ballots from its creation until its day is over or it is sealed', () => {
  it('is open from the start, without ballots, and says so in an event', () => {
    const lottery = Lottery.open(DAY, NOON)

    expect(lottery.state).toEqual({
      date: DAY,
      status: 'open',
      ballotCount: 0,
      excluded: [],
      winner: null,
      createdAt: NOON,
      sealedAt: null,
      closedAt: null,
      lastSeq: 1,
    })
    expect(lottery.takeEvents()).toEqual([
      { aggregate: 'lottery/2026-11-22', seq: 1, type: 'lottery.created.v1', data: { date: DAY }, occurredAt: NOON },
    ])
  })

  it('takes a ballot days ahead and in the last millisecond of the day', () => {
    const lottery = Lottery.open(DAY, NOON - 20 * 86_400_000)

    expect(lottery.issue(entry(), NOON - 20 * 86_400_000).ordinal).toBe(1)
    expect(lottery.issue(entry(), MIDNIGHT - 1).ordinal).toBe(2)
  })

  it.each([0, 1, 86_400_000])('takes none %i ms after the end of the day, sealed or not', (late) => {
    const lottery = Lottery.open(DAY, NOON)

    expect(() => lottery.issue(entry(), MIDNIGHT + late)).toThrow(LotteryClosed)
    expect(lottery.state.ballotCount).toBe(0)
  })

  it('refuses dates before today', () => {
    expect(Lottery.open(DAY, MIDNIGHT - 1).date).toBe(DAY)
    expect(refusalOf(() => Lottery.open(DAY, MIDNIGHT))).toBeInstanceOf(LotteryDatePast)
    expect(refusalOf(() => Lottery.open(DAY, MIDNIGHT))).toMatchObject({ kind: 'invalid', code: 'lottery_date_past' })
  })

  it('refuses dates more than 366 days ahead', () => {
    const last = CalendarDate.addDays(DAY, 366)
    const beyond = CalendarDate.addDays(DAY, 367)

    expect(Lottery.open(last, NOON).date).toBe('2027-11-23')
    expect(refusalOf(() => Lottery.open(beyond, NOON))).toBeInstanceOf(LotteryDateTooFar)
    expect(refusalOf(() => Lottery.open(beyond, NOON))).toMatchObject({ kind: 'invalid', code: 'lottery_date_too_far' })
  })
})

describe('rule 3: status is final: no clock can reopen a lottery', () => {
  it.each(['sealed', 'closed'] as const)('takes no ballot when it is %s, whatever the clock says', (status) => {
    const lottery = Lottery.rehydrate(stateOf({ status, ballotCount: 3 }))

    for (const at of [0, NOON, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 86_400_000]) {
      expect(refusalOf(() => lottery.issue(entry(), at))).toMatchObject({ kind: 'conflict', code: 'lottery_closed' })
    }
    expect(lottery.state.ballotCount).toBe(3)
  })

  it('keeps the first seal when it is sealed again', () => {
    const lottery = Lottery.rehydrate(stateOf({ ballotCount: 3 }))
    lottery.seal([2], MIDNIGHT)
    lottery.takeEvents()

    lottery.seal([1, 2, 3], MIDNIGHT + 1)
    lottery.seal([], NOON)

    expect(lottery.state).toMatchObject({ status: 'sealed', excluded: [2], sealedAt: MIDNIGHT })
    expect(lottery.takeEvents()).toEqual([])
  })
})

describe('rule 4: ordinals have no gap and no duplicate', () => {
  it('counts 1..n over whatever is accepted, in any mix with refusals', () => {
    const attempt = fc.record({
      standing: fc.constantFrom<Standing>('active', 'active', 'banned', 'unknown'),
      at: fc.constantFrom(NOON, NOON + 1, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1),
    })

    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 60 }), fc.nat({ max: 1_000 }), (attempts, before) => {
        const lottery = Lottery.rehydrate(stateOf({ ballotCount: before }))
        const accepted = attempts.flatMap(({ standing, at }) => {
          const outcome = attemptTo(() => lottery.issue(entry(standing), at))
          expect(outcome instanceof DomainError).toBe(standing !== 'active' || at >= MIDNIGHT)
          return outcome instanceof DomainError ? [] : [outcome.ordinal]
        })

        expect(accepted).toEqual(accepted.map((_, index) => before + index + 1))
        expect(lottery.state.ballotCount).toBe(before + accepted.length)
      }),
    )
  })

  it('goes on after the ordinal that was stored last', () => {
    const lottery = Lottery.rehydrate(stateOf({ ballotCount: 10_000_000 }))

    expect(lottery.issue(entry(), NOON).ordinal).toBe(10_000_001)
  })
})

describe('rule 5: a lottery is closed at most once, and never before its day is over', () => {
  it.each([NOON, MIDNIGHT - 1])('refuses to seal while its day lasts (%i)', (at) => {
    const lottery = Lottery.open(DAY, NOON)

    expect(refusalOf(() => lottery.seal([], at))).toBeInstanceOf(LotteryNotOver)
    expect(refusalOf(() => lottery.seal([], at))).toMatchObject({ kind: 'conflict', code: 'lottery_not_over' })
    expect(lottery.state).toMatchObject({ status: 'open', sealedAt: null })
  })

  it('is sealed, drawn and closed, with one event for each step', () => {
    const lottery = Lottery.rehydrate(stateOf({ ballotCount: 3, lastSeq: 7 }))
    const winner = { id: id(3), userId: ADA, lotteryDate: DAY, ordinal: 3, submittedAt: NOON }

    lottery.seal([1], MIDNIGHT)
    lottery.close(winner, MIDNIGHT + 9)

    expect(lottery.state).toMatchObject({
      status: 'closed',
      ballotCount: 3,
      excluded: [1],
      winner: { ordinal: 3, ballotId: id(3) },
      sealedAt: MIDNIGHT,
      closedAt: MIDNIGHT + 9,
      lastSeq: 9,
    })
    expect(lottery.takeEvents()).toEqual([
      {
        aggregate: 'lottery/2026-11-22',
        seq: 8,
        type: 'lottery.sealed.v1',
        data: { date: DAY, ballot_count: 3, excluded_count: 1 },
        occurredAt: MIDNIGHT,
      },
      {
        aggregate: 'lottery/2026-11-22',
        seq: 9,
        type: 'lottery.closed.v1',
        data: { date: DAY, ballot_count: 3, winner: { ballot_id: id(3), ordinal: 3, user_id: ADA } },
        occurredAt: MIDNIGHT + 9,
      },
    ])
  })

  it('draws nobody twice', () => {
    const lottery = Lottery.rehydrate(stateOf({ status: 'closed', ballotCount: 3 }))
    const winner = { id: id(2), userId: ADA, lotteryDate: DAY, ordinal: 2, submittedAt: NOON }

    expect(() => lottery.close(winner, MIDNIGHT + 1)).toThrow('cannot be drawn')
    expect(lottery.state.winner).toEqual({ ordinal: 1, ballotId: id(1) })
    expect(lottery.takeEvents()).toEqual([])
  })

  it('is not closed before it is sealed', () => {
    const lottery = Lottery.open(DAY, NOON)

    expect(() => lottery.close(undefined, MIDNIGHT)).toThrow('a lottery that is open cannot be drawn')
    expect(lottery.status).toBe('open')
  })
})

describe('rule 6: an empty lottery closes too, with no winner', () => {
  it('asks chance nothing', () => {
    const lottery = Lottery.open(DAY, NOON)
    lottery.seal([], MIDNIGHT)

    const ordinal = lottery.draw({
      uniform: () => {
        throw new Error('there is nothing to draw from')
      },
    })
    lottery.close(undefined, MIDNIGHT)

    expect(ordinal).toBeUndefined()
    expect(lottery.state).toMatchObject({ status: 'closed', ballotCount: 0, winner: null })
    expect(lottery.takeEvents().at(-1)?.data).toEqual({ date: DAY, ballot_count: 0, winner: null })
  })
})

describe('rule 7: ballots that the seal excludes cannot win', () => {
  it('has no winner when every ballot is excluded', () => {
    const lottery = Lottery.rehydrate(stateOf({ ballotCount: 3 }))

    lottery.seal([1, 2, 3], MIDNIGHT)

    expect(lottery.draw(first)).toBeUndefined()
  })

  it('draws the n-th of those that are left, as counting them one by one does', () => {
    const sealed = fc
      .integer({ min: 1, max: 60 })
      .chain((ballotCount) => fc.tuple(fc.constant(ballotCount), fc.subarray(ordinalsTo(ballotCount))))

    fc.assert(
      fc.property(sealed, ([ballotCount, excluded]) => {
        const lottery = Lottery.rehydrate(stateOf({ status: 'sealed', ballotCount, excluded }))
        const admitted = ordinalsTo(ballotCount).filter((ordinal) => !excluded.includes(ordinal))
        fc.pre(admitted.length > 0)

        const drawn = admitted.map((_, n) => lottery.draw({ uniform: () => n }))

        expect(drawn).toEqual(admitted)
      }),
    )
  })

  it('asks chance for a number below the count of those that are left', () => {
    const lottery = Lottery.rehydrate(stateOf({ status: 'sealed', ballotCount: 10_000_000, excluded: [1, 9_999_999] }))
    const asked: number[] = []

    const last = lottery.draw({
      uniform: (below) => {
        asked.push(below)
        return below - 1
      },
    })

    expect(asked).toEqual([9_999_998])
    expect(last).toBe(10_000_000)
  })
})

describe('what is stored of a lottery', () => {
  it('is all there is of it: rehydrating it gives the same lottery', () => {
    const lottery = Lottery.open(DAY, NOON)
    lottery.issue(entry(), NOON)
    lottery.seal([1], MIDNIGHT)

    const restored = Lottery.rehydrate(lottery.state)

    expect(restored.state).toEqual(lottery.state)
    expect(restored.takeEvents()).toEqual([])
  })
})

function entry(standing: Standing = 'active') {
  return { id: id(1), userId: ADA, standing }
}

function id(n: number): BallotId {
  return `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as BallotId
}

function stateOf(state: Partial<LotteryState>): LotteryState {
  const { status = 'open', ballotCount = 0 } = state
  return {
    date: DAY,
    status,
    ballotCount,
    excluded: [],
    winner: status === 'closed' && ballotCount > 0 ? { ordinal: 1, ballotId: id(1) } : null,
    createdAt: NOON,
    sealedAt: status === 'open' ? null : MIDNIGHT,
    closedAt: status === 'closed' ? MIDNIGHT : null,
    lastSeq: 1,
    ...state,
  }
}

function ordinalsTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1)
}

function refusalOf(act: () => unknown): unknown {
  const outcome = attemptTo(act)
  if (outcome instanceof DomainError) return outcome
  throw new Error('nothing was refused')
}

function attemptTo<T>(act: () => T): T | DomainError {
  try {
    return act()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}
