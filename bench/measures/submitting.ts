import { alternate, fastest, figures, type Throughput } from '../comparison.ts'
import type { InsertsJob, InsertsResult } from '../peers/inserts.ts'
import { SINGLE_INSERTS, type Stage } from '../stage.ts'
import { checkStored, runSubmits, type SubmitLoad } from '../submit-phase.ts'
import type { Row } from '../table.ts'

/** Numbers of connections to try for the peer of single inserts. The faster one is compared. */
const INSERTING_CONNECTIONS = [16, 64]

/**
 * Compares the throughput of submits with three peers: a server that stores nothing, the ordinary implementation, and
 * single inserts, each with its own commit.
 */
export async function submitting(stage: Stage, ours: SubmitLoad, plain: SubmitLoad): Promise<Row[]> {
  const ceiling = await stage.peer('ceiling')
  const inserting = await fastest(INSERTING_CONNECTIONS, (connections) => runInserts(stage, connections))
  const compared = await alternate<Throughput, 'ceiling' | 'plain' | 'inserts'>(() => runSubmits(stage, ours), {
    ceiling: () => runSubmits(stage, { name: 'ceiling', urls: [ceiling.url] }),
    plain: () => runSubmits(stage, plain),
    inserts: () => runInserts(stage, inserting),
  })
  await ceiling.stop()

  const row = (peerName: string, peer: keyof typeof compared, atLeast: number): Row => ({
    measure: `submits, ${stage.options.connections} connections, against ${peerName}`,
    ...figures(compared[peer], ({ rate }) => rate),
    unit: '/s',
    target: { atLeast },
  })
  return [
    row('Fastify that stores nothing', 'ceiling', 0.6),
    row('one transaction a ballot', 'plain', 5),
    row('single inserts of the database', 'inserts', 1.2),
  ]
}

async function runInserts(stage: Stage, connections: number): Promise<InsertsResult> {
  const { database: url, users, warmup } = stage
  const date = stage.nextDate()
  const job: InsertsJob = {
    url,
    table: SINGLE_INSERTS,
    date,
    users,
    connections,
    warmup,
    seconds: stage.options.seconds,
  }
  const result = stage.record(
    `inserts, ${connections} connections`,
    await stage.run<InsertsResult>('peers/inserts.ts', job),
  )
  await checkStored(url, { date, before: 0, ...result, inFlight: 0, table: SINGLE_INSERTS })
  return result
}
