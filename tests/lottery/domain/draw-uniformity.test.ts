import { describe, expect, it } from 'vitest'
import { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import type { Chance } from '../../../src/lottery/domain/chance.ts'
import { Lottery } from '../../../src/lottery/domain/lottery.ts'
import { cryptoChance } from '../../../src/lottery/infrastructure/crypto-chance.ts'

const BALLOTS = 10
const EXCLUDED = [1, 4, 5, 10]
const ADMITTED = [2, 3, 6, 7, 8, 9]
const DRAWS = 60_000

/** Quantiles of the chi-square distribution with 5 degrees of freedom. */
const ONCE_IN_A_THOUSAND = 20.52
const ONCE_IN_A_BILLION = 51

describe('rule 8: the winner is drawn uniformly', () => {
  it('over the ballots that are not excluded, by a chance with a fixed seed', () => {
    expect(chiSquare(drawn(seeded(20_261_122)))).toBeLessThan(ONCE_IN_A_THOUSAND)
  })

  it('over the ballots that are not excluded, by cryptographic chance', () => {
    expect(chiSquare(drawn(cryptoChance))).toBeLessThan(ONCE_IN_A_BILLION)
  })

  it('and this test tells a draw that favours a ballot by a tenth', () => {
    const fair = seeded(7)
    const biased: Chance = { uniform: (below) => (fair.uniform(10) === 0 ? 0 : fair.uniform(below)) }

    expect(chiSquare(drawn(biased))).toBeGreaterThan(ONCE_IN_A_BILLION)
  })
})

describe('cryptographic chance', () => {
  it.each([1, 2, 3, 7, 1_000, 2 ** 48 - 1])('is a whole number from 0 to below %i', (below) => {
    for (let i = 0; i < 200; i += 1) {
      const n = cryptoChance.uniform(below)

      expect(Number.isInteger(n) && n >= 0 && n < below).toBe(true)
    }
  })
})

/** How often each admitted ordinal was drawn; an excluded one would fail here. */
function drawn(chance: Chance): number[] {
  const date = CalendarDate.parse('2026-11-22')
  const midnight = CalendarDate.endOf(date)
  const lottery = Lottery.rehydrate({
    date,
    status: 'sealed',
    ballotCount: BALLOTS,
    excluded: EXCLUDED,
    winner: null,
    createdAt: 0,
    sealedAt: midnight,
    closedAt: null,
    lastSeq: 2,
  })
  const counts = new Map(ADMITTED.map((ordinal) => [ordinal, 0]))
  for (let i = 0; i < DRAWS; i += 1) {
    const ordinal = lottery.draw(chance) ?? 0
    counts.set(ordinal, (counts.get(ordinal) ?? 0) + 1)
  }
  expect([...counts.keys()]).toEqual(ADMITTED)
  return [...counts.values()]
}

function chiSquare(counts: readonly number[]): number {
  const expected = DRAWS / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** mulberry32: a known generator, so that the fixed seed gives the same draws for ever. */
function seeded(seed: number): Chance {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return { uniform: (below) => Math.floor(next() * below) }
}
