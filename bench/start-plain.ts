import { fastest } from './comparison.ts'
import type { Stage } from './stage.ts'
import { runSubmits, type SubmitLoad } from './submit-phase.ts'

/**
 * Pool sizes to try: the service's default, and a larger one, since each request holds a connection for a transaction.
 */
const POOL_SIZES = [10, 32]

/** Starts the peer `plain` with the pool size that gives the highest rate. */
export async function startPlain(stage: Stage): Promise<SubmitLoad & { readonly stop: () => Promise<unknown> }> {
  const database = stage.plainDatabase
  const candidates = []
  for (const connections of POOL_SIZES) {
    const { url, stop } = await stage.peer('plain', { url: database, connections })
    candidates.push({ name: `plain, ${connections} connections`, urls: [url], database, stop })
  }
  const chosen = await fastest(candidates, (candidate) => runSubmits(stage, candidate))
  for (const other of candidates) if (other !== chosen) await other.stop()
  return chosen
}
