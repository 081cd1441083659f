import { expect, it } from 'vitest'
import { curveChart } from '../../src/pages/charts.ts'

it('draws the number of ballots from zero up to all of them, where the first ballot came', () => {
  const points = [
    { at: 50, count: 1 },
    { at: 100, count: 2 },
  ]
  expect(String(curveChart(points, { from: 0, to: 100 }))).toContain('points="350.0,190.0 350.0,100.0 640.0,10.0"')
})
