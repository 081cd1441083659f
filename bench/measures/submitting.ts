import { alternate, fastest, figures, type Throughput } from '../comparison.ts'
import type { InsertsJob, InsertsResult } from '../peers/inserts.ts'
import { SINGLE_INSERTS, type Stage } from '../stage.ts'
import { checkStored, type Submits, submits } from '../submit-phase.ts'
import type { Row } from '../table.ts'

/** Rows a second that a PostgreSQL client can commit one by one, with the number of connections that suits it better. */
const INSERTING_CONNECTIONS = [16, 64]

/** Throughput of submits against what could be had at all, what is ordinary, and what one commit a ballot allows. */
export async function submitting(stage: Stage, ours: Submits, plain: Submits): Promise<Row[]> {
  const ceiling = await stage.peer('ceiling')
  const inserting = await fastest(INSERTING_CONNECTIONS, (connections) => inserts(stage, connections))
  const compared = await alternate<Throughput, 'ceiling' | 'plain' | 'inserts'>(() => submits(stage, ours), {
    ceiling: () => submits(stage, { name: 'ceiling', urls: [ceiling.url] }),
    plain: () => submits(stage, plain),
    inserts: () => inserts(stage, inserting),
  })
  await ceiling.stop()

  const row = (than: string, name: keyof typeof compared, atLeast: number): Row => ({
    measure: `submits, ${stage.options.connections} connections, of ${than}`,
    ...figures(compared[name], ({ rate }) => rate),
    ...{ unit: '/s', target: { atLeast } },
  })
  return [
    row('Fastify that stores nothing', 'ceiling', 0.6),
    row('one transaction a ballot', 'plain', 5),
    row('single inserts of the database', 'inserts', 1.2),
  ]
}

async function inserts(stage: Stage, connections: number): Promise<InsertsResult> {
  const { database: url, users, warmup } = stage
  const date = stage.nextDate()
  const job: InsertsJob = {
    ...{ url, table: SINGLE_INSERTS, date, users, connections, warmup },
    seconds: stage.options.seconds,
  }
  const result = stage.record(
    `inserts, ${connections} connections`,
    await stage.run<InsertsResult>('peers/inserts.ts', job),
  )
  await checkStored(url, { date, before: 0, ...result, inFlight: 0, table: SINGLE_INSERTS })
  return result
}
