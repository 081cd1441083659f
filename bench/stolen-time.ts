import { readFileSync } from 'node:fs'

/** Share of the processors that the host of a virtual machine has given to others since this was called last; 0 to 1. */
export function stolenTime(): () => number {
  let before = processorTime()
  return () => {
    const now = processorTime()
    const share = (now.stolen - before.stolen) / (now.total - before.total)
    before = now
    return Number.isFinite(share) ? share : 0
  }
}

/** First line of /proc/stat (proc_stat(5)): user, nice, system, idle, iowait, irq, softirq, steal. Zeros elsewhere. */
function processorTime(): { readonly stolen: number; readonly total: number } {
  try {
    const ticks =
      readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.trim().split(/\s+/).slice(1, 9).map(Number) ?? []
    return { stolen: ticks[7] ?? 0, total: ticks.reduce((sum, some) => sum + some, 0) }
  } catch {
    return { stolen: 0, total: 0 }
  }
}
