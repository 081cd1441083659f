import { setTimeout } from 'node:timers/promises'
import type { RunningService } from '../../tests/support/running-service.ts'
import { addressOf, type Stage } from '../stage.ts'
import { median } from '../statistics.ts'
import { submits } from '../submit-phase.ts'
import type { Row } from '../table.ts'

const SAMPLE_EVERY_MS = 250
/** The last ones, of which the median is taken: memory goes up and down with garbage. */
const SAMPLES = 8
const MIB = 2 ** 20

/** Whether a service that has taken in many ballots needs more memory than one that has taken in a tenth of them. */
export async function memory(stage: Stage): Promise<Row> {
  const { submits: many } = stage.options
  const service = await stage.service()
  const date = stage.nextDate()

  const residentAfter = async (count: number, requests: number): Promise<number> => {
    const samples: number[] = []
    let isOver = false
    const load = submits(stage, {
      name: `memory, ${count} submits`,
      ...{ urls: [addressOf(service)], database: stage.database, date, warmup: 0, length: { requests } },
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

  const tenth = Math.round(many / 10)
  const few = await residentAfter(tenth, tenth)
  const all = await residentAfter(many, many - tenth)
  await service.stop()
  return {
    measure: `memory after ${many.toLocaleString('en')} submits, over that after ${tenth.toLocaleString('en')}`,
    ...{ ours: all, peer: few, unit: 'MiB', value: all / few, target: { atMost: 1.2 } },
  }
}

/** Bytes. */
async function residentMemory(service: RunningService): Promise<number> {
  const { body } = await service.get<string>('/metrics')
  const [, bytes] = /^process_resident_memory_bytes (\S+)$/m.exec(body) ?? []
  if (bytes === undefined) throw new Error('the service does not tell its memory')
  return Number(bytes)
}
