import type { CurvePoint } from './ballot-curve.ts'
import { type Html, html } from './html.ts'
import { numberOf } from './words.ts'

/** Size of the drawing, in its own units. */
const WIDTH = 640
const HEIGHT = 220
const LEFT = 60
const BOTTOM = 30

/** Number of ballots over time, as a line that rises. */
export function curveChart(points: readonly CurvePoint[], { from, to }: { from: number; to: number }): Html {
  const most = points.at(-1)?.count ?? 0
  const x = (at: number) => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT)
  const y = (count: number) => 10 + (1 - count / most) * (HEIGHT - BOTTOM - 10)
  const fromZero = [...points.slice(0, 1).map(({ at }) => ({ at, count: 0 })), ...points]
  const places = fromZero.map(({ at, count }) => `${x(at).toFixed(1)},${y(count).toFixed(1)}`).join(' ')
  return html`<svg role="img" aria-label="${numberOf(most)} ballots, from ${minuteOf(from)} to ${minuteOf(to)} UTC" viewBox="0 0 ${WIDTH} ${HEIGHT}">
${axes()}
<text x="${LEFT - 6}" y="18" text-anchor="end">${numberOf(most)}</text>
<text x="${LEFT}" y="${HEIGHT - 8}">${minuteOf(from)}</text>
<text x="${WIDTH}" y="${HEIGHT - 8}" text-anchor="end">${minuteOf(to)}</text>
<polyline class="curve" points="${places}"/>
</svg>`
}

/** Counts as bars, with the expected count of each as a line across it. */
export function barChart(bars: readonly { label: string; count: number; expected: number }[], label: string): Html {
  const most = Math.max(1, ...bars.flatMap(({ count, expected }) => [count, expected]))
  const step = (WIDTH - LEFT) / bars.length
  const y = (count: number) => HEIGHT - BOTTOM - (count / most) * (HEIGHT - BOTTOM - 10)
  return html`<svg role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} ${HEIGHT}">
${axes()}
<text x="${LEFT - 6}" y="18" text-anchor="end">${numberOf(Math.round(most))}</text>
${bars.map((bar, n) => {
  const left = LEFT + n * step
  const expected = y(bar.expected).toFixed(1)
  return html`<rect class="bar" x="${(left + step * 0.15).toFixed(1)}" y="${y(bar.count).toFixed(1)}" width="${(step * 0.7).toFixed(1)}" height="${(HEIGHT - BOTTOM - y(bar.count)).toFixed(1)}"/>
<line class="expected" x1="${left.toFixed(1)}" x2="${(left + step).toFixed(1)}" y1="${expected}" y2="${expected}"/>
<text x="${(left + step / 2).toFixed(1)}" y="${HEIGHT - 8}" text-anchor="middle">${bar.label}</text>
`
})}</svg>`
}

function axes(): Html {
  const base = HEIGHT - BOTTOM
  return html`<line class="axis" x1="${LEFT}" y1="10" x2="${LEFT}" y2="${base}"/><line class="axis" x1="${LEFT}" y1="${base}" x2="${WIDTH}" y2="${base}"/>`
}

function minuteOf(at: number): string {
  return new Date(at).toISOString().slice(5, 16).replace('T', ' ')
}
