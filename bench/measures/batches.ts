import { TokenSigner } from '../../src/access/infrastructure/token-signer.ts'
import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { TOKEN_SEED } from '../../tests/support/access.ts'
import { alternate, figures, type Throughput } from '../comparison.ts'
import type { LoadJob, LoadResult } from '../generators/load.ts'
import type { OpenLoopResult } from '../generators/open-loop.ts'
import type { BulkInsertsJob } from '../peers/bulk-inserts.ts'
import type { InsertsResult } from '../peers/inserts.ts'
import { SINGLE_INSERTS, type Stage } from '../stage.ts'
import { checkStored } from '../submit-phase.ts'
import type { Row } from '../table.ts'
import { OPEN_LOOP_SECONDS, openLoop } from './latency.ts'

/** Ballots of a batch, and rows of a transaction of the peer. */
const BALLOTS = 1_000
/** Callers that submit batches at the same time. */
const CALLERS = 4
/** Single submits in a second beside batches. */
const SINGLES = 300

/**
 * Compares batches of ballots over HTTP with PostgreSQL alone, which inserts as many rows with each commit: in one commit
 * after another, as the ballots of one lottery have to be stored, and over as many connections as there are callers.
 */
export async function submittingBatches(stage: Stage, url: string): Promise<Row[]> {
  const compared = await alternate<Throughput, 'one' | 'several'>(() => runBatches(stage, url), {
    one: () => runInserts(stage, 1),
    several: () => runInserts(stage, CALLERS),
  })
  const row = (peerName: string, peer: keyof typeof compared): Row => ({
    measure: `ballots in batches over HTTP, ${CALLERS} callers, against PostgreSQL alone, ${peerName}`,
    ...figures(compared[peer], ({ rate }) => rate),
    unit: '/s',
    target: { atLeast: 0.5 },
  })
  return [row('1 connection', 'one'), row(`${CALLERS} connections`, 'several')]
}

/** Compares the latency of single submits, a steady few, while batches are submitted with that without batches. */
export async function singlesBesideBatches(stage: Stage, url: string): Promise<Row> {
  const seconds = Math.max(OPEN_LOOP_SECONDS, stage.options.seconds)
  const singles = () => openLoop(stage, 'single submits', { url, rate: SINGLES, date: stage.nextDate() })
  const besideBatches = async () => (await Promise.all([singles(), load(stage, url, stage.nextDate(), seconds)]))[0]
  const { alone } = await alternate<OpenLoopResult, 'alone'>(besideBatches, { alone: singles })
  return {
    measure: `submit latency, open loop at ${SINGLES}/s, p99, beside batches of ${CALLERS} callers, against without`,
    ...figures(alone, ({ latency }) => latency.p99),
    unit: 'ms',
    target: { atMost: 2 },
  }
}

/** Submits batches to one lottery, checks that it has their ballots, and returns the rate of these. */
async function runBatches(stage: Stage, url: string): Promise<Throughput> {
  const date = stage.nextDate()
  const { succeeded: batches, refused, failed, rate } = await load(stage, url, date, stage.options.seconds)
  if (refused + failed > 0) throw new Error(`batches: ${refused} were refused, ${failed} failed`)
  const succeeded = batches * BALLOTS
  await checkStored(stage.database, { date, before: 0, succeeded, inFlight: CALLERS * BALLOTS, quiet: 2_000 })
  return { rate: rate * BALLOTS }
}

async function load(stage: Stage, url: string, date: CalendarDate, seconds: number): Promise<LoadResult> {
  const { users, warmup } = stage
  const token = await new TokenSigner(TOKEN_SEED).issue({ role: 'agent', subject: 'bench', minutes: 60 }, Date.now())
  const ballots = Array.from({ length: BALLOTS }, (_, n) => ({ user_id: users[n % users.length], date }))
  const job: LoadJob = {
    urls: [url],
    connections: CALLERS,
    requests: Array.from({ length: CALLERS }, () => ({
      method: 'POST',
      path: '/lotteries/submit/batch',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ ballots }),
    })),
    warmup,
    length: { seconds },
  }
  return stage.record('batches', await stage.run<LoadResult>('generators/load.ts', job))
}

async function runInserts(stage: Stage, connections: number): Promise<InsertsResult> {
  const { database: url, users, warmup } = stage
  const { seconds } = stage.options
  const date = stage.nextDate()
  const job: BulkInsertsJob = { url, table: SINGLE_INSERTS, date, users, connections, warmup, seconds, rows: BALLOTS }
  const name = `inserts of ${BALLOTS} rows, ${connections} connections`
  const result = stage.record(name, await stage.run<InsertsResult>('peers/bulk-inserts.ts', job))
  await checkStored(url, { date, before: 0, ...result, inFlight: 0, table: SINGLE_INSERTS })
  return result
}
