import { setTimeout } from 'node:timers/promises'
import type { Random } from './random.ts'
import type { Stage } from './stage.ts'

/** Does harm, undoes what does not mend itself, and returns what was done in words. @throws Error when a polite stop fails */
export type Disturbance = (stage: Stage, random: Random, signal: AbortSignal) => Promise<string>

const FREEZE_MS = { shortest: 200, longest: 4_000 }
/** Longer than the service waits for a silent database, which is 6 seconds. */
const LONG_FREEZE_MS = 7_000
const FULL_MS = { shortest: 500, longest: 3_000 }

const killReplica: Disturbance = async ({ replicas }, random) => {
  const replica = random.pick(replicas)
  await replica.end('SIGKILL')
  return `kill -9 of ${replica.name}`
}

const killBothReplicas: Disturbance = async ({ replicas }) => {
  await Promise.all(replicas.map((replica) => replica.end('SIGKILL')))
  return 'kill -9 of both replicas'
}

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

const killPostmaster: Disturbance = async ({ database }) => {
  const [postmaster] = await database.processes()
  send('SIGKILL', postmaster)
  return "kill -9 of PostgreSQL's main process"
}

const killPostgres: Disturbance = async ({ database }) => {
  send('SIGKILL', ...(await database.processes()))
  return 'kill -9 of all processes of PostgreSQL'
}

const killConnection: Disturbance = async ({ database }, random) => {
  send('SIGKILL', random.pick(await database.connections()))
  return 'kill -9 of one connection of PostgreSQL'
}

const freezePostgres: Disturbance = async ({ database }, random, signal) => {
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

const fillDisk: Disturbance = async ({ disk }, random, signal) => {
  const ms = random.between(FULL_MS.shortest, FULL_MS.longest)
  try {
    await disk?.fill()
    await setTimeout(ms, undefined, { signal })
  } finally {
    await disk?.empty()
  }
  return `full disk for ${inSeconds(ms)}`
}

/** All that is possible here. */
export function disturbancesOn({ disk }: Stage): readonly [Disturbance, ...Disturbance[]] {
  return [
    killReplica,
    killBothReplicas,
    stopReplica,
    freezeReplica,
    killPostmaster,
    killPostgres,
    killConnection,
    freezePostgres,
    ...(disk ? [fillDisk] : []),
  ]
}

function send(signal: NodeJS.Signals, ...processes: readonly (number | undefined)[]): void {
  for (const pid of processes) {
    try {
      if (pid !== undefined) process.kill(pid, signal)
    } catch {
      // it ended by itself
    }
  }
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
