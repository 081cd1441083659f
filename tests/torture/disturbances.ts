import { setTimeout } from 'node:timers/promises'
import type { Disturbance } from './disturbance.ts'
import type { EmbeddedDatabase } from './embedded-database.ts'
import { DATABASE_KILLS, killBothReplicas, killReplica } from './kills.ts'
import { send } from './send.ts'
import type { Stage } from './stage.ts'

const FREEZE_MS = { shortest: 200, longest: 4_000 }
/** Longer than the service waits for a silent database, which is 6 seconds. */
const LONG_FREEZE_MS = 7_000
const FULL_MS = { shortest: 500, longest: 3_000 }

const stopReplica: Disturbance = async ({ replicas }, random) => {
  const replica = random.pick(replicas)
  const hasStarted = await replica.isReady()
  const [code, by] = await replica.end('SIGTERM')
  if (hasStarted && code !== 0) throw new Error(`after SIGTERM, ${replica.name} ended with ${code ?? by}, not with 0`)
  return `SIGTERM to ${replica.name}`
}

const freezeReplica: Disturbance = async ({ replicas }, random, signal) => {
  const replica = random.pick(replicas)
  const ms = random.between(FREEZE_MS.shortest, FREEZE_MS.longest)
  replica.freeze()
  try {
    await setTimeout(ms, undefined, { signal })
  } finally {
    replica.thaw()
  }
  return `freeze of ${replica.name} for ${inSeconds(ms)}`
}

const freezePostgres: Disturbance<EmbeddedDatabase> = async ({ database }, random, signal) => {
  const isLong = random.between(0, 4) < 1
  const ms = isLong ? LONG_FREEZE_MS : random.between(FREEZE_MS.shortest, FREEZE_MS.longest)
  const processes = await database.processes()
  send('SIGSTOP', ...processes)
  try {
    await setTimeout(ms, undefined, { signal })
  } finally {
    send('SIGCONT', ...processes)
  }
  return `freeze of PostgreSQL for ${inSeconds(ms)}`
}

const fillDisk: Disturbance<EmbeddedDatabase> = async ({ database: { disk } }, random, signal) => {
  const ms = random.between(FULL_MS.shortest, FULL_MS.longest)
  try {
    await disk?.fill()
    await setTimeout(ms, undefined, { signal })
  } finally {
    await disk?.empty()
  }
  return `full disk for ${inSeconds(ms)}`
}

type OfEmbedded = Disturbance<EmbeddedDatabase>

/** All that is possible here. */
export function disturbancesOn({ database }: Stage<EmbeddedDatabase>): readonly [OfEmbedded, ...OfEmbedded[]] {
  return [
    killReplica,
    killBothReplicas,
    stopReplica,
    freezeReplica,
    ...DATABASE_KILLS,
    freezePostgres,
    ...(database.disk ? [fillDisk] : []),
  ]
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
