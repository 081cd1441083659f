import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'
import { BackgroundLoop } from '../../shared/infrastructure/background-loop.ts'
import type { PruneEvents } from '../application/prune-events.ts'

/** Milliseconds from the end of a round over the old events to the next round. */
const PAUSE_MS = 3_600_000

/** Prunes events until it is stopped, a batch in each turn. */
export function pruningLoop(pruneEvents: PruneEvents, metrics: Registry, log: Logger): BackgroundLoop {
  const counter = new Counter({
    name: 'lottery_events_pruned_total',
    help: 'Old events that were deleted from the outbox; the audit log keeps them',
    registers: [metrics],
  })
  let prunedInRound = 0
  const turn = async () => {
    const { pruned, isMore } = await pruneEvents.execute()
    counter.inc(pruned)
    prunedInRound += pruned
    if (!isMore && prunedInRound > 0) log.info({ events: prunedInRound }, 'old events deleted from the outbox')
    if (!isMore) prunedInRound = 0
    return isMore
  }
  return new BackgroundLoop({ name: 'pruning of old events', turn, pauseMs: PAUSE_MS, log })
}
