import { once } from 'node:events'
import { cpus } from 'node:os'
import { singlesBesideBatches, submittingBatches } from './measures/batches.ts'
import { closing, lookUps } from './measures/closing.ts'
import { prepareLargeLottery, submittingToLarge } from './measures/large.ts'
import { latencyAlone, latencyAtHalf } from './measures/latency.ts'
import { memory } from './measures/memory.ts'
import { inclusionProofs, lastPage } from './measures/reading.ts'
import { replicas } from './measures/replicas.ts'
import { submitting } from './measures/submitting.ts'
import { submittingWithTokens } from './measures/tokens.ts'
import { readOptionsOrExit } from './options.ts'
import { addressOf, Stage } from './stage.ts'
import { startPlain } from './start-plain.ts'
import { stolenTime } from './stolen-time.ts'
import { judged, type Row, tableOf } from './table.ts'

/**
 * Command `npm run bench`. Measures the service and its peers on the same machine in the same run, and starts all
 * processes itself. A missed target does not fail the run. A lost ballot, a gap in the ordinals or a wrong proof does.
 */

/** Time limit of the whole run, in milliseconds. */
const TIME_LIMIT_MS = 60 * 60_000

const options = readOptionsOrExit()
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort(new Error(`interrupted by ${signal}`)))
setTimeout(() => stop.abort(new Error(`not finished after ${TIME_LIMIT_MS / 60_000} minutes`)), TIME_LIMIT_MS).unref()
const stopped = once(stop.signal, 'abort').then(() => Promise.reject(stop.signal.reason as Error))
stopped.catch(() => {})

const stage = new Stage(options, stop.signal)
try {
  await stage.open()
  const stolen = stolenTime()
  const rows = (await Promise.race([stopped, measure(stage)])).map(judged)
  const machine = {
    node: process.version,
    cpus: cpus().length,
    cpu: cpus()[0]?.model,
    stolen: stolen(),
  }
  if (options.json) console.log(JSON.stringify({ machine, options, rows, phases: stage.phases }, null, 2))
  else
    console.log(
      `${tableOf(rows)}\nDuring the run, the host gave ${Math.round(machine.stolen * 100)} % of the processor time ` +
        'to other machines.',
    )
} catch (error) {
  console.error(`benchmark failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  stop.abort()
  await stage.close()
  process.exit()
}

async function measure(stage: Stage): Promise<Row[]> {
  const service = await stage.service()
  const plain = await startPlain(stage)
  const ours = { name: 'ours', urls: [addressOf(service)], database: stage.database }
  const throughputRows = await submitting(stage, ours, plain)
  const tokensRow = await submittingWithTokens(stage, ours)
  const batchRows = await submittingBatches(stage, addressOf(service))
  const besideBatchesRow = await singlesBesideBatches(stage, addressOf(service))
  const latencyRows = await latencyAlone(stage, ours, plain)
  const latencyAtHalfRow = await latencyAtHalf(stage, addressOf(service), throughputRows[0]?.ours ?? 0)
  await Promise.all([service.stop(), plain.stop()])
  const replicaRows = await replicas(stage)
  const memoryRow = await memory(stage)

  await prepareLargeLottery(stage)
  const largeLotteryRow = await submittingToLarge(stage)
  const lastPageRow = await lastPage(stage)
  const proofRow = await inclusionProofs(stage)
  const closingRows = await closing(stage)
  const lookUpRows = await lookUps(stage)
  return [
    ...throughputRows,
    tokensRow,
    ...batchRows,
    besideBatchesRow,
    ...latencyRows,
    latencyAtHalfRow,
    ...closingRows,
    ...lookUpRows,
    lastPageRow,
    proofRow,
    memoryRow,
    largeLotteryRow,
    ...replicaRows,
  ]
}
