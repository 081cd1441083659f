import { TokenSigner } from '../../src/access/infrastructure/token-signer.ts'
import { TOKEN_SEED } from '../../tests/support/access.ts'
import { alternate, figures, type Throughput } from '../comparison.ts'
import type { LoadJob, LoadResult } from '../generators/load.ts'
import type { BulkInsertsJob } from '../peers/bulk-inserts.ts'
import type { InsertsResult } from '../peers/inserts.ts'
import { SINGLE_INSERTS, type Stage } from '../stage.ts'
import { checkStored } from '../submit-phase.ts'
import type { Row } from '../table.ts'

/** Ballots of a batch, and rows of a transaction of the peer. */
const BALLOTS = 1_000
/** Callers that submit batches at the same time. */
const CALLERS = 4

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

/** Submits batches to one lottery, and returns the rate of their ballots. */
async function runBatches(stage: Stage, url: string): Promise<Throughput> {
  const { database, users, warmup } = stage
  const date = stage.nextDate()
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
    length: { seconds: stage.options.seconds },
  }
  const result = stage.record('batches', await stage.run<LoadResult>('generators/load.ts', job))
  const succeeded = result.succeeded * BALLOTS
  await checkStored(database, { date, before: 0, succeeded, inFlight: CALLERS * BALLOTS, quiet: 2_000 })
  if (result.refused + result.failed > 0)
    throw new Error(`batches: ${result.refused} were refused, ${result.failed} failed`)
  return { rate: result.rate * BALLOTS }
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
