import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { alternate, figures } from '../comparison.ts'
import type { OpenLoopJob, OpenLoopResult } from '../generators/open-loop.ts'
import type { Stage } from '../stage.ts'
import { bodiesFor, checkStored, runSubmits, type SubmitLoad } from '../submit-phase.ts'
import type { Row } from '../table.ts'

/** Shortest run, in seconds, that gives a meaningful 99th percentile. */
export const OPEN_LOOP_SECONDS = 10

/** Compares the latency of submits on a single connection, without other load. */
export async function latencyAlone(stage: Stage, ours: SubmitLoad, plain: SubmitLoad): Promise<Row[]> {
  const alone = (load: SubmitLoad) => () => runSubmits(stage, { ...load, name: `${load.name}, alone`, connections: 1 })
  const compared = await alternate(alone(ours), { plain: alone(plain) })
  const row = (figure: 'p50' | 'mean', atMost: number): Row => ({
    measure: `submit latency, 1 connection, ${figure}, against one transaction a ballot`,
    ...figures(compared.plain, ({ latency }) => latency[figure]),
    unit: 'ms',
    target: { atMost },
  })
  return [row('p50', 0.9), row('mean', 1)]
}

/**
 * Measures the latency of submits in an open loop, at half of the peak rate. A server that stores nothing gets the same
 * load first: its latency shows the share of the machine and the generator.
 */
export async function latencyAtHalf(stage: Stage, url: string, peak: number): Promise<Row> {
  const rate = peak / 2
  const date = stage.nextDate()
  const ceiling = await stage.peer('ceiling')
  const ceilingResult = await openLoop(stage, 'ceiling', { url: ceiling.url, rate, date })
  await ceiling.stop()
  const ours = await openLoop(stage, 'ours', { url, rate, date })
  await checkStored(stage.database, { date, before: 0, ...ours, inFlight: 0 })
  if (ours.refused + ours.failed > 0)
    throw new Error(`submits at half of the peak rate: ${ours.refused} were refused, ${ours.failed} failed`)
  const ceilingP99 = `Fastify that stores nothing: ${ceilingResult.latency.p99.toFixed(0)} ms`
  return {
    measure: `submit latency, open loop at ${Math.round(rate).toLocaleString('en')}/s, p99 (${ceilingP99})`,
    ours: ours.latency.p99,
    value: ours.latency.p99,
    unit: 'ms',
    target: { below: 25 },
  }
}

export async function openLoop(
  stage: Stage,
  name: string,
  { url, rate, date }: { url: string; rate: number; date: CalendarDate },
): Promise<OpenLoopResult> {
  const seconds = Math.max(OPEN_LOOP_SECONDS, stage.options.seconds)
  const job: OpenLoopJob = {
    url,
    path: '/lotteries/submit',
    bodies: bodiesFor(stage, date),
    rate,
    warmup: stage.warmup,
    seconds,
  }
  const result = await stage.run<OpenLoopResult>('generators/open-loop.ts', job)
  return stage.record(`open loop, ${name}, ${Math.round(rate)}/s`, result)
}
