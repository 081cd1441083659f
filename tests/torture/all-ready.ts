import { setTimeout } from 'node:timers/promises'
import type { Replica } from './replica.ts'
import { PATIENCE_MS } from './until-ok.ts'

/** Resolves when each of the replicas answers that it is ready. @throws Error when one does not in time */
export async function allReady(replicas: readonly Replica[], signal: AbortSignal): Promise<void> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await setTimeout(50, undefined, { signal })) {
    const ready = await Promise.all(replicas.map((replica) => replica.isReady()))
    if (ready.every(Boolean)) return
    const names = replicas.flatMap(({ name }, index) => (ready[index] ? [] : [name])).join(' and ')
    if (performance.now() > deadline) throw new Error(`${names} not ready within ${PATIENCE_MS / 1_000} s`)
  }
}
