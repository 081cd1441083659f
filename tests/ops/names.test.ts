import { readFileSync } from 'node:fs'
import type { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { metricsOfWholeService } from './whole-service.ts'

const RULES = 'ops/prometheus/lottery.rules.yml'
const RULE_TESTS = 'ops/prometheus/lottery.rules.test.yml'
const DASHBOARD = 'ops/grafana/dashboards/lottery.json'
/** Metrics of the service and of Node. Names with a colon are those of recording rules. */
const METRIC = /(?<![\w:])(?:lottery|http|process|nodejs)_\w+(?![\w:]*:)(?:\{([^}]*)\})?/g
/** Labels that Prometheus and the rules add. */
const ADDED = ['job', 'instance', 'le']

interface Panel {
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string }[]
}

it('the rules, their tests and the dashboard name only metrics and labels that the service has', async () => {
  const metrics = await metricsOfWholeService()

  const used = [RULES, RULE_TESTS, DASHBOARD].flatMap((file) => [...metricsIn(file)])

  expect(used.length).toBeGreaterThan(50)
  expect(used.filter((metric) => !exists(metric, metrics))).toEqual([])
})

it('every alert is tested', () => {
  const alerts = [...readFileSync(RULES, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name)
  const tests = readFileSync(RULE_TESTS, 'utf8')

  expect(alerts.length).toBeGreaterThan(10)
  expect(alerts.filter((name) => !tests.includes(name))).toEqual([])
})

it('every panel of the dashboard asks for the chosen job, and none covers another', () => {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { panels: Panel[] }
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
  )

  expect(expressions.filter((expr) => !/\{job="\$job"/.test(expr))).toEqual([])
  expect(new Set(cells).size).toBe(cells.length)
})

/** The metrics in a file, each as `name{labels}` with the sorted names of the labels that it is selected by. */
function metricsIn(file: string): Set<string> {
  const text = readFileSync(file, 'utf8').replaceAll('\\"', '"')
  return new Set(
    Array.from(text.matchAll(METRIC), ([found, selectors = '']) => {
      const labels = Array.from(selectors.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g), ([, label = '']) => label)
      return `${found.replace(/\{.*/s, '')}{${labels.toSorted().join()}}`
    }),
  )
}

function exists(metric: string, metrics: Registry): boolean {
  const [, name = '', labels = ''] = /^(\w+)\{(.*)\}$/.exec(metric) ?? []
  const found = metrics.getSingleMetric(name) ?? metrics.getSingleMetric(name.replace(/_(bucket|sum|count)$/, ''))
  if (!found) return false
  const { labelNames } = found as unknown as { readonly labelNames: readonly string[] }
  return labels.split(',').every((label) => label === '' || ADDED.includes(label) || labelNames.includes(label))
}
