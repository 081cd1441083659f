import type { ListLotteries } from '../lottery/application/list-lotteries.ts'
import type { CalendarDate } from '../lottery/domain/calendar-date.ts'

/** Parts into which the ballots of each lottery are divided, in the order of their ordinals. */
export const PARTS = 10
/** A fair series is above this chi-square, with PARTS - 1 degrees of freedom, once in twenty times. */
export const CHI_SQUARE_5_PERCENT = 16.919
const PAGE = 500

export interface Positions {
  /** Draws with a winner. */
  readonly draws: number
  /** Number of winners in each part. */
  readonly counts: readonly number[]
  /** Number of winners in each part that is expected when each ballot is equally likely. */
  readonly expected: readonly number[]
  readonly chiSquare: number
}

/**
 * Where the winners of all draws stood among the ballots of their lotteries. A lottery of few ballots cannot have winners
 * in every part: what is expected is the sum over the lotteries.
 */
export async function winningPositions(listLotteries: ListLotteries): Promise<Positions> {
  const counts = Array.from({ length: PARTS }, () => 0)
  const expected = Array.from({ length: PARTS }, () => 0)
  let draws = 0
  for await (const { ordinal, size } of winners(listLotteries)) {
    draws += 1
    const winning = Math.floor(((ordinal - 1) * PARTS) / size)
    counts[winning] = (counts[winning] ?? 0) + 1
    for (let part = 0; part < PARTS; part += 1) {
      const ballots = Math.ceil(((part + 1) * size) / PARTS) - Math.ceil((part * size) / PARTS)
      expected[part] = (expected[part] ?? 0) + ballots / size
    }
  }
  const terms = counts.map((count, part) => {
    const mean = expected[part] ?? 0
    return mean === 0 ? 0 : (count - mean) ** 2 / mean
  })
  return { draws, counts, expected, chiSquare: terms.reduce((sum, term) => sum + term, 0) }
}

async function* winners(listLotteries: ListLotteries): AsyncGenerator<{ ordinal: number; size: number }> {
  for (let before: CalendarDate | undefined; ; ) {
    const page = await listLotteries.execute({ status: 'closed', limit: PAGE, ...(before && { before }) })
    for (const { draw, ledger } of page) if (draw?.winner) yield { ordinal: draw.winner.ordinal, size: ledger.size }
    before = page.at(-1)?.date
    if (page.length < PAGE) return
  }
}
