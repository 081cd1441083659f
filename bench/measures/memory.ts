import { setTimeout } from 'node:timers/promises'
import type { RunningService } from '../../tests/support/running-service.ts'
import { addressOf, type Stage } from '../stage.ts'
import { median } from '../statistics.ts'
import { runSubmits } from '../submit-phase.ts'
import type { Row } from '../table.ts'

const SAMPLE_EVERY_MS = 250
/** Number of last samples whose median counts, since garbage collection makes memory go up and down. */
const SAMPLES = 8
const MIB = 2 ** 20

/** Compares the memory of the service after many submits with its memory after a tenth of them. */
export async function memory(stage: Stage): Promise<Row> {
  const { submits: total } = stage.options
  const service = await stage.service()
  const date = stage.nextDate()

  const residentAfter = async (count: number, requests: number): Promise<number> => {
    const samples: number[] = []
    let isOver = false
    const load = runSubmits(stage, {
      name: `memory, ${count} submits`,
      urls: [addressOf(service)],
      database: stage.database,
      date,
      warmup: 0,
      length: { requests },
    }).finally(() => {
      isOver = true
    })
    const sampling = async () => {
      for (; !isOver; await setTimeout(SAMPLE_EVERY_MS)) samples.push(await residentMemory(service))
    }
    await Promise.all([load, sampling()])
    const mebibytes = median(samples.slice(-SAMPLES)) / MIB
    return stage.record('resident memory', { submits: count, mebibytes }).mebibytes
  }

  const tenth = Math.round(total / 10)
  const afterTenth = await residentAfter(tenth, tenth)
  const afterAll = await residentAfter(total, total - tenth)
  await service.stop()
  return {
    measure: `memory after ${total.toLocaleString('en')} submits, against that after ${tenth.toLocaleString('en')}`,
    ours: afterAll,
    peer: afterTenth,
    unit: 'MiB',
    value: afterAll / afterTenth,
    target: { atMost: 1.2 },
  }
}

/** Resident memory of the service, in bytes. */
async function residentMemory(service: RunningService): Promise<number> {
  const { body } = await service.get<string>('/metrics')
  const [, bytes] = /^process_resident_memory_bytes (\S+)$/m.exec(body) ?? []
  if (bytes === undefined) throw new Error('/metrics of the service has no process_resident_memory_bytes')
  return Number(bytes)
}
