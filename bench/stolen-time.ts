import { readFileSync } from 'node:fs'

/**
 * Starts to measure stolen time: processor time that the host of a virtual machine gave to other machines. The returned
 * function gives the stolen share, from 0 to 1, of the time since its last call.
 */
export function stolenTime(): () => number {
  let before = processorTime()
  return () => {
    const now = processorTime()
    const share = (now.stolen - before.stolen) / (now.total - before.total)
    before = now
    return Number.isFinite(share) ? share : 0
  }
}

/**
 * Processor time from the first line of /proc/stat (proc_stat(5)): user, nice, system, idle, iowait, irq, softirq,
 * steal. Zeros on systems without that file.
 */
function processorTime(): { readonly stolen: number; readonly total: number } {
  try {
    const ticks =
      readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.trim().split(/\s+/).slice(1, 9).map(Number) ?? []
    return { stolen: ticks[7] ?? 0, total: ticks.reduce((sum, tick) => sum + tick, 0) }
  } catch {
    return { stolen: 0, total: 0 }
  }
}
