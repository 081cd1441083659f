import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Ballot, BallotId } from '../../../src/lottery/domain/ballot.ts'
import { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import { commitmentTo, type Entropy } from '../../../src/lottery/domain/entropy.ts'
import {
  LedgerBroken,
  LotteryClosed,
  LotteryDatePast,
  LotteryDateTooFar,
  LotteryNotOver,
  ParticipantBanned,
  ParticipantUnknown,
} from '../../../src/lottery/domain/errors.ts'
import { ballotLeafOf, ledgerEntryOf } from '../../../src/lottery/domain/ledger-entry.ts'
import { Lottery } from '../../../src/lottery/domain/lottery.ts'
import type { LastSeal, LotteryState, LotteryStatus, SealRecord } from '../../../src/lottery/domain/lottery-state.ts'
import type { Standing } from '../../../src/lottery/domain/participants.ts'
import { totalOf } from '../../../src/lottery/domain/seal.ts'
import { DomainError } from '../../../src/shared/domain/domain-error.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { aSealRecord, CAUSE, drawingOf, excluding, sealTerms, summary } from '../../support/builders.ts'
import { ledgerOf, secretDrawing } from '../../support/ledger.ts'

const DAY = CalendarDate.parse('2026-11-22')
const MIDNIGHT = CalendarDate.endOf(DAY)
const NOON = MIDNIGHT - 43_200_000
const ADA = '00000000-0000-7000-8000-00000000ada0' as UserId
const SALT = Buffer.alloc(16, 3)
const SECRET = Buffer.alloc(32, 4)
const ENTROPY: Entropy = { kind: 'commit-reveal', commitment: commitmentTo(SECRET) }
const NO_SEAL: LastSeal = { number: 0, hash: Buffer.alloc(32) }

describe('rule 1: a ballot needs a known user who is not banned', () => {
  it('accepts the ballot of an active user', () => {
    const lottery = Lottery.open(DAY, ENTROPY, NOON, CAUSE)

    const ballot = lottery.issue(entry('active'), NOON + 5)

    const taken = { id: id(1), userId: ADA, lotteryDate: DAY, ordinal: 1, submittedAt: NOON + 5, salt: SALT }
    expect(ballot).toEqual({ ...taken, entry: ledgerEntryOf(taken), leaf: ballotLeafOf(taken) })
    expect(lottery.head.size).toBe(1)
  })

  it.each([
    ['banned', ParticipantBanned, { kind: 'forbidden', code: 'user_banned' }],
    ['unknown', ParticipantUnknown, { kind: 'not_found', code: 'user_not_found' }],
  ] as const)('refuses a user who is %s and does not count the ballot', (standing, refusal, shape) => {
    const lottery = Lottery.open(DAY, ENTROPY, NOON, CAUSE)

    const error = refusalOf(() => lottery.issue(entry(standing), NOON))

    expect(error).toBeInstanceOf(refusal)
    expect(error).toMatchObject(shape)
    expect(lottery.head.size).toBe(0)
  })
})

describe('rule 2: a lottery accepts ballots from its creation until its day is over or it is sealed', () => {
  it('is open and empty from its creation, which records an event', () => {
    const lottery = Lottery.open(DAY, ENTROPY, NOON, CAUSE)

    expect(lottery.state).toEqual({
      date: DAY,
      ledger: { size: 0, hashes: [] },
      entropy: ENTROPY,
      seal: null,
      draw: null,
      createdAt: NOON,
      lastSeq: 1,
    })
    expect(lottery.status).toBe('open')
    expect(lottery.takeEvents()).toEqual([
      {
        aggregate: 'lottery/2026-11-22',
        seq: 1,
        type: 'lottery.created.v1',
        data: {
          date: DAY,
          draw: 'lottery-draw-v2',
          prizes: 1,
          entropy: { kind: 'commit-reveal', commitment: hexOf(commitmentTo(SECRET)) },
        },
        occurredAt: NOON,
        cause: CAUSE,
      },
    ])
  })

  it('accepts a ballot days ahead and in the last millisecond of the day', () => {
    const lottery = Lottery.open(DAY, ENTROPY, NOON - 20 * 86_400_000, CAUSE)

    expect(lottery.issue(entry(), NOON - 20 * 86_400_000).ordinal).toBe(1)
    expect(lottery.issue(entry(), MIDNIGHT - 1).ordinal).toBe(2)
  })

  it.each([0, 1, 86_400_000])('refuses a ballot %i ms after the end of the day, although it is not sealed', (late) => {
    const lottery = Lottery.open(DAY, ENTROPY, NOON, CAUSE)

    expect(() => lottery.issue(entry(), MIDNIGHT + late)).toThrow(LotteryClosed)
    expect(lottery.head.size).toBe(0)
  })

  it('refuses dates before today', () => {
    expect(Lottery.open(DAY, ENTROPY, MIDNIGHT - 1, CAUSE).date).toBe(DAY)
    expect(refusalOf(() => Lottery.open(DAY, ENTROPY, MIDNIGHT, CAUSE))).toBeInstanceOf(LotteryDatePast)
    expect(refusalOf(() => Lottery.open(DAY, ENTROPY, MIDNIGHT, CAUSE))).toMatchObject({
      kind: 'invalid',
      code: 'lottery_date_past',
    })
  })

  it('refuses dates more than 366 days ahead', () => {
    const last = CalendarDate.addDays(DAY, 366)
    const beyond = CalendarDate.addDays(DAY, 367)

    expect(Lottery.open(last, ENTROPY, NOON, CAUSE).date).toBe('2027-11-23')
    expect(refusalOf(() => Lottery.open(beyond, ENTROPY, NOON, CAUSE))).toBeInstanceOf(LotteryDateTooFar)
    expect(refusalOf(() => Lottery.open(beyond, ENTROPY, NOON, CAUSE))).toMatchObject({
      kind: 'invalid',
      code: 'lottery_date_too_far',
    })
  })
})

describe('rule 3: status is final: no clock change reopens a lottery', () => {
  it.each(['sealed', 'closed'] as const)('refuses every ballot when it is %s, at any time', (status) => {
    const lottery = Lottery.rehydrate(stateOf({ status, ballotCount: 3 }))

    for (const at of [0, NOON, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 86_400_000]) {
      expect(refusalOf(() => lottery.issue(entry(), at))).toMatchObject({ kind: 'conflict', code: 'lottery_closed' })
    }
    expect(lottery.head.size).toBe(3)
  })

  it('keeps the first seal when it is sealed again', () => {
    const lottery = Lottery.rehydrate(stateOf({ ballotCount: 3 }))
    lottery.sealWith(sealTerms({ excluded: [2] }), MIDNIGHT, CAUSE)
    lottery.takeEvents()

    lottery.sealWith(
      sealTerms({ excluded: [1, 2, 3], last: { number: 5, hash: Buffer.alloc(32, 5) } }),
      MIDNIGHT + 1,
      CAUSE,
    )
    lottery.sealWith(sealTerms({ excluded: [] }), NOON, CAUSE)

    expect(summary(lottery.state)).toMatchObject({ status: 'sealed', excludedCount: 1, sealedAt: MIDNIGHT })
    expect(lottery.takeEvents()).toEqual([])
  })
})

describe('rule 4: ordinals have no gap and no duplicate', () => {
  it('counts accepted ballots 1..n in any mix with refusals', () => {
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
        expect(lottery.head.size).toBe(before + accepted.length)
      }),
    )
  })

  it('continues after the last stored ordinal', () => {
    const lottery = Lottery.rehydrate(stateOf({ ballotCount: 10_000_000 }))

    expect(lottery.issue(entry(), NOON).ordinal).toBe(10_000_001)
  })
})

describe('rule 5: a lottery is closed at most once, and never before its day is over', () => {
  it.each([NOON, MIDNIGHT - 1])('refuses to be sealed before its day is over (%i)', (at) => {
    const lottery = Lottery.open(DAY, ENTROPY, NOON, CAUSE)

    expect(refusalOf(() => lottery.sealWith(sealTerms({ excluded: [] }), at, CAUSE))).toBeInstanceOf(LotteryNotOver)
    expect(refusalOf(() => lottery.sealWith(sealTerms({ excluded: [] }), at, CAUSE))).toMatchObject({
      kind: 'conflict',
      code: 'lottery_not_over',
    })
    expect(summary(lottery.state)).toMatchObject({ status: 'open', sealedAt: null })
  })

  it('is sealed, then drawn and closed, with one event for the seal and one for the close', () => {
    const secret = secretDrawing(3, stateOf({ ballotCount: 3 }), {
      exclusions: excluding(1),
      previous: NO_SEAL.hash,
      at: MIDNIGHT,
    })
    const entropy: Entropy = { kind: 'commit-reveal', commitment: commitmentTo(secret) }
    const lottery = Lottery.rehydrate({ ...stateOf({ ballotCount: 3 }), entropy, lastSeq: 7 })

    lottery.sealWith(sealTerms({ excluded: [1] }), MIDNIGHT, CAUSE)
    lottery.close(drawingOf(lottery, secret, excluding(1)), aBallot(3), MIDNIGHT + 9, CAUSE)

    expect(summary(lottery.state)).toMatchObject({
      status: 'closed',
      ballotCount: 3,
      excludedCount: 1,
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
        data: {
          date: DAY,
          created_event_id: sealTerms().createdEventId,
          attempt: 0,
          prizes: 1,
          ballot_count: 3,
          root: hexOf(lottery.head.root),
          excluded_count: 1,
          exclusions_hash: hexOf(totalOf(excluding(1)).hash),
          kind: 'commit-reveal',
          source: hexOf(commitmentTo(secret)),
          round: 0,
          sealed_at: '2026-11-23T00:00:00.000Z',
          previous_seal_hash: '00'.repeat(32),
          seal_hash: hexOf(lottery.seal?.hash),
        },
        occurredAt: MIDNIGHT,
        cause: CAUSE,
      },
      {
        aggregate: 'lottery/2026-11-22',
        seq: 9,
        type: 'lottery.closed.v1',
        data: {
          date: DAY,
          attempt: 0,
          seal_hash: hexOf(lottery.seal?.hash),
          reveal: hexOf(secret),
          winners: [{ rank: 1, ordinal: 3, ballot_id: id(3), user_id: ADA }],
        },
        occurredAt: MIDNIGHT + 9,
        cause: CAUSE,
      },
    ])
  })

  it('is drawn only once', () => {
    const lottery = Lottery.rehydrate(stateOf({ status: 'closed', ballotCount: 3 }))

    expect(() => lottery.close(drawingOf(lottery, SECRET, []), aBallot(2), MIDNIGHT + 1, CAUSE)).toThrow(
      'cannot be drawn',
    )
    expect(lottery.draw?.winner).toEqual({ ordinal: 1, ballotId: id(1) })
    expect(lottery.takeEvents()).toEqual([])
  })

  it('cannot be closed before it is sealed', () => {
    const lottery = Lottery.open(DAY, ENTROPY, NOON, CAUSE)

    expect(() => lottery.close(drawingOf(lottery, SECRET, []), undefined, MIDNIGHT, CAUSE)).toThrow(
      `the lottery of ${DAY} cannot be drawn while it is open`,
    )
    expect(lottery.status).toBe('open')
  })
})

describe('rule 6: an empty lottery closes too, with no winner', () => {
  it('draws no ballot', () => {
    const lottery = Lottery.open(DAY, ENTROPY, NOON, CAUSE)
    lottery.sealWith(sealTerms({ excluded: [] }), MIDNIGHT, CAUSE)

    const ordinal = drawingOf(lottery, SECRET, []).winningOrdinal()
    lottery.close(drawingOf(lottery, SECRET, []), undefined, MIDNIGHT, CAUSE)

    expect(ordinal).toBeUndefined()
    expect(summary(lottery.state)).toMatchObject({ status: 'closed', ballotCount: 0, winner: null })
    expect(lottery.takeEvents().at(-1)?.data).toEqual({
      date: DAY,
      attempt: 0,
      seal_hash: hexOf(lottery.seal?.hash),
      reveal: hexOf(SECRET),
      winners: [],
    })
  })
})

describe('rule 7: ballots that the seal excludes cannot win', () => {
  it('has no winner when every ballot is excluded', () => {
    const lottery = Lottery.rehydrate(stateOf({ ballotCount: 3 }))

    lottery.sealWith(sealTerms({ excluded: [1, 2, 3] }), MIDNIGHT, CAUSE)

    expect(drawingOf(lottery, SECRET, excluding(1, 2, 3)).winningOrdinal()).toBeUndefined()
  })

  it('draws only ballots that are not excluded, and every one of them under some secret', () => {
    const sealed = fc
      .integer({ min: 1, max: 12 })
      .chain((ballotCount) => fc.tuple(fc.constant(ballotCount), fc.subarray(ordinalsTo(ballotCount))))

    fc.assert(
      fc.property(sealed, ([ballotCount, excluded]) => {
        const admitted = ordinalsTo(ballotCount).filter((ordinal) => !excluded.includes(ordinal))
        fc.pre(admitted.length > 0)

        const drawn = Array.from({ length: 25 * ballotCount }, (_, n) => {
          const secret = Buffer.alloc(32, n)
          secret.writeUInt16BE(n)
          const entropy: Entropy = { kind: 'commit-reveal', commitment: commitmentTo(secret) }
          const lottery = Lottery.rehydrate({ ...stateOf({ ballotCount }), entropy })
          lottery.sealWith(sealTerms({ excluded }), MIDNIGHT, CAUSE)
          return drawingOf(lottery, secret, excluding(...excluded)).winningOrdinal() as number
        })

        expect([...new Set(drawn)].sort((a, b) => a - b)).toEqual(admitted)
      }),
      { numRuns: 25 },
    )
  })

  it('draws among 10,000,000 ballots', () => {
    const lottery = Lottery.rehydrate(stateOf({ ballotCount: 10_000_000 }))
    lottery.sealWith(sealTerms({ excluded: [1, 9_999_999] }), MIDNIGHT, CAUSE)

    const ordinal = drawingOf(lottery, SECRET, excluding(1, 9_999_999)).winningOrdinal() as number

    expect(ordinal).toBeGreaterThan(1)
    expect(ordinal).toBeLessThanOrEqual(10_000_000)
    expect(drawingOf(lottery, SECRET, excluding(1, 9_999_999)).winningOrdinal()).toBe(ordinal)
  })
})

describe('rule 8: a draw uses exactly what was sealed', () => {
  const sealed = (): LotteryState => {
    const lottery = Lottery.rehydrate(stateOf({ ballotCount: 5 }))
    lottery.sealWith(sealTerms({ excluded: [2], last: { number: 6, hash: Buffer.alloc(32, 6) } }), MIDNIGHT, CAUSE)
    return lottery.state
  }
  const seal = sealed().seal as SealRecord

  it('continues the chain after the last seal', () => {
    expect(seal).toMatchObject({ number: 7, previous: Buffer.alloc(32, 6), round: 0, at: MIDNIGHT })
  })

  it.each<[string, Partial<LotteryState>]>([
    ['another count of ballots', { ledger: ledgerOf(6) }],
    ['another root', { ledger: { size: 5, hashes: [Buffer.alloc(32, 1), Buffer.alloc(32, 1)] } }],
    ['another count of exclusions', { seal: { ...seal, excludedCount: 0 } }],
    ['another time', { seal: { ...seal, at: seal.at + 1 } }],
    ['another round', { seal: { ...seal, round: 1 } }],
    ['another seal before it', { seal: { ...seal, previous: NO_SEAL.hash } }],
    ['another commitment', { entropy: { kind: 'commit-reveal', commitment: Buffer.alloc(32) } }],
    ['another day', { date: CalendarDate.addDays(DAY, 1) }],
  ])('is refused with %s', (_, changed) => {
    const lottery = Lottery.rehydrate({ ...sealed(), ...changed })

    expect(() => drawingOf(lottery, SECRET, excluding(2)).winningOrdinal()).toThrow(LedgerBroken)
    expect(() => lottery.close(drawingOf(lottery, SECRET, excluding(2)), undefined, MIDNIGHT, CAUSE)).toThrow(
      LedgerBroken,
    )
    expect(lottery.status).toBe('sealed')
  })

  it('is refused with a secret that does not match the commitment', () => {
    expect(() => drawingOf(Lottery.rehydrate(sealed()), Buffer.alloc(32), excluding(2)).winningOrdinal()).toThrow(
      LedgerBroken,
    )
  })

  it.each([
    ['no exclusion', []],
    ['another ballot excluded', excluding(3)],
    ['another ban', [{ ordinal: 2, eventId: excluding(3)[0]?.eventId ?? '' }]],
  ])('is refused with %s', (_, exclusions) => {
    expect(() => drawingOf(Lottery.rehydrate(sealed()), SECRET, exclusions).winningOrdinal()).toThrow(LedgerBroken)
  })

  it('accepts no winner except the drawn one', () => {
    const lottery = Lottery.rehydrate(sealed())
    const drawn = drawingOf(lottery, SECRET, excluding(2)).winningOrdinal()

    for (const other of [1, 2, 3, 4, 5].filter((ordinal) => ordinal !== drawn)) {
      expect(() => lottery.close(drawingOf(lottery, SECRET, excluding(2)), aBallot(other), MIDNIGHT, CAUSE)).toThrow(
        'is not the drawn ordinal',
      )
    }
    expect(() => lottery.close(drawingOf(lottery, SECRET, excluding(2)), undefined, MIDNIGHT, CAUSE)).toThrow(
      'is not the drawn ordinal',
    )
    lottery.close(drawingOf(lottery, SECRET, excluding(2)), aBallot(drawn as number), MIDNIGHT, CAUSE)
    expect(lottery.draw).toMatchObject({ reveal: SECRET, winner: { ordinal: drawn } })
  })
})

describe('the subtrees that ballots fill', () => {
  it('are returned once, those of 256 ballots alone', () => {
    const lottery = Lottery.open(DAY, ENTROPY, NOON, CAUSE)
    for (let n = 0; n < 515; n += 1) lottery.issue(entry(), NOON)
    const places = () => lottery.takeFilledSubtrees().map(({ level, index }) => [level, index])

    expect(places()).toEqual([
      [8, 0],
      [8, 1],
    ])
    expect(places()).toEqual([])
  })
})

describe('the state of a lottery', () => {
  it('is complete: rehydrating it gives the same lottery', () => {
    const lottery = Lottery.open(DAY, ENTROPY, NOON, CAUSE)
    lottery.issue(entry(), NOON)
    lottery.sealWith(sealTerms({ excluded: [1] }), MIDNIGHT, CAUSE)

    const restored = Lottery.rehydrate(lottery.state)

    expect(restored.state).toEqual(lottery.state)
    expect(restored.takeEvents()).toEqual([])
  })
})

function hexOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}

function entry(standing: Standing = 'active') {
  return { id: id(1), userId: ADA, salt: SALT, standing }
}

function aBallot(ordinal: number): Ballot {
  return { id: id(ordinal), userId: ADA, lotteryDate: DAY, ordinal, submittedAt: NOON, salt: SALT }
}

function id(n: number): BallotId {
  return `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as BallotId
}

function stateOf({ status = 'open', ballotCount = 0 }: { status?: LotteryStatus; ballotCount?: number }): LotteryState {
  const seal = aSealRecord({ at: MIDNIGHT })
  const draw = { reveal: SECRET, winner: ballotCount > 0 ? { ordinal: 1, ballotId: id(1) } : null, at: MIDNIGHT }
  return {
    date: DAY,
    ledger: ledgerOf(ballotCount),
    entropy: ENTROPY,
    createdAt: NOON,
    lastSeq: 1,
    seal: status === 'open' ? null : seal,
    draw: status === 'closed' ? draw : null,
  }
}

function ordinalsTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1)
}

function refusalOf(act: () => unknown): unknown {
  const outcome = attemptTo(act)
  if (outcome instanceof DomainError) return outcome
  throw new Error('the act was not refused')
}

function attemptTo<T>(act: () => T): T | DomainError {
  try {
    return act()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}
