import { describe, expect, it } from 'vitest'
import { drawIndexes } from '../../src/verify/draw.ts'
import { u32 } from '../support/forge/bytes.ts'
import { sha256 } from '../support/rfc6962.ts'

const DRAWS = 6_000
const COUNT = 10
const EXCLUDED = [2, 5, 6]
const PRIZES = 4

describe('drawing', () => {
  const draws = Array.from({ length: DRAWS }, (_, i) => drawIndexes(sha256(u32(i)), COUNT, EXCLUDED, PRIZES))
  const free = [0, 1, 3, 4, 7, 8, 9]

  it.each([0, 1, 2, 3])('gives every ballot the same chance at prize %i', (rank) => {
    const counts = free.map((index) => draws.filter((drawn) => drawn[rank] === index).length)
    const expected = DRAWS / free.length
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)

    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(DRAWS)
    expect(chiSquare).toBeLessThan(22.46) // 6 degrees of freedom, one in a thousand
  })

  it('draws many sets, where reducing by the remaining draws would always pick the same', () => {
    const sets = new Map<string, number>()
    for (const drawn of draws) {
      const set = drawn.toSorted((a, b) => a - b).join()
      sets.set(set, (sets.get(set) ?? 0) + 1)
    }
    const expected = DRAWS / 35
    const chiSquare = [...sets.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)

    expect(sets.size).toBe(35) // 4 of 7
    expect(chiSquare).toBeLessThan(65.25) // 34 degrees of freedom, one in a thousand
  })

  it('draws nobody twice and nobody who is excluded, until no ballot is left', () => {
    const drawn = drawIndexes(sha256(u32(1)), COUNT, EXCLUDED, 100)

    expect(drawn.toSorted((a, b) => a - b)).toEqual(free)
    expect(drawIndexes(sha256(u32(1)), 3, [0, 1, 2], 1)).toEqual([])
  })
})
