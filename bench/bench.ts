import { once } from 'node:events'
import { cpus } from 'node:os'
import { closing, winnerLookup } from './measures/closing.ts'
import { prepareLargeLottery, submittingToLarge } from './measures/large.ts'
import { latencyAlone, latencyAtHalf } from './measures/latency.ts'
import { memory } from './measures/memory.ts'
import { inclusionProofs, lastPage } from './measures/reading.ts'
import { replicas } from './measures/replicas.ts'
import { submitting } from './measures/submitting.ts'
import { readOptionsOrExit } from './options.ts'
import { addressOf, Stage } from './stage.ts'
import { startPlain } from './start-plain.ts'
import { stolenTime } from './stolen-time.ts'
import { judged, type Row, tableOf } from './table.ts'

/**
 * `npm run bench`: what the service can do, beside what else could be had on the same machine in the same run. It starts
 * everything itself. Being below a target does not fail it; a lost ballot, a gap or a wrong proof does.
 */

/** Milliseconds for the whole of it. */
const WITHIN_MS = 60 * 60_000

const options = readOptionsOrExit()
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort(new Error('It was interrupted.')))
setTimeout(() => stop.abort(new Error(`It took longer than ${WITHIN_MS / 60_000} minutes.`)), WITHIN_MS).unref()
const stopped = once(stop.signal, 'abort').then(() => Promise.reject(stop.signal.reason as Error))
stopped.catch(() => {})

const stage = new Stage(options, stop.signal)
try {
  await stage.open()
  const stolen = stolenTime()
  const rows = (await Promise.race([stopped, measure(stage)])).map(judged)
  const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model, stolen: stolen() }
  if (options.json) console.log(JSON.stringify({ machine, options, rows, phases: stage.phases }, null, 2))
  else
    console.log(
      `${tableOf(rows)}\nThe host gave ${Math.round(machine.stolen * 100)} % of the processors to others meanwhile.`,
    )
} catch (error) {
  console.error(`The benchmark failed. ${error instanceof Error ? error.message : String(error)}`)
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
  const throughput = await submitting(stage, ours, plain)
  const alone = await latencyAlone(stage, ours, plain)
  const atHalf = await latencyAtHalf(stage, addressOf(service), throughput[0]?.ours ?? 0)
  await Promise.all([service.stop(), plain.stop()])
  const together = await replicas(stage)
  const remembered = await memory(stage)

  await prepareLargeLottery(stage)
  const filled = await submittingToLarge(stage)
  const page = await lastPage(stage)
  const proof = await inclusionProofs(stage)
  const close = await closing(stage)
  const winner = await winnerLookup(stage)
  return [...throughput, ...alone, atHalf, ...close, winner, page, proof, remembered, filled, ...together]
}
