import { setTimeout } from 'node:timers/promises'

const WITHIN_MS = 30_000
const PAUSE_MS = 50

/** Repeats a call until it succeeds, and returns its result. @throws what the call throws when it still fails after 30 seconds */
export async function untilSucceeds<T>(call: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + WITHIN_MS; ; await setTimeout(PAUSE_MS)) {
    try {
      return await call()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
  }
}
