import { query } from '../../tests/support/test-clock.ts'
import { alternate, figures } from '../comparison.ts'
import { writeLargeLottery } from '../large-lottery.ts'
import { addressOf, logProgress, type Stage } from '../stage.ts'
import { runSubmits } from '../submit-phase.ts'
import type { Row } from '../table.ts'

/** Number of ballots between two lines of progress. */
const PROGRESS_EVERY = 500_000

/** Writes the large lottery. Vacuums and checkpoints, as the database would some time after so many submits. */
export async function prepareLargeLottery(stage: Stage): Promise<void> {
  const { database: url, users, largeDate: date } = stage
  const size = stage.options.rows
  const startedAt = performance.now()
  await writeLargeLottery(url, {
    date,
    size,
    users,
    onProgress: (written) => {
      if (written % PROGRESS_EVERY === 0) logProgress(`wrote ${written} of ${size} ballots of the large lottery`)
    },
  })
  const seconds = (performance.now() - startedAt) / 1_000
  stage.record('writing the large lottery', { ballots: size, seconds, rate: size / seconds })
  await query(url, 'vacuum (analyze) ballots, ledger_subtrees, lotteries')
  await query(url, 'checkpoint')
}

/** Compares submits to the large lottery with submits to an empty one. */
export async function submittingToLarge(stage: Stage): Promise<Row> {
  const service = await stage.service()
  const ours = { urls: [addressOf(service)], database: stage.database }
  const { empty } = await alternate(
    () => runSubmits(stage, { name: 'large lottery', date: stage.largeDate, ...ours }),
    {
      empty: () => runSubmits(stage, { name: 'empty lottery', ...ours }),
    },
  )
  await service.stop()
  return {
    measure: `submits to a lottery of ${stage.options.rows.toLocaleString('en')} ballots, against an empty one`,
    ...figures(empty, ({ rate }) => rate),
    unit: '/s',
    target: { atLeast: 0.85 },
  }
}
