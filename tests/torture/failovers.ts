import { setTimeout } from 'node:timers/promises'
import type { Disturbance } from './disturbance.ts'
import type { ReplicatedDatabase } from './replicated-database.ts'

/** Milliseconds that the primary lives on without its standby. */
const ALONE_MS = 300

const failOver: Disturbance<ReplicatedDatabase> = async ({ database }) => {
  await database.failOver(() => {})
  return 'failover from a primary that was killed'
}

/** No connection is closed, as when the machine of the primary loses its power. The service gives them up after 6 seconds. */
const failOverFromSilent: Disturbance<ReplicatedDatabase> = async ({ database }) => {
  await database.failOver(({ address }) => address.silence())
  return 'failover from a primary that fell silent'
}

/** What the primary acknowledged without its standby would be lost. */
const failOverFromIsolated: Disturbance<ReplicatedDatabase> = async ({ database }, _, signal) => {
  await database.failOver(async (pair) => {
    await pair.isolateStandby()
    await setTimeout(ALONE_MS, undefined, { signal })
  })
  return 'failover from a primary that had lost its standby'
}

export const FAILOVERS = [failOver, failOverFromSilent, failOverFromIsolated] as const
