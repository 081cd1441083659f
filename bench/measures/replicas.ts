import { alternate, figures } from '../comparison.ts'
import { addressOf, type Stage } from '../stage.ts'
import { runSubmits } from '../submit-phase.ts'
import type { Row } from '../table.ts'

/**
 * Compares the rate of several services that share one database with the rate of one. Counts requests without success.
 */
export async function replicas(stage: Stage): Promise<Row[]> {
  const counts = stage.options.replicas
  const services = []
  for (let n = 0; n < Math.max(...counts); n += 1) services.push(await stage.service())
  const urls = services.map(addressOf)
  let unsuccessful = 0
  const load = (count: number) => async () => {
    const result = await runSubmits(stage, {
      name: `replicas, ${count}`,
      urls: urls.slice(0, count),
      database: stage.database,
    })
    unsuccessful += result.refused + result.failed
    return result
  }

  const rows: Row[] = []
  for (const count of counts) {
    const { one } = await alternate(load(count), { one: load(1) })
    rows.push({
      measure: `submits, ${count} replicas, against one`,
      ...figures(one, ({ rate }) => rate),
      unit: '/s',
      target: { atLeast: 1 },
    })
  }
  await Promise.all(services.map((service) => service.stop()))
  return [
    ...rows,
    {
      measure: 'refused or failed submits to replicas',
      ours: unsuccessful,
      value: unsuccessful,
      unit: '',
      target: { atMost: 0 },
    },
  ]
}
