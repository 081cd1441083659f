/** Result of one measure. */
export interface Row {
  readonly measure: string
  /** Figure of the service, in `unit`. */
  readonly ours: number
  /** Figure of the peer, in `unit`. */
  readonly peer?: number
  readonly unit: string
  /** Value that the target limits: a ratio when there is a peer, else our figure. */
  readonly value: number
  readonly target: Target
}

type Target = { readonly atLeast: number } | { readonly atMost: number } | { readonly below: number }

export interface JudgedRow extends Row {
  readonly verdict: 'ok' | 'missed'
}

/** Adds the verdict, which says whether the value meets the target. */
export function judged(row: Row): JudgedRow {
  const { value, target } = row
  const isMet =
    'atLeast' in target ? value >= target.atLeast : 'atMost' in target ? value <= target.atMost : value < target.below
  return { ...row, verdict: isMet ? 'ok' : 'missed' }
}

/** Formats rows as plain text in columns. */
export function tableOf(rows: readonly JudgedRow[]): string {
  const cells = rows.map(({ measure, ours, peer, unit, value, target, verdict }) => {
    const hasPeer = peer !== undefined
    const shown = (number: number) => (hasPeer ? `${number.toFixed(2)}x` : `${readable(number)} ${unit}`.trim())
    const aim = Object.entries(target).map(
      ([kind, number]) => `${SIGNS[kind]} ${hasPeer ? `${number}x` : `${readable(number)} ${unit}`.trim()}`,
    )
    return [
      measure,
      `${readable(ours)} ${unit}`.trim(),
      hasPeer ? `${readable(peer)} ${unit}` : '',
      shown(value),
      ...aim,
      verdict,
    ]
  })
  const lines = [['measure', 'ours', 'peer', 'ratio or value', 'target', ''], ...cells]
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  return lines
    .map((line) =>
      line.map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0))).join('  '),
    )
    .map((line) => line.trimEnd())
    .join('\n')
}

const SIGNS: Readonly<Record<string, string>> = { atLeast: '>=', atMost: '<=', below: '<' }

/** Formats a number with three significant digits, or from 100 on as a whole number. */
function readable(number: number): string {
  return Math.abs(number) >= 100 ? Math.round(number).toLocaleString('en') : String(Number(number.toPrecision(3)))
}
