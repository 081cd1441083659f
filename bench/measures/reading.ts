import { randomInt } from 'node:crypto'
import { rootFromInclusion } from '../../src/ledger/domain/merkle-tree.ts'
import { ballotLeafOf } from '../../src/lottery/domain/ledger-entry.ts'
import { DrizzleLotteryQueries } from '../../src/lottery/infrastructure/drizzle-lottery-queries.ts'
import { createPool, pooledDatabase } from '../../src/shared/infrastructure/postgres-pool.ts'
import type { RunningService } from '../../tests/support/running-service.ts'
import { alternate, figures } from '../comparison.ts'
import { runGets } from '../get-phase.ts'
import { addressOf, type Stage } from '../stage.ts'
import { latencyOf } from '../statistics.ts'
import { storedCount } from '../submit-phase.ts'
import type { Row } from '../table.ts'

const PAGE = 50
const PROOFS = 500

/** Compares the latency of the last page of the ballots with that of the first page. */
export async function lastPage(stage: Stage): Promise<Row> {
  const service = await stage.service()
  const count = await storedCount(stage.database, stage.largeDate)
  const cursor = Buffer.from(JSON.stringify(count - PAGE)).toString('base64url')
  const first = `/lotteries/${stage.largeDate}/ballots?limit=${PAGE}`
  const page = (name: string, path: string) => () =>
    runGets(stage, { name, path, url: addressOf(service), connections: 1 })
  const compared = await alternate(page('last page', `${first}&cursor=${cursor}`), { first: page('first page', first) })
  await service.stop()
  return {
    measure: `last page of ${count.toLocaleString('en')} ballots, latency p50, against the first page`,
    ...figures(compared.first, ({ latency }) => latency.p50),
    unit: 'ms',
    target: { atMost: 1.5 },
  }
}

/**
 * Measures the latency of inclusion proofs of random ballots, and checks each proof.
 *
 * @throws Error when a proof is wrong
 */
export async function inclusionProofs(stage: Stage): Promise<Row> {
  const service = await stage.service()
  const pool = createPool({ url: stage.database, max: 1 })
  const queries = new DrizzleLotteryQueries(pooledDatabase(pool))
  const checkpoint = await readCheckpoint(service, stage.largeDate)

  const milliseconds: number[] = []
  for (let n = 0; n < PROOFS; n += 1) {
    const ordinal = randomInt(1, checkpoint.size + 1)
    const ballot = await queries.ballotAt(stage.largeDate, ordinal)
    if (!ballot) throw new Error(`ballot ${ordinal} of the large lottery is not stored`)
    const sentAt = performance.now()
    const path = `/lotteries/${stage.largeDate}/ballots/${ballot.id}/proof`
    const { body } = await service.get<{ proof?: string[] }>(path)
    milliseconds.push(performance.now() - sentAt)
    const proof = body.proof?.map((hash) => Buffer.from(hash, 'hex')) ?? []
    const root = rootFromInclusion(ballotLeafOf(ballot), ballot.ordinal - 1, checkpoint.size, proof)
    if (!root || !checkpoint.root.equals(root)) throw new Error(`the proof of ballot ${ballot.ordinal} is wrong`)
  }
  await pool.end()
  await service.stop()
  const { p50 } = stage.record('inclusion proofs', latencyOf(milliseconds))
  return {
    measure: `inclusion proof in ${checkpoint.size.toLocaleString('en')} ballots, p50`,
    ours: p50,
    value: p50,
    unit: 'ms',
    target: { below: 20 },
  }
}

async function readCheckpoint(service: RunningService, date: string): Promise<{ size: number; root: Buffer }> {
  const { body } = await service.get<string>(`/lotteries/${date}/checkpoint`)
  const [, size = '', root = ''] = body.split('\n')
  return { size: Number(size), root: Buffer.from(root, 'base64') }
}
