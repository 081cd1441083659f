import { allReady } from './all-ready.ts'
import type { Disturbance } from './disturbance.ts'
import type { EmbeddedDatabase } from './embedded-database.ts'
import { send } from './send.ts'
import type { Stage } from './stage.ts'

/** How many processes of the service were killed, and how often PostgreSQL was. */
export interface Kills {
  readonly service: number
  readonly database: number
}

/** A kill counts when its signal met a running process; a kill of both replicas counts two. */
export function killsOn(...stages: readonly Stage[]): Kills {
  const sum = (of: readonly { readonly killed: number }[]) => of.reduce((all, { killed }) => all + killed, 0)
  return {
    service: sum(stages.flatMap(({ replicas }) => replicas)),
    database: sum(stages.map(({ database }) => database)),
  }
}

export const killReplica: Disturbance = async ({ replicas }, random) => {
  const replica = random.pick(replicas)
  await replica.end('SIGKILL')
  return `kill -9 of ${replica.name}`
}

export const killBothReplicas: Disturbance = async ({ replicas }) => {
  await Promise.all(replicas.map((replica) => replica.end('SIGKILL')))
  return 'kill -9 of both replicas'
}

/** Kills a replica that serves: it waits until the replica is ready. */
const killReadyReplica: Disturbance = async ({ replicas }, random, signal) => {
  const replica = random.pick(replicas)
  await allReady([replica], signal)
  await replica.end('SIGKILL')
  return `kill -9 of ${replica.name}`
}

const killBothReady: Disturbance = async (stage, random, signal) => {
  await allReady(stage.replicas, signal)
  return killBothReplicas(stage, random, signal)
}

const killPostmaster: Disturbance<EmbeddedDatabase> = async ({ database }) => {
  const [postmaster] = await database.processes()
  if (send('SIGKILL', postmaster) > 0) database.killed += 1
  return "kill -9 of PostgreSQL's main process"
}

const killPostgres: Disturbance<EmbeddedDatabase> = async ({ database }) => {
  if (send('SIGKILL', ...(await database.processes())) > 0) database.killed += 1
  return 'kill -9 of all processes of PostgreSQL'
}

const killConnection: Disturbance<EmbeddedDatabase> = async ({ database }, random) => {
  if (send('SIGKILL', random.pick(await database.connections())) > 0) database.killed += 1
  return 'kill -9 of one connection of PostgreSQL'
}

/** Kills of replicas that serve. */
export const SERVICE_KILLS = [killReadyReplica, killBothReady] as const
export const DATABASE_KILLS = [killPostmaster, killPostgres, killConnection] as const
