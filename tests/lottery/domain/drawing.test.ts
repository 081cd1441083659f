import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawOrdinals } from '../../../src/lottery/domain/draw.ts'
import { Drawing } from '../../../src/lottery/domain/drawing.ts'
import { LedgerBroken } from '../../../src/lottery/domain/errors.ts'
import { totalOf } from '../../../src/lottery/domain/seal.ts'
import { aSealRecord, excluding, TODAY } from '../../support/builders.ts'

const BALLOTS = 9
const REVEAL = Buffer.alloc(32)

/** A drawing among nine ballots, of which the seal excludes these ordinals. */
function drawingWithout(ordinals: readonly number[], seed: Uint8Array): Drawing {
  const { count, hash } = totalOf(excluding(...ordinals))
  const seal = aSealRecord({ excludedCount: count, exclusionsHash: hash })
  return new Drawing(TODAY, seal, BALLOTS, REVEAL, seed)
}

describe('a drawing', () => {
  it('finds the winner of the whole list of exclusions, in pages of any size', () => {
    const ordinals = fc.subarray(Array.from({ length: BALLOTS }, (_, n) => n + 1))
    const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(ordinals, seeds, fc.integer({ min: 1, max: 4 }), (excluded, seed, size) => {
        const drawing = drawingWithout(excluded, seed)
        for (let from = 0; from < excluded.length; from += size) {
          drawing.exclude(excluding(...excluded.slice(from, from + size)))
        }
        expect(drawing.winningOrdinal()).toBe(drawOrdinals(seed, BALLOTS, excluded)[0])
      }),
    )
  })

  it.each([
    ['a page is missing', [[2, 3]]],
    ['a page comes twice', [[2, 3], [2, 3], [5]]],
    ['the pages come in another order', [[5], [2, 3]]],
    [
      'a ballot more is excluded',
      [
        [2, 3],
        [5, 6],
      ],
    ],
  ])('has no winner when %s', (_, pages) => {
    const drawing = drawingWithout([2, 3, 5], Buffer.alloc(32))
    for (const page of pages) drawing.exclude(excluding(...page))

    expect(() => drawing.winningOrdinal()).toThrow(LedgerBroken)
  })
})
