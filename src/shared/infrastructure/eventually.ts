import { setTimeout } from 'node:timers/promises'

/** Milliseconds between two looks. */
const PAUSE_MS = 50

/** Looks again and again until `isSo` resolves to true, for `withinMs` at most. Returns the last answer. */
export async function eventually(isSo: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadline) return false
    await setTimeout(PAUSE_MS)
  }
  return true
}
