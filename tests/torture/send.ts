/** Sends a signal to processes, and returns how many of them were there to get it. */
export function send(signal: NodeJS.Signals, ...processes: readonly (number | undefined)[]): number {
  return processes.filter((pid) => pid !== undefined && isSent(signal, pid)).length
}

function isSent(signal: NodeJS.Signals, pid: number): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false // it ended by itself
  }
}
