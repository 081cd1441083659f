import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { findPostgresPrograms } from '../support/postgres-programs.ts'
import { allReady } from './all-ready.ts'
import { auditHead, findingsOfAll } from './checks.ts'
import type { Database } from './database.ts'
import { tortureDay } from './day.ts'
import { EmbeddedDatabase } from './embedded-database.ts'
import { killsOn } from './kills.ts'
import { readOptionsOrExit } from './options.ts'
import { allKinds, failovers, onlyKills, type Plan } from './plan.ts'
import { Random } from './random.ts'
import { ReplicatedDatabase } from './replicated-database.ts'
import { Report } from './report.ts'
import { openStage, type Stage } from './stage.ts'
import { registerUsers } from './users.ts'

/**
 * Command `npm run torture -- [--minutes 5 | --service-kills N --database-kills N] [--seed N]`. Kills, freezes and starves two replicas of the service and their
 * database at random moments and over midnights, while clients submit ballots. Compares every acknowledgement with what is
 * stored. A part of the minutes is for a database whose primary dies and whose standby takes over. Exit code 0: nothing is
 * wrong. 1: something is, and how to repeat it is printed. With `--lose-one`, an acknowledged ballot is deleted on purpose,
 * and the exit code must be 1.
 */

const FIRST_DAY = CalendarDate.parse('2031-05-13')
/** This part of the minutes is for failovers. */
const PART_FOR_FAILOVERS = 1 / 5

const { minutes, kills, repeat, seed, loseOne } = readOptionsOrExit()
const plan = kills ? onlyKills(kills) : allKinds(minutes)
const command = `npm run torture -- ${repeat} --seed ${seed}`
const report = new Report(plan.tellsEach)
const stages: Stage[] = []
const findings: string[] = []
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stop.abort(new Error(`interrupted by ${signal}`)))

console.log(`Two replicas and their database are tortured. To repeat it: ${command}`)
let failure: Error | undefined
try {
  const programs = kills ? undefined : findPostgresPrograms('the failovers')
  if (programs) await tortureOn(() => ReplicatedDatabase.open(programs), failovers(minutes * PART_FOR_FAILOVERS))
  await tortureOn((folder) => EmbeddedDatabase.open(folder), plan)
} catch (error) {
  failure = error as Error
}
const endedByItself = stages
  .flatMap(({ replicas }) => replicas)
  .reduce((sum, replica) => sum + replica.endedByItself, 0)
report.sum(findings.length, endedByItself, killsOn(...stages))
if (failure) console.error(`\nFAILED: ${failure.message}\nTo repeat it: ${command}`)
process.exit(failure ? 1 : 0) // what was under way when the run failed is not awaited

/** Tortures the service on a database for at least a day. @throws Error when something is wrong */
async function tortureOn<D extends Database>(open: (folder: string) => Promise<D>, by: Plan<D>): Promise<void> {
  await using stage = await openStage(open)
  stages.push(stage)
  await torture(stage, by).catch((error: unknown) => {
    if (stop.signal.aborted) throw stop.signal.reason
    throw new Error(`${(error as Error).message}\nThe logs of the replicas are in ${stage.keepLogs()}`)
  })
}

async function torture<D extends Database>(stage: Stage<D>, by: Plan<D>): Promise<void> {
  await stage.database.moveClock(CalendarDate.endOf(FIRST_DAY) - 60 * 60_000)
  await allReady(stage.replicas, stop.signal)
  const users = await registerUsers(stage, stop.signal)
  const scene = { stage, plan: by, random: new Random(seed), report, users, loseOne, signal: stop.signal }
  report.line(`both replicas are ready on ${stage.database.name}`)
  const promised = await auditHead(stage)
  let date = FIRST_DAY
  do {
    findings.push(...(await tortureDay(scene, date)))
    report.checked(date, findings, killsOn(...stages))
    date = CalendarDate.addDays(date, 1)
  } while (findings.length === 0 && !by.isDone(stage))
  findings.push(...(await findingsOfAll(stage, promised)))
  if (findings.length > 0) throw new Error(`${findings.length} differences, the first of them: ${findings[0]}`)
}
