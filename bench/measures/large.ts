import { query } from '../../tests/support/test-clock.ts'
import { alternate, figures } from '../comparison.ts'
import { writeLargeLottery } from '../large-lottery.ts'
import { addressOf, type Stage, say } from '../stage.ts'
import { submits } from '../submit-phase.ts'
import type { Row } from '../table.ts'

/** Ballots between two lines of progress. */
const TOLD_EVERY = 500_000

/** Writes the large lottery, and leaves the database as it would be some time after so many submits. */
export async function prepareLargeLottery(stage: Stage): Promise<void> {
  const { database: url, users, largeDate: date } = stage
  const size = stage.options.rows
  const startedAt = performance.now()
  await writeLargeLottery(url, {
    ...{ date, size, users },
    onProgress: (written) => {
      if (written % TOLD_EVERY === 0) say(`the large lottery: ${written} of ${size} ballots are written`)
    },
  })
  const seconds = (performance.now() - startedAt) / 1_000
  stage.record('writing the large lottery', { ballots: size, seconds, rate: size / seconds })
  await query(url, 'vacuum (analyze) ballots, ledger_subtrees, lotteries')
  await query(url, 'checkpoint')
}

/** Whether a lottery takes ballots in more slowly when it has many already. */
export async function submittingToLarge(stage: Stage): Promise<Row> {
  const service = await stage.service()
  const ours = { urls: [addressOf(service)], database: stage.database }
  const { empty } = await alternate(() => submits(stage, { name: 'large lottery', date: stage.largeDate, ...ours }), {
    empty: () => submits(stage, { name: 'empty lottery', ...ours }),
  })
  await service.stop()
  return {
    measure: `submits with ${stage.options.rows.toLocaleString('en')} ballots in, of an empty lottery`,
    ...figures(empty, ({ rate }) => rate),
    ...{ unit: '/s', target: { atLeast: 0.85 } },
  }
}
