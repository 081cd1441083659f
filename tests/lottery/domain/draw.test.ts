import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { drawOrdinals, uniform } from '../../../src/lottery/domain/draw.ts'

vi.setConfig({ testTimeout: 30_000 })

type Draw = (seed: Uint8Array, ballots: number, prizes: number) => readonly number[]

const SEEDS: Buffer[] = []

const fairDraw: Draw = (seed, ballots, prizes) => drawOrdinals(seed, ballots, [], prizes)

describe('the draw is uniform', () => {
  it('over one ballot, which always wins', () => {
    expect(counted(fairDraw, 1, 1, 100)).toEqual([100])
  })

  it.each([2, 3, 7, 64, 1000])('over the first prize of %i ballots', (ballots) => {
    const counts = counted(fairDraw, ballots, 1, Math.max(5_000, 10 * ballots))

    expect(chiSquare(counts)).toBeLessThan(onceInAMillion(ballots - 1))
  })

  it.each([2, 3, 7, 20])('over the ordered pairs of the first two prizes of %i ballots', (ballots) => {
    const counts = counted(fairDraw, ballots, 2, Math.max(5_000, 20 * ballots * ballots))

    expect(counts).toHaveLength(ballots * (ballots - 1))
    expect(chiSquare(counts)).toBeLessThan(onceInAMillion(counts.length - 1))
  })

  it('and the test detects a draw reduced by the remaining draws instead of the remaining ballots', () => {
    const faulty: Draw = (seed, ballots, prizes) => {
      const left = Array.from({ length: ballots }, (_, i) => i + 1)
      return Array.from({ length: prizes }, (_, j) => left.splice(uniform(seed, j, prizes - j), 1)[0] as number)
    }

    expect(chiSquare(counted(faulty, 7, 2, 5_000))).toBeGreaterThan(onceInAMillion(41))
    expect(new Set(draws(faulty, 7, 2, 100).map((pair) => pair.toSorted((a, b) => a - b).join()))).toEqual(
      new Set(['1,2']),
    )
  })

  it('and the test detects a bias of a tenth towards the first ballot', () => {
    const biased: Draw = (seed, ballots) =>
      uniform(seed, 1, 10) === 0 ? [1] : drawOrdinals(seed, ballots, []).slice(0, 1)

    expect(chiSquare(counted(biased, 7, 1, 5_000))).toBeGreaterThan(onceInAMillion(6))
  })
})

describe('a number below a bound', () => {
  /** Three quarters of all 256-bit numbers are below this bound, so a quarter of the tries is rejected. */
  const BOUND = 3 * 2 ** 254

  it('is the first try below the last full multiple of the bound', () => {
    const triesNeeded = seeds(400).map((seed) => {
      const tries = Array.from({ length: 40 }, (_, t) => hmacNumber(seed, 5, t))
      const accepted = tries.findIndex((x) => x < BigInt(BOUND))

      expect(uniform(seed, 5, BOUND)).toBe(Number(tries[accepted]))
      return accepted
    })

    expect(triesNeeded.filter((tries) => tries === 0).length).toBeGreaterThan(200)
    expect(triesNeeded.filter((tries) => tries === 1).length).toBeGreaterThan(20)
    expect(triesNeeded.filter((tries) => tries > 1).length).toBeGreaterThan(5)
  })

  it('is the remainder of the first try when no try is rejected', () => {
    for (const seed of seeds(100)) {
      expect(uniform(seed, 0, 2 ** 40)).toBe(Number(hmacNumber(seed, 0, 0) % 2n ** 40n))
    }
  })

  it('is 0 for the bound 1', () => {
    expect(seeds(20).map((seed) => uniform(seed, 0, 1))).toEqual(Array(20).fill(0))
  })

  it('is a whole number from 0 and below the bound, for every bound up to 2^53', () => {
    fc.assert(
      fc.property(aSeed(), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (seed, below) => {
        const n = uniform(seed, 0, below)
        return Number.isSafeInteger(n) && n >= 0 && n < below
      }),
    )
  })
})

describe('exclusions', () => {
  it('have the same result as removing the excluded ballots before the draw', () => {
    fc.assert(
      fc.property(aSeed(), aBallotBox(), fc.integer({ min: 1, max: 70 }), (seed, { ballots, excluded }, prizes) => {
        const left = Array.from({ length: ballots }, (_, i) => i + 1).filter((ordinal) => !excluded.includes(ordinal))
        const expected: number[] = []
        for (let j = 0; j < prizes && left.length > 0; j += 1) {
          expected.push(...left.splice(uniform(seed, j, left.length), 1))
        }

        expect(drawOrdinals(seed, ballots, excluded, prizes)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('are not modified by the draw', () => {
    const excluded = [2, 3]

    drawOrdinals(Buffer.alloc(32), 9, excluded, 5)

    expect(excluded).toEqual([2, 3])
  })

  it('of ten thousand among ten million ballots cost milliseconds', () => {
    const excluded = Array.from({ length: 10_000 }, (_, i) => 1 + i * 999)
    const started = performance.now()

    const drawn = seeds(10).map((seed) => drawOrdinals(seed, 10_000_000, excluded)[0] as number)

    expect((performance.now() - started) / 10).toBeLessThan(50)
    for (const ordinal of drawn) expect(excluded).not.toContain(ordinal)
  })

  it('of every ballot leave no winner', () => {
    expect(drawOrdinals(Buffer.alloc(32), 3, [1, 2, 3])).toEqual([])
  })

  it('of every ballot but one leave that ballot as the winner', () => {
    expect(drawOrdinals(Buffer.alloc(32), 3, [1, 3], 2)).toEqual([2])
  })
})

/** Seeds that are the same in every run. */
function seeds(count: number): readonly Buffer[] {
  for (let i = SEEDS.length; i < count; i += 1) {
    SEEDS.push(createHmac('sha256', 'draw.test').update(String(i)).digest())
  }
  return SEEDS.slice(0, count)
}

function draws(draw: Draw, ballots: number, prizes: number, times: number): (readonly number[])[] {
  return seeds(times).map((seed) => draw(seed, ballots, prizes))
}

/** Counts the outcomes of `times` draws, by ordinal or by ordered pair of different ordinals. */
function counted(draw: Draw, ballots: number, prizes: 1 | 2, times: number): number[] {
  const all = Array.from({ length: ballots }, (_, i) => i + 1)
  const outcomes =
    prizes === 1 ? all.map(String) : all.flatMap((a) => all.filter((b) => b !== a).map((b) => [a, b].join()))
  const counts = new Map(outcomes.map((outcome) => [outcome, 0]))
  for (const outcome of draws(draw, ballots, prizes, times)) {
    const key = outcome.join()
    if (!counts.has(key)) throw new Error(`${key} is not a possible outcome`)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts.values()]
}

function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** Value that a chi-square variable exceeds once in a million, by the approximation of Wilson and Hilferty. */
function onceInAMillion(freedom: number): number {
  const spread = 2 / (9 * freedom)
  return freedom * (1 - spread + 4.753 * Math.sqrt(spread)) ** 3
}

function hmacNumber(seed: Uint8Array, prize: number, tries: number): bigint {
  const message = Buffer.alloc(8)
  message.writeUInt32BE(prize, 0)
  message.writeUInt32BE(tries, 4)
  return BigInt(`0x${createHmac('sha256', seed).update(message).digest('hex')}`)
}

function aSeed(): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: 32, maxLength: 32 })
}

function aBallotBox(): fc.Arbitrary<{ ballots: number; excluded: number[] }> {
  return fc.integer({ min: 0, max: 60 }).chain((ballots) =>
    fc.record({
      ballots: fc.constant(ballots),
      excluded: fc.subarray(Array.from({ length: ballots }, (_, i) => i + 1)),
    }),
  )
}
