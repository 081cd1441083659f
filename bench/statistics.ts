/** Median of numbers in any order. NaN when there are none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return mean(sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1))
}

/** Arithmetic mean. NaN when there are no numbers. */
export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

/** Latencies of a phase, in milliseconds. */
export interface Latency {
  readonly p50: number
  readonly mean: number
  readonly p99: number
  readonly max: number
}

export function latencyOf(milliseconds: readonly number[]): Latency {
  const sorted = Float64Array.from(milliseconds).sort()
  const percentile = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
  return { p50: percentile(0.5), mean: mean(milliseconds), p99: percentile(0.99), max: percentile(1) }
}
