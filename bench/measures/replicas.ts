import { alternate, figures } from '../comparison.ts'
import { addressOf, type Stage } from '../stage.ts'
import { submits } from '../submit-phase.ts'
import type { Row } from '../table.ts'

/** Whether services that share one database take in as many ballots as one of them alone, and each of them once. */
export async function replicas(stage: Stage): Promise<Row[]> {
  const counts = stage.options.replicas
  const services = []
  for (let n = 0; n < Math.max(...counts); n += 1) services.push(await stage.service())
  const urls = services.map(addressOf)
  let unanswered = 0
  const load = (count: number) => async () => {
    const of = { name: `replicas, ${count}`, urls: urls.slice(0, count) }
    const result = await submits(stage, { ...of, database: stage.database })
    unanswered += result.refused + result.failed
    return result
  }

  const rows: Row[] = []
  for (const count of counts) {
    const { one } = await alternate(load(count), { one: load(1) })
    rows.push({
      measure: `submits, ${count} replicas, of one`,
      ...figures(one, ({ rate }) => rate),
      ...{ unit: '/s', target: { atLeast: 1 } },
    })
  }
  await Promise.all(services.map((service) => service.stop()))
  return [
    ...rows,
    {
      measure: 'submits to replicas that were refused or failed',
      ...{ ours: unanswered, value: unanswered, unit: '', target: { atMost: 0 } },
    },
  ]
}
