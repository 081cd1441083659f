import type { Database } from './database.ts'
import type { Disturbance } from './disturbance.ts'
import { disturbancesOn } from './disturbances.ts'
import type { EmbeddedDatabase } from './embedded-database.ts'
import { FAILOVERS } from './failovers.ts'
import { DATABASE_KILLS, type Kills, killReplica, killsOn, SERVICE_KILLS } from './kills.ts'
import type { Random } from './random.ts'
import type { ReplicatedDatabase } from './replicated-database.ts'
import type { Stage } from './stage.ts'

/** Which disturbances come, how fast, and when they end. */
export interface Plan<D extends Database> {
  /** Disturbances of a day, before that of its midnight. */
  readonly ofADay: { readonly fewest: number; readonly most: number }
  /** Milliseconds of undisturbed submits before each disturbance. */
  readonly quietMs: { readonly shortest: number; readonly longest: number }
  /** Milliseconds between two ballots of a client. They keep the stored days small enough to be checked. */
  readonly thinkMs: number
  /** Milliseconds before a ballot without a sure answer is sent again. */
  readonly pauseMs: number
  /** Whether a disturbance may meet replicas that are still starting. Otherwise midnight waits until both are ready. */
  readonly meetsStarting: boolean
  /** Whether each disturbance has a line of output. */
  readonly tellsEach: boolean
  next(stage: Stage<D>, random: Random): Disturbance<D>
  isDone(stage: Stage): boolean
}

/** Disturbances of all kinds, for some minutes from now on. */
export function allKinds(minutes: number): Plan<EmbeddedDatabase> {
  const endsAt = performance.now() + minutes * 60_000
  return {
    ofADay: { fewest: 2, most: 6 },
    quietMs: { shortest: 100, longest: 1_200 },
    thinkMs: 10,
    pauseMs: 50,
    meetsStarting: true,
    tellsEach: true,
    next: (stage, random) => random.pick(disturbancesOn(stage)),
    isDone: () => performance.now() > endsAt,
  }
}

/** Failovers, and kills of one replica between them, for some minutes from now on. The first disturbance is a failover. */
export function failovers(minutes: number): Plan<ReplicatedDatabase> {
  let disturbances = 0
  return {
    ...allKinds(minutes),
    ofADay: { fewest: 1, most: 4 },
    next: (_, random) => (disturbances++ % 2 === 0 ? random.pick(FAILOVERS) : killReplica),
  }
}

/** Only kills, until there were so many. Days are long, so that most of the time is for the kills. */
export function onlyKills(goal: Kills): Plan<EmbeddedDatabase> {
  const left = (stage: Stage) => {
    const { service, database } = killsOn(stage)
    return { service: Math.max(0, goal.service - service), database: Math.max(0, goal.database - database) }
  }
  return {
    ofADay: { fewest: 30, most: 60 },
    quietMs: { shortest: 50, longest: 500 },
    thinkMs: 50,
    pauseMs: 250, // the cores are for the replicas that start
    meetsStarting: false,
    tellsEach: false,
    next: (stage, random) => {
      const { service, database } = left(stage)
      // Two of three kills of the service are of both replicas together, and need only one disturbance.
      const disturbances = (service * 2) / 3
      const isOfService = random.between(0, disturbances + database) < disturbances
      return isOfService || goal.database === 0 ? random.pick(SERVICE_KILLS) : random.pick(DATABASE_KILLS)
    },
    isDone: (stage) => {
      const { service, database } = left(stage)
      return service === 0 && database === 0
    },
  }
}
