import { fastest } from './comparison.ts'
import type { Stage } from './stage.ts'
import { type Submits, submits } from './submit-phase.ts'

/** Connections of its pool: the service's default, and more of them, since each request holds one for a transaction. */
const POOLS = [10, 32]

/** The ordinary peer, with the pool that suits it better. */
export async function startPlain(stage: Stage): Promise<Submits & { readonly stop: () => Promise<unknown> }> {
  const database = stage.plainDatabase
  const candidates = []
  for (const connections of POOLS) {
    const { url, stop } = await stage.peer('plain', { url: database, connections })
    candidates.push({ name: `plain, ${connections} connections`, urls: [url], database, stop })
  }
  const chosen = await fastest(candidates, (candidate) => submits(stage, candidate))
  for (const other of candidates) if (other !== chosen) await other.stop()
  return chosen
}
