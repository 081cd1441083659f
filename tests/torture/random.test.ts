import { expect, it } from 'vitest'
import { Random } from './random.ts'

const tenOf = (seed: number) => {
  const random = new Random(seed)
  return Array.from({ length: 10 }, () => random.between(3, 7))
}

it('repeats its numbers with the same seed, and gives others with another one', () => {
  expect(tenOf(1)).toEqual(tenOf(1))
  expect(tenOf(2)).not.toEqual(tenOf(1))
})

it('stays within its limits, and picks each item at some time', () => {
  expect(tenOf(3).filter((number) => number < 3 || number >= 7)).toEqual([])
  const random = new Random(4)
  expect(new Set(Array.from({ length: 50 }, () => random.pick(['a', 'b', 'c']))).size).toBe(3)
  expect(random.pick([])).toBeUndefined()
})
