import { expect, it } from 'vitest'
import type { ListLotteries } from '../../src/lottery/application/list-lotteries.ts'
import { winningPositions } from '../../src/pages/winning-positions.ts'

/** Lotteries that are drawn, newest first. */
function drawn(...winners: readonly (readonly [ordinal: number | null, size: number])[]): ListLotteries {
  const lotteries = winners.map(([ordinal, size], n) => ({
    date: String(9_000 - n),
    ledger: { size },
    draw: { winner: ordinal === null ? null : { ordinal } },
  }))
  const execute = async ({ before = '9999', limit }: { before?: string; limit: number }) =>
    lotteries.filter(({ date }) => date < before).slice(0, limit)
  return { execute } as unknown as ListLotteries
}

it('a winner counts in the tenth of its lottery in which its ordinal stands', async () => {
  const { draws, counts } = await winningPositions(drawn([1, 10], [10, 10], [1, 1_000], [100, 1_000], [101, 1_000]))

  expect([draws, counts]).toEqual([5, [3, 1, 0, 0, 0, 0, 0, 0, 0, 1]])
})

it('a lottery of few ballots is expected only where it has ballots, and one without a winner not at all', async () => {
  const { draws, expected } = await winningPositions(drawn([1, 2], [null, 5]))

  expect(draws).toBe(1)
  expect(expected).toEqual([0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0])
})

it('the chi-square is the sum of the squared differences, each divided by what is expected', async () => {
  const winners = Array.from({ length: 20 }, () => [1, 10] as const)

  expect((await winningPositions(drawn(...winners))).chiSquare).toBeCloseTo((20 - 2) ** 2 / 2 + 9 * 2)
})

it('all draws count, however many there are', async () => {
  const many = Array.from({ length: 1_203 }, (_, n) => [(n % 10) + 1, 10] as const)

  expect((await winningPositions(drawn(...many))).draws).toBe(1_203)
})
